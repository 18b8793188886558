//! Tenants, their domains and their policy, as operators see them.

use crate::ctx::Ctx;
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::{Contact, Email, Fault, Language, PolicyDocument, PolicyVersion, Slug, Tenant, TenantId, text};
use portvakt_policy::PolicyFault;
use std::sync::Arc;

/// A tenant to be made.
#[derive(Debug, Clone)]
pub struct New {
    /// Its short name.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Its people's language.
    pub language: Option<Language>,
    /// Whom people turn to.
    pub contact: Contact,
    /// The sender of its mails.
    pub mail_sender: Option<String>,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invalid {
    /// Not a slug.
    Slug,
    /// No name that can be shown.
    Name,
    /// A member of the contact card that cannot be shown, is longer than 120 characters, or is no address; which.
    Contact(&'static str),
    /// Neither an address nor `Name <address>`.
    MailSender,
    /// The slug is taken.
    SlugTaken,
    /// Not a domain name.
    Domain,
    /// The domain has an owner.
    DomainTaken,
    /// There is no such tenant.
    Unknown,
    /// The policy is another edition than the one that was to be replaced.
    Moved,
    /// Values that no policy may hold.
    Policy(Vec<PolicyFault>),
}

/// Makes a tenant.
pub async fn create(ctx: &Ctx, new: New) -> Result<Result<Tenant, Invalid>, Fault> {
    let now = ctx.clock.now();
    let Some(slug) = Slug::parse(&new.slug) else { return Ok(Err(Invalid::Slug)) };
    let Some(name) = text::name(&new.name, 120) else { return Ok(Err(Invalid::Name)) };
    let contact = match checked(new.contact) {
        Ok(contact) => contact,
        Err(member) => return Ok(Err(Invalid::Contact(member))),
    };
    if new.mail_sender.as_deref().is_some_and(|sender| !text::is_sender(sender)) {
        return Ok(Err(Invalid::MailSender));
    }
    let tenant = Tenant {
        id: TenantId::random(ctx.dice.bytes()?),
        slug,
        name,
        language: new.language,
        contact,
        mail_sender: new.mail_sender,
        suspended_at: None,
        created_at: now,
    };
    let audit = ctx.audit_id(now)?;
    let row = tenant.clone();
    let made = ctx
        .store
        .write(move |tx| {
            let made = tx.tenants().insert(&row)?;
            if made {
                tx.audit().write(audit, &Audit::new(AuditEvent::TenantCreated).tenant(Some(row.id)), now)?;
            }
            Ok(made)
        })
        .await?;
    ctx.keeper.refresh(&ctx.dice).await?;
    Ok(if made { Ok(tenant) } else { Err(Invalid::SlugTaken) })
}

/// A contact card as it may be shown; else the member that may not.
fn checked(contact: Contact) -> Result<Contact, &'static str> {
    let line = |member: &'static str, text: Option<String>| match text {
        None => Ok(None),
        Some(text) => text::name(&text, 120).map(Some).ok_or(member),
    };
    let mail = match contact.mail {
        None => None,
        Some(mail) => Some(Email::parse(&mail).map_err(|_| "mail")?.stored().to_owned()),
    };
    Ok(Contact {
        name: line("name", contact.name)?,
        phone: line("phone", contact.phone)?,
        mail,
        hours: line("hours", contact.hours)?,
    })
}

/// The tenant of that slug or id.
pub async fn find(ctx: &Ctx, name: &str) -> Result<Option<Arc<Tenant>>, Fault> {
    ctx.keeper.tenant(name).await
}

/// Tenants in the order of their slugs, behind `after`.
pub async fn list(ctx: &Ctx, after: Option<Slug>, limit: u32) -> Result<Vec<Tenant>, Fault> {
    ctx.store.read(move |tx| tx.tenants().list(after.as_ref(), limit)).await
}

/// Suspends a tenant or lets it go on. While it is suspended, nobody at home there passes the gate, whatever they hold;
/// what had not ended meanwhile goes on afterwards.
pub async fn set_suspended(ctx: &Ctx, tenant: &str, suspended: bool) -> Result<Result<Tenant, Invalid>, Fault> {
    let now = ctx.clock.now();
    let Some(tenant) = find(ctx, tenant).await? else { return Ok(Err(Invalid::Unknown)) };
    let (id, audit) = (tenant.id, ctx.audit_id(now)?);
    let after = ctx
        .store
        .write(move |tx| {
            if tx.tenants().set_suspended(id, suspended.then_some(now))? {
                let event = if suspended { AuditEvent::TenantSuspended } else { AuditEvent::TenantResumed };
                tx.audit().write(audit, &Audit::new(event).tenant(Some(id)), now)?;
            }
            tx.tenants().find(id)
        })
        .await?;
    ctx.keeper.refresh(&ctx.dice).await?;
    Ok(after.ok_or(Invalid::Unknown))
}

/// Gives a tenant a domain that the operator vouches for.
pub async fn add_domain(ctx: &Ctx, tenant: &str, domain: &str) -> Result<Result<String, Invalid>, Fault> {
    let now = ctx.clock.now();
    let Some(tenant) = find(ctx, tenant).await? else { return Ok(Err(Invalid::Unknown)) };
    let Some(name) = Email::domain_lookup(domain) else { return Ok(Err(Invalid::Domain)) };
    let audit = ctx.audit_id(now)?;
    let (id, domain) = (tenant.id, name.clone());
    let added = ctx
        .store
        .write(move |tx| {
            if !tx.enter(id).domains().add(&domain, Some(now), now)? {
                return Ok(false);
            }
            // Whoever proved an address there before and has no home is at home here from now on: under this policy.
            let adopted = tx.accounts().adopt(&domain, id)?;
            let line = Audit::new(AuditEvent::DomainAdded).tenant(Some(id)).with("domain", &domain);
            tx.enter(id).audit().write(audit, &line.with("accounts", adopted.to_string()), now)?;
            Ok(true)
        })
        .await?;
    ctx.keeper.refresh(&ctx.dice).await?;
    Ok(if added { Ok(name) } else { Err(Invalid::DomainTaken) })
}

/// The names of a tenant's domains.
pub async fn domains(ctx: &Ctx, tenant: TenantId) -> Result<Vec<String>, Fault> {
    ctx.store
        .read(move |tx| Ok(tx.enter(tenant).domains().list()?.into_iter().map(|domain| domain.name).collect()))
        .await
}

/// The policy of a tenant, or the deployment's default where none is named.
pub async fn policy(
    ctx: &Ctx,
    tenant: Option<&str>,
) -> Result<Result<(PolicyVersion, PolicyDocument), Invalid>, Fault> {
    let Some(owner) = owner(ctx, tenant).await? else { return Ok(Err(Invalid::Unknown)) };
    let found = ctx
        .store
        .read(move |tx| match owner {
            None => tx.policies().get(),
            Some(id) => tx.enter(id).policies().get(),
        })
        .await?;
    Ok(Ok(found))
}

/// Changes a policy: `change` gets the one of now and says the new one. Holds from its commit.
pub async fn set_policy(
    ctx: &Ctx,
    tenant: Option<&str>,
    change: impl FnOnce(PolicyDocument) -> PolicyDocument + Send + 'static,
) -> Result<Result<(PolicyVersion, PolicyDocument), Invalid>, Fault> {
    revise(ctx, tenant, move |_, before| Some(change(before))).await
}

/// Replaces a policy whose edition is `version`, and none else: what somebody changed in the meantime is not lost.
pub async fn replace_policy(
    ctx: &Ctx,
    tenant: Option<&str>,
    version: PolicyVersion,
    document: PolicyDocument,
) -> Result<Result<(PolicyVersion, PolicyDocument), Invalid>, Fault> {
    revise(ctx, tenant, move |before, _| (before == version).then_some(document)).await
}

async fn revise(
    ctx: &Ctx,
    tenant: Option<&str>,
    change: impl FnOnce(PolicyVersion, PolicyDocument) -> Option<PolicyDocument> + Send + 'static,
) -> Result<Result<(PolicyVersion, PolicyDocument), Invalid>, Fault> {
    let now = ctx.clock.now();
    let Some(owner) = owner(ctx, tenant).await? else { return Ok(Err(Invalid::Unknown)) };
    let audit = ctx.audit_id(now)?;
    let changed = ctx
        .store
        .write(move |tx| {
            let (edition, before) = match owner {
                None => tx.policies().get()?,
                Some(id) => tx.enter(id).policies().get()?,
            };
            let Some(document) = change(edition, before.clone()) else { return Ok(Err(Invalid::Moved)) };
            let faults = portvakt_policy::check(&document);
            if !faults.is_empty() {
                return Ok(Err(Invalid::Policy(faults)));
            }
            let json = |document: &PolicyDocument| serde_json::to_string(document).map_err(Fault::broken);
            let line = Audit::new(AuditEvent::PolicyChanged)
                .tenant(owner)
                .with("before", json(&before)?)
                .with("after", json(&document)?);
            let version = match owner {
                None => tx.policies().set(&document, now)?,
                Some(id) => tx.enter(id).policies().set(&document, now)?,
            };
            // Somebody else's edition came between: what was read is not what was replaced.
            if version != edition + 1 {
                return Err(Fault::Busy("the policy was changed at the same moment"));
            }
            tx.audit().write(audit, &line, now)?;
            Ok(Ok((version, document)))
        })
        .await?;
    ctx.keeper.refresh(&ctx.dice).await?;
    Ok(changed)
}

/// Whose policy is meant: outer `None` for an unknown tenant, inner for the deployment.
async fn owner(ctx: &Ctx, tenant: Option<&str>) -> Result<Option<Option<TenantId>>, Fault> {
    match tenant {
        None => Ok(Some(None)),
        Some(name) => Ok(find(ctx, name).await?.map(|tenant| Some(tenant.id))),
    }
}
