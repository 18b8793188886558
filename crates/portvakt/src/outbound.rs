//! The doors to the world: mail, and HTTP to addresses that others registered.

pub mod http;
pub mod mail;

use crate::config::Config;
use http::Http;
use mail::Mailer;
use portvakt_flows::outside::{Answer, Fetch, FetchFault, Fetched, Letter, MailFault, Outside};
use std::future::Future;
use std::pin::Pin;

/// The world, as flows reach it.
pub struct Outbound {
    mailer: Option<Mailer>,
    http: Http,
}

impl Outbound {
    /// From the configuration.
    ///
    /// # Errors
    /// A sentence: what is wrong and what to do.
    pub fn new(config: &Config) -> Result<Self, String> {
        let mailer =
            config.smtp_url.as_deref().map(|url| Mailer::new(url, &config.sender, &config.name)).transpose()?;
        Ok(Self { mailer, http: Http::new(&config.outbound)? })
    }
}

impl Outside for Outbound {
    fn fetch(&self, request: Fetch) -> Answer<'_, Fetched, FetchFault> {
        Box::pin(self.http.fetch(request))
    }

    fn post(&self, letter: Letter) -> Pin<Box<dyn Future<Output = Result<(), MailFault>> + Send + '_>> {
        Box::pin(async move {
            match &self.mailer {
                Some(mailer) => mailer.post(letter).await,
                None => Err(MailFault::Passing("mail.smtp_url is not set".to_owned())),
            }
        })
    }
}
