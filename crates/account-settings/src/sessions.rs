//! Where the person is signed in: each browser, and the end of one or of all others.

use crate::room::Room;
use actix_web::HttpResponse;
use portvakt_flows::settings;
use portvakt_model::{Fault, Session, SessionId};
use portvakt_web::pages::account::{Notice, SessionRow, Sessions};
use portvakt_web::visit::Visit;
use portvakt_web::{answer, paths};

/// `GET /account/sessions`.
pub(crate) async fn get(visit: Visit) -> Result<HttpResponse, Fault> {
    let room = Room::enter(visit)?;
    let found = settings::sessions(&room.visit.ctx, &room.person).await?;
    let page = Sessions {
        layout: room.layout(paths::ACCOUNT_SESSIONS),
        csrf: room.mark(),
        person: room.face(),
        notice: room.notice(),
        sessions: rows(found, room.person.view.session.id),
    };
    answer::page(&room.visit, &page)
}

/// This browser first; the others stay in their order.
fn rows(mut sessions: Vec<Session>, current: SessionId) -> Vec<SessionRow> {
    sessions.sort_by_key(|session| session.id != current);
    let row = |session: Session| SessionRow {
        // The session's name, not its handle: whoever has it can do nothing without a session of the same account.
        handle: session.id.to_string(),
        browser: session.description,
        first: session.created_at,
        last: session.seen_at,
        current: session.id == current,
        keep: session.keep,
    };
    sessions.into_iter().map(row).collect()
}

/// `POST /account/sessions`: ends all others, or one. The end of this one is a sign-out.
pub(crate) async fn post(visit: Visit) -> Result<HttpResponse, Fault> {
    let room = Room::enter(visit)?;
    if room.visit.field("others") == "yes" {
        settings::end_sessions(&room.visit.ctx, &room.person, false).await?;
        return Ok(room.done(paths::ACCOUNT_SESSIONS, Some(Notice::EndedOthers)));
    }
    let Some(id) = SessionId::parse(room.visit.field("end")) else {
        return Ok(room.done(paths::ACCOUNT_SESSIONS, None));
    };
    let ended = settings::end_session(&room.visit.ctx, &room.person, id).await?;
    if id == room.person.view.session.id {
        let frames = portvakt_flows::end_session::frames(&room.visit.ctx, id).await?;
        if !frames.is_empty() {
            return answer::tell_apps(&room.visit, frames, paths::LOGOUT_DONE.to_owned(), None);
        }
        return Ok(answer::go_with(&room.visit, paths::LOGOUT_DONE, &answer::signed_out(&room.visit)?));
    }
    Ok(room.done(paths::ACCOUNT_SESSIONS, ended.then_some(Notice::Ended)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use portvakt_model::{AccountId, Stamp, Timestamp};

    fn session(name: u8, description: &str) -> Session {
        let at = Timestamp::from_seconds(1_000);
        Session {
            id: SessionId::random([name; 16]),
            account: AccountId::random([9; 16]),
            device: None,
            proofs: Vec::new(),
            stamp: Stamp { deployment: 0, tenant: 0, facts: 0, app: 0, until: Timestamp::FAR },
            auth_time: at,
            created_at: at,
            seen_at: at,
            idle_until: Timestamp::FAR,
            expires_at: Timestamp::FAR,
            keep: false,
            description: description.to_owned(),
            ended_at: None,
        }
    }

    #[test]
    fn this_browser_stands_first_and_no_other_claims_to_be_it() {
        let found = vec![session(1, "Firefox, Windows"), session(2, ""), session(3, "Safari, iPhone")];
        let current = found[2].id;
        let rows = rows(found, current);
        let names: Vec<&str> = rows.iter().map(|row| row.browser.as_str()).collect();
        assert_eq!(names, ["Safari, iPhone", "Firefox, Windows", ""]);
        let marks: Vec<bool> = rows.iter().map(|row| row.current).collect();
        assert_eq!(marks, [true, false, false]);
    }
}
