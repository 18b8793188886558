//! The audit log's vocabulary: every security-relevant act is one row, written with the act.

use crate::id::{AccountId, AppId, TenantId};
use serde_json::{Map, Value};

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $word:literal),+ $(,)?) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum AuditEvent {
            $($(#[$doc])* $name),+
        }

        impl AuditEvent {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word in the log.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word),+
                }
            }

            /// The event for a word.
            pub fn of_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|event| event.word() == word)
            }
        }
    };
}

events! {
    /// Somebody signed in.
    SignedIn = "auth.succeeded",
    /// A sign-in failed.
    SignInFailed = "auth.failed",
    /// A sign-in was refused by policy.
    SignInRefused = "auth.refused",
    /// A limit stopped further tries.
    LimitReached = "limit.reached",
    /// A password was set for the first time.
    PasswordSet = "password.set",
    /// A password was changed.
    PasswordChanged = "password.changed",
    /// A password was disabled, as too many wrong ones came in a row.
    PasswordDisabled = "password.disabled",
    /// A tenant's network was declared, or its head-count changed.
    NetworkDeclared = "network.declared",
    /// A tenant's network was taken back.
    NetworkRemoved = "network.removed",
    /// A reset was asked for.
    ResetRequested = "password.reset_requested",
    /// A one-time link was asked for.
    LinkRequested = "link.requested",
    /// A session began.
    SessionCreated = "session.created",
    /// A session ended.
    SessionEnded = "session.ended",
    /// A code was redeemed.
    TokenIssued = "token.issued",
    /// A refresh token was used.
    TokenRefreshed = "token.refreshed",
    /// A spent code or refresh token was used again.
    ReuseDetected = "token.reuse_detected",
    /// A token or grant was revoked.
    TokenRevoked = "token.revoked",
    /// Client authentication failed.
    ClientFailed = "client.failed",
    /// Consent was given.
    ConsentGiven = "consent.given",
    /// Consent was refused.
    ConsentRefused = "consent.refused",
    /// Consent was withdrawn.
    ConsentWithdrawn = "consent.withdrawn",
    /// An account was made.
    AccountCreated = "user.created",
    /// An account was switched off.
    AccountDisabled = "user.disabled",
    /// An account was switched on again.
    AccountEnabled = "user.enabled",
    /// The person chose a language.
    LanguageChanged = "user.language_changed",
    /// An app was registered.
    AppCreated = "client.created",
    /// An app was changed.
    AppChanged = "client.changed",
    /// An app got a new secret.
    AppSecretRotated = "client.secret_rotated",
    /// An app was removed.
    AppDeleted = "client.deleted",
    /// A token to register apps with was made.
    InitialTokenCreated = "registration.token_created",
    /// A token to register apps with was taken back.
    InitialTokenRevoked = "registration.token_revoked",
    /// An API was registered.
    ApiCreated = "api.created",
    /// An API was removed.
    ApiDeleted = "api.deleted",
    /// A tenant was made.
    TenantCreated = "tenant.created",
    /// A tenant was suspended.
    TenantSuspended = "tenant.suspended",
    /// A suspended tenant goes on.
    TenantResumed = "tenant.resumed",
    /// A domain was given to a tenant.
    DomainAdded = "domain.verified",
    /// A policy was changed.
    PolicyChanged = "policy.changed",
    /// A signing key was made.
    KeyCreated = "key.created",
    /// A signing key was retired.
    KeyRetired = "key.retired",
}

/// One line of the audit log, before it has an id and an instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Audit {
    /// What happened.
    pub event: AuditEvent,
    /// The tenant it concerns: the account's home, or the tenant acted upon.
    pub tenant: Option<TenantId>,
    /// The account it concerns.
    pub account: Option<AccountId>,
    /// The app it concerns.
    pub app: Option<AppId>,
    /// More, for whoever reads the log; no secrets, values at most 200 characters.
    pub detail: Map<String, Value>,
}

impl Audit {
    /// A line about `event`.
    pub fn new(event: AuditEvent) -> Self {
        Self { event, tenant: None, account: None, app: None, detail: Map::new() }
    }
    /// Names the account, and its home tenant.
    #[must_use]
    pub fn account(mut self, account: AccountId, home: Option<TenantId>) -> Self {
        self.account = Some(account);
        self.tenant = self.tenant.or(home);
        self
    }
    /// Names the tenant.
    #[must_use]
    pub fn tenant(mut self, tenant: Option<TenantId>) -> Self {
        self.tenant = tenant;
        self
    }
    /// Names the app.
    #[must_use]
    pub fn app(mut self, app: AppId) -> Self {
        self.app = Some(app);
        self
    }
    /// Adds a detail, cut at 200 characters.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl AsRef<str>) -> Self {
        let value: String = value.as_ref().chars().take(200).collect();
        self.detail.insert(name.to_owned(), Value::String(value));
        self
    }
}
