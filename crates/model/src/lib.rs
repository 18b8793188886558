//! The mission's nouns: what everything else in Portvakt speaks about.
//!
//! This room names no other crate of ours and cannot touch the world: no async, no clock, no dice, no database, no
//! HTTP types. The words are those of `docs/architecture.md`; the words on the wire are the standards'.

pub mod account;
pub mod address;
pub mod app;
pub mod audit;
pub mod challenge;
pub mod claims_request;
pub mod demand;
pub mod fault;
pub mod grant;
pub mod id;
pub mod key;
pub mod language;
pub mod message;
pub mod network;
pub mod policy;
pub mod proof;
pub mod registration;
pub mod secret;
pub mod session;
pub mod tenant;
pub mod text;
pub mod time;

pub use account::{Account, AccountFacts, PostalAddress, Profile};
pub use address::{Address, Email, EmailError};
pub use app::{Api, App, AppKind, AppSecret, ClientAuthMethod, RefreshRotation, TokenForm};
pub use claims_request::{ClaimWish, ClaimsRequest};
pub use demand::Demand;
pub use fault::Fault;
pub use grant::{Consent, Grant, SenderKey, SignInFacts};
pub use id::{
    AccountId, ApiId, AppId, AuditId, ChallengeId, DeviceId, GrantId, InitialTokenId, InstanceId, MemberId, OutboxId,
    SecretId, SessionId, TenantId,
};
pub use key::Algorithm;
pub use language::Language;
pub use message::Message;
pub use network::{DeclaredNetwork, Network};
pub use policy::{PolicyDocument, PolicyVersion};
pub use proof::{Acr, Method, Proof, Strength};
pub use registration::InitialToken;
pub use secret::{Handle, Secret, TokenHash};
pub use session::{Session, Stamp};
pub use tenant::{Contact, Domain, Slug, Tenant};
pub use time::{Seconds, Timestamp};
