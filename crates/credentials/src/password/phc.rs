//! The stored form of a hash: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`, read strictly and within bounds, so that a
//! stored text can never make a sign-in cost more than configuration ever could.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::hash::Parameters;

/// A stored hash, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phc {
    pub(super) parameters: Parameters,
    pub(super) salt: [u8; 16],
    pub(super) hash: [u8; 32],
}

impl Phc {
    /// Reads exactly what [`Phc::text`] writes; `None` for anything else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("$argon2id$v=19$m=")?;
        let mut fields = rest.splitn(3, '$');
        let (costs, salt, hash) = (fields.next()?, fields.next()?, fields.next()?);
        let (memory, costs) = costs.split_once(",t=")?;
        let (passes, lanes) = costs.split_once(",p=")?;
        let parameters = Parameters::new(number(memory)?, number(passes)?, number(lanes)?).ok()?;
        Some(Self { parameters, salt: bytes(salt)?, hash: bytes(hash)? })
    }

    pub(super) fn text(&self) -> String {
        format!(
            "$argon2id$v=19$m={},t={},p={}${}${}",
            self.parameters.memory_kib(),
            self.parameters.passes(),
            self.parameters.lanes(),
            STANDARD_NO_PAD.encode(self.salt),
            STANDARD_NO_PAD.encode(self.hash)
        )
    }
}

/// A decimal number in its one spelling: no sign, no leading zero.
fn number(text: &str) -> Option<u32> {
    let value: u32 = text.parse().ok()?;
    (value.to_string() == text).then_some(value)
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() > N * 4 / 3 + 1 {
        return None;
    }
    STANDARD_NO_PAD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> Phc {
        Phc { parameters: Parameters::FLOOR, salt: [1; 16], hash: [2; 32] }
    }

    #[test]
    fn a_stored_hash_reads_in_one_spelling_and_within_bounds() {
        let right = sample().text();
        assert_eq!(Phc::parse(&right), Some(sample()));
        for (from, to) in [
            ("argon2id", "argon2i"),
            ("argon2id", "argon2d"),
            ("v=19", "v=16"),
            ("m=19456", "m=19455"),
            ("m=19456", "m=4294967295"),
            ("m=19456", "m=99999999999999"),
            ("m=19456", "m=019456"),
            ("m=19456", "m=+19456"),
            ("m=19456", "m="),
            ("t=2", "t=1"),
            ("t=2", "t=4000000000"),
            ("p=1", "p=0"),
            ("p=1", "p=255"),
            ("p=1", "p=1,keyid=AA"),
            ("m=19456,t=2", "t=2,m=19456"),
            ("$AQEB", "$AQE"),
            ("$AQEB", "$$AQEB"),
        ] {
            assert_eq!(Phc::parse(&right.replacen(from, to, 1)), None, "{to}");
        }
        for wrong in [
            "",
            "$",
            "$2b$12$abc",
            "plain",
            &right[1..],
            &(right.clone() + "="),
            &(right.clone() + "$"),
            &right[..right.len() - 1],
        ] {
            assert_eq!(Phc::parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(salt in any::<[u8; 16]>(), hash in any::<[u8; 32]>(), memory in 19_456_u32..=262_144, passes in 2_u32..=16) {
            let phc = Phc { parameters: Parameters::new(memory, passes, 1).unwrap(), salt, hash };
            prop_assert_eq!(Phc::parse(&phc.text()), Some(phc));
        }

        #[test]
        fn nothing_else_is_ever_read(text in "\\$argon2id\\$v=19\\$m=[0-9+, ]{1,8},t=[0-9]{1,3},p=[0-9]{1,2}\\$[A-Za-z0-9+/=]{20,24}\\$[A-Za-z0-9+/=]{42,44}") {
            if let Some(phc) = Phc::parse(&text) {
                prop_assert_eq!(phc.text(), text);
            }
        }
    }
}
