//! Pictures of others: known by what they are, never by what somebody calls them.

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
}
