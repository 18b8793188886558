//! Portvakt's own API: what programs of the operator's call. It is built in. It stands in no table, so that nobody can
//! change, remove or shadow it; and no person enters it, so that an app can never ask for it in somebody's name.

use crate::ctx::Ctx;
use portvakt_model::app::ApiSettings;
use portvakt_model::{Algorithm, Api, ApiId, App, AppKind, Fault, Seconds, TenantId, Timestamp, TokenForm};
use std::sync::Arc;

/// Where it lies under the issuer; issuer and path are its identifier.
pub const PATH: &str = "/api";
/// The scope of operators: everything that the command line does on the node.
pub const OPERATOR: &str = "operator";

/// Its identifier: the `aud` of its tokens and the `resource` to ask with.
pub fn identifier(issuer: &str) -> String {
    format!("{issuer}{PATH}")
}

/// Whether `name` is the issuer's own or this API's, give or take slashes at the end: nobody registers one like it.
pub fn is_reserved(issuer: &str, name: &str) -> bool {
    let name = name.trim_end_matches('/');
    name == issuer || is_own(issuer, name)
}

/// Whether `name` is this API's identifier.
pub fn is_own(issuer: &str, name: &str) -> bool {
    name.strip_prefix(issuer) == Some(PATH)
}

/// Whether an app may act for the operator: a machine of the operator's that was given the scope.
pub fn may_operate(issuer: &str, app: &App) -> bool {
    let is_scope =
        |entry: &String| entry.rsplit_once('#').is_some_and(|(api, scope)| is_own(issuer, api) && scope == OPERATOR);
    may_enter(app.kind, app.tenant) && app.settings.own_scopes.iter().any(is_scope)
}

/// Whether an app of that kind and owner may ask for this API at all: machines of the operator's alone.
pub fn may_enter(kind: AppKind, owner: Option<TenantId>) -> bool {
    kind == AppKind::Machine && owner.is_none()
}

/// The API of that identifier, for a program: this one, or one that was registered.
pub async fn find(ctx: &Ctx, name: &str) -> Result<Option<Arc<Api>>, Fault> {
    if is_own(&ctx.settings.issuer, name) {
        return Ok(Some(Arc::new(built_in(&ctx.settings.issuer))));
    }
    ctx.keeper.api(name).await
}

fn built_in(issuer: &str) -> Api {
    Api {
        // It has no row, and so no id of one.
        id: ApiId::random([0; 16]),
        identifier: identifier(issuer),
        tenant: None,
        name: "Portvakt".to_owned(),
        settings: ApiSettings {
            scopes: vec![OPERATOR.to_owned()],
            form: TokenForm::Jwt,
            alg: Algorithm::Es256,
            lifetime: Seconds::minutes(10),
            client: None,
            apps: Vec::new(),
        },
        created_at: Timestamp::from_seconds(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://login.example";

    #[test]
    fn nobody_registers_the_issuer_s_names() {
        for name in [ISSUER, "https://login.example/", "https://login.example/api", "https://login.example/api//"] {
            assert!(is_reserved(ISSUER, name), "{name}");
        }
        for name in ["https://login.example/api/hrm", "https://login.example/apis", "https://hrm.example/api"] {
            assert!(!is_reserved(ISSUER, name), "{name}");
        }
    }

    #[test]
    fn its_tokens_are_verified_offline_and_live_ten_minutes() {
        let api = built_in(ISSUER);
        assert_eq!(api.identifier, "https://login.example/api");
        assert_eq!((api.settings.form, api.settings.lifetime), (TokenForm::Jwt, Seconds::minutes(10)));
        assert_eq!(api.settings.scopes, [OPERATOR]);
    }
}
