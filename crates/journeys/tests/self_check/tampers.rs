//! What can be broken on the way, one thing each, and the demand that names it.

use crate::world::{BYE, CALLBACK};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use portvakt_journeys::front::{Call, Meddle, Onward, Reply};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use url::Url;

// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// What is broken, in words; what the report calls it; how it is done.
pub type Tamper = (&'static str, &'static str, Arc<Meddle>);

/// Everything that breaks a code flow.
pub fn all(issuer: &str) -> Vec<Tamper> {
    let mut all = documents(issuer);
    all.extend(key_sets());
    all.extend(redirects());
    all.extend(requests());
    all.extend(answers());
    all.extend(tokens());
    all.extend(id_tokens());
    all
}

/// Hashes on the way through the browser.
pub fn of_fragments() -> Vec<Tamper> {
    let wrong = |name: &'static str| {
        resigned(move |claims| {
            if claims.get(name).is_some() {
                claims[name] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
            }
        })
    };
    vec![
        ("another c_hash", "id-token.c-hash", wrong("c_hash")),
        ("another at_hash beside a code", "id-token.at-hash", wrong("at_hash")),
    ]
}

/// Nothing wrong: the key of `id_tokens` is new, and was not in the set at the first look.
pub fn key_that_comes_later() -> Arc<Meddle> {
    let looks: Mutex<u32> = Mutex::default();
    json_at("/jwks", move |set| {
        *held(&looks) += 1;
        if let Some(keys) = set["keys"].as_array_mut().filter(|_| *held(&looks) == 1) {
            keys.retain(|key| key["kty"] != "OKP");
        }
    })
}

/// What goes wrong at sign-out.
pub fn of_sign_out() -> Vec<Tamper> {
    let at_end = |meddle: fn(Call, Onward<'_>) -> Reply| at("/end-session", meddle);
    let goes_to = |reply: Reply, uri: &str| Reply { status: 302, ..reply.with("location", uri) };
    let refused = move |call: Call, onward: Onward<'_>, of: fn(&Call) -> bool| {
        let reply = onward(&call);
        match call.parameter("post_logout_redirect_uri") {
            Some(uri) if reply.status == 400 && of(&call) => goes_to(reply, &uri),
            _ => reply,
        }
    };
    let not = |member: &'static str| document(move |all| all[member] = json!(false));
    vec![
        ("a request of nobody is sent away", "logout.bare", {
            at_end(|call, onward| {
                let reply = onward(&call);
                let is_bare = call.parameters().is_empty();
                if is_bare {
                    Reply { status: 302, ..reply.with("location", "https://elsewhere.example/") }
                } else {
                    reply
                }
            })
        }),
        ("any address is gone to", "logout.redirect", {
            at("/end-session", move |call, onward| {
                refused(call, onward, |call| call.parameter("id_token_hint").is_none())
            })
        }),
        ("any hint is believed", "logout.bad-hint", {
            at("/end-session", move |call, onward| {
                refused(call, onward, |call| call.parameter("post_logout_redirect_uri").as_deref() == Some(BYE))
            })
        }),
        ("a hint that nobody signed signs out", "logout.bad-hint", {
            // What follows the dots is a signature of zeros; the person's own token comes again only later.
            let good: Mutex<Option<String>> = Mutex::default();
            Arc::new(move |call: Call, onward: Onward<'_>| {
                let reply = onward(&call);
                if call.path() == "/token"
                    && let Ok(body) = serde_json::from_str::<Value>(&reply.body)
                    && let Some(jwt) = body.get("id_token").and_then(Value::as_str)
                {
                    *held(&good) = Some(jwt.to_owned());
                }
                let unsigned = call.parameter("id_token_hint").is_some_and(|hint| hint.ends_with("AAAAAAAA"));
                if let Some(jwt) = held(&good).clone().filter(|_| call.path() == "/end-session" && unsigned) {
                    onward(&call.with("id_token_hint", &jwt).with("post_logout_redirect_uri", "").with("state", ""));
                }
                reply
            })
        }),
        ("state is lost on the way back", "logout.back", at_end(|call, onward| onward(&call.with("state", "")))),
        ("a request by POST is not taken", "logout.post", {
            at_end(|call, onward| {
                let reply = onward(&call);
                if call.method == "POST" { Reply { status: 405, ..reply.with("location", "") } } else { reply }
            })
        }),
        ("the iframe may stand in no frame", "logout.iframe", {
            at("/check-session", |call, onward| onward(&call).with("x-frame-options", "DENY"))
        }),
        ("no session_state", "answer.session-state", {
            answered(|all| all.retain(|(name, _)| name != "session_state"))
        }),
        ("no sid by the back channel", "discovery.back-channel", not("backchannel_logout_session_supported")),
        ("no front channel", "discovery.front-channel", not("frontchannel_logout_supported")),
    ]
}

fn documents(issuer: &str) -> Vec<Tamper> {
    let (http, other) = (issuer.replace("https://", "http://"), format!("{issuer}/other"));
    let set = |member: &'static str, value: Value| document(move |all| all[member] = value.clone());
    let algorithms = "id_token_signing_alg_values_supported";
    let objects = "request_object_signing_alg_values_supported";
    let elsewhere = json!("https://elsewhere.example/revoke");
    let claims = json_at("/.well-known/oauth-authorization-server", |all| all["claims_supported"] = json!(["sub"]));
    vec![
        ("the issuer differs", "discovery.issuer", set("issuer", json!(other))),
        ("an endpoint is http", "discovery.https", set("revocation_endpoint", json!(format!("{http}/revoke")))),
        ("an endpoint is elsewhere", "discovery.place", set("revocation_endpoint", elsewhere)),
        ("RS256 is missing", "discovery.rs256", set(algorithms, json!(["ES256", "EdDSA"]))),
        ("none is offered", "discovery.no-none", set(objects, json!(["RS256", "none"]))),
        ("plain is offered", "discovery.pkce", set("code_challenge_methods_supported", json!(["S256", "plain"]))),
        ("a member that nobody knows", "discovery.known", set("portvakt", json!(true))),
        ("RFC 8414's document is another", "discovery.oauth-copy", claims),
    ]
}

fn key_sets() -> Vec<Tamper> {
    let keys = |change: fn(&mut Vec<Value>)| {
        json_at("/jwks", move |set| {
            if let Some(all) = set["keys"].as_array_mut() {
                change(all);
            }
        })
    };
    let ours = |name: &'static str, change: fn(&str) -> String| {
        json_at("/jwks", move |set| {
            for key in own(set) {
                key[name] = json!(change(key[name].as_str().unwrap_or_default()));
            }
        })
    };
    vec![
        (
            "a private member",
            "keys.public",
            keys(|all| all.iter_mut().take(1).for_each(|key| key["d"] = json!("AQAB"))),
        ),
        ("one kid twice", "keys.kid", keys(|all| all.extend(all.first().cloned()))),
        ("padding", "keys.encoding", ours("x", |x| format!("{x}="))),
        (
            "a key that nobody knows",
            "keys.known",
            keys(|all| all.push(json!({"kty": "AKP", "kid": "new", "pub": "AA"}))),
        ),
        ("no key for RS256", "keys.rs256", keys(|all| all.retain(|key| key["kty"] != "RSA"))),
        ("the signing key is not in it", "id-token.key", ours("kid", |_| "another".to_owned())),
    ]
}

fn redirects() -> Vec<Tamper> {
    vec![
        ("an unknown client is redirected", "authorize.unknown-client", {
            at("/authorize", |call, onward| {
                let reply = onward(&call);
                let stranger = call.parameter("client_id").is_some_and(|id| id.starts_with("app_self_check_"));
                match call.parameter("redirect_uri").filter(|_| stranger && call.method == "GET") {
                    Some(uri) => Reply { status: 302, ..reply.with("location", &uri) },
                    None => reply,
                }
            })
        }),
        ("a redirect URI by prefix", "authorize.redirect-path", {
            redirected(|uri| uri.starts_with(CALLBACK) && !uri.contains('?'))
        }),
        ("a redirect URI with more query", "authorize.redirect-query", {
            redirected(|uri| uri.starts_with(CALLBACK) && uri.contains('?'))
        }),
        (
            "a redirect URI on any host",
            "authorize.redirect-host",
            redirected(|uri| uri.contains("//self-check.example")),
        ),
        ("a redirect URI with any port", "authorize.redirect-port", redirected(|uri| uri.contains(":44444"))),
        ("a redirect URI with any scheme", "authorize.redirect-scheme", redirected(|uri| uri.starts_with("http://"))),
    ]
}

fn requests() -> Vec<Tamper> {
    let instead = |name: &'static str, old: &'static str, new: &'static str| {
        at("/authorize", move |call, onward| match call.parameter(name) {
            Some(value) if value == old => onward(&call.with(name, new)),
            _ => onward(&call),
        })
    };
    vec![
        ("pages in frames", "authorize.frames", {
            at("/authorize", |call, onward| {
                onward(&call).with("content-security-policy", "").with("x-frame-options", "")
            })
        }),
        ("prompt=login is ignored", "authorize.prompt-login", instead("prompt", "login", "none")),
        ("max_age is ignored", "authorize.max-age-over", instead("max_age", "0", "10000")),
        ("an unsigned request object is ignored", "authorize.unsigned-request", {
            at("/authorize", |call, onward| onward(&call.with("request", "")))
        }),
        ("sign-out that ends nothing", "logout.ends", {
            at("/end-session", |call, onward| onward(&Call { target: "/robots.txt".to_owned(), ..call }))
        }),
        ("PKCE is ignored", "token.pkce", {
            Arc::new(|call: Call, onward: Onward<'_>| {
                let has = |name: &str| call.parameter(name).is_some();
                match call.path() {
                    "/authorize" if has("code_challenge") => onward(&call.with("code_challenge", CHALLENGE)),
                    "/token" if has("code") => onward(&call.with("code_verifier", VERIFIER)),
                    _ => onward(&call),
                }
            })
        }),
        ("the redirect URI at the token endpoint is ignored", "token.redirect-uri", {
            at("/token", |call, onward| match call.parameter("code") {
                Some(_) => onward(&call.with("redirect_uri", CALLBACK)),
                None => onward(&call),
            })
        }),
        ("a token in the query is taken", "userinfo.query", {
            at("/userinfo", |mut call, onward| match call.parameter("access_token").filter(|_| call.method == "GET") {
                Some(token) => {
                    call.headers.push(("authorization".to_owned(), format!("Bearer {token}")));
                    onward(&call.with("access_token", ""))
                }
                None => onward(&call),
            })
        }),
    ]
}

fn answers() -> Vec<Tamper> {
    vec![
        ("state is altered", "answer.state", {
            answered(|all| all.iter_mut().filter(|(name, _)| name == "state").for_each(|(_, value)| value.push('x')))
        }),
        ("iss is missing", "answer.iss", answered(|all| all.retain(|(name, _)| name != "iss"))),
        ("an error with more beside it", "answer.members", {
            answered(|all| {
                if all.iter().any(|(name, _)| name == "error") {
                    all.push(("session".to_owned(), "x".to_owned()));
                }
            })
        }),
        ("quotes in error_description", "answer.error-text", {
            json_at("/token", |body| {
                if body.get("error").is_some() {
                    body["error_description"] = json!("there is no \"code\" like that");
                }
            })
        }),
        ("a token answer that may be kept", "answer.no-store", {
            at("/token", |call, onward| onward(&call).with("cache-control", "private"))
        }),
    ]
}

fn tokens() -> Vec<Tamper> {
    let of_person = |name: &'static str, value: &'static str| {
        json_at("/userinfo", move |body| {
            if body.get("sub").is_some() {
                body[name] = json!(value);
            }
        })
    };
    vec![
        ("a code is taken twice", "token.code-once", taken_twice()),
        ("a code's second use takes nothing back", "token.code-revokes", takes_nothing_back()),
        ("no expires_in", "token.answer", {
            json_at("/token", |body| {
                body.as_object_mut().and_then(|body| body.remove("expires_in"));
            })
        }),
        ("userinfo of somebody else", "userinfo.sub", of_person("sub", "somebody-else")),
        ("an empty claim", "userinfo.types", of_person("nickname", "")),
    ]
}

/// The second use goes on to Portvakt, which takes back what the first gave; the app hears nothing of it.
fn taken_twice() -> Arc<Meddle> {
    let given: Mutex<HashMap<String, Reply>> = Mutex::default();
    at("/token", move |call, onward| {
        let reply = onward(&call);
        let Some(code) = call.parameter("code") else { return reply };
        let mut given = held(&given);
        if let Some(first) = given.get(&code) {
            return first.clone();
        }
        if reply.status == 200 {
            given.insert(code, reply.clone());
        }
        reply
    })
}

/// The app is refused the second time, and Portvakt hears nothing of it.
fn takes_nothing_back() -> Arc<Meddle> {
    let spent: Mutex<Vec<String>> = Mutex::default();
    at("/token", move |call, onward| {
        let Some(code) = call.parameter("code") else { return onward(&call) };
        if held(&spent).contains(&code) {
            let headers = [("content-type", "application/json"), ("cache-control", "no-store")];
            let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
            return Reply { status: 400, headers, body: json!({"error": "invalid_grant"}).to_string() };
        }
        let reply = onward(&call);
        if reply.status == 200 {
            held(&spent).push(code);
        }
        reply
    })
}

fn id_tokens() -> Vec<Tamper> {
    let claim = |name: &'static str, value: Value| resigned(move |claims| claims[name] = value.clone());
    vec![
        ("a signature of nobody", "id-token.signature", {
            rewritten(|jwt| Some(format!("{}.{}", jwt.rsplit_once('.')?.0, "A".repeat(86))), false)
        }),
        ("another at_hash", "id-token.at-hash", claim("at_hash", json!("AAAA"))),
        ("the nonce is dropped", "id-token.nonce", {
            resigned(|claims| {
                claims.as_object_mut().and_then(|claims| claims.remove("nonce"));
            })
        }),
        ("another audience", "id-token.aud", claim("aud", json!("app_other"))),
        ("another issuer inside", "id-token.iss", claim("iss", json!("https://other.example"))),
        ("its time is over", "id-token.times", claim("exp", json!(1_700_000_000))),
        ("an address inside", "id-token.lean", claim("email", json!("anna@nordvik.example"))),
    ]
}

/// Meddles with one path alone.
fn at(path: &'static str, meddle: impl Fn(Call, Onward<'_>) -> Reply + Send + Sync + 'static) -> Arc<Meddle> {
    Arc::new(move |call, onward| if call.path() == path { meddle(call, onward) } else { onward(&call) })
}

/// Alters the JSON of one path.
fn json_at(path: &'static str, change: impl Fn(&mut Value) + Send + Sync + 'static) -> Arc<Meddle> {
    at(path, move |call, onward| altered(onward(&call), &change))
}

fn altered(reply: Reply, change: &dyn Fn(&mut Value)) -> Reply {
    let Ok(mut body) = serde_json::from_str::<Value>(&reply.body) else { return reply };
    change(&mut body);
    Reply { body: body.to_string(), ..reply }
}

/// Alters the discovery document at both of its addresses.
fn document(change: impl Fn(&mut Value) + Send + Sync + 'static) -> Arc<Meddle> {
    Arc::new(move |call, onward| {
        let reply = onward(&call);
        if call.path().starts_with("/.well-known/o") { altered(reply, &change) } else { reply }
    })
}

/// Sends the browser to a redirect URI that only `is_taken` takes.
fn redirected(is_taken: impl Fn(&str) -> bool + Send + Sync + 'static) -> Arc<Meddle> {
    at("/authorize", move |call, onward| {
        let reply = onward(&call);
        let of_app = call.parameter("client_id").is_some_and(|id| !id.starts_with("app_self_check_"));
        match call.parameter("redirect_uri").filter(|uri| of_app && uri != CALLBACK && is_taken(uri)) {
            Some(uri) => Reply { status: 302, ..reply.with("location", &uri) },
            None => reply,
        }
    })
}

/// Alters what the browser brings to the app, by redirect.
fn answered(change: impl Fn(&mut Vec<(String, String)>) + Send + Sync + 'static) -> Arc<Meddle> {
    Arc::new(move |call, onward| {
        let reply = onward(&call);
        let to_app = Url::parse(reply.header("location")).ok().filter(|url| url.as_str().starts_with(CALLBACK));
        let Some(mut url) = to_app else { return reply };
        let mut all: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        change(&mut all);
        url.query_pairs_mut().clear().extend_pairs(all);
        reply.with("location", url.as_str())
    })
}

/// The key that the test app's `id_tokens` are signed with.
fn own(set: &mut Value) -> impl Iterator<Item = &mut Value> {
    set["keys"].as_array_mut().into_iter().flatten().filter(|key| key["kty"] == "OKP")
}

/// Other claims, signed anew by a key that stands in the key set in the place of Portvakt's own.
fn resigned(change: impl Fn(&mut Value) + Send + Sync + 'static) -> Arc<Meddle> {
    let sign = move |jwt: &str| {
        let mut parts = jwt.split('.');
        let (header, payload) = (parts.next()?, parts.next()?);
        let mut claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        change(&mut claims);
        let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = URL_SAFE_NO_PAD.encode(key()?.sign(message.as_bytes()).as_ref());
        Some(format!("{message}.{signature}"))
    };
    rewritten(sign, true)
}

fn key() -> Option<Ed25519KeyPair> {
    Ed25519KeyPair::from_seed_unchecked(&[7; 32]).ok()
}

fn held<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Rewrites `id_tokens` wherever they pass; those that come back as a hint are turned into what Portvakt gave, so that
/// nothing but the token itself is wrong.
fn rewritten(rewrite: impl Fn(&str) -> Option<String> + Send + Sync + 'static, own_key: bool) -> Arc<Meddle> {
    let given: Mutex<HashMap<String, String>> = Mutex::default();
    Arc::new(move |call, onward| {
        let original = call.parameter("id_token_hint").and_then(|hint| held(&given).get(&hint).cloned());
        let call = match original {
            Some(original) => call.with("id_token_hint", &original),
            None => call,
        };
        let reply = onward(&call);
        let again = |jwt: &str| {
            let new = rewrite(jwt).unwrap_or_else(|| jwt.to_owned());
            held(&given).insert(new.clone(), jwt.to_owned());
            new
        };
        match call.path() {
            "/jwks" if own_key => altered(reply, &|set| {
                let public = key().map(|key| URL_SAFE_NO_PAD.encode(key.public_key().as_ref()));
                own(set).for_each(|key| key["x"] = json!(public));
            }),
            "/token" => altered(reply, &|body| {
                if let Some(jwt) = body.get("id_token").and_then(Value::as_str) {
                    body["id_token"] = json!(again(jwt));
                }
            }),
            _ => match reply.header("location").split_once("id_token=") {
                Some((before, rest)) => {
                    let (jwt, after) = rest.split_at(rest.find('&').unwrap_or(rest.len()));
                    let location = format!("{before}id_token={}{after}", again(jwt));
                    reply.clone().with("location", &location)
                }
                None => reply,
            },
        }
    })
}
