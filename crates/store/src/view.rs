//! What the one-statement views share: an account with its primary address, its home, and the policies that bind it.

use crate::accounts::AccountRow;
use crate::columns::Json;
use crate::schema::{address, policy};
use crate::tenants::TenantRow;
use diesel::dsl;
use diesel::prelude::*;
use diesel::query_source::AliasedField;
use portvakt_model::{AccountFacts, PolicyDocument, PolicyVersion, Tenant, TenantId, Timestamp};

/// The policies that bind somebody, in their current editions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policies {
    /// The deployment's default; version 0 and empty until the operator sets one.
    pub deployment: (PolicyVersion, PolicyDocument),
    /// The home tenant's; `None` without a home.
    pub tenant: Option<(TenantId, PolicyVersion, PolicyDocument)>,
}

diesel::alias!(
    pub(crate) const BASE: Alias<Base> = policy as base_policy;
    pub(crate) const OWN: Alias<Own> = policy as own_policy;
);

/// An account with everything that judging it needs, as [`join_holder`] joins it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = account)]
pub(crate) struct HolderRow {
    #[diesel(embed)]
    account: AccountRow,
    #[diesel(select_expression = address::stored.nullable())]
    #[diesel(select_expression_type = dsl::Nullable<address::stored>)]
    stored: Option<String>,
    #[diesel(select_expression = address::verified_at.nullable())]
    #[diesel(select_expression_type = dsl::Nullable<address::verified_at>)]
    verified_at: Option<Timestamp>,
    #[diesel(embed)]
    policies: PolicyRows,
    #[diesel(embed)]
    home: Option<TenantRow>,
}

/// A column of one of the two policies, which may not be there.
type Maybe<Whose, Column> = dsl::Nullable<AliasedField<Whose, Column>>;

/// The deployment's policy and one tenant's, each there or not.
#[derive(Queryable, Selectable)]
#[diesel(table_name = policy)]
pub(crate) struct PolicyRows {
    #[diesel(select_expression = BASE.field(policy::version).nullable())]
    #[diesel(select_expression_type = Maybe<Base, policy::version>)]
    base_version: Option<PolicyVersion>,
    #[diesel(select_expression = BASE.field(policy::document).nullable())]
    #[diesel(select_expression_type = Maybe<Base, policy::document>)]
    base_document: Option<Json<PolicyDocument>>,
    #[diesel(select_expression = OWN.field(policy::version).nullable())]
    #[diesel(select_expression_type = Maybe<Own, policy::version>)]
    own_version: Option<PolicyVersion>,
    #[diesel(select_expression = OWN.field(policy::document).nullable())]
    #[diesel(select_expression_type = Maybe<Own, policy::document>)]
    own_document: Option<Json<PolicyDocument>>,
}

/// Joins to a query over `account` what [`HolderRow`] reads.
macro_rules! join_holder {
    ($query:expr) => {
        $query
            .left_join(address::table.on(address::account_id.eq(account::id).and(address::is_primary)))
            .left_join(BASE.on(BASE.field(policy::owner).eq(bind(TenantId::DEPLOYMENT))))
            .left_join(OWN.on(OWN.field(policy::owner).nullable().eq(account::home_id)))
            .left_join(tenant::table.on(tenant::id.nullable().eq(account::home_id)))
    };
}
pub(crate) use join_holder;

/// The account, the policies that bind it now, and its home.
pub(crate) fn holder(row: HolderRow) -> (AccountFacts, Policies, Option<Tenant>) {
    let policies = row.policies.of(row.account.home_id);
    let email = row.stored.map(|stored| (stored, row.verified_at.is_some()));
    (AccountFacts { account: row.account.into(), email }, policies, row.home.map(Into::into))
}

impl PolicyRows {
    /// The two policies; a missing row is version 0 of the empty one.
    pub(crate) fn of(self, tenant: Option<TenantId>) -> Policies {
        let (own_version, own) = (self.own_version.unwrap_or(0), document(self.own_document));
        Policies {
            deployment: (self.base_version.unwrap_or(0), document(self.base_document)),
            tenant: tenant.map(|tenant| (tenant, own_version, own)),
        }
    }
}

fn document(kept: Option<Json<PolicyDocument>>) -> PolicyDocument {
    kept.map(|json| json.0).unwrap_or_default()
}
