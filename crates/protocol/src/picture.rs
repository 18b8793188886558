//! Pictures of others: known by what they are, never by what somebody calls them, and none that a browser would unpack into
//! more pixels than a tile needs.

mod size;

pub use size::Size;

/// The longest side of a picture, in pixels. A few octets can say that they are a wall.
pub const MOST_PIXELS: u32 = 1024;

/// Why a picture is not passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureRefused {
    /// No picture of a kind that we pass on.
    Kind,
    /// Its header is not whole, or says that a side is nothing, or longer than [`MOST_PIXELS`].
    Size,
}

/// A kind of picture that we pass on. All are dead pixels: SVG is none of them, as it can hold scripts and fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureKind {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF.
    Gif,
    /// WebP.
    Webp,
}

impl PictureKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Png, Self::Jpeg, Self::Gif, Self::Webp];

    /// The kind of these bytes, by the mark at their beginning (WHATWG MIME Sniffing §6.1).
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', b'V', b'P', ..] => Some(Self::Webp),
            _ => None,
        }
    }

    /// The kind of a picture that may be passed on.
    ///
    /// # Errors
    /// Why it may not.
    pub fn check(bytes: &[u8]) -> Result<Self, PictureRefused> {
        let kind = Self::of(bytes).ok_or(PictureRefused::Kind)?;
        let size = Size::of(kind, bytes).ok_or(PictureRefused::Size)?;
        let fits = [size.width, size.height].into_iter().all(|side| (1..=MOST_PIXELS).contains(&side));
        fits.then_some(kind).ok_or(PictureRefused::Size)
    }

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
        }
    }
}

/// Fuzz entry: any bytes as a picture.
///
/// # Panics
/// If one is taken that is no picture, or whose header, read at the one place where it can stand, says that it is bigger
/// than we pass on.
pub fn fuzz_picture(data: &[u8]) {
    for kind in PictureKind::ALL {
        // A header is read whatever the mark before it says: no bytes may lead it astray.
        let _ = Size::of(kind, data);
    }
    let Ok(kind) = PictureKind::check(data) else { return };
    assert_eq!(PictureKind::of(data), Some(kind));
    let fits = |side: usize| (1..=1024).contains(&side);
    let at = |place: usize| data.get(place).copied().map_or(0, usize::from);
    match kind {
        PictureKind::Png => {
            assert!((at(16), at(17), at(20), at(21)) == (0, 0, 0, 0));
            assert!(fits(at(18) * 256 + at(19)) && fits(at(22) * 256 + at(23)));
        }
        PictureKind::Gif => assert!(at(6) + at(7) * 256 <= 1024 && at(8) + at(9) * 256 <= 1024),
        PictureKind::Jpeg => assert!(data.windows(2).any(|two| matches!(two, [0xff, 0xc0..=0xcf]))),
        PictureKind::Webp => assert!(data.len() >= 25, "a header is longer"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_known_by_its_first_octets() {
        for (bytes, kind) in [
            (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], Some(PictureKind::Png)),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", Some(PictureKind::Jpeg)),
            (b"GIF89a\x01\0", Some(PictureKind::Gif)),
            (b"GIF87a", Some(PictureKind::Gif)),
            (b"RIFF\x24\0\0\0WEBPVP8 ", Some(PictureKind::Webp)),
            (b"RIFF\x24\0\0\0WAVEfmt ", None),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", None),
            (b"<?xml version=\"1.0\"?><svg/>", None),
            (b"<!doctype html>", None),
            (b"%PDF-1.7", None),
            (b" \x89PNG\r\n\x1a\n", None),
            (b"\x89PNG", None),
            (b"", None),
        ] {
            assert_eq!(PictureKind::of(bytes), kind, "{bytes:?}");
        }
        assert!(PictureKind::ALL.iter().all(|kind| kind.media_type().starts_with("image/")));
    }

    fn png(width: u32, height: u32) -> Vec<u8> {
        [b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", &width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat()
    }

    /// A screen, a table of two colours where `table` says so, an extension, and one frame.
    fn gif(screen: (u16, u16), corner: (u16, u16), frame: (u16, u16), table: bool) -> Vec<u8> {
        let two = |(a, b): (u16, u16)| [a.to_le_bytes(), b.to_le_bytes()].concat();
        let (packed, colours) = if table { (0x80, vec![0x2c; 6]) } else { (0, Vec::new()) };
        let extension = b"\x21\xf9\x04\0\0\0\0\0";
        let pixels = [&[packed], &colours[..], b"\x02\x02\x4c\x01\0\x3b"].concat();
        let head = [&b"GIF89a"[..], &two(screen), &[packed, 0, 0], &colours, extension, &[0x2c]].concat();
        [head, two(corner), two(frame), pixels].concat()
    }

    /// Segments before the frame header: one that holds what looks like one, and fill.
    fn jpeg(marker: u8, width: u16, height: u16) -> Vec<u8> {
        let thumbnail = b"\xff\xe1\0\x0b\xff\xc0\0\x11\x08\xff\xff\xff\xff";
        let frame = [&[0xff, 0xff, marker, 0, 17, 8][..], &height.to_be_bytes(), &width.to_be_bytes(), &[3]].concat();
        [b"\xff\xd8", &thumbnail[..], &frame].concat()
    }

    fn webp(name: &str, chunk: &[u8]) -> Vec<u8> {
        [b"RIFF\0\0\0\0WEBP", name.as_bytes(), &[0; 4], chunk].concat()
    }

    fn lossy(width: u16, height: u16) -> Vec<u8> {
        webp("VP8 ", &[b"\x50\0\0\x9d\x01\x2a", &width.to_le_bytes()[..], &height.to_le_bytes()].concat())
    }

    fn lossless(width: u32, height: u32) -> Vec<u8> {
        let bits = (width - 1) | (height - 1) << 14 | 1 << 28;
        webp("VP8L", &[&[0x2f][..], &bits.to_le_bytes()].concat())
    }

    fn canvas(width: u32, height: u32) -> Vec<u8> {
        let three = |side: u32| (side - 1).to_le_bytes()[..3].to_vec();
        webp("VP8X", &[vec![0x10, 0, 0, 0], three(width), three(height)].concat())
    }

    #[test]
    fn a_picture_is_passed_on_up_to_its_most_pixels_on_either_side() {
        type Make = fn(u16, u16) -> Vec<u8>;
        let makes: [(&str, Make); 8] = [
            ("png", |w, h| png(w.into(), h.into())),
            ("gif", |w, h| gif((w, h), (0, 0), (1, 1), true)),
            ("gif without a table", |w, h| gif((w, h), (0, 0), (1, 1), false)),
            ("jpeg", |w, h| jpeg(0xc0, w, h)),
            ("progressive jpeg", |w, h| jpeg(0xc2, w, h)),
            ("lossy", lossy),
            ("lossless", |w, h| lossless(w.into(), h.into())),
            ("canvas", |w, h| canvas(w.into(), h.into())),
        ];
        for (what, make) in makes {
            for (width, height) in [(1, 1), (1024, 1024), (1, 1024), (1024, 3)] {
                assert!(PictureKind::check(&make(width, height)).is_ok(), "{what} {width} {height}");
            }
            for (width, height) in [(1025, 1), (1, 1025), (16_000, 16_000)] {
                assert_eq!(
                    PictureKind::check(&make(width, height)),
                    Err(PictureRefused::Size),
                    "{what} {width} {height}"
                );
            }
            let whole = make(8, 8);
            let size = Size { width: 8, height: 8 };
            assert_eq!(Size::of(PictureKind::of(&whole).unwrap(), &whole), Some(size), "{what}");
        }
    }

    #[test]
    fn what_says_no_size_or_another_than_it_becomes_is_not_passed_on() {
        let far = [
            png(0, 8),
            png(8, 0),
            png(u32::MAX, 8),
            jpeg(0xc0, 8, 0),
            lossy(0, 8),
            gif((0, 0), (0, 0), (0, 0), true),
            gif((8, 8), (0, 0), (60_000, 8), true),
            gif((8, 8), (1020, 0), (8, 8), false),
            gif((8, 8), (u16::MAX, u16::MAX), (u16::MAX, u16::MAX), false),
            b"\xff\xd8\xff\xda\0\x0c".to_vec(),
            b"\xff\xd8\xff\xc4\0\x11\x08\0\x08\0\x08".to_vec(),
            b"\xff\xd8\xff\xe0\0\0".to_vec(),
            b"GIF89a\x08\0\x08\0\0\0\0\x3b".to_vec(),
            b"\x89PNG\r\n\x1a\n\0\0\0\x0dIDAT\0\0\0\x08\0\0\0\x08".to_vec(),
            webp("VP8Z", &[0; 12]),
            webp("VP8L", &[0; 12]),
        ];
        for bytes in far {
            assert_eq!(PictureKind::check(&bytes), Err(PictureRefused::Size), "{bytes:02x?}");
        }
        assert_eq!(PictureKind::check(b"<svg/>"), Err(PictureRefused::Kind));
        for whole in [png(8, 8), jpeg(0xc0, 8, 8), lossy(8, 8), lossless(8, 8), canvas(8, 8)] {
            for end in 16..whole.len() - 6 {
                assert_eq!(PictureKind::check(&whole[..end]), Err(PictureRefused::Size), "{:02x?}", &whole[..end]);
            }
        }
    }
}
