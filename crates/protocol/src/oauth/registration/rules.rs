//! From members to an app: each one read, and those that hang together compared.

use super::members::Members;
use super::terms::{Subjects, Terms};
use super::{MOST_NAME, Wish, keys, uris};
use crate::oauth::host::host;
use crate::oauth::needs::{self, NeedFault};
use crate::oauth::redirect::MOST_OCTETS;
use crate::oauth::why::Why;
use portvakt_model::app::AppSettings;
use portvakt_model::app::metadata::{
    About, JwsAlgorithm, LogoutChannels, Protection, RequestObjects, ResponseType, SubjectType,
};
use portvakt_model::{Algorithm, AppKind, ClientAuthMethod, RefreshRotation, Seconds, text};
use std::collections::BTreeMap;

/// The most texts in other languages.
const MOST_LOCALIZED: usize = 40;
/// The most octets of a text that is no URI.
const MOST_TEXT: usize = 320;

/// What the members ask for, with the specifications' defaults where they ask for nothing.
pub(super) fn wish(members: &Members, terms: &Terms) -> Result<Wish, Why> {
    let (kind, auth_method) = kind(members, terms)?;
    let (response_types, refresh) = flows(members, terms)?;
    let tokens = response_types.iter().any(|one| one.is_front_channel());
    if tokens && kind == AppKind::Native {
        return Err(Why::FlowsNotOffered);
    }
    let redirect_uris = redirect_uris(members, kind, tokens, terms)?;
    let keys = keys::source(members)?;
    let (subject_type, sector_identifier_uri) = subject(members, terms)?;
    let protection = Protection {
        id_token: keys::encryption(members, "id_token", &terms.id_token_encryption)?,
        userinfo_signing: members.word("userinfo_signed_response_alg", Algorithm::of_name, &terms.userinfo_algs)?,
        userinfo: keys::encryption(members, "userinfo", &terms.userinfo_encryption)?,
    };
    let id_token_alg = members.word("id_token_signed_response_alg", Algorithm::of_name, &terms.id_token_algs)?;
    let name = match members.text("client_name", 4 * MOST_NAME)? {
        Some(name) => text::name(name, MOST_NAME).ok_or(Why::MetadataName)?,
        None => name_of(&redirect_uris),
    };
    let proving = keys::proving(members, auth_method, keys.as_ref(), terms)?;
    if proving.bound_tokens && response_types.iter().any(|one| one.has_token()) {
        // What passes through the browser can be bound to no certificate.
        return Err(Why::MetadataNotOffered);
    }
    let settings = AppSettings {
        auth_method,
        post_logout_redirect_uris: post_logout(members, kind, terms)?,
        // A page of theirs has to reach the token endpoint, and no member of the metadata names its origin.
        origins: if kind == AppKind::Browser { origins(&redirect_uris) } else { Vec::new() },
        first_party: false,
        refresh,
        rotation: RefreshRotation::Keep,
        id_token_alg: id_token_alg.unwrap_or(Algorithm::Rs256),
        require_pkce: terms.require_pkce,
        default_api: None,
        own_scopes: Vec::new(),
        default_acr_values: members.texts("default_acr_values", 200)?.map(owned).unwrap_or_default(),
        default_max_age: members.number("default_max_age")?.map(Seconds),
        client_uri: page(members, "client_uri")?,
        policy_uri: page(members, "policy_uri")?,
        tos_uri: page(members, "tos_uri")?,
        response_types,
        proving,
        keys,
        request_objects: request_objects(members, terms)?,
        protection,
        subject_type,
        sector_identifier_uri,
        require_auth_time: members.flag("require_auth_time")?,
        logout: logout(members, &redirect_uris, terms)?,
        about: about(members)?,
        self_registered: true,
        vouched: terms.subjects == Subjects::AsAsked,
        redirect_uris,
    };
    needs::check(&settings).map_err(|fault| match fault {
        NeedFault::RequestObjectAlgorithm => Why::MetadataNotOffered,
        NeedFault::RequestObjectKeys | NeedFault::IdTokenKeys | NeedFault::UserinfoKeys => Why::KeysMissing,
        NeedFault::Sector => Why::SectorNeeded,
    })?;
    Ok(Wish { name, kind, settings })
}

/// What sort of program it is, and how it authenticates. A native app can keep no secret (RFC 8252 §8.5), so it is let
/// off where it asks for one, and is told so; one that would prove itself by a key is refused and not weakened.
fn kind(members: &Members, terms: &Terms) -> Result<(AppKind, ClientAuthMethod), Why> {
    let native = match members.text("application_type", 100)? {
        None | Some("web") => false,
        Some("native") => true,
        Some(_) => return Err(Why::MetadataNotOffered),
    };
    let method = members.word("token_endpoint_auth_method", ClientAuthMethod::of_name, &terms.auth_methods)?;
    match (native, method.unwrap_or(ClientAuthMethod::ClientSecretBasic)) {
        (true, method) if method == ClientAuthMethod::None || method.has_secret() => {
            Ok((AppKind::Native, ClientAuthMethod::None))
        }
        (true, _) => Err(Why::NativeAuthentication),
        (false, ClientAuthMethod::None) => Ok((AppKind::Browser, ClientAuthMethod::None)),
        (false, method) => Ok((AppKind::Web, method)),
    }
}

/// The response types, and whether there shall be refresh tokens. Grant types follow from them (RFC 7591 §2.1): one that
/// is needed and not asked for is a contradiction, one that nothing needs is dropped.
fn flows(members: &Members, terms: &Terms) -> Result<(Vec<ResponseType>, bool), Why> {
    let types = match members.texts("response_types", 100)? {
        None => vec![ResponseType::Code],
        Some(names) => {
            let mut types = Vec::new();
            for name in names {
                let one = ResponseType::of_name(name).filter(|one| terms.response_types.contains(one));
                let one = one.ok_or(Why::FlowsNotOffered)?;
                if !types.contains(&one) {
                    types.push(one);
                }
            }
            types
        }
    };
    let Some(grants) = members.texts("grant_types", 100)? else {
        return if types.is_empty() { Err(Why::FlowsNotOffered) } else { Ok((types, false)) };
    };
    let (code, implicit, refresh) = ("authorization_code", "implicit", "refresh_token");
    if types.is_empty() || grants.iter().any(|grant| ![code, implicit, refresh].contains(grant)) {
        return Err(Why::FlowsNotOffered);
    }
    let lacks = |grant: &str, needs: bool| needs && !grants.contains(&grant);
    if lacks(code, types.iter().any(|one| one.has_code()))
        || lacks(implicit, types.iter().any(|one| one.is_front_channel()))
    {
        return Err(Why::FlowsContradict);
    }
    // Refresh tokens come with a code.
    let may = terms.rules.refresh && grants.contains(&code) && types.iter().any(|one| one.has_code());
    Ok((types, may && grants.contains(&refresh)))
}

fn redirect_uris(members: &Members, kind: AppKind, tokens: bool, terms: &Terms) -> Result<Vec<String>, Why> {
    // Whatever is wrong with this list has a code of its own (RFC 7591 §3.2.2).
    let given = members.texts("redirect_uris", MOST_OCTETS).map_err(|_| Why::RedirectUriRefused)?;
    let given = given.filter(|uris| !uris.is_empty()).ok_or(Why::RedirectUrisMissing)?;
    given.into_iter().map(|uri| uris::redirect(kind, uri, tokens, terms)).collect()
}

fn post_logout(members: &Members, kind: AppKind, terms: &Terms) -> Result<Vec<String>, Why> {
    let given = members.texts("post_logout_redirect_uris", MOST_OCTETS)?.unwrap_or_default();
    given.into_iter().map(|uri| uris::post_logout(kind, uri, terms)).collect()
}

fn origins(redirect_uris: &[String]) -> Vec<String> {
    let mut origins: Vec<String> = redirect_uris.iter().filter_map(|uri| uris::origin(uri)).collect();
    origins.sort();
    origins.dedup();
    origins
}

/// Which `sub` it sees, and the list that says whom it shares it with.
fn subject(members: &Members, terms: &Terms) -> Result<(SubjectType, Option<String>), Why> {
    let asked = members.word("subject_type", SubjectType::of_name, &SubjectType::ALL)?;
    let subject = match terms.subjects {
        Subjects::Pairwise => SubjectType::Pairwise,
        Subjects::AsAsked => asked.unwrap_or_default(),
    };
    let list = members.text("sector_identifier_uri", MOST_OCTETS)?.map(uris::https).transpose()?.map(str::to_owned);
    Ok((subject, list))
}

fn request_objects(members: &Members, terms: &Terms) -> Result<RequestObjects, Why> {
    if members.has("request_object_encryption_alg") || members.has("request_object_encryption_enc") {
        return Err(Why::MetadataNotOffered);
    }
    let signing_alg = members.word("request_object_signing_alg", JwsAlgorithm::of_name, &terms.request_object_algs)?;
    let required = members.flag("require_signed_request_object")?;
    if required && !terms.request_objects {
        return Err(Why::MetadataNotOffered);
    }
    let given = members.texts("request_uris", MOST_OCTETS)?.unwrap_or_default();
    let mut addresses = Vec::new();
    for uri in given {
        // The fragment stays: it tells one version from another, and is compared with all else (OpenID Connect §6.2).
        addresses.push(uris::page(uri)?.to_owned());
    }
    let uris = if terms.request_uris { addresses } else { Vec::new() };
    Ok(RequestObjects { signing_alg, uris, required })
}

/// What isn't offered is checked all the same and then dropped: a client that reads the answer sees it.
fn logout(members: &Members, redirect_uris: &[String], terms: &Terms) -> Result<LogoutChannels, Why> {
    let uri = |name: &str| members.text(name, MOST_OCTETS)?.map(uris::https).transpose();
    let (back, front) = (uri("backchannel_logout_uri")?, uri("frontchannel_logout_uri")?);
    let back_session = members.flag("backchannel_logout_session_required")?;
    let front_session = members.flag("frontchannel_logout_session_required")?;
    if let Some(front) = front {
        // It is framed by our page: it must be the client's own (OpenID Connect Front-Channel Logout §2).
        let own = uris::origin(front);
        if !redirect_uris.iter().any(|uri| uris::origin(uri) == own) {
            return Err(Why::FrontChannelUri);
        }
    }
    let (back, front) = (back.filter(|_| terms.back_channel), front.filter(|_| terms.front_channel));
    Ok(LogoutChannels {
        back_session: back_session && back.is_some(),
        front_session: front_session && front.is_some(),
        back: back.map(str::to_owned),
        front: front.map(str::to_owned),
    })
}

fn about(members: &Members) -> Result<About, Why> {
    let initiate = members.text("initiate_login_uri", MOST_OCTETS)?.map(uris::https).transpose()?;
    let mut localized = BTreeMap::new();
    for (whole, name) in members.localized() {
        let value = match name {
            "client_name" => {
                let name = members.text(whole, 4 * MOST_NAME)?.unwrap_or_default();
                text::name(name, MOST_NAME).ok_or(Why::MetadataName)?
            }
            "client_uri" | "logo_uri" | "policy_uri" | "tos_uri" => page(members, whole)?.unwrap_or_default(),
            _ => continue,
        };
        if localized.len() == MOST_LOCALIZED {
            return Err(Why::MetadataMalformed);
        }
        localized.insert(whole.to_owned(), value);
    }
    let short = |name: &str| Ok::<_, Why>(members.text(name, MOST_TEXT)?.map(str::to_owned));
    Ok(About {
        logo_uri: page(members, "logo_uri")?,
        contacts: members.texts("contacts", MOST_TEXT)?.map(owned).unwrap_or_default(),
        initiate_login_uri: initiate.map(str::to_owned),
        software_id: short("software_id")?,
        software_version: short("software_version")?,
        localized,
    })
}

/// A page that people can be shown.
fn page(members: &Members, name: &str) -> Result<Option<String>, Why> {
    Ok(members.text(name, MOST_OCTETS)?.map(uris::page).transpose()?.map(str::to_owned))
}

fn owned(texts: Vec<&str>) -> Vec<String> {
    texts.into_iter().map(str::to_owned).collect()
}

/// The name of a client that says none: where it sends people back to.
fn name_of(redirect_uris: &[String]) -> String {
    let first = redirect_uris.first().map(String::as_str).unwrap_or_default();
    let host = host(first).or_else(|| first.split(':').next()).unwrap_or_default();
    host.chars().take(MOST_NAME).collect()
}
