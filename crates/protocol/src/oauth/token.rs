//! The token request (RFC 6749 §3.2), read once.

use super::params::Params;
use super::scope;
use super::why::Why;
use portvakt_model::Secret;

/// The grants of the token endpoint; discovery lists them from here.
pub const GRANT_TYPES: [&str; 3] = ["authorization_code", "refresh_token", "client_credentials"];

/// A token request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenRequest {
    /// RFC 6749 §4.1.3.
    Code(CodeRequest),
    /// RFC 6749 §6.
    Refresh(RefreshRequest),
    /// RFC 6749 §4.4.2.
    ClientCredentials(MachineRequest),
}

/// A code to be redeemed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRequest {
    /// The code.
    pub code: Secret<String>,
    /// `redirect_uri`, if sent.
    pub redirect_uri: Option<String>,
    /// `code_verifier`, if sent.
    pub verifier: Option<Secret<String>>,
    /// `resource`, if sent.
    pub resource: Option<String>,
}

/// A refresh token to be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshRequest {
    /// The refresh token.
    pub token: Secret<String>,
    /// `scope`, if sent: a part of what was granted.
    pub scopes: Option<Vec<String>>,
    /// `resource`, if sent.
    pub resource: Option<String>,
}

/// A machine's request for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineRequest {
    /// `scope`.
    pub scopes: Vec<String>,
    /// `resource`, if sent.
    pub resource: Option<String>,
}

/// Reads a token request.
pub fn read(params: &Params) -> Result<TokenRequest, Why> {
    let mut resources = params.all("resource");
    let resource = resources.next().map(str::to_owned);
    if resources.next().is_some() {
        return Err(Why::ResourceMany);
    }
    if params.has_repeats(&[]) {
        return Err(Why::Repeated);
    }
    let text = |name, most| Ok(params.bounded(name, most)?.map(str::to_owned));
    match params.one("grant_type")?.ok_or(Why::GrantTypeMissing)? {
        "authorization_code" => Ok(TokenRequest::Code(CodeRequest {
            code: text("code", 4096)?.map(Secret::new).ok_or(Why::CodeMissing)?,
            redirect_uri: text("redirect_uri", super::redirect::MOST_OCTETS)?,
            verifier: text("code_verifier", 1000)?.map(Secret::new),
            resource,
        })),
        "refresh_token" => Ok(TokenRequest::Refresh(RefreshRequest {
            token: text("refresh_token", 1000)?.map(Secret::new).ok_or(Why::RefreshMissing)?,
            scopes: params.one("scope")?.map(scope::parse).transpose()?,
            resource,
        })),
        "client_credentials" => Ok(TokenRequest::ClientCredentials(MachineRequest {
            scopes: scope::parse(params.one("scope")?.unwrap_or_default())?,
            resource,
        })),
        _ => Err(Why::GrantTypeUnknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(body: &str) -> Result<TokenRequest, Why> {
        read(&Params::parse(body.as_bytes()).unwrap())
    }

    #[test]
    fn each_grant_says_what_it_misses() {
        for (body, why) in [
            ("", Why::GrantTypeMissing),
            ("grant_type=password&username=a&password=b", Why::GrantTypeUnknown),
            ("grant_type=authorization_code", Why::CodeMissing),
            ("grant_type=refresh_token", Why::RefreshMissing),
            ("grant_type=authorization_code&code=a&code=b", Why::Repeated),
            ("grant_type=client_credentials&scope=%22", Why::ScopeMalformed),
            ("grant_type=client_credentials&resource=https://a&resource=https://b", Why::ResourceMany),
        ] {
            assert_eq!(ask(body), Err(why), "{body}");
        }
    }

    #[test]
    fn a_whole_request_is_read() {
        let TokenRequest::Code(request) =
            ask("grant_type=authorization_code&code=c&redirect_uri=https://x&code_verifier=v&resource=https://a")
                .unwrap()
        else {
            panic!("another grant")
        };
        assert_eq!((request.code.reveal().as_str(), request.redirect_uri.as_deref()), ("c", Some("https://x")));
        assert_eq!(request.resource.as_deref(), Some("https://a"));
    }
}
