//! The URIs among the metadata.

use super::terms::{Rules, Terms};
pub(super) use crate::oauth::logout::origin;
use crate::oauth::why::Why;
use crate::oauth::{app_uris, host, redirect};
use portvakt_model::AppKind;

/// An address that we or browsers go to: https, with a host, and nothing that readers could differ about.
pub(super) fn https(uri: &str) -> Result<&str, Why> {
    if uri.contains('#') {
        return Err(Why::MetadataUri);
    }
    page(uri)
}

/// The same, for what people open or we fetch: it may name a place in the document.
pub(super) fn page(uri: &str) -> Result<&str, Why> {
    app_uris::check(uri).map_err(|_| Why::MetadataUri)?;
    Ok(uri)
}

/// A redirect URI. `tokens`: whether tokens may come to it by way of the browser; then a web client needs https and a
/// host of its own (OpenID Connect Registration §2, `application_type`).
pub(super) fn redirect(kind: AppKind, uri: &str, tokens: bool, terms: &Terms) -> Result<String, Why> {
    redirect::check(kind, uri).map_err(|_| Why::RedirectUriRefused)?;
    if tokens && !redirect::may_take_tokens(uri) {
        return Err(Why::RedirectUriImplicit);
    }
    if !is_allowed(uri, &terms.rules) {
        return Err(Why::RedirectUriHost);
    }
    Ok(uri.to_owned())
}

/// Where the browser may go after sign-out.
pub(super) fn post_logout(kind: AppKind, uri: &str, terms: &Terms) -> Result<String, Why> {
    let is_right = redirect::check(kind, uri).is_ok() && is_allowed(uri, &terms.rules);
    is_right.then(|| uri.to_owned()).ok_or(Why::PostLogoutUri)
}

/// Whether the deployment lets that address be registered: its host is named exactly, or is below a name that begins
/// with a dot. A private-use scheme has no host, and what looks like one there is nobody's: it passes where any host does.
pub(super) fn is_allowed(uri: &str, rules: &Rules) -> bool {
    let hosts = &rules.redirect_hosts;
    hosts.is_empty()
        || host::host(uri).map(str::to_ascii_lowercase).is_some_and(|host| {
            hosts.iter().any(|allowed| match allowed.strip_prefix('.') {
                Some(_) => host.ends_with(allowed.as_str()),
                None => host == allowed.trim_matches(['[', ']']),
            })
        })
}
