//! Account Settings: what people do about their own sign-in.

mod overview;
mod password;

pub use overview::{Connected, Overview, overview};
pub use password::{
    Changed, LinkAsked, Password, Renewed, change_password, password, password_rule, personal_words, send_password_link,
};

use crate::authorize::{admit, session_view};
use crate::browser::Browser;
use crate::ctx::Ctx;
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::{Demand, Fault, Language, Seconds, Session, SessionId, Timestamp};
use portvakt_policy::Admitted;
use portvakt_store::SessionView;

/// The person behind a page of Account Settings: somebody whom the gate lets in.
pub struct Person {
    /// What was read.
    pub view: SessionView,
    /// That the gate was passed.
    pub admitted: Admitted,
}

/// Who is signed in here and may enter; `None`: they must sign in.
pub async fn person(ctx: &Ctx, browser: &Browser) -> Result<Option<Person>, Fault> {
    let now = ctx.clock.now();
    let view = session_view(ctx, browser, None).await?;
    let admitted = admit(view.as_ref(), None, &Demand::default(), now);
    match (view, admitted) {
        (Some(view), Ok(admitted)) => {
            keep_alive(ctx, &view, &admitted).await?;
            Ok(Some(Person { view, admitted }))
        }
        _ => Ok(None),
    }
}

/// Moves the idle clock of a session in use: every five minutes at most, and often enough for a policy with a short one.
pub async fn keep_alive(ctx: &Ctx, view: &SessionView, admitted: &Admitted) -> Result<(), Fault> {
    let now = ctx.clock.now();
    if !is_due(&view.session, admitted, now) {
        return Ok(());
    }
    let (session, admitted) = (view.session.clone(), admitted.clone());
    ctx.store.write(move |tx| tx.sessions().touch(&admitted, &session, now).map(|_| ())).await
}

/// Whether the idle clock of a session in use is to be moved.
pub(crate) fn is_due(session: &Session, admitted: &Admitted, now: Timestamp) -> bool {
    let pause = Seconds::minutes(5).min(Seconds(admitted.lifetimes().session_idle.0 / 4));
    session.seen_at.after(pause) <= now
}

/// The person's live sessions, last used first.
pub async fn sessions(ctx: &Ctx, person: &Person) -> Result<Vec<Session>, Fault> {
    let (account, now) = (person.view.account.account.id, ctx.clock.now());
    ctx.store.read(move |tx| tx.sessions().list(account, now)).await
}

/// Ends one of the person's sessions. Another person's is as unknown as one that never was.
pub async fn end_session(ctx: &Ctx, person: &Person, id: SessionId) -> Result<bool, Fault> {
    let now = ctx.clock.now();
    let account = &person.view.account.account;
    let (account_id, home, audit) = (account.id, account.home, ctx.audit_id(now)?);
    ctx.store
        .write(move |tx| {
            let is_theirs = tx.sessions().list(account_id, now)?.iter().any(|session| session.id == id);
            let ended = is_theirs && tx.sessions().end(id, now)?;
            if ended {
                let line =
                    Audit::new(AuditEvent::SessionEnded).account(account_id, home).with("session", id.to_string());
                tx.audit().write(audit, &line, now)?;
            }
            Ok(ended)
        })
        .await
}

/// Ends all of the person's sessions: the others, or all of them. Gives how many.
pub async fn end_sessions(ctx: &Ctx, person: &Person, this_too: bool) -> Result<usize, Fault> {
    let now = ctx.clock.now();
    let account = &person.view.account.account;
    let (account_id, home, audit) = (account.id, account.home, ctx.audit_id(now)?);
    let keep = (!this_too).then_some(person.view.session.id);
    ctx.store
        .write(move |tx| {
            let ended = tx.sessions().end_all(account_id, keep, now)?;
            let line = Audit::new(AuditEvent::SessionEnded).account(account_id, home).with("count", ended.to_string());
            tx.audit().write(audit, &line, now)?;
            Ok(ended)
        })
        .await
}

/// Chooses the person's language; `None`: as the browser asks.
pub async fn set_language(ctx: &Ctx, person: &Person, language: Option<Language>) -> Result<(), Fault> {
    let now = ctx.clock.now();
    let account = &person.view.account.account;
    let (id, home, audit) = (account.id, account.home, ctx.audit_id(now)?);
    ctx.store
        .write(move |tx| {
            if tx.accounts().set_language(id, language)? {
                let tag = language.map_or("browser", Language::tag);
                let line = Audit::new(AuditEvent::LanguageChanged).account(id, home).with("language", tag);
                tx.audit().write(audit, &line, now)?;
            }
            Ok(())
        })
        .await
}
