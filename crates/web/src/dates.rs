//! Dates and times in each language's form. The zone is said, for people and servers are not always in the same one.
//! Where a page marks an instant with `<time datetime=… data-utc=…>`, our script puts the browser's own zone in its place
//! and takes the sentence about UTC away; without script the page is right as it is.

use crate::words::Words;
use portvakt_model::{Language, Timestamp};
use std::borrow::Borrow;

const DAY: i64 = 86_400;

const SV: [&str; 12] = [
    "januari",
    "februari",
    "mars",
    "april",
    "maj",
    "juni",
    "juli",
    "augusti",
    "september",
    "oktober",
    "november",
    "december",
];
const NB: [&str; 12] = [
    "januar",
    "februar",
    "mars",
    "april",
    "mai",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "desember",
];
const EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Words {
    /// The day: `21 november 2026`, `21. november 2026`, `21 November 2026` (UTC).
    pub fn date(self, at: impl Borrow<Timestamp>) -> String {
        let at: &Timestamp = at.borrow();
        let (year, month, day) = civil(at.seconds().div_euclid(DAY));
        let (months, dot) = match self.language() {
            Language::Sv => (SV, ""),
            Language::Nb => (NB, "."),
            Language::En => (EN, ""),
        };
        let name = usize::try_from(month - 1).ok().and_then(|month| months.get(month).copied()).unwrap_or_default();
        format!("{day}{dot} {name} {year}")
    }

    /// Day and time with the zone: `21 november 2026 kl. 14.05 (UTC)`, `21 November 2026 at 14:05 (UTC)`.
    pub fn date_time(self, at: impl Borrow<Timestamp>) -> String {
        let at: &Timestamp = at.borrow();
        let minutes = at.seconds().rem_euclid(DAY) / 60;
        let mark = match self.language() {
            Language::Sv | Language::Nb => '.',
            Language::En => ':',
        };
        let time = format!("{:02}{mark}{:02} (UTC)", minutes / 60, minutes % 60);
        self.clock(self.date(at), time)
    }
}

/// The machine's form of the instant (RFC 3339): `2026-11-21T14:05:00Z`.
pub fn machine(at: impl Borrow<Timestamp>) -> String {
    let at: &Timestamp = at.borrow();
    let (year, month, day) = civil(at.seconds().div_euclid(DAY));
    let seconds = at.seconds().rem_euclid(DAY);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Year, month and day of a day counted from 1970-01-01: Howard Hinnant's `civil_from_days`, which counts in eras of
/// 400 years that begin on the first of March, so that the leap day stands last.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_writes_the_time_in_its_own_form() {
        let at = Timestamp::from_seconds(1_795_269_900);
        assert_eq!(Words::of(Language::Sv).date_time(at), "21 november 2026 kl. 14.05 (UTC)");
        assert_eq!(Words::of(Language::Nb).date_time(at), "21. november 2026 kl. 14.05 (UTC)");
        assert_eq!(Words::of(Language::En).date_time(at), "21 November 2026 at 14:05 (UTC)");
        assert_eq!(machine(at), "2026-11-21T14:05:00Z");
    }

    #[test]
    fn the_calendar_knows_its_leap_days() {
        for (seconds, date) in [
            (0, "1 January 1970"),
            (-1, "31 December 1969"),
            (951_782_400, "29 February 2000"),
            (4_107_542_400, "1 March 2100"),
        ] {
            assert_eq!(Words::of(Language::En).date(Timestamp::from_seconds(seconds)), date);
        }
    }
}
