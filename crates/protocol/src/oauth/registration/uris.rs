//! The URIs among the metadata.

use super::terms::Terms;
pub(super) use crate::oauth::logout::origin;
use crate::oauth::redirect;
use crate::oauth::why::Why;
use portvakt_model::AppKind;
use url::Url;

/// An address that we or browsers go to: https, with a host, and nothing that readers could differ about.
pub(super) fn https(uri: &str) -> Result<&str, Why> {
    if uri.contains('#') {
        return Err(Why::MetadataUri);
    }
    page(uri)
}

/// The same, for what people open or we fetch: it may name a place in the document.
pub(super) fn page(uri: &str) -> Result<&str, Why> {
    let plain = uri.len() <= redirect::MOST_OCTETS && uri.bytes().all(|byte| byte.is_ascii_graphic());
    let url = Url::parse(uri).ok().filter(|_| plain && !uri.contains('\\')).ok_or(Why::MetadataUri)?;
    let is_bare = url.username().is_empty() && url.password().is_none();
    let fits = url.scheme() == "https" && url.has_host() && is_bare && uri.starts_with("https://");
    fits.then_some(uri).ok_or(Why::MetadataUri)
}

/// A redirect URI. `tokens`: whether tokens may come to it by way of the browser; then a web client needs https and a
/// host of its own (OpenID Connect Registration §2, `application_type`).
pub(super) fn redirect(kind: AppKind, uri: &str, tokens: bool, terms: &Terms) -> Result<String, Why> {
    redirect::check(kind, uri).map_err(|_| Why::RedirectUriRefused)?;
    if tokens && !redirect::may_take_tokens(uri) {
        return Err(Why::RedirectUriImplicit);
    }
    let url = Url::parse(uri).map_err(|_| Why::RedirectUriRefused)?;
    if !is_allowed(&url, terms) {
        return Err(Why::RedirectUriHost);
    }
    Ok(uri.to_owned())
}

/// Where the browser may go after sign-out.
pub(super) fn post_logout(kind: AppKind, uri: &str, terms: &Terms) -> Result<String, Why> {
    let is_right = redirect::check(kind, uri).is_ok() && Url::parse(uri).is_ok_and(|url| is_allowed(&url, terms));
    is_right.then(|| uri.to_owned()).ok_or(Why::PostLogoutUri)
}

/// Whether the deployment lets that host be registered: named exactly, or below a name that begins with a dot.
fn is_allowed(url: &Url, terms: &Terms) -> bool {
    let hosts = &terms.rules.redirect_hosts;
    hosts.is_empty()
        || url.host_str().is_some_and(|host| {
            hosts.iter().any(|allowed| match allowed.strip_prefix('.') {
                Some(_) => host.ends_with(allowed.as_str()),
                None => host == allowed,
            })
        })
}
