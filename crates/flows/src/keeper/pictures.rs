//! Pictures of apps (`logo_uri`), fetched by us so that no third party learns who visits our pages, and kept in memory
//! on this node.

use super::larder::{Larders, Loaded, Reason, Terms};
use crate::ctx::Ctx;
use crate::outside::{Behalf, Fetch, FetchFault, FetchPurpose};
use portvakt_model::{Fault, Seconds};
use portvakt_protocol::picture::{PictureKind, PictureRefused};
use std::sync::Arc;

/// How pictures are kept: one that was replaced is seen within a day, and one whose server is gone stays for a week.
const TERMS: Terms = Terms {
    fresh: (Seconds::minutes(10), Seconds::days(1)),
    usually: Seconds::hours(1),
    stale: Seconds::days(7),
    cool_down: (Seconds::minutes(1), Seconds::hours(1)),
    rush: Seconds::hours(1),
    most: 1_000,
    most_octets: 16 * 1024 * 1024,
};

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// What it is.
    pub kind: PictureKind,
    /// Its octets, at most [`crate::outside::MOST_FETCHED`].
    pub octets: Vec<u8>,
}

/// Why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureFault {
    /// Nothing came back.
    Fetch(FetchFault),
    /// Another status than 200.
    Status(u16),
    /// None that we pass on.
    Refused(PictureRefused),
}

impl Reason for PictureFault {
    const BUSY: Self = Self::Fetch(FetchFault::Busy);
}

/// All pictures. Bounded in number and octets.
pub struct Pictures(Larders<Picture, PictureFault>);

impl Default for Pictures {
    fn default() -> Self {
        Self(Larders::new(TERMS))
    }
}

impl Pictures {
    /// The picture at `url`.
    ///
    /// # Errors
    /// The inner error is why it cannot be had.
    pub async fn get(
        &self,
        ctx: &Ctx,
        behalf: &Behalf,
        url: &str,
    ) -> Result<Result<Arc<Picture>, PictureFault>, Fault> {
        let request =
            Fetch::get(url, FetchPurpose::Logo, behalf.clone(), "image/png, image/jpeg, image/webp, image/gif");
        let outside = Arc::clone(&ctx.outside);
        let load = async move {
            let fetched = outside.fetch(request).await.map_err(PictureFault::Fetch)?;
            if fetched.status != 200 {
                return Err(PictureFault::Status(fetched.status));
            }
            let kind = PictureKind::check(&fetched.body).map_err(PictureFault::Refused)?;
            let thing = Picture { kind, octets: fetched.body };
            Ok(Loaded { octets: thing.octets.len(), max_age: fetched.max_age, thing })
        };
        self.0.get(behalf, url, &ctx.clock, |_| true, load).await
    }
}
