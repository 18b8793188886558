//! What is tried: each call of the gate waved through by itself, and each flow that asks for the first step too waved
//! through as a whole.

use crate::Failure;
use crate::judge::Judge;
use crate::sites::{Site, Sites};
use std::collections::BTreeSet;

/// Calls that no request reaches with the person barred, as an earlier call keeps them out: only somebody who is barred
/// between the two shows what they are for. A flow's test brings that about.
const RACES: [(&str, &str, &str); 2] = [
    (
        "crates/flows/src/settings/password.rs",
        "change_password",
        "a_change_of_password_under_way_when_it_is_switched_off_sets_nothing",
    ),
    ("crates/flows/src/authorize/grant.rs", "open", "nobody_who_is_kept_out_while_it_is_made_gets_a_token"),
];

/// What a refusal of a whole flow must be noticed by: this standing of the doors' test.
const OWN_SIGN_IN_OFF: &str = "OwnSignInOff";

/// One thing that is taken out, and who must notice.
#[derive(Debug)]
pub(crate) struct Mutant {
    pub(crate) title: String,
    /// The numbers of the calls that are waved through.
    pub(crate) waved: Vec<usize>,
    pub(crate) judge: Judge,
    /// What the failed assertion must speak of.
    pub(crate) about: &'static str,
}

/// All of them.
pub(crate) fn all(sites: &Sites) -> Result<Vec<Mutant>, Failure> {
    let numbered: Vec<(usize, &Site)> = sites.all.iter().enumerate().map(|(index, site)| (index + 1, site)).collect();
    for (file, function, _) in RACES {
        if !numbered.iter().any(|(_, site)| is_at(site, file, function)) {
            return Err(format!("{function} in {file} asks the gate no more: take it out of the list of races").into());
        }
    }
    let alone = numbered.iter().filter(|(_, site)| !site.is_first_step).map(|(number, site)| {
        let race = RACES.iter().find(|(file, function, _)| is_at(site, file, function));
        Mutant {
            title: format!("{}:{} {} without {}", site.file.display(), site.line, site.within, site.asks),
            waved: vec![*number],
            judge: race.map_or(Judge::Doors, |(.., test)| Judge::Flow(test)),
            about: "",
        }
    });
    let files: BTreeSet<_> =
        numbered.iter().filter(|(_, site)| site.is_first_step).map(|(_, site)| &site.file).collect();
    let whole = files.into_iter().map(|file| Mutant {
        title: format!("{} without any question", file.display()),
        waved: numbered.iter().filter(|(_, site)| site.file == *file).map(|(number, _)| *number).collect(),
        judge: Judge::Doors,
        about: OWN_SIGN_IN_OFF,
    });
    Ok(alone.chain(whole).collect())
}

fn is_at(site: &Site, file: &str, function: &str) -> bool {
    site.file.as_os_str() == file && site.within == function
}
