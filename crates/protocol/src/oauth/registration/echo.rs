//! What is registered, as the metadata that it was registered by (RFC 7591 §3.2.1, RFC 7592 §3).

use portvakt_model::app::metadata::{CertificateName, Encryption, JwsAlgorithm, KeySource, ResponseType};
use portvakt_model::{Algorithm, App, AppKind};
use serde_json::{Map, Value, json};

/// The document of a client: `client_id`, when that was given, and every member that holds for it. Secrets and tokens
/// are the caller's to add. Reading it again gives the same registration.
pub fn document(app: &App) -> Map<String, Value> {
    let settings = &app.settings;
    let types = &settings.response_types;
    let mut out = Members(Map::new());
    out.put("client_id", app.client_id.as_str());
    out.put("client_id_issued_at", app.created_at.seconds());
    out.put("client_name", app.name.as_str());
    out.put("application_type", if app.kind == AppKind::Native { "native" } else { "web" });
    out.put("redirect_uris", json!(settings.redirect_uris));
    out.put("response_types", json!(types.iter().map(|one| one.name()).collect::<Vec<_>>()));
    out.put("grant_types", json!(grant_types(types, settings.refresh)));
    out.put("token_endpoint_auth_method", settings.auth_method.name());
    out.put("id_token_signed_response_alg", settings.id_token_alg.name());
    out.put("subject_type", settings.subject_type.name());
    out.list("post_logout_redirect_uris", &settings.post_logout_redirect_uris);
    out.list("default_acr_values", &settings.default_acr_values);
    out.some("default_max_age", settings.default_max_age.map(|age| age.0));
    out.some("client_uri", settings.client_uri.as_deref());
    out.some("policy_uri", settings.policy_uri.as_deref());
    out.some("tos_uri", settings.tos_uri.as_deref());
    match &settings.keys {
        Some(KeySource::Jwks(set)) => out.put("jwks", set.clone()),
        Some(KeySource::JwksUri(uri)) => out.put("jwks_uri", uri.as_str()),
        None => {}
    }
    out.some("token_endpoint_auth_signing_alg", settings.proving.signing_alg.map(JwsAlgorithm::name));
    if let Some(name) = &settings.proving.certificate {
        let (member, text) = certificate(name);
        out.put(member, text);
    }
    out.flag("tls_client_certificate_bound_access_tokens", settings.proving.bound_tokens);
    out.some("request_object_signing_alg", settings.request_objects.signing_alg.map(JwsAlgorithm::name));
    out.list("request_uris", &settings.request_objects.uris);
    out.flag("require_signed_request_object", settings.request_objects.required);
    out.encryption("id_token", settings.protection.id_token);
    out.some("userinfo_signed_response_alg", settings.protection.userinfo_signing.map(Algorithm::name));
    out.encryption("userinfo", settings.protection.userinfo);
    out.some("sector_identifier_uri", settings.sector_identifier_uri.as_deref());
    out.flag("require_auth_time", settings.require_auth_time);
    out.some("backchannel_logout_uri", settings.logout.back.as_deref());
    out.flag("backchannel_logout_session_required", settings.logout.back_session);
    out.some("frontchannel_logout_uri", settings.logout.front.as_deref());
    out.flag("frontchannel_logout_session_required", settings.logout.front_session);
    out.some("logo_uri", settings.about.logo_uri.as_deref());
    out.list("contacts", &settings.about.contacts);
    out.some("initiate_login_uri", settings.about.initiate_login_uri.as_deref());
    out.some("software_id", settings.about.software_id.as_deref());
    out.some("software_version", settings.about.software_version.as_deref());
    for (name, text) in &settings.about.localized {
        out.put(name, text.as_str());
    }
    out.0
}

/// The grants that the response types go by, and the refresh token's.
fn grant_types(types: &[ResponseType], refresh: bool) -> Vec<&'static str> {
    let code = types.iter().any(|one| one.has_code()).then_some("authorization_code");
    let implicit = types.iter().any(|one| one.is_front_channel()).then_some("implicit");
    let refresh = refresh.then_some("refresh_token");
    [code, implicit, refresh].into_iter().flatten().collect()
}

fn certificate(name: &CertificateName) -> (&'static str, &str) {
    match name {
        CertificateName::SubjectDn(text) => ("tls_client_auth_subject_dn", text),
        CertificateName::SanDns(text) => ("tls_client_auth_san_dns", text),
        CertificateName::SanUri(text) => ("tls_client_auth_san_uri", text),
        CertificateName::SanIp(text) => ("tls_client_auth_san_ip", text),
        CertificateName::SanEmail(text) => ("tls_client_auth_san_email", text),
    }
}

struct Members(Map<String, Value>);

impl Members {
    fn put(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    fn some(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.put(name, value);
        }
    }

    fn list(&mut self, name: &str, texts: &[String]) {
        if !texts.is_empty() {
            self.put(name, json!(texts));
        }
    }

    fn flag(&mut self, name: &str, is_on: bool) {
        if is_on {
            self.put(name, true);
        }
    }

    fn encryption(&mut self, of: &str, encryption: Option<Encryption>) {
        if let Some(Encryption { alg, enc }) = encryption {
            self.put(&format!("{of}_encrypted_response_alg"), alg.name());
            self.put(&format!("{of}_encrypted_response_enc"), enc.name());
        }
    }
}
