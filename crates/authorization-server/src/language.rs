//! The language switch: remembered in this browser, and back to the page it was pressed on.

use actix_web::HttpResponse;
use portvakt_flows::{end_session, pending};
use portvakt_model::{Fault, Language};
use portvakt_web::visit::Visit;
use portvakt_web::{answer, cookies, paths};

/// `GET /language?to=sv&back=/path`.
pub async fn choose(visit: Visit) -> Result<HttpResponse, Fault> {
    let Some(language) = Language::ALL.into_iter().find(|language| language.tag() == visit.parameter("to")) else {
        return answer::not_found(&visit);
    };
    let back = own_path(visit.parameter("back"));
    // What the person chose now stands above what the app asked for.
    let back = match back.split_once("?r=") {
        Some((paths::LOGOUT, r)) => {
            let r = end_session::in_language(&visit.ctx, &visit.browser, r, language)?;
            answer::with_r(paths::LOGOUT, &r)
        }
        Some((path, r)) => {
            let r = pending::in_language(&visit.ctx, &visit.browser, r, language).await?;
            answer::with_r(path, &r)
        }
        None => back.to_owned(),
    };
    Ok(answer::go_with(&visit, &back, &[cookies::set_language(language)]))
}

/// A path on our own site, or the account page: nothing that a browser could read as another host.
fn own_path(back: &str) -> &str {
    let is_own = back.starts_with('/')
        && !back.starts_with("//")
        && !back.starts_with("/\\")
        && back.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_own { back } else { paths::ACCOUNT }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_never_leaves_the_site() {
        assert_eq!(own_path("/sign-in?r=abc"), "/sign-in?r=abc");
        for wrong in
            ["", "https://evil.example", "//evil.example", "/\\evil.example", "/a\\b", "/a\r\nb", "javascript:x"]
        {
            assert_eq!(own_path(wrong), paths::ACCOUNT, "{wrong:?}");
        }
    }
}
