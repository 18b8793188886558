//! What apps have not heard of sessions' ends: `failed=yes` for what was given up only.

use crate::list::{self, Page};
use crate::refused::{Refused, Stop};
use crate::shapes;
use actix_web::HttpResponse;
use portvakt_flows::app::notices;
use portvakt_model::{AppId, SessionId};
use portvakt_web::visit::Visit;

/// `GET /api/v1/logout-notices`, in the order in which the sessions began.
pub(crate) async fn list(visit: Visit) -> Result<HttpResponse, Stop> {
    let page = Page::of(&visit)?;
    let failed_only = match list::parameter(&visit, "failed")? {
        None => false,
        Some("yes") => true,
        Some(_) => return Err(Refused::wrong("failed", "it is yes, or absent").into()),
    };
    let after = page.after.as_deref().map(place).transpose()?;
    let most = u32::try_from(page.limit).unwrap_or(u32::MAX - 1);
    let mut found = notices::list(&visit.ctx, failed_only, after, most + 1).await?;
    let is_more = found.len() > page.limit;
    found.truncate(page.limit);
    let next = found.last().filter(|_| is_more).map(|one| format!("{}.{}", one.session, one.app));
    list::answer(&found.iter().map(shapes::logout_notice).collect::<Vec<_>>(), next.as_deref())
}

/// Reads the `next` of the page before.
fn place(after: &str) -> Result<(SessionId, AppId), Refused> {
    after
        .split_once('.')
        .and_then(|(session, app)| SessionId::parse(session).zip(AppId::parse(app)))
        .ok_or_else(|| Refused::wrong("after", "it is the next of the page before"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_goes_on_where_it_ended_and_nowhere_else() {
        let (session, app) = (SessionId::random([1; 16]), AppId::random([2; 16]));
        assert_eq!(place(&format!("{session}.{app}")), Ok((session, app)));
        for wrong in ["", ".", "x.y", &session.to_string(), &format!("{session}.")] {
            assert!(place(wrong).is_err(), "{wrong}");
        }
    }
}
