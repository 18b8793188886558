//! What a sign-in must know of an address that somebody typed.

use crate::accounts::{AccountRow, AddressRow};
use crate::columns::{Uid, bind};
use crate::conn::{Conn, on};
use crate::fault::fault;
use crate::passwords::{PasswordRow, Row as PasswordParts};
use crate::schema::{account, address, domain, epoch, password, policy, tenant};
use crate::tenants::TenantRow;
use crate::view::{BASE, OWN, Policies, PolicyRows};
use diesel::prelude::*;
use diesel::sql_types::Nullable;
use portvakt_model::{Account, Address, Fault, Tenant, TenantId};

/// What is known of an address: the same question and as many rows for a known and an unknown one.
#[derive(Debug, Clone)]
pub struct SignInView {
    /// The account that has it, and the address as it is kept.
    pub account: Option<(Account, Address)>,
    /// That account's password.
    pub password: Option<PasswordRow>,
    /// The policies that bind: of the account's home, else of the tenant that proved the address's domain.
    pub policies: Policies,
    /// That tenant.
    pub tenant: Option<Tenant>,
}

diesel::define_sql_function! {
    /// The first of two ids that is there.
    fn coalesce(first: Nullable<Uid>, second: Nullable<Uid>)
        -> Nullable<Uid>;
}

type Parts = (Option<AccountRow>, Option<AddressRow>, Option<PasswordParts>, PolicyRows, Option<TenantRow>);

/// What a sign-in must know.
pub struct SignIn<'t>(pub(crate) &'t mut Conn);

impl SignIn<'_> {
    /// Everything about the address with this look-up form and this domain, in one statement. It begins at a row that
    /// is always there, so that an unknown address asks the database the same thing and gets as much back.
    pub fn by_address(&mut self, lookup: &str, domain: &str) -> Result<SignInView, Fault> {
        let proved = domain::name.eq(domain.to_owned()).and(domain::verified_at.is_not_null());
        let binding = coalesce(account::home_id.nullable(), domain::tenant_id.nullable());
        let query = epoch::table
            .left_join(address::table.on(address::lookup.eq(lookup.to_owned())))
            .left_join(account::table.on(account::id.nullable().eq(address::account_id.nullable())))
            .left_join(password::table.on(password::account_id.nullable().eq(account::id.nullable())))
            .left_join(domain::table.on(proved))
            .left_join(tenant::table.on(tenant::id.nullable().eq(binding)))
            .left_join(BASE.on(BASE.field(policy::owner).eq(bind(TenantId::DEPLOYMENT))))
            .left_join(OWN.on(OWN.field(policy::owner).nullable().eq(tenant::id.nullable())))
            .filter(epoch::id.eq(1));
        let (account, address, password, policies, tenant): Parts = on!(self.0, c => query
            .select((
                Option::<AccountRow>::as_select(),
                Option::<AddressRow>::as_select(),
                Option::<PasswordParts>::as_select(),
                PolicyRows::as_select(),
                Option::<TenantRow>::as_select(),
            ))
            .first(c))
        .map_err(fault)?;
        let tenant: Option<Tenant> = tenant.map(Into::into);
        Ok(SignInView {
            account: account.zip(address).map(|(account, address)| (account.into(), address.into())),
            password: password.map(Into::into),
            policies: policies.of(tenant.as_ref().map(|tenant| tenant.id)),
            tenant,
        })
    }
}
