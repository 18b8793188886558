//! Budgets for what strangers can cause. The counters are in the database, so that all nodes share them and a restart
//! forgets none; an attempt is counted before it is made.

use crate::browser::Browser;
use crate::ctx::Ctx;
use portvakt_model::{DeclaredNetwork, Fault, Seconds, Timestamp};
use portvakt_policy::guessing::{AddressBudget, SourceBudget};
use portvakt_store::{Deployment, Taken, Tx};

/// How much is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budgets {
    /// Password tries per address in fifteen minutes before there is a growing delay between them.
    pub account_quick_tries: i64,
    /// Password tries per address in fifteen minutes.
    pub account_tries: i64,
    /// Wrong passwords in a row that disable a password; never above the hundred of NIST SP 800-63B-4 §3.2.2.
    pub password_failures: i32,
    /// Wrong passwords per source in ten minutes before there is a second between tries, but for browsers that the
    /// account was signed in on before.
    pub source_quick_tries: i64,
    /// Wrong passwords per source in ten minutes before it is shut out for an hour, but for browsers that the account
    /// was signed in on before.
    pub source_tries: i64,
    /// Distinct addresses at which a source may fail in an hour before it is shut out for an hour, but for browsers that
    /// the account was signed in on before.
    pub source_addresses: i64,
    /// Mails that strangers cause, per address and hour.
    pub address_mails: i64,
    /// Mails that strangers cause, per source and hour.
    pub source_mails: i64,
    /// Failed client authentications per client and source in a minute.
    pub client_failures: i64,
    /// Apps that strangers register, per source and hour; and changes of one such app in an hour.
    pub registrations: i64,
    /// Apps that strangers register, change and remove in an hour, from all sources together.
    pub all_registrations: i64,
    /// Requests too long for an address line that are kept, per source in ten minutes.
    pub source_parked: i64,
    /// Request objects of strangers' apps that are fetched, per source in ten minutes.
    pub source_fetches: i64,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            account_quick_tries: 3,
            account_tries: 10,
            password_failures: 100,
            source_quick_tries: 30,
            source_tries: 300,
            source_addresses: 15,
            address_mails: 3,
            source_mails: 10,
            client_failures: 20,
            registrations: 20,
            all_registrations: 300,
            source_parked: 300,
            source_fetches: 30,
        }
    }
}

impl Budgets {
    /// What one address may be tried.
    pub fn address(&self) -> AddressBudget {
        AddressBudget { quick: self.account_quick_tries, most: self.account_tries }
    }

    /// How many requests too long for an address line a source may have kept: five for each of the people behind it, which
    /// is what a sign-in takes, and never fewer than a stranger's.
    pub fn parked(&self, source: &Source) -> i64 {
        source.people.map_or(self.source_parked, |people| self.source_parked.max(5 * i64::from(people)))
    }

    /// How many request objects of strangers' apps may be fetched for a source: one for each of the people behind it, and
    /// never fewer than for a stranger.
    pub fn fetches(&self, source: &Source) -> i64 {
        source.people.map_or(self.source_fetches, |people| self.source_fetches.max(i64::from(people)))
    }

    /// What a source may cause.
    pub fn source(&self, source: &Source) -> SourceBudget {
        let stranger = SourceBudget {
            quick: self.source_quick_tries,
            most: self.source_tries,
            addresses: self.source_addresses,
            mails: self.source_mails,
        };
        source.people.map_or(stranger, |people| stranger.for_people(people))
    }
}

/// Window of password tries per address.
pub const ACCOUNT_WINDOW: Seconds = Seconds::minutes(15);
/// Window of wrong passwords per source.
pub const SOURCE_WINDOW: Seconds = Seconds::minutes(10);
/// Window of distinct addresses per source.
pub const ADDRESSES_WINDOW: Seconds = Seconds::hours(1);
/// Window of mails.
pub const MAIL_WINDOW: Seconds = Seconds::hours(1);
/// Window of requests that are kept because they are too long for an address line.
pub const PARKED_WINDOW: Seconds = Seconds::minutes(10);
/// Window of request objects that are fetched.
pub const FETCH_WINDOW: Seconds = Seconds::minutes(10);
/// Window of failed client authentications.
pub const CLIENT_WINDOW: Seconds = Seconds::minutes(1);

/// Window of registrations.
pub const REGISTRATION_WINDOW: Seconds = Seconds::hours(1);

/// Where a request comes from, as budgets know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// An IPv4 address, the /64 of an IPv6 one, or a declared network.
    pub key: String,
    /// How many people are behind it, where a tenant declared it.
    pub people: Option<u32>,
}

impl Source {
    /// Where `browser` is. Who is asked for plays no part, so that a budget says nothing about accounts.
    pub fn of(ctx: &Ctx, browser: &Browser) -> Self {
        Self::among(&ctx.keeper.networks(), browser)
    }

    /// The nearest declared network around the browser, whoever declared it: tenants that share one add up.
    fn among(networks: &[DeclaredNetwork], browser: &Browser) -> Self {
        let around = || {
            let address = browser.address;
            networks.iter().filter(move |one| address.is_some_and(|address| one.network.contains(address)))
        };
        match around().max_by_key(|one| one.network.prefix()) {
            Some(nearest) => {
                let same = around().filter(|one| one.network == nearest.network).map(|one| one.people);
                Self { key: nearest.network.to_string(), people: Some(same.fold(0, u32::saturating_add)) }
            }
            None => Self { key: browser.source(), people: None },
        }
    }
}

/// One thing to be counted against its budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spend {
    /// What is counted, and for whom.
    pub key: String,
    /// The window it is counted in.
    pub window: Seconds,
    /// How much is allowed in a window.
    pub most: i64,
}

impl Spend {
    /// `most` per `window` for `key`.
    pub fn new(key: String, window: Seconds, most: i64) -> Self {
        Self { key, window, most }
    }
}

/// Counts `spends` one after another, and stops at the first that is over its budget: a source that has used its own up
/// must not use up those of the people it aims at. `true`: every one is within its budget.
pub fn reserve(tx: &mut Tx<'_, Deployment>, spends: &[Spend], now: Timestamp) -> Result<bool, Fault> {
    for spend in spends {
        let counts = tx.limits().hit(&[(spend.key.clone(), spend.window)], now)?;
        if counts.first().is_none_or(|count| *count > spend.most) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Counts a password try under `key` before it is made, and slows those that follow. `Some`: it comes too early, is not
/// counted, and not to be looked at before that instant.
pub fn pace(
    tx: &mut Tx<'_, Deployment>,
    key: &str,
    budget: AddressBudget,
    now: Timestamp,
) -> Result<Option<Timestamp>, Fault> {
    match tx.limits().take(key, ACCOUNT_WINDOW, now)? {
        Taken::Held { until } => Ok(Some(until)),
        Taken::Counted { count, window_end } => {
            if let Some(until) = budget.held_until(count, window_end, now) {
                tx.limits().hold(key, until)?;
            }
            Ok(None)
        }
    }
}

/// How long it is until then: whole seconds, and at least one.
pub fn wait(until: Timestamp, now: Timestamp) -> Seconds {
    let whole = until.seconds_since(now);
    let up = if now.after(Seconds(u32::try_from(whole).unwrap_or(0))) < until { whole + 1 } else { whole };
    Seconds(u32::try_from(up.max(1)).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use portvakt_model::{Language, Network, TenantId};

    fn from(address: &str) -> Browser {
        Browser {
            session: None,
            device: None,
            flow: None,
            state: None,
            language: Language::En,
            address: address.parse().ok(),
            description: String::new(),
        }
    }

    #[test]
    fn a_declared_network_is_one_source_with_the_people_behind_it() {
        let declared = |tenant, network, people| DeclaredNetwork {
            tenant: TenantId::random([tenant; 16]),
            network: Network::parse(network).unwrap(),
            people,
        };
        let networks = [
            declared(1, "203.0.113.0/24", 400),
            declared(1, "203.0.113.64/26", 30),
            declared(2, "203.0.113.64/26", 12),
            declared(2, "2001:db8:7::/48", 9),
        ];
        for (address, key, people) in [
            ("203.0.113.1", "203.0.113.0/24", Some(400)),
            ("203.0.113.65", "203.0.113.64/26", Some(42)),
            ("::ffff:203.0.113.1", "203.0.113.0/24", Some(400)),
            ("2001:db8:7:1::5", "2001:db8:7::/48", Some(9)),
            ("198.51.100.1", "198.51.100.1", None),
            ("", "unknown", None),
        ] {
            let wanted = Source { key: key.to_owned(), people };
            assert_eq!(Source::among(&networks, &from(address)), wanted, "{address}");
        }
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds_and_never_too_short() {
        let now = Timestamp::from_seconds(0);
        let waits = [-5, 0, 1, 1_000_000, 1_000_001, 59_999_999].map(|micros| wait(Timestamp(micros), now).0);
        assert_eq!(waits, [1, 1, 1, 1, 2, 60]);
    }
}
