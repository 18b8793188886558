//! The client's keys and certificates, and what they are needed for.

use super::members::Members;
use super::terms::Terms;
use super::uris;
use crate::certificate;
use crate::jose::ClientKeys;
use crate::oauth::needs::{has_key, verifies};
use crate::oauth::redirect;
use crate::oauth::why::Why;
use portvakt_model::ClientAuthMethod;
use portvakt_model::app::metadata::{
    CertificateName, ContentEncryption, Encryption, JwsAlgorithm, KeyManagement, KeySource, Proving,
};

/// `jwks` or `jwks_uri`, never both (RFC 7591 §2).
pub(super) fn source(members: &Members) -> Result<Option<KeySource>, Why> {
    match (members.value("jwks"), members.text("jwks_uri", redirect::MOST_OCTETS)?) {
        (Some(_), Some(_)) => Err(Why::KeysBoth),
        (Some(set), None) => {
            ClientKeys::of_value(set).map_err(|_| Why::KeysRefused)?;
            Ok(Some(KeySource::Jwks(set.clone())))
        }
        (None, Some(uri)) => Ok(Some(KeySource::JwksUri(uris::https(uri)?.to_owned()))),
        (None, None) => Ok(None),
    }
}

/// How the client proves itself, and that it has registered what it needs for that.
pub(super) fn proving(
    members: &Members,
    method: ClientAuthMethod,
    keys: Option<&KeySource>,
    terms: &Terms,
) -> Result<Proving, Why> {
    use ClientAuthMethod::{
        ClientSecretBasic, ClientSecretJwt, ClientSecretPost, None as Nothing, PrivateKeyJwt, SelfSignedTlsClientAuth,
        TlsClientAuth,
    };
    let alg = members.word("token_endpoint_auth_signing_alg", JwsAlgorithm::of_name, &terms.client_algs)?;
    let mut proving = Proving::default();
    match method {
        Nothing | ClientSecretBasic | ClientSecretPost => {}
        ClientSecretJwt => proving.signing_alg = fitting(alg, true)?,
        PrivateKeyJwt => {
            proving.signing_alg = fitting(alg, false)?;
            needed(keys)?;
        }
        TlsClientAuth => proving.certificate = Some(certificate_name(members)?),
        SelfSignedTlsClientAuth => needed(keys)?,
    }
    if members.flag("tls_client_certificate_bound_access_tokens")? {
        if !terms.bound_tokens {
            return Err(Why::MetadataNotOffered);
        }
        proving.bound_tokens = true;
    }
    Ok(proving)
}

fn fitting(alg: Option<JwsAlgorithm>, symmetric: bool) -> Result<Option<JwsAlgorithm>, Why> {
    let fits = alg.is_none_or(|alg| alg.is_symmetric() == symmetric);
    fits.then_some(alg).ok_or(Why::MetadataNotOffered)
}

fn needed(keys: Option<&KeySource>) -> Result<(), Why> {
    has_key(keys, verifies).then_some(()).ok_or(Why::KeysMissing)
}

/// Exactly one name (RFC 8705 §2.1.2).
fn certificate_name(members: &Members) -> Result<CertificateName, Why> {
    let mut found = Vec::new();
    let mut take = |name: &str, make: fn(String) -> CertificateName| {
        found.extend(members.text(name, 1000)?.map(|text| make(text.to_owned())));
        Ok::<_, Why>(())
    };
    take("tls_client_auth_subject_dn", CertificateName::SubjectDn)?;
    take("tls_client_auth_san_dns", CertificateName::SanDns)?;
    take("tls_client_auth_san_uri", CertificateName::SanUri)?;
    take("tls_client_auth_san_ip", CertificateName::SanIp)?;
    take("tls_client_auth_san_email", CertificateName::SanEmail)?;
    match <[CertificateName; 1]>::try_from(found) {
        Ok([name]) if certificate::check(&name).is_ok() => Ok(name),
        Ok(_) | Err(_) => Err(Why::CertificateName),
    }
}

/// `…_encrypted_response_alg` and `…_enc` (OpenID Connect Registration §2): the second only beside the first.
pub(super) fn encryption(
    members: &Members,
    of: &str,
    offered: &(Vec<KeyManagement>, Vec<ContentEncryption>),
) -> Result<Option<Encryption>, Why> {
    let alg = members.word(&format!("{of}_encrypted_response_alg"), KeyManagement::of_name, &offered.0)?;
    let enc = members.word(&format!("{of}_encrypted_response_enc"), ContentEncryption::of_name, &offered.1)?;
    match (alg, enc) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(Why::MetadataNotOffered),
        (Some(alg), enc) => {
            let enc = enc.unwrap_or_default();
            if !offered.1.contains(&enc) {
                return Err(Why::MetadataNotOffered);
            }
            Ok(Some(Encryption { alg, enc }))
        }
    }
}
