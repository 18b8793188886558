//! How an app is to prove itself: what it must have registered for that, and the secrets of those that have one.

use crate::ctx::Ctx;
use portvakt_model::app::AppSettings;
use portvakt_model::app::metadata::KeySource;
use portvakt_model::{AppKind, AppSecret, ClientAuthMethod, Fault, SecretId, TenantId};
use portvakt_protocol::certificate::{self, NameFault};
use portvakt_protocol::jose::{ClientKeys, KeyUse, KeysRefused};
use portvakt_protocol::oauth::app_uris;
use portvakt_protocol::oauth::client_auth::assertion::algorithms;
use portvakt_protocol::oauth::discovery::Offers;
use portvakt_protocol::seal::Cell;

/// What is wrong with how an app is to prove itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProvingFault {
    /// An app that can prove itself must.
    NoMethod,
    /// This deployment takes no certificates, or none that an authority vouches for.
    NotOffered,
    /// The method needs keys.
    KeysMissing,
    /// The key set is not taken.
    Keys(KeysRefused),
    /// There is no key in the set that could prove anything.
    KeysUseless,
    /// Not an https URL.
    KeysUri,
    /// The algorithm is none of the method's.
    Algorithm,
    /// `tls_client_auth` needs a name.
    NameMissing,
    /// The name is none that a certificate can have.
    Name(NameFault),
    /// Tokens that pass through the browser can be bound to no certificate.
    BoundInBrowser,
}

impl ProvingFault {
    /// A sentence's end for whoever registers the app.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NoMethod => "a web app or a machine proves itself: none is for browser and native apps",
            Self::NotOffered => {
                "this deployment takes no such certificates: set mtls.listen or mtls.proxy_header, and mtls.client_ca for tls_client_auth"
            }
            Self::KeysMissing => "private_key_jwt and self_signed_tls_client_auth need public keys (jwks or jwks_uri)",
            Self::Keys(why) => why.sentence(),
            Self::KeysUseless => "the key set has no key for signatures that can be used here",
            Self::KeysUri => "jwks_uri is an https URL without a fragment",
            Self::Algorithm => {
                "the algorithm is none of the method's: HS* goes with client_secret_jwt, all others with private_key_jwt"
            }
            Self::NameMissing => "tls_client_auth needs the name in the certificate",
            Self::Name(why) => why.sentence(),
            Self::BoundInBrowser => "tokens that pass through the browser cannot be bound to a certificate",
        }
    }
}

/// Whether the app has registered what its method needs, and this deployment has what it needs for it.
pub(crate) fn check(offers: &Offers, kind: AppKind, settings: &AppSettings) -> Result<(), ProvingFault> {
    let (method, proving) = (settings.auth_method, &settings.proving);
    if method == ClientAuthMethod::None && kind.is_confidential() {
        return Err(ProvingFault::NoMethod);
    }
    if !offers.auth_methods().any(|offered| offered == method) || (proving.bound_tokens && offers.mutual_tls.is_none())
    {
        return Err(ProvingFault::NotOffered);
    }
    match &settings.keys {
        Some(KeySource::Jwks(set)) => {
            let keys = ClientKeys::of_value(set).map_err(ProvingFault::Keys)?;
            if by_key(method) && keys.keys().iter().all(|key| key.usage == KeyUse::Encryption) {
                return Err(ProvingFault::KeysUseless);
            }
        }
        Some(KeySource::JwksUri(uri)) if app_uris::check(uri).is_err() || uri.contains('#') => {
            return Err(ProvingFault::KeysUri);
        }
        None if by_key(method) => return Err(ProvingFault::KeysMissing),
        Some(KeySource::JwksUri(_)) | None => {}
    }
    if proving.signing_alg.is_some_and(|algorithm| !algorithms(method).contains(&algorithm)) {
        return Err(ProvingFault::Algorithm);
    }
    match &proving.certificate {
        Some(name) => certificate::check(name).map_err(ProvingFault::Name)?,
        None if method == ClientAuthMethod::TlsClientAuth => return Err(ProvingFault::NameMissing),
        None => {}
    }
    if proving.bound_tokens && settings.response_types.iter().any(|one| one.has_token()) {
        return Err(ProvingFault::BoundInBrowser);
    }
    Ok(())
}

const fn by_key(method: ClientAuthMethod) -> bool {
    matches!(method, ClientAuthMethod::PrivateKeyJwt | ClientAuthMethod::SelfSignedTlsClientAuth)
}

/// A new secret and its row, where the method has one. What must be computed with again is kept beside its hash, sealed
/// for its place.
pub(crate) fn draw_secret(
    ctx: &Ctx,
    method: ClientAuthMethod,
    tenant: Option<TenantId>,
) -> Result<Option<(String, AppSecret)>, Fault> {
    if !method.has_secret() {
        return Ok(None);
    }
    let mut text = ctx.dice.handle()?.text();
    if method == ClientAuthMethod::ClientSecretJwt {
        // The text's octets are the key, and HS512 wants 64 of them at least (RFC 7518 §3.2): two handles have 86.
        text.push_str(&ctx.dice.handle()?.text());
    }
    let id = SecretId::random(ctx.dice.bytes()?);
    let sealed = if method == ClientAuthMethod::ClientSecretJwt {
        let keys = ctx.keeper.keys();
        Some(keys.rest().seal_row(&secret_cell(tenant, &id), text.as_bytes(), ctx.dice.bytes()?)?)
    } else {
        None
    };
    let row =
        AppSecret { id, hash: Ctx::hash_bytes(text.as_bytes()), created_at: ctx.clock.now(), sealed, expires_at: None };
    Ok(Some((text, row)))
}

/// Where a secret that is kept stands.
pub(crate) fn secret_cell(tenant: Option<TenantId>, id: &SecretId) -> Cell<'_> {
    let tenant = tenant.unwrap_or(TenantId::DEPLOYMENT);
    Cell { tenant, table: "app_secret", row: id.0.as_bytes(), column: "sealed" }
}
