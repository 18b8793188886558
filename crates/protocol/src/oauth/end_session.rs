//! RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0).

use super::params::Params;
use super::redirect;
use super::why::Why;
use portvakt_model::App;
use serde::{Deserialize, Serialize};

/// A logout request, read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Request {
    /// `id_token_hint`, as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token_hint: Option<String>,
    /// `client_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// `post_logout_redirect_uri`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_logout_redirect_uri: Option<String>,
    /// `state`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// `ui_locales`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ui_locales: Option<String>,
}

/// Reads a logout request.
pub fn read(params: &Params) -> Result<Request, Why> {
    let text = |name, most| Ok(params.bounded(name, most)?.map(str::to_owned));
    if params.has_repeats(&[]) {
        return Err(Why::Repeated);
    }
    Ok(Request {
        id_token_hint: text("id_token_hint", 16 * 1024)?,
        client_id: text("client_id", 200)?,
        post_logout_redirect_uri: text("post_logout_redirect_uri", redirect::MOST_OCTETS)?,
        state: text("state", 2048)?,
        ui_locales: text("ui_locales", 200)?,
    })
}

/// What a verified `id_token_hint` says. Expired ones are good: logging out late is the common case (§2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The app it was issued to.
    pub client_id: String,
    /// The person.
    pub sub: String,
    /// The session.
    pub sid: Option<String>,
}

/// What the flow found for the request.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// The hint: `None` if none was sent, `Some(None)` if it is no `id_token` of ours.
    pub hint: Option<Option<&'a Hint>>,
    /// The app that `client_id`, or else the hint, names; `None` if unknown.
    pub app: Option<&'a App>,
    /// `sub` and session id of the person signed in here, if anybody is.
    pub session: Option<(&'a str, &'a str)>,
}

/// Where the browser goes afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The registered address.
    pub uri: String,
    /// Whether it goes there by itself; else the person has a button.
    pub at_once: bool,
}

/// What shall happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// A page: nothing is ended, nobody is sent anywhere.
    Refuse(Why),
    /// Ask the person; on yes end the session and go to the address, if there is one.
    Confirm(Option<Target>),
    /// End the session at once and go to the address, if there is one.
    SignOut(Option<Target>),
}

/// Decides. The browser goes on only to an address registered, to the letter, for the app that the request names (§3);
/// without a hint that fits the session the person is asked first, since anybody can make a browser come here (§2, §6).
/// Anybody can register an app, too, where that is open: without such a hint a link would lead from our host to wherever
/// its maker likes, so that address is a button for the person to press.
pub fn decide(request: &Request, found: &Found<'_>) -> Decision {
    let hint = match found.hint {
        Some(None) => return Decision::Refuse(Why::HintInvalid),
        Some(Some(hint)) => Some(hint),
        None => None,
    };
    if let (Some(hint), Some(client_id)) = (hint, &request.client_id)
        && hint.client_id != *client_id
    {
        return Decision::Refuse(Why::HintInvalid);
    }
    if request.client_id.is_some() && found.app.is_none() {
        return Decision::Refuse(Why::ClientUnknown);
    }
    let fits = found
        .session
        .zip(hint)
        .is_some_and(|((sub, sid), hint)| hint.sub == sub && hint.sid.as_deref().is_none_or(|hinted| hinted == sid));
    let target = match (&request.post_logout_redirect_uri, found.app) {
        (None, _) => None,
        (Some(uri), Some(app)) if app.settings.post_logout_redirect_uris.contains(uri) => {
            Some(Target { uri: uri.clone(), at_once: fits || !app.settings.self_registered })
        }
        (Some(_), _) => return Decision::Refuse(Why::RedirectUnknown),
    };
    match found.session {
        // Nobody is signed in: there is nothing to ask.
        None => Decision::SignOut(target),
        Some(_) if fits => Decision::SignOut(target),
        Some(_) => Decision::Confirm(target),
    }
}

/// The address after logout: the registered text with `state` behind it, if there is one.
pub fn location(target: &str, state: Option<&str>) -> String {
    match state {
        None => target.to_owned(),
        Some(state) => super::respond::location(target, &[("state", state.to_owned())]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::authorize::tests::app;
    use portvakt_model::AppKind;

    fn hint(sub: &str) -> Hint {
        Hint { client_id: "app_hrm".to_owned(), sub: sub.to_owned(), sid: Some("sid".to_owned()) }
    }

    #[test]
    fn the_decision_table() {
        let mut app = app(AppKind::Web);
        app.settings.post_logout_redirect_uris = vec!["https://hrm.example/bye".to_owned()];
        let to = |uri: &str| Request { post_logout_redirect_uri: Some(uri.to_owned()), ..Request::default() };
        let (bye, anna, other) = (to("https://hrm.example/bye"), hint("anna"), hint("other"));
        let target = Some(Target { uri: "https://hrm.example/bye".to_owned(), at_once: true });
        let session = Some(("anna", "sid"));
        for (request, hint, app, session, decision) in [
            (&bye, Some(Some(&anna)), Some(&app), session, Decision::SignOut(target.clone())),
            (&bye, Some(Some(&anna)), Some(&app), None, Decision::SignOut(target.clone())),
            (&bye, Some(Some(&other)), Some(&app), session, Decision::Confirm(target.clone())),
            (&bye, Some(None), Some(&app), session, Decision::Refuse(Why::HintInvalid)),
            (&bye, None, None, session, Decision::Refuse(Why::RedirectUnknown)),
            (&bye, None, Some(&app), session, Decision::Confirm(target.clone())),
            (
                &to("https://hrm.example/bye2"),
                Some(Some(&anna)),
                Some(&app),
                session,
                Decision::Refuse(Why::RedirectUnknown),
            ),
            (
                &to("https://hrm.example/bye?x=1"),
                Some(Some(&anna)),
                Some(&app),
                session,
                Decision::Refuse(Why::RedirectUnknown),
            ),
            (&Request::default(), None, None, session, Decision::Confirm(None)),
            (&Request::default(), None, None, None, Decision::SignOut(None)),
            (&Request::default(), Some(Some(&anna)), Some(&app), session, Decision::SignOut(None)),
        ] {
            assert_eq!(decide(request, &Found { hint, app, session }), decision, "{request:?}");
        }
        let foreign = Request { client_id: Some("app_other".to_owned()), ..Request::default() };
        let found = Found { hint: Some(Some(&anna)), app: Some(&app), session };
        assert_eq!(decide(&foreign, &found), Decision::Refuse(Why::HintInvalid));
        let unknown = Found { hint: None, app: None, session };
        assert_eq!(decide(&foreign, &unknown), Decision::Refuse(Why::ClientUnknown));
    }

    #[test]
    fn anybodys_app_leads_away_by_itself_only_for_a_hint_of_the_person_who_is_here() {
        let mut app = app(AppKind::Web);
        app.settings.post_logout_redirect_uris = vec!["https://hrm.example/bye".to_owned()];
        app.settings.self_registered = true;
        let request =
            Request { post_logout_redirect_uri: Some("https://hrm.example/bye".to_owned()), ..Request::default() };
        let (anna, other) = (hint("anna"), hint("other"));
        let target = |at_once| Some(Target { uri: "https://hrm.example/bye".to_owned(), at_once });
        let session = Some(("anna", "sid"));
        for (hint, session, decision) in [
            (Some(Some(&anna)), session, Decision::SignOut(target(true))),
            (Some(Some(&other)), session, Decision::Confirm(target(false))),
            (None, session, Decision::Confirm(target(false))),
            (None, None, Decision::SignOut(target(false))),
            // Whoever made the app has such a hint: their own.
            (Some(Some(&anna)), None, Decision::SignOut(target(false))),
        ] {
            assert_eq!(decide(&request, &Found { hint, app: Some(&app), session }), decision);
        }
    }

    #[test]
    fn an_address_is_compared_to_the_letter_whatever_the_kind_of_app() {
        let mut app = app(AppKind::Native);
        app.settings.post_logout_redirect_uris = vec!["http://127.0.0.1/bye".to_owned()];
        for (uri, decision) in [
            ("http://127.0.0.1:8401/bye", Decision::Refuse(Why::RedirectUnknown)),
            (
                "http://127.0.0.1/bye",
                Decision::SignOut(Some(Target { uri: "http://127.0.0.1/bye".to_owned(), at_once: true })),
            ),
        ] {
            let request = Request { post_logout_redirect_uri: Some(uri.to_owned()), ..Request::default() };
            assert_eq!(decide(&request, &Found { hint: None, app: Some(&app), session: None }), decision, "{uri}");
        }
    }

    #[test]
    fn only_state_is_added() {
        assert_eq!(location("https://hrm.example/bye?a=1", Some("x y")), "https://hrm.example/bye?a=1&state=x+y");
        assert_eq!(location("https://hrm.example/bye", None), "https://hrm.example/bye");
    }
}
