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
    /// RFC 9101 §6.
    InvalidRequestObject = "invalid_request_object",
    /// RFC 9101 §6.
    InvalidRequestUri = "invalid_request_uri",
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
    /// RFC 7591 §3.2.2.
    InvalidRedirectUri = "invalid_redirect_uri",
    /// RFC 7591 §3.2.2.
    InvalidClientMetadata = "invalid_client_metadata",
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
    ResponseTypeUnknown: UnsupportedResponseType, "This response_type is not supported.";
    /// One that this app did not register.
    ResponseTypeNotForClient: UnauthorizedClient, "This client is not registered for this response_type.";
    /// One that we don't have.
    ResponseModeUnknown: InvalidRequest, "response_mode is not one that is supported.";
    /// Tokens in a query.
    ResponseModeQuery: InvalidRequest, "response_mode query is not for a response_type with tokens.";
    /// An `id_token` by way of the browser, without openid.
    OpenidMissing: InvalidRequest, "scope must have openid where response_type has id_token.";
    /// An `id_token` by way of the browser, without a nonce.
    NonceMissing: InvalidRequest, "nonce is missing: it must be there where response_type has id_token.";
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
    /// By value and by reference at once.
    RequestTwice: InvalidRequest, "request and request_uri must not both be there.";
    /// `alg` is `none`.
    RequestUnsigned: InvalidRequestObject, "The request object is not signed: alg none is not taken.";
    /// Its form, algorithm, key or signature.
    RequestObject: InvalidRequestObject, "The request object is no JWT that is signed with a key and an algorithm registered for this client.";
    /// Its claims.
    RequestClaims: InvalidRequestObject, "The request object is expired, not for this issuer or client, or contradicts the request around it.";
    /// The client's keys cannot be had.
    RequestKeys: InvalidRequestObject, "The keys of this client cannot be had now, so its request object cannot be verified.";
    /// None came, and the client may not do without.
    RequestMissing: InvalidRequest, "This client must send its request in a signed request object.";
    /// Not one of the registered ones.
    RequestUri: InvalidRequestUri, "request_uri is not one that is registered for this client.";
    /// It cannot be fetched.
    RequestUriUnreachable: InvalidRequestUri, "Nothing usable could be fetched from request_uri.";
    /// Registration in the request is not taken.
    Registration: RegistrationNotSupported, "The registration parameter is not supported.";
    /// Not an `id_token` of ours for this client.
    HintInvalid: InvalidRequest, "id_token_hint is not an ID token of this issuer for this client.";
    /// `id_token_hint` and `claims` name different people.
    HintContradicted: InvalidRequest, "id_token_hint is for another sub than claims asks for.";
    /// No such API, or not for this app.
    ResourceUnknown: InvalidTarget, "resource names no API that this client may ask for.";
    /// One at a time.
    ResourceMany: InvalidTarget, "Only one resource may be named for one access token.";
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
    /// One half of an assertion without the other.
    AssertionPair: InvalidRequest, "client_assertion and client_assertion_type go together.";
    /// An assertion of a type that we don't have.
    AssertionType: InvalidClient, "client_assertion_type must be urn:ietf:params:oauth:client-assertion-type:jwt-bearer.";
    /// A signed assertion for somebody else.
    AssertionAudience: InvalidClient, "The aud of the client assertion is not one that this client may use here.";
    /// A signed assertion out of its time.
    AssertionTime: InvalidClient, "The client assertion has no exp, is out of its time, or lives too long.";
    /// A signed assertion that cannot be, or was, used once.
    AssertionUsed: InvalidClient, "The client assertion was used before, or has no jti.";
    /// Bound tokens, and nothing to bind them to.
    CertificateMissing: InvalidRequest, "The tokens of this client are bound to its certificate, and the connection has none.";
    /// No token where one is needed.
    BearerMissing: InvalidToken, "An access token is needed.";
    /// Unknown, expired, revoked.
    BearerInvalid: InvalidToken, "The access token is unknown, expired or revoked.";
    /// Two tokens at once.
    BearerTwice: InvalidRequest, "The access token must be sent in one way only.";
    /// Not for this.
    BearerScope: InsufficientScope, "The access token does not have the scope that is needed.";
    /// What must be encrypted cannot be.
    ClientKeys: TemporarilyUnavailable, "The keys of this client cannot be had now, and what it asks for is encrypted to them.";
    /// No JSON object, or a member that stands twice.
    MetadataUnreadable: InvalidClientMetadata, "The metadata must be application/json: an object with each member once, and no NUL in it.";
    /// Not what the specification says that it is.
    MetadataMalformed: InvalidClientMetadata, "A member has the wrong type, is empty or too long, or holds too many entries.";
    /// What discovery does not list.
    MetadataNotOffered: InvalidClientMetadata, "A member asks for what is not offered here; the discovery document says what is.";
    /// Not an address of the web.
    MetadataUri: InvalidClientMetadata, "A URI among the metadata is not https, has a user name, or a fragment where none may be.";
    /// Not a name that can be shown.
    MetadataName: InvalidClientMetadata, "client_name must be 1 to 80 characters that can be shown.";
    /// No redirect URI.
    RedirectUrisMissing: InvalidRedirectUri, "redirect_uris is missing or empty.";
    /// One that nobody may register.
    RedirectUriRefused: InvalidRedirectUri, "A redirect URI is not absolute, has a fragment, a wildcard or a user name, or a scheme or host that this client may not have.";
    /// Tokens would come to a place that nobody owns.
    RedirectUriImplicit: InvalidRedirectUri, "A web client that gets tokens by way of the browser needs https redirect URIs, not on localhost.";
    /// A host that the deployment does not allow.
    RedirectUriHost: InvalidRedirectUri, "A redirect URI is on a host that may not be registered here.";
    /// One that nobody may register.
    PostLogoutUri: InvalidClientMetadata, "A post-logout redirect URI is not one that this client may register.";
    /// Somebody else's page in a frame.
    FrontChannelUri: InvalidClientMetadata, "frontchannel_logout_uri must have scheme, host and port of a redirect URI.";
    /// Grants or response types that we don't have.
    FlowsNotOffered: InvalidClientMetadata, "grant_types or response_types hold one that is not offered here, or none.";
    /// Grants that don't fit the response types.
    FlowsContradict: InvalidClientMetadata, "grant_types lack one that the response_types need.";
    /// A key in a program that everybody has a copy of.
    NativeAuthentication: InvalidClientMetadata, "A native client is public here: token_endpoint_auth_method must be none.";
    /// By value and by reference.
    KeysBoth: InvalidClientMetadata, "jwks and jwks_uri must not both be there.";
    /// No set of public keys.
    KeysRefused: InvalidClientMetadata, "jwks is not a set of public keys; a private or shared key in it must be replaced now.";
    /// Something needs keys and there are none.
    KeysMissing: InvalidClientMetadata, "The authentication method, an encryption or signed request objects need jwks with a key that can be used, or jwks_uri.";
    /// None, or several.
    CertificateName: InvalidClientMetadata, "tls_client_auth needs exactly one name of the certificate, in its right form.";
    /// One subject for several hosts.
    SectorNeeded: InvalidClientMetadata, "Pairwise subjects for redirect URIs on several hosts need sector_identifier_uri.";
    /// The list is not there, or lacks one.
    SectorRefused: InvalidClientMetadata, "sector_identifier_uri cannot be read now, or does not list every redirect URI.";
    /// Another sector than before.
    SectorMoved: InvalidClientMetadata, "subject_type and the sector of pairwise subjects cannot change; register the client anew.";
    /// Another's, or none.
    UpdateClientId: InvalidClientMetadata, "client_id must be there and be the one of this address.";
    /// What the server says is not the client's to send.
    UpdateMembers: InvalidClientMetadata, "registration_access_token, registration_client_uri, client_secret_expires_at and client_id_issued_at must not be sent.";
    /// A secret of the client's own choice.
    UpdateSecret: InvalidClientMetadata, "client_secret is not the one that was issued.";
    /// Too many registrations from one source.
    RegistrationsTooMany: TemporarilyUnavailable, "Too many registrations from there; try again later.";
    /// The deployment holds as many as it takes.
    RegistrationsFull: TemporarilyUnavailable, "No further clients can be registered here now.";
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
