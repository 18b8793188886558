//! The document behind `sector_identifier_uri` (OpenID Connect Registration §5).

use crate::json;

/// The most addresses of a sector.
const MOST_ADDRESSES: usize = 2_000;

/// Whether what was fetched is a JSON array of texts that holds every one of these redirect URIs, octet by octet.
pub fn lists_all(fetched: &[u8], redirect_uris: &[String]) -> bool {
    let Ok(listed) = json::parse::<Vec<String>>(fetched) else { return false };
    listed.len() <= MOST_ADDRESSES && redirect_uris.iter().all(|uri| listed.contains(uri))
}
