//! Lists, in pages: `limit` (1 to 1000; 100 where it is absent) and `after`, which is the `next` of the page before.

use crate::refused::{Refused, Stop};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use portvakt_protocol::oauth::Params;
use portvakt_web::answer;
use portvakt_web::visit::Visit;
use serde_json::{Value, json};

const MOST: usize = 1000;
const USUAL: usize = 100;
/// The most octets of a query parameter here.
const MOST_OCTETS: usize = 2000;

/// Which part of a list is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) after: Option<String>,
    pub(crate) limit: usize,
}

impl Page {
    /// The page that a visit asks for.
    pub(crate) fn of(visit: &Visit) -> Result<Self, Refused> {
        Self::read(query(visit)?)
    }

    fn read(query: &Params) -> Result<Self, Refused> {
        let limit = match text(query, "limit")? {
            None => USUAL,
            Some(text) => match text.parse() {
                Ok(limit) if (1..=MOST).contains(&limit) => limit,
                _ => return Err(Refused::wrong("limit", "it is a number from 1 to 1000")),
            },
        };
        Ok(Self { after: text(query, "after")?.map(str::to_owned), limit })
    }

    /// How many to read: one more than asked for says whether there is more.
    pub(crate) fn read_limit(&self) -> u32 {
        u32::try_from(self.limit + 1).unwrap_or(u32::MAX)
    }

    /// The page's items, of those that were read; and the name to go on behind, if there is more.
    pub(crate) fn cut<T>(&self, mut items: Vec<T>, name: impl Fn(&T) -> String) -> (Vec<T>, Option<String>) {
        let is_more = items.len() > self.limit;
        items.truncate(self.limit);
        let next = items.last().filter(|_| is_more).map(name);
        (items, next)
    }
}

/// A query parameter; one that stands twice or is too long is refused.
pub(crate) fn parameter<'v>(visit: &'v Visit, name: &str) -> Result<Option<&'v str>, Refused> {
    text(query(visit)?, name)
}

fn query(visit: &Visit) -> Result<&Params, Refused> {
    visit.query.as_ref().map_err(|why| Refused::wrong("", why.description()))
}

fn text<'p>(query: &'p Params, name: &str) -> Result<Option<&'p str>, Refused> {
    query.bounded(name, MOST_OCTETS).map_err(|why| Refused::wrong(name, why.description()))
}

/// A page of a list.
pub(crate) fn answer(items: &[Value], next: Option<&str>) -> Result<HttpResponse, Stop> {
    Ok(answer::json(StatusCode::OK, &json!({ "items": items, "next": next }))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(query: &str) -> Result<Page, Refused> {
        Page::read(&Params::parse(query.as_bytes()).unwrap())
    }

    #[test]
    fn a_list_is_read_page_by_page_and_nothing_is_left_out() {
        let all = ["a", "b", "c", "d", "e"];
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = Page { after, limit: 2 };
            let behind = all.into_iter().filter(|item| page.after.as_deref().is_none_or(|after| *item > after));
            let read = behind.take(usize::try_from(page.read_limit()).unwrap()).collect();
            let (items, next) = page.cut(read, |item: &&str| (*item).to_owned());
            assert!(items.len() <= 2);
            seen.extend(items);
            after = next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, all);
    }

    #[test]
    fn a_full_last_page_has_no_next() {
        let page = Page { after: None, limit: 2 };
        assert_eq!(page.cut(vec!["a", "b"], |item| (*item).to_owned()), (vec!["a", "b"], None));
    }

    #[test]
    fn limits_are_numbers_within_bounds() {
        assert_eq!(page(""), Ok(Page { after: None, limit: 100 }));
        assert_eq!(page("limit=1000&after=x"), Ok(Page { after: Some("x".to_owned()), limit: 1000 }));
        for wrong in ["limit=0", "limit=1001", "limit=-1", "limit=x", "limit=1&limit=2"] {
            assert!(page(wrong).is_err(), "{wrong}");
        }
    }
}
