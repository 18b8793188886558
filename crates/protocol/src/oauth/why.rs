//! The closed list of what we tell programs when we refuse: a registered error code and a plain ASCII description.
//!
//! Descriptions never hold a value from the request and are never translated (RFC 6749 §4.1.2.1 allows only printable
//! ASCII without `"` and `\`).

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal),+ $(,)?) => {
        /// An error code of OAuth 2.0, OpenID Connect or one of their extensions.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $name),+ }

        impl Code {
            /// The code on the wire.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }
        }
    };
}

codes! {
    /// RFC 6749 §4.1.2.1, §5.2.
    InvalidRequest = "invalid_request",
    /// RFC 6749 §5.2.
    InvalidClient = "invalid_client",
    /// RFC 6749 §5.2.
    InvalidGrant = "invalid_grant",
    /// RFC 6749 §4.1.2.1, §5.2.
    UnauthorizedClient = "unauthorized_client",
    /// RFC 6749 §5.2.
    UnsupportedGrantType = "unsupported_grant_type",
    /// RFC 6749 §4.1.2.1.
    UnsupportedResponseType = "unsupported_response_type",
    /// RFC 6749 §4.1.2.1, §5.2.
    InvalidScope = "invalid_scope",
    /// RFC 6749 §4.1.2.1.
    AccessDenied = "access_denied",
    /// RFC 6749 §4.1.2.1.
    ServerError = "server_error",
    /// RFC 6749 §4.1.2.1.
    TemporarilyUnavailable = "temporarily_unavailable",
    /// RFC 8707 §2.
    InvalidTarget = "invalid_target",
    /// RFC 7009 §2.2.1.
    UnsupportedTokenType = "unsupported_token_type",
    /// RFC 6750 §3.1.
    InvalidToken = "invalid_token",
    /// RFC 6750 §3.1.
    InsufficientScope = "insufficient_scope",
    /// OpenID Connect Core §3.1.2.6.
    LoginRequired = "login_required",
    /// OpenID Connect Core §3.1.2.6.
    InteractionRequired = "interaction_required",
    /// OpenID Connect Core §3.1.2.6.
    AccountSelectionRequired = "account_selection_required",
    /// OpenID Connect Core §3.1.2.6.
    ConsentRequired = "consent_required",
    /// OpenID Connect Core §3.1.2.6.
    RequestNotSupported = "request_not_supported",
    /// OpenID Connect Core §3.1.2.6.
    RequestUriNotSupported = "request_uri_not_supported",
    /// OpenID Connect Core §3.1.2.6.
    RegistrationNotSupported = "registration_not_supported",
    /// OpenID Connect Unmet Authentication Requirements 1.0.
    UnmetAuthenticationRequirements = "unmet_authentication_requirements",
}

macro_rules! whys {
    ($($(#[$doc:meta])* $name:ident: $code:ident, $text:literal);+ $(;)?) => {
        /// Why a request is refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Why { $($(#[$doc])* $name),+ }

        impl Why {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The error code.
            pub const fn code(self) -> Code {
                match self { $(Self::$name => Code::$code),+ }
            }

            /// The description.
            pub const fn description(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }
    };
}

whys! {
    /// Not form-encoded, too big, or not UTF-8.
    Malformed: InvalidRequest, "The parameters cannot be read: they must be form-encoded UTF-8 within the size limits.";
    /// Bigger than we take.
    TooBig: InvalidRequest, "The body is bigger than this endpoint takes.";
    /// A parameter stands twice.
    Repeated: InvalidRequest, "A parameter is repeated; each may stand once.";
    /// A value is longer than we take.
    TooLong: InvalidRequest, "A parameter is longer than allowed.";
    /// No `client_id`.
    ClientMissing: InvalidRequest, "client_id is missing.";
    /// Nobody has that `client_id`.
    ClientUnknown: InvalidRequest, "client_id is not known.";
    /// No `redirect_uri` where one is needed.
    RedirectMissing: InvalidRequest, "redirect_uri is missing.";
    /// Not one of the registered ones.
    RedirectUnknown: InvalidRequest, "redirect_uri is not one that is registered for this client.";
    /// No `response_type`.
    ResponseTypeMissing: InvalidRequest, "response_type is missing.";
    /// One that we don't have.
    ResponseTypeUnknown: UnsupportedResponseType, "Only response_type code is supported.";
    /// One that we don't have.
    ResponseModeUnknown: InvalidRequest, "response_mode must be query or form_post.";
    /// The app may not use the code flow.
    NotForThisClient: UnauthorizedClient, "This client may not use this grant.";
    /// No PKCE where it is demanded.
    ChallengeMissing: InvalidRequest, "code_challenge is missing: this client must use PKCE with S256.";
    /// Not a challenge.
    ChallengeMalformed: InvalidRequest, "code_challenge must be 43 to 128 characters of the unreserved set.";
    /// Not S256.
    ChallengeMethod: InvalidRequest, "code_challenge_method must be S256.";
    /// Unknown or contradictory prompt.
    PromptMalformed: InvalidRequest, "prompt holds an unknown value, or none beside another one.";
    /// Not a number of seconds.
    MaxAgeMalformed: InvalidRequest, "max_age must be a number of seconds.";
    /// Unreadable claims.
    ClaimsMalformed: InvalidRequest, "claims is not a JSON object as OpenID Connect Core 5.5 has it.";
    /// Not a scope list.
    ScopeMalformed: InvalidScope, "scope is not a list of scope tokens.";
    /// Scopes beyond what was granted or registered.
    ScopeBeyond: InvalidScope, "A scope was asked for that this client may not have here.";
    /// Request objects are not taken.
    RequestObject: RequestNotSupported, "Request objects are not supported.";
    /// Request objects by reference are not taken.
    RequestUri: RequestUriNotSupported, "Request objects by reference are not supported.";
    /// Registration in the request is not taken.
    Registration: RegistrationNotSupported, "The registration parameter is not supported.";
    /// Not an `id_token` of ours for this client.
    HintInvalid: InvalidRequest, "id_token_hint is not an ID token of this issuer for this client.";
    /// No such API, or not for this app.
    ResourceUnknown: InvalidTarget, "resource names no API that this client may ask for.";
    /// One at a time.
    ResourceMany: InvalidTarget, "Only one resource may be named in a token request.";
    /// Nobody is signed in and we may not ask.
    LoginRequired: LoginRequired, "The person must sign in.";
    /// A page is needed and we may not show it.
    InteractionRequired: InteractionRequired, "The person must be asked something first.";
    /// Consent is needed and we may not ask.
    ConsentRequired: ConsentRequired, "The person must consent first.";
    /// The person must choose an account and we may not ask.
    SelectionRequired: AccountSelectionRequired, "The person must choose an account.";
    /// The person said no.
    PersonRefused: AccessDenied, "The person did not allow it.";
    /// Policy or suspension keeps the person out.
    PersonBarred: AccessDenied, "The person may not sign in to this client.";
    /// What was insisted on cannot be reached.
    Unmet: UnmetAuthenticationRequirements, "The demanded authentication cannot be reached.";
    /// Fault on our side, told to the app.
    ServerError: ServerError, "Something failed on the server.";
    /// Too much to do right now.
    Unavailable: TemporarilyUnavailable, "The server cannot take this request now.";
    /// No `grant_type`.
    GrantTypeMissing: InvalidRequest, "grant_type is missing.";
    /// One that we don't have.
    GrantTypeUnknown: UnsupportedGrantType, "grant_type is not supported.";
    /// No code.
    CodeMissing: InvalidRequest, "code is missing.";
    /// Unknown, spent, expired, somebody else's: one answer for all.
    CodeInvalid: InvalidGrant, "The code is unknown, used, expired, or not for this client and redirect_uri.";
    /// The verifier does not fit.
    VerifierInvalid: InvalidGrant, "code_verifier does not fit the code_challenge.";
    /// No `refresh_token`.
    RefreshMissing: InvalidRequest, "refresh_token is missing.";
    /// Unknown, ended, somebody else's: one answer for all.
    RefreshInvalid: InvalidGrant, "The refresh token is unknown, ended, or not for this client.";
    /// No token to look at.
    TokenMissing: InvalidRequest, "token is missing.";
    /// Wrong secret, wrong method, unknown client: one answer for all.
    ClientInvalid: InvalidClient, "Client authentication failed.";
    /// Two ways at once.
    ClientTwice: InvalidRequest, "The client must authenticate in one way only.";
    /// No token where one is needed.
    BearerMissing: InvalidToken, "An access token is needed.";
    /// Unknown, expired, revoked.
    BearerInvalid: InvalidToken, "The access token is unknown, expired or revoked.";
    /// Two tokens at once.
    BearerTwice: InvalidRequest, "The access token must be sent in one way only.";
    /// Not for this.
    BearerScope: InsufficientScope, "The access token does not have the scope that is needed.";
    /// Too many failures.
    TooMany: TemporarilyUnavailable, "Too many failed attempts; try again later.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_description_may_stand_in_an_error_answer() {
        for why in Why::ALL {
            let text = why.description();
            assert!(text.chars().all(|c| (' '..='~').contains(&c) && c != '"' && c != '\\'), "{text}");
            assert!(!why.code().name().is_empty());
        }
    }
}
