//! What the person at the terminal reads when everything is up.

use crate::demo_file::{DemoFile, DemoPerson, app_url};
use std::path::Path;

/// Addresses, sign-ins, and what else to try.
pub fn of(demo: &DemoFile, data: &Path, programs: &Path) -> String {
    let places = [
        ("HRM", app_url(demo.ports.hrm), "a web app of the house, with an API"),
        ("Staff portal", app_url(demo.ports.staff_portal), "another one: already signed in after HRM"),
        ("Fieldreport", app_url(demo.ports.fieldreport), "a third party's app: asks for your consent"),
        ("Mailbox", app_url(demo.ports.mailbox), "every mail that Portvakt sends"),
        ("Portvakt", demo.ports.issuer_url(), "the issuer that all of them trust"),
    ];
    let mut lines = vec![String::new(), "The demo is up. Open an app and sign in.".to_owned(), String::new()];
    lines.extend(aligned(places.iter().map(|(name, address, text)| [*name, address.as_str(), *text])));
    lines.push(String::new());
    let heads = std::iter::once(["Sign in as", "Password", "Organisation"]);
    lines.extend(aligned(heads.chain(demo.people.iter().map(row))));
    lines.push(String::new());
    lines.push("In another terminal:".to_owned());
    for (program, text) in [("mobile", "a phone's app"), ("timeclock", "a machine calls HRM's API")] {
        let program = programs.join(format!("portvakt-demo-{program}"));
        lines.push(format!("  {} --demo {}   ({text})", program.display(), data.display()));
    }
    lines.push(String::new());
    lines.push(format!("Passwords and secrets are kept in {}. Ctrl-C stops it all.", DemoFile::path(data).display()));
    lines.join("\n")
}

fn row(person: &DemoPerson) -> [&str; 3] {
    [&person.address, &person.password, person.tenant.as_deref().unwrap_or("none")]
}

/// Rows as lines, each column as wide as its widest cell.
fn aligned<'a>(rows: impl Iterator<Item = [&'a str; 3]>) -> Vec<String> {
    let rows: Vec<[&str; 3]> = rows.collect();
    let width =
        |cell: fn(&[&'a str; 3]) -> &'a str| rows.iter().map(|row| cell(row).chars().count()).max().unwrap_or(0);
    let (first, second) = (width(|[first, _, _]| first), width(|[_, second, _]| second));
    rows.iter().map(|[a, b, c]| format!("  {a:first$}   {b:second$}   {c}").trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other() {
        let rows = [["a", "bb", "c"], ["aaa", "b", "c"]];
        assert_eq!(aligned(rows.into_iter()), ["  a     bb   c", "  aaa   b    c"]);
    }
}
