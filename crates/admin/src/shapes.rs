//! What things look like in JSON, to whoever reads them by program: in this window's answers, and where the command line is
//! told `--json`. Instants are RFC 3339, in UTC; a secret stands in none of them.

use portvakt_flows::app::notices::LogoutNotice;
use portvakt_model::key::SigningKeyRow;
use portvakt_model::{Account, Address, Api, App, DeclaredNetwork, InitialToken, Tenant};
use portvakt_web::dates::machine as time;
use serde_json::{Value, json};

/// A tenant; `domains`, `networks` and `policy` are put in where it is shown alone.
pub fn tenant(tenant: &Tenant) -> Value {
    json!({
        "id": tenant.id,
        "slug": tenant.slug.as_str(),
        "name": tenant.name,
        "language": tenant.language,
        "contact": tenant.contact,
        "mail_sender": tenant.mail_sender,
        "suspended_at": tenant.suspended_at.map(time),
        "created_at": time(tenant.created_at),
    })
}

/// A network that people of a tenant come from.
pub fn network(declared: &DeclaredNetwork) -> Value {
    json!({ "network": declared.network.to_string(), "people": declared.people })
}

/// An app. Of its secrets, only when they were made and when they end.
pub fn app(app: &App) -> Value {
    let secrets: Vec<Value> = app
        .secrets
        .iter()
        .map(|secret| json!({ "created_at": time(secret.created_at), "expires_at": secret.expires_at.map(time) }))
        .collect();
    json!({
        "client_id": app.client_id,
        "name": app.name,
        "kind": app.kind.word(),
        "tenant_id": app.tenant,
        "registered_by": app.settings.registrar().word(),
        "settings": app.settings,
        "secrets": secrets,
        "created_at": time(app.created_at),
    })
}

/// What an app could not be told yet, or was given up.
pub fn logout_notice(notice: &LogoutNotice) -> Value {
    json!({
        "client_id": notice.client_id,
        "session": notice.session,
        "account_id": notice.account,
        "ended_at": time(notice.created_at),
        "attempts": notice.attempts,
        "next_at": notice.failed_at.is_none().then(|| time(notice.next_at)),
        "failed_at": notice.failed_at.map(time),
        "error": notice.last_error,
    })
}

/// An API.
pub fn api(api: &Api) -> Value {
    json!({
        "api_id": api.id,
        "identifier": api.identifier,
        "name": api.name,
        "tenant_id": api.tenant,
        "settings": api.settings,
        "created_at": time(api.created_at),
    })
}

/// An account, as lists show it.
pub fn account(account: &Account) -> Value {
    json!({
        "account_id": account.id,
        "sub": account.sub,
        "name": account.name,
        "language": account.language,
        "home_tenant_id": account.home,
        "disabled_at": account.disabled_at.map(time),
        "created_at": time(account.created_at),
    })
}

/// An account with its addresses and claims.
pub fn whole_account(one: &Account, addresses: &[Address]) -> Value {
    let addresses: Vec<Value> = addresses
        .iter()
        .map(|address| {
            json!({ "address": address.stored, "primary": address.primary, "verified_at": address.verified_at.map(time) })
        })
        .collect();
    let mut value = account(one);
    if let Some(object) = value.as_object_mut() {
        object.insert("addresses".to_owned(), Value::Array(addresses));
        object.insert("profile".to_owned(), json!(one.profile));
    }
    value
}

/// A token that lets apps register themselves, without the token.
pub fn registration_token(token: &InitialToken) -> Value {
    json!({
        "id": token.id,
        "name": token.name,
        "tenant_id": token.tenant,
        "uses_left": token.uses_left,
        "expires_at": time(token.expires_at),
        "created_at": time(token.created_at),
    })
}

/// A signing key, without the key.
pub fn signing_key(row: &SigningKeyRow) -> Value {
    json!({
        "kid": row.kid,
        "alg": row.algorithm.name(),
        "created_at": time(row.created_at),
        "active_from": time(row.active_from),
        "retired_at": row.retired_at.map(time),
    })
}
