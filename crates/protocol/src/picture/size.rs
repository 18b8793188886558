//! How big a picture becomes: read from its own header, as browsers read it, without unpacking anything.

use super::PictureKind;

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

impl Size {
    /// The size of a picture of that kind; `None` where its header is not whole.
    pub fn of(kind: PictureKind, bytes: &[u8]) -> Option<Self> {
        match kind {
            PictureKind::Png => png(bytes),
            PictureKind::Jpeg => jpeg(bytes),
            PictureKind::Gif => gif(bytes),
            PictureKind::Webp => webp(bytes),
        }
    }
}

/// IHDR is the first chunk, and 13 octets long (PNG §11.2.1).
fn png(bytes: &[u8]) -> Option<Size> {
    let header = bytes.get(8..)?.strip_prefix(b"\0\0\0\x0dIHDR")?;
    let (width, rest) = header.split_first_chunk()?;
    let (height, _) = rest.split_first_chunk()?;
    Some(Size { width: u32::from_be_bytes(*width), height: u32::from_be_bytes(*height) })
}

/// The first frame header, behind any number of other segments (ITU-T T.81 §B.1.1, §B.2.2).
fn jpeg(bytes: &[u8]) -> Option<Size> {
    let mut rest = bytes.get(2..)?;
    loop {
        let [0xff, behind @ ..] = rest else { return None };
        let (marker, behind) = behind.split_first()?;
        match *marker {
            // Fill, and markers that stand alone.
            0xff => rest = rest.get(1..)?,
            0x01 | 0xd0..=0xd7 => rest = behind,
            // Frame headers: all but those for Huffman tables, extensions and arithmetic coding.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let sides = behind.get(3..)?;
                let (height, sides) = sides.split_first_chunk()?;
                let (width, _) = sides.split_first_chunk()?;
                return Some(Size {
                    width: u16::from_be_bytes(*width).into(),
                    height: u16::from_be_bytes(*height).into(),
                });
            }
            // The picture itself begins, or all ends, before any frame header.
            0x00 | 0xd8 | 0xd9 | 0xda => return None,
            _ => {
                let length = u16::from_be_bytes(*behind.first_chunk()?);
                rest = behind.get(usize::from(length).max(2)..)?;
            }
        }
    }
}

/// The screen, and every frame: browsers make the screen bigger for a frame that reaches beyond it (GIF 89a §18, §20).
fn gif(bytes: &[u8]) -> Option<Size> {
    let screen = bytes.get(6..)?;
    let (mut size, packed) = (sides(screen)?, *screen.get(4)?);
    let mut rest = screen.get(7 + palette(packed)..)?;
    let mut frames = 0_u32;
    loop {
        match rest {
            [0x21, _, blocks @ ..] => rest = behind_blocks(blocks)?,
            [0x2c, frame @ ..] => {
                let (corner, own, packed) = (sides(frame)?, sides(frame.get(4..)?)?, *frame.get(8)?);
                size.width = size.width.max(corner.width + own.width);
                size.height = size.height.max(corner.height + own.height);
                frames += 1;
                // One octet says how wide codes are; the pixels lie in blocks.
                match frame.get(10 + palette(packed)..).and_then(behind_blocks) {
                    Some(behind) => rest = behind,
                    None => return Some(size),
                }
            }
            // The end, or nothing that a browser would go on reading.
            _ => return (frames > 0).then_some(size),
        }
    }
}

/// Two numbers, least octet first.
fn sides(bytes: &[u8]) -> Option<Size> {
    let (width, rest) = bytes.split_first_chunk()?;
    let height = rest.first_chunk()?;
    Some(Size { width: u16::from_le_bytes(*width).into(), height: u16::from_le_bytes(*height).into() })
}

/// The octets of a table of colours, where there is one.
const fn palette(packed: u8) -> usize {
    if packed & 0x80 == 0 { 0 } else { 6 << (packed & 7) }
}

/// What stands behind a chain of blocks, each under its length, the last of which is empty.
fn behind_blocks(mut rest: &[u8]) -> Option<&[u8]> {
    loop {
        let (length, behind) = rest.split_first()?;
        rest = behind.get(usize::from(*length)..)?;
        if *length == 0 {
            return Some(rest);
        }
    }
}

/// The first chunk says it: lossy, lossless, or the canvas of what is made of several (RFC 9649 §2.5 to §2.7). Whatever
/// stands in a canvas has to fit in it.
fn webp(bytes: &[u8]) -> Option<Size> {
    let (name, chunk) = bytes.get(12..)?.split_first_chunk::<4>()?;
    let chunk = chunk.get(4..)?;
    match name {
        b"VP8 " => {
            let size = sides(chunk.get(3..)?.strip_prefix(&[0x9d, 0x01, 0x2a])?)?;
            // The upper two bits say how browsers may scale it (RFC 6386 §9.1).
            Some(Size { width: size.width & 0x3fff, height: size.height & 0x3fff })
        }
        b"VP8L" => {
            let bits = u32::from_le_bytes(*chunk.strip_prefix(&[0x2f])?.first_chunk()?);
            Some(Size { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 })
        }
        // Three octets each, one less than the side.
        b"VP8X" => {
            let side = |at: usize| {
                let [low, middle, high] = chunk.get(at..)?.first_chunk()?;
                Some(u32::from_le_bytes([*low, *middle, *high, 0]) + 1)
            };
            Some(Size { width: side(4)?, height: side(7)? })
        }
        _ => None,
    }
}
