//! Networks that a tenant's people come from. Only an operator declares them, as a large head-count loosens what
//! strangers may cause from there; the tenant's policy, which only narrows, is not the place.

use crate::ctx::Ctx;
use crate::tenant::find;
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::{DeclaredNetwork, Fault, Network};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invalid {
    /// There is no such tenant.
    Unknown,
    /// No network, or one that is too wide to be anybody's.
    Network,
    /// Not a number of people that one network can have behind it.
    People,
    /// The tenant has not declared that network.
    NotDeclared,
}

/// Declares a network of a tenant with the number of people behind it, or another number for a network that is declared.
/// Holds on this node at once, on the others within a second.
pub async fn declare(
    ctx: &Ctx,
    tenant: &str,
    text: &str,
    people: u32,
) -> Result<Result<DeclaredNetwork, Invalid>, Fault> {
    let now = ctx.clock.now();
    let Some(tenant) = find(ctx, tenant).await? else { return Ok(Err(Invalid::Unknown)) };
    let Some(network) = Network::parse(text) else { return Ok(Err(Invalid::Network)) };
    if !(1..=DeclaredNetwork::MOST_PEOPLE).contains(&people) {
        return Ok(Err(Invalid::People));
    }
    let (id, audit) = (tenant.id, ctx.audit_id(now)?);
    ctx.store
        .write(move |tx| {
            tx.enter(id).networks().put(network, people, now)?;
            let line = Audit::new(AuditEvent::NetworkDeclared)
                .tenant(Some(id))
                .with("network", network.to_string())
                .with("people", people.to_string());
            tx.enter(id).audit().write(audit, &line, now)
        })
        .await?;
    ctx.keeper.refresh(&ctx.dice).await?;
    Ok(Ok(DeclaredNetwork { tenant: id, network, people }))
}

/// Takes a network of a tenant back.
pub async fn remove(ctx: &Ctx, tenant: &str, text: &str) -> Result<Result<Network, Invalid>, Fault> {
    let now = ctx.clock.now();
    let Some(tenant) = find(ctx, tenant).await? else { return Ok(Err(Invalid::Unknown)) };
    let Some(network) = Network::parse(text) else { return Ok(Err(Invalid::Network)) };
    let (id, audit) = (tenant.id, ctx.audit_id(now)?);
    let removed = ctx
        .store
        .write(move |tx| {
            if !tx.enter(id).networks().remove(network)? {
                return Ok(false);
            }
            let line = Audit::new(AuditEvent::NetworkRemoved).tenant(Some(id)).with("network", network.to_string());
            tx.enter(id).audit().write(audit, &line, now)?;
            Ok(true)
        })
        .await?;
    ctx.keeper.refresh(&ctx.dice).await?;
    Ok(if removed { Ok(network) } else { Err(Invalid::NotDeclared) })
}

/// A tenant's networks.
pub async fn list(ctx: &Ctx, tenant: &str) -> Result<Result<Vec<DeclaredNetwork>, Invalid>, Fault> {
    let Some(tenant) = find(ctx, tenant).await? else { return Ok(Err(Invalid::Unknown)) };
    let id = tenant.id;
    Ok(Ok(ctx.store.read(move |tx| tx.enter(id).networks().list()).await?))
}
