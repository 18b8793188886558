//! Signing keys: what is published, never what is private.

use crate::list;
use crate::refused::{Stop, read_or_default};
use crate::shapes;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use portvakt_flows::signing_keys as flow;
use portvakt_model::Algorithm;
use portvakt_web::answer;
use portvakt_web::visit::Visit;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Rotate {
    alg: Algorithm,
    /// Sign with it at once: apps that keep the old key set refuse tokens until they fetch the new one.
    now: bool,
}

impl Default for Rotate {
    fn default() -> Self {
        Self { alg: Algorithm::Rs256, now: false }
    }
}

/// `GET /api/v1/keys`, newest first.
pub(crate) async fn list(visit: Visit) -> Result<HttpResponse, Stop> {
    let keys = flow::list(&visit.ctx).await?;
    list::answer(&keys.iter().map(shapes::signing_key).collect::<Vec<_>>(), None)
}

/// `POST /api/v1/keys/rotate`: a new key, published now and signing after a day.
pub(crate) async fn rotate(visit: Visit) -> Result<HttpResponse, Stop> {
    let Rotate { alg, now } = read_or_default(&visit)?;
    let key = flow::rotate(&visit.ctx, alg, now).await?;
    Ok(answer::json(StatusCode::CREATED, &shapes::signing_key(&key))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use portvakt_protocol::json::parse;

    #[test]
    fn a_key_is_turned_softly_unless_it_is_said_otherwise() {
        let rotate: Rotate = parse(br#"{"alg": "ES256"}"#).unwrap();
        assert_eq!((rotate.alg, rotate.now), (Algorithm::Es256, false));
        for wrong in [r#"{"alg": "none"}"#, r#"{"alg": "HS256"}"#, r#"{"at_once": true}"#] {
            assert!(parse::<Rotate>(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
