//! Every response type in every mode: where it is offered and registered, and where it is not.

use super::*;
use crate::oauth::why::Code;
use std::sync::LazyLock;

static LEGACY: LazyLock<Offers> = LazyLock::new(|| Offers { front_channel_types: true, ..Offers::default() });

fn open_app() -> App {
    let mut app = app(AppKind::Web);
    app.settings.response_types = ResponseType::ALL.to_vec();
    app
}

fn asking(response: ResponseType, more: &str) -> String {
    let name = response.name().replace(' ', "+");
    good(&format!("&nonce=n{more}")).replace("response_type=code", &format!("response_type={name}"))
}

fn told(refused: Refused) -> (Why, ResponseMode) {
    match refused {
        Refused::ToApp(to) => (to.why, to.mode),
        Refused::Page(why) => panic!("on a page: {why:?}"),
    }
}

#[test]
fn each_type_travels_as_the_specifications_say_and_tokens_never_in_a_query() {
    use ResponseMode::{FormPost, Fragment, Query};
    for response in ResponseType::ALL {
        let usual = if response == ResponseType::Code { Query } else { Fragment };
        let ask = |more: &str| ask_where(&LEGACY, &open_app(), &asking(response, more)).map_err(told);
        let mode = |more: &str| ask(more).map(|request| request.mode);
        assert_eq!(ask("").map(|request| request.response), Ok(response));
        assert_eq!(mode(""), Ok(usual), "{response:?}");
        assert_eq!(mode("&response_mode=fragment"), Ok(Fragment), "{response:?}");
        assert_eq!(mode("&response_mode=form_post"), Ok(FormPost), "{response:?}");
        let in_query = if response == ResponseType::Code { Ok(Query) } else { Err((Why::ResponseModeQuery, Fragment)) };
        assert_eq!(mode("&response_mode=query"), in_query, "{response:?}");
        for unknown in ["jwt", "web_message", "Query"] {
            assert_eq!(mode(&format!("&response_mode={unknown}")), Err((Why::ResponseModeUnknown, usual)));
        }
    }
}

#[test]
fn a_refusal_travels_where_the_answer_would_have() {
    use ResponseMode::{FormPost, Fragment, Query};
    for response in ResponseType::ALL {
        let usual = if response == ResponseType::Code { Query } else { Fragment };
        for (more, mode) in [("", usual), ("&response_mode=form_post", FormPost)] {
            let query = asking(response, &format!("&prompt=dance{more}"));
            let refused = ask_where(&LEGACY, &open_app(), &query).unwrap_err();
            assert_eq!(told(refused), (Why::PromptMalformed, mode), "{query}");
        }
    }
    // What the type is, nobody knows here.
    for name in ["", "response_type=token&", "response_type=dance&", "response_type=code&response_type=id_token&"] {
        let query = asking(ResponseType::Code, "").replace("response_type=code&", name);
        assert_eq!(told(ask_where(&LEGACY, &open_app(), &query).unwrap_err()).1, Query, "{name}");
    }
}

#[test]
fn what_the_deployment_does_not_offer_is_unknown_to_it_whatever_the_app_registered() {
    for response in ResponseType::ALL.into_iter().filter(|one| *one != ResponseType::Code) {
        let refused = ask_where(&Offers::default(), &open_app(), &asking(response, "")).unwrap_err();
        assert_eq!(told(refused), (Why::ResponseTypeUnknown, ResponseMode::Query), "{response:?}");
    }
    let by_fragment = asking(ResponseType::Code, "&response_mode=fragment");
    let refused = ask_where(&Offers::default(), &open_app(), &by_fragment).unwrap_err();
    assert_eq!(told(refused), (Why::ResponseModeUnknown, ResponseMode::Query));
}

#[test]
fn an_app_gets_only_what_it_registered() {
    assert_eq!(Why::ResponseTypeNotForClient.code(), Code::UnauthorizedClient);
    for registered in ResponseType::ALL {
        for asked in ResponseType::ALL {
            let mut app = open_app();
            app.settings.response_types = vec![registered];
            let answer = ask_where(&LEGACY, &app, &asking(asked, "")).map(|request| request.response).map_err(told);
            let refused = Err((Why::ResponseTypeNotForClient, ResponseMode::usual(asked)));
            assert_eq!(answer, if asked == registered { Ok(asked) } else { refused });
        }
    }
}

#[test]
fn an_app_whose_tokens_are_bound_to_a_key_gets_none_that_is_not() {
    let mut app = open_app();
    app.settings.proving.bound_tokens = true;
    for response in ResponseType::ALL {
        let answer = ask_where(&LEGACY, &app, &asking(response, "")).map(|request| request.response).map_err(told);
        let refused = Err((Why::ResponseTypeNotForClient, ResponseMode::Fragment));
        assert_eq!(answer, if response.has_token() { refused } else { Ok(response) });
    }
}

#[test]
fn an_id_token_by_way_of_the_browser_needs_a_nonce_and_openid() {
    for response in ResponseType::ALL {
        let query = asking(response, "");
        let without_nonce = ask_where(&LEGACY, &open_app(), &query.replace("&nonce=n", "")).map_err(told);
        let without_openid = ask_where(&LEGACY, &open_app(), &query.replace("openid+", "")).map_err(told);
        if response.has_id_token() {
            assert_eq!(without_nonce, Err((Why::NonceMissing, ResponseMode::Fragment)), "{response:?}");
            assert_eq!(without_openid, Err((Why::OpenidMissing, ResponseMode::Fragment)), "{response:?}");
        } else {
            assert!(without_nonce.is_ok() && without_openid.is_ok(), "{response:?}");
        }
    }
}

#[test]
fn pkce_guards_every_code_and_is_asked_of_no_other_answer() {
    for response in ResponseType::ALL {
        let bare = asking(response, "").replace(&format!("&code_challenge={CHALLENGE}&code_challenge_method=S256"), "");
        let answer = ask_where(&LEGACY, &open_app(), &bare).map(|request| request.challenge).map_err(|no| told(no).0);
        let wanted = if response.has_code() { Err(Why::ChallengeMissing) } else { Ok(None) };
        assert_eq!(answer, wanted, "{response:?}");
    }
}

#[test]
fn without_a_code_nothing_can_be_asked_for_while_the_person_is_away() {
    for response in ResponseType::ALL {
        let query = asking(response, "").replace("openid+profile", "openid+offline_access");
        let scopes = ask_where(&LEGACY, &open_app(), &query).unwrap().scopes;
        assert_eq!(scopes.iter().any(|scope| scope == "offline_access"), response.has_code(), "{response:?}");
    }
}

#[test]
fn one_access_token_by_way_of_the_browser_is_for_one_api() {
    for response in ResponseType::ALL {
        let one = asking(response, "&resource=https://hrm.example/api");
        let two = format!("{one}&resource=https://hrm.example/api");
        assert!(ask_where(&LEGACY, &open_app(), &one).is_ok(), "{response:?}");
        let answer = ask_where(&LEGACY, &open_app(), &two).map(|request| request.apis.len()).map_err(|no| told(no).0);
        assert_eq!(answer, if response.has_token() { Err(Why::ResourceMany) } else { Ok(2) }, "{response:?}");
    }
}

#[test]
fn a_sealed_request_keeps_its_type_and_mode() {
    for response in ResponseType::ALL {
        let request = ask_where(&LEGACY, &open_app(), &asking(response, "")).unwrap();
        let text = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<Request>(&text).unwrap(), request);
    }
}
