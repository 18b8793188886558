//! A sign-in that is under way: the app's request and how far the person has come. Nothing of it is in the database: it
//! travels sealed in the page's own handle `r`, bound to the browser's flow cookie, so that each tab has its own.

use crate::browser::Browser;
use crate::ctx::{Ctx, FLOW_LIFETIME};
use crate::limits::{self, Source, Spend};
use portvakt_model::{AccountId, Email, Fault, Handle, Language, Seconds, Timestamp};
use portvakt_protocol::oauth::authorize::Request;
use portvakt_store::SessionView;
use serde::{Deserialize, Serialize};

/// Longer handles are parked in the database, under a short one.
const MOST_IN_ADDRESS: usize = 2048;
/// How long a request that came by a cross-site POST waits to be bound.
const UNBOUND_LIFETIME: Seconds = Seconds(60);
const KIND: &str = "request";
const KIND_UNBOUND: &str = "request-unbound";

/// A sign-in under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// What the app asked for; `None` when the person came for Account Settings.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "q")]
    pub request: Option<Request>,
    /// Where to go on in our own pages when there is no app; a path.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "b")]
    pub back: Option<String>,
    /// The address the person gave, stored form.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "e")]
    pub address: Option<String>,
    /// Whether this browser shall remember it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not", rename = "m")]
    pub remember: bool,
    /// Whether the person has chosen an account, or another address, for this request.
    #[serde(default, skip_serializing_if = "std::ops::Not::not", rename = "h")]
    pub chosen: bool,
    /// Whether the person wants to be somebody else than who is signed in here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not", rename = "o")]
    pub another: bool,
    /// Whom the consent page was shown to: only their own answer counts.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "w")]
    pub shown_to: Option<AccountId>,
    /// When it began.
    #[serde(rename = "z")]
    pub began: Timestamp,
}

impl Pending {
    /// A sign-in for an app's request.
    pub fn for_app(request: Request) -> Self {
        let began = request.at;
        Self {
            request: Some(request),
            back: None,
            address: None,
            remember: false,
            chosen: false,
            another: false,
            shown_to: None,
            began,
        }
    }

    /// A sign-in for a page of ours.
    pub fn for_page(back: String, now: Timestamp) -> Self {
        Self {
            request: None,
            back: Some(back),
            address: None,
            remember: false,
            chosen: false,
            another: false,
            shown_to: None,
            began: now,
        }
    }

    /// The address, read.
    pub fn email(&self) -> Option<Email> {
        self.address.as_deref().and_then(|text| Email::parse(text).ok())
    }

    /// Whether whoever is signed in here is not who this sign-in is for: another address was given, or another account
    /// asked for.
    pub fn is_for_another_than(&self, view: Option<&SessionView>) -> bool {
        let signed_in = view.and_then(|view| view.account.email.as_ref()).and_then(|(text, _)| Email::parse(text).ok());
        let is_other = |email: Email| signed_in.is_none_or(|signed_in| signed_in.lookup() != email.lookup());
        self.another || self.email().is_some_and(is_other)
    }

    /// The same once the person has signed in: from then on the session says who they are.
    #[must_use]
    pub fn signed_in(self) -> Self {
        Self { address: None, another: false, chosen: true, ..self }
    }

    /// Seals it for this browser, for as long as the sign-in may take. Too big for an address line, it is parked; `None`
    /// where this source has parked too many.
    pub async fn seal(&self, ctx: &Ctx, browser: &Browser) -> Result<Option<String>, Fault> {
        let until = self.began.after(FLOW_LIFETIME);
        let sealed = ctx.seal(KIND, browser.bound(), until, self)?;
        park(ctx, browser, sealed, until).await
    }

    /// Seals it for whatever browser comes next, for a minute: a cross-site POST carries no cookie to bind to.
    /// `None` as for [`Pending::seal`]; of `browser` only the source counts.
    pub async fn seal_unbound(&self, ctx: &Ctx, browser: &Browser, now: Timestamp) -> Result<Option<String>, Fault> {
        let until = now.after(UNBOUND_LIFETIME);
        let sealed = ctx.seal(KIND_UNBOUND, &[], until, self)?;
        park(ctx, browser, sealed, until).await
    }

    /// Opens a handle of this browser.
    pub async fn open(ctx: &Ctx, browser: &Browser, r: &str, now: Timestamp) -> Result<Option<Self>, Fault> {
        if browser.flow.is_none() {
            return Ok(None);
        }
        let Some(sealed) = unpark(ctx, r, now).await? else { return Ok(None) };
        Ok(ctx.open(KIND, browser.bound(), &sealed, now))
    }

    /// Opens a handle that is not bound yet.
    pub async fn open_unbound(ctx: &Ctx, r: &str, now: Timestamp) -> Result<Option<Self>, Fault> {
        let Some(sealed) = unpark(ctx, r, now).await? else { return Ok(None) };
        Ok(ctx.open(KIND_UNBOUND, &[], &sealed, now))
    }
}

/// What fits into an address line as it is, else the handle of a row. Strangers make such rows, so they are counted per
/// source before they are written; `None` past the budget.
pub(crate) async fn park(
    ctx: &Ctx,
    browser: &Browser,
    sealed: String,
    until: Timestamp,
) -> Result<Option<String>, Fault> {
    if sealed.len() <= MOST_IN_ADDRESS {
        return Ok(Some(sealed));
    }
    let (handle, now) = (ctx.dice.handle()?, ctx.clock.now());
    let hash = Ctx::hash(&handle);
    let source = Source::of(ctx, browser);
    let most = ctx.settings.limits.parked(&source);
    let spend = [Spend::new(format!("pk:s:{}", source.key), limits::PARKED_WINDOW, most)];
    let within = ctx
        .store
        .write(move |tx| {
            let within = limits::reserve(tx, &spend, now)?;
            if within {
                tx.parked().put(&hash, sealed.as_bytes(), until)?;
            }
            Ok(within)
        })
        .await?;
    Ok(within.then(|| handle.text()))
}

pub(crate) async fn unpark(ctx: &Ctx, r: &str, now: Timestamp) -> Result<Option<String>, Fault> {
    // A sealed request is always longer than a handle.
    let Some(handle) = Handle::parse(r) else { return Ok(Some(r.to_owned())) };
    let hash = Ctx::hash(&handle);
    let row = ctx.store.read(move |tx| tx.parked().get(&hash, now)).await?;
    Ok(row.and_then(|bytes| String::from_utf8(bytes).ok()))
}

/// The same sign-in with the language that the person chose on the page; `r` as it was if it does not open here, or if
/// this source has parked too many.
pub async fn in_language(ctx: &Ctx, browser: &Browser, r: &str, language: Language) -> Result<String, Fault> {
    let now = ctx.clock.now();
    let Some(mut pending) = Pending::open(ctx, browser, r, now).await? else { return Ok(r.to_owned()) };
    if let Some(request) = &mut pending.request {
        request.ui_locales = Some(language.tag().to_owned());
    }
    Ok(pending.seal(ctx, browser).await?.unwrap_or_else(|| r.to_owned()))
}
