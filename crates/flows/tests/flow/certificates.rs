//! Programs with certificates (RFC 8705): who they are by them, and tokens that are worth nothing without.

use crate::kit::program::{Key, asks, asks_for_itself, machine, register};
use crate::kit::{HRM, ISSUER, Tokens, World, caller, on_both, pairs_of, params};
use portvakt_flows::app::ProvingFault;
use portvakt_flows::{Caller, Ctx, Settings, introspect, operator, own_api, userinfo};
use portvakt_model::app::AppSettings;
use portvakt_model::app::metadata::{CertificateName, KeySource, Proving};
use portvakt_model::{AppKind, ClientAuthMethod as Method, GrantId, Seconds};
use portvakt_protocol::certificate::{Authorities, ClientCertificate};
use portvakt_protocol::oauth::discovery::{MutualTls, Offers};
use portvakt_protocol::oauth::{Params, Why};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use std::sync::Arc;

on_both! {
    a_certificate_of_an_authority_proves_the_name_that_was_registered,
    a_certificate_of_one_s_own_proves_the_key_that_was_registered,
    bound_tokens_say_so_and_are_never_without_a_certificate,
    a_bound_token_is_worth_nothing_to_who_has_not_the_key,
    a_public_app_s_refresh_token_is_bound_and_a_confidential_app_s_is_not,
    an_operator_s_bound_token_opens_nothing_without_its_certificate,
}

const BANK: &str = "app_bank";
const KEYS: &str = "https://bank.example/jwks";

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.distinguished_name.push(DnType::CommonName, "Authority");
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn gives(&self, name: &str) -> ClientCertificate {
        brought(&params_of(name).signed_by(&KeyPair::generate().unwrap(), &self.0).unwrap())
    }
}

fn params_of(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_after = rcgen::date_time_ymd(2030, 1, 1);
    params
}

fn brought(certificate: &rcgen::Certificate) -> ClientCertificate {
    ClientCertificate::of_chain([certificate.der().to_vec()]).unwrap()
}

fn of_own_making(key: &Key) -> ClientCertificate {
    let pair = KeyPair::try_from(key.pkcs8.as_slice()).unwrap();
    brought(&params_of("anything").self_signed(&pair).unwrap())
}

/// The same deployment with mutual TLS, and the authority that it trusts.
fn mutual(world: &World) -> (Ctx, Authority) {
    let authority = Authority::new();
    let mut settings = Settings::new(ISSUER.to_owned(), "Portvakt".to_owned());
    let mutual_tls = MutualTls { url: "https://mtls.login.example".to_owned(), authorities: true };
    settings.offers = Offers { mutual_tls: Some(mutual_tls), ..Offers::default() };
    settings.authorities = Authorities::parse(authority.0.pem().as_bytes()).unwrap();
    (Ctx { settings: Arc::new(settings), ..world.ctx.clone() }, authority)
}

fn named(name: &str) -> AppSettings {
    let certificate = Some(CertificateName::SubjectDn(format!("CN={name}")));
    AppSettings { proving: Proving { certificate, ..Proving::default() }, ..machine(Method::TlsClientAuth) }
}

fn asks_as(world: &World, ctx: &Ctx, client: &str, certificate: Option<&ClientCertificate>) -> Result<Tokens, Why> {
    asks_for_itself(world, ctx, certificate, &[("client_id", client)])
}

fn a_certificate_of_an_authority_proves_the_name_that_was_registered(world: &World) {
    let (ctx, authority) = mutual(world);
    register(&ctx, world, BANK, AppKind::Machine, named("Bank")).unwrap();
    let ask = |certificate: Option<&ClientCertificate>| asks_as(world, &ctx, BANK, certificate).map(drop);
    let right = authority.gives("Bank");
    assert_eq!(ask(Some(&right)), Ok(()));
    assert_eq!(ask(Some(&authority.gives("Bank"))), Ok(()), "a renewed one too");
    let self_made = brought(&params_of("Bank").self_signed(&KeyPair::generate().unwrap()).unwrap());
    for wrong in [None, Some(&authority.gives("Other")), Some(&Authority::new().gives("Bank")), Some(&self_made)] {
        assert_eq!(ask(wrong), Err(Why::ClientInvalid));
    }
    // A secret beside the certificate is another way, which this app has not.
    let with_secret = [("client_id", BANK), ("client_secret", "guess")];
    assert_eq!(asks_for_itself(world, &ctx, Some(&right), &with_secret).map(drop), Err(Why::ClientInvalid));
    // Where nobody is trusted any more, nobody is vouched for.
    assert_eq!(asks_as(world, &world.ctx, BANK, Some(&right)).map(drop), Err(Why::ClientInvalid));
    world.ctx.clock.advance(Seconds::days(365 * 10));
    assert_eq!(ask(Some(&right)), Err(Why::ClientInvalid), "it has run out");
    let missing = register(&ctx, world, "app_x", AppKind::Machine, machine(Method::TlsClientAuth)).unwrap_err();
    assert_eq!(missing, portvakt_flows::app::Invalid::Proving(ProvingFault::NameMissing));
}

fn a_certificate_of_one_s_own_proves_the_key_that_was_registered(world: &World) {
    let (ctx, _) = mutual(world);
    let (key, next) = (Key::new("a"), Key::new("b"));
    let settings = AppSettings { keys: Some(key.source()), ..machine(Method::SelfSignedTlsClientAuth) };
    register(&ctx, world, BANK, AppKind::Machine, settings).unwrap();
    let ask = |client, certificate: Option<&ClientCertificate>| asks_as(world, &ctx, client, certificate).map(drop);
    let own = of_own_making(&key);
    assert_eq!(ask(BANK, Some(&own)), Ok(()));
    assert_eq!(ask(BANK, Some(&of_own_making(&key))), Ok(()), "renewed for the same key");
    for wrong in [None, Some(&of_own_making(&next))] {
        assert_eq!(ask(BANK, wrong), Err(Why::ClientInvalid));
    }
    // Keys that are fetched: a new one is found, and not looked for without end.
    let keys = Some(KeySource::JwksUri(KEYS.to_owned()));
    let settings = AppSettings { keys, ..machine(Method::SelfSignedTlsClientAuth) };
    register(&ctx, world, "app_fetched", AppKind::Machine, settings).unwrap();
    world.serve_json(KEYS, &key.set());
    assert_eq!(ask("app_fetched", Some(&own)), Ok(()));
    world.serve_json(KEYS, &next.set());
    assert_eq!(ask("app_fetched", Some(&of_own_making(&next))), Ok(()));
    world.fetches();
    for _ in 0..10 {
        assert_eq!(ask("app_fetched", Some(&of_own_making(&Key::new("c")))), Err(Why::ClientInvalid));
    }
    assert!(world.fetches().len() <= 1);
    world.ctx.clock.advance(Seconds::days(365 * 10));
    assert_eq!(ask(BANK, Some(&own)), Err(Why::ClientInvalid), "its own dates count");
}

fn bound(settings: AppSettings) -> AppSettings {
    AppSettings { proving: Proving { bound_tokens: true, ..settings.proving.clone() }, ..settings }
}

fn bound_tokens_say_so_and_are_never_without_a_certificate(world: &World) {
    let (ctx, authority) = mutual(world);
    register(&ctx, world, BANK, AppKind::Machine, bound(named("Bank"))).unwrap();
    let secret = register(&ctx, world, "app_shop", AppKind::Machine, bound(machine(Method::ClientSecretPost)));
    let secret = secret.unwrap().secret.unwrap();
    let certificate = authority.gives("Bank");
    let thumbprint = certificate.sender_key().thumbprint();
    let tokens = asks_as(world, &ctx, BANK, Some(&certificate)).unwrap();
    assert_eq!(tokens.access_claim("cnf"), serde_json::json!({ "x5t#S256": thumbprint }));
    let seen = world.introspect(HRM, &tokens.access).unwrap();
    assert_eq!(seen["cnf"]["x5t#S256"], thumbprint, "an API that asks is told");
    // A certificate of whoever is enough for an app that proves itself otherwise.
    let proof = [("client_id", "app_shop"), ("client_secret", secret.as_str())];
    let any = of_own_making(&Key::new("a"));
    let shop = asks_for_itself(world, &ctx, Some(&any), &proof).unwrap();
    assert_eq!(shop.access_claim("cnf")["x5t#S256"], any.sender_key().thumbprint());
    assert_eq!(asks_for_itself(world, &ctx, None, &proof).map(drop), Err(Why::CertificateMissing));
    // Who did not register it gets none, with a certificate or without.
    register(&ctx, world, "app_free", AppKind::Machine, named("Free")).unwrap();
    let free = asks_as(world, &ctx, "app_free", Some(&authority.gives("Free"))).unwrap();
    assert_eq!(free.access_claim("cnf"), serde_json::Value::Null);
}

/// An app that signs people in, and whose tokens are bound.
fn bound_app(world: &World, ctx: &Ctx, client: &str, kind: AppKind, method: Method) -> Option<String> {
    let redirect = format!("https://{}.example/callback", client.trim_start_matches("app_"));
    let settings = AppSettings {
        auth_method: method,
        redirect_uris: vec![redirect],
        first_party: true,
        refresh: true,
        ..bound(AppSettings::default())
    };
    register(ctx, world, client, kind, settings).unwrap().secret
}

fn a_bound_token_is_worth_nothing_to_who_has_not_the_key(world: &World) {
    let (ctx, _) = mutual(world);
    bound_app(world, &ctx, "app_wallet", AppKind::Native, Method::None);
    let (own, other) = (of_own_making(&Key::new("a")), of_own_making(&Key::new("b")));
    let (_, code) = world.signed_in_to("app_wallet");
    let redeems = |certificate: Option<&ClientCertificate>| {
        let pairs = [&pairs_of(&code)[..], &[("client_id", "app_wallet")]].concat();
        world.run(asks(&ctx, certificate, &pairs))
    };
    assert_eq!(redeems(None).map(drop), Err(Why::CertificateMissing), "and the code is not spent by that");
    let tokens = redeems(Some(&own)).unwrap();
    let bearer = format!("Bearer {}", tokens.access);
    let looks = |certificate: Option<&ClientCertificate>| {
        let caller = Caller { certificate, ..caller(Some(&bearer)) };
        world.run(userinfo::get(&ctx, &caller, &Params::default())).map(drop)
    };
    assert_eq!(looks(Some(&own)), Ok(()));
    assert_eq!(looks(Some(&other)), Err(Why::BearerInvalid));
    assert_eq!(looks(None), Err(Why::BearerInvalid));
}

fn a_public_app_s_refresh_token_is_bound_and_a_confidential_app_s_is_not(world: &World) {
    let (ctx, _) = mutual(world);
    let secret = bound_app(world, &ctx, "app_vault", AppKind::Web, Method::ClientSecretPost).unwrap();
    bound_app(world, &ctx, "app_wallet", AppKind::Native, Method::None);
    let (own, other) = (of_own_making(&Key::new("a")), of_own_making(&Key::new("b")));
    for (client, secret, is_bound) in [("app_wallet", None, true), ("app_vault", Some(secret.as_str()), false)] {
        let (_, code) = world.signed_in_to(client);
        let proof: Vec<(&str, &str)> =
            [("client_id", client)].into_iter().chain(secret.map(|secret| ("client_secret", secret))).collect();
        let first = world.run(asks(&ctx, Some(&own), &[&pairs_of(&code)[..], &proof].concat())).unwrap();
        let refreshes = |token: &str, certificate: Option<&ClientCertificate>| {
            let pairs = [("grant_type", "refresh_token"), ("refresh_token", token)];
            world.run(asks(&ctx, certificate, &[&pairs[..], &proof].concat()))
        };
        assert_eq!(refreshes(first.refresh(), None).map(drop), Err(Why::CertificateMissing));
        let by_other = refreshes(first.refresh(), Some(&other));
        assert_eq!(by_other.as_ref().err(), is_bound.then_some(&Why::RefreshInvalid), "{client}");
        let by_own = refreshes(first.refresh(), Some(&own)).unwrap();
        assert_eq!(by_own.access_claim("cnf")["x5t#S256"], own.sender_key().thumbprint(), "{client}");
        let id = first.access_claim("grant_id").as_str().unwrap().to_owned();
        let grant = world.read(move |tx| tx.grants().view(GrantId::parse(&id).unwrap(), None));
        assert_eq!(grant.unwrap().grant.sender_key, is_bound.then(|| own.sender_key()), "{client}");
    }
}

fn an_operator_s_bound_token_opens_nothing_without_its_certificate(world: &World) {
    let (ctx, authority) = mutual(world);
    let api = own_api::identifier(ISSUER);
    let settings = AppSettings { own_scopes: vec![format!("{api}#{}", own_api::OPERATOR)], ..bound(named("Deploy")) };
    register(&ctx, world, "app_deploy", AppKind::Machine, settings).unwrap();
    let certificate = authority.gives("Deploy");
    let tokens = asks_as(world, &ctx, "app_deploy", Some(&certificate)).unwrap();
    let bearer = format!("Bearer {}", tokens.access);
    let enters = |certificate| world.run(operator::enter(&ctx, &Caller { certificate, ..caller(Some(&bearer)) }));
    assert!(enters(Some(&certificate)).is_ok());
    assert_eq!(enters(None), Err(Why::BearerInvalid));
    assert_eq!(enters(Some(&authority.gives("Deploy"))), Err(Why::BearerInvalid), "the same name, another key");
    let params = params(&[("token", &tokens.access), ("client_id", "app_deploy")]);
    let looked = world.run(introspect::post(&ctx, &caller(None), &params));
    assert_eq!(looked.map_err(|refusal| refusal.why), Err(Why::ClientInvalid), "introspection wants the proof too");
}
