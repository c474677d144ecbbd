//! Opaque identifiers: 128 random bits, written as 32 lower-case hex digits.
//!
//! Hex, because it sorts and compares alike in every database collation.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::entropy::{self, Entropy};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; 16]);

        impl $name {
            /// A fresh random identifier.
            pub fn random(entropy: &dyn Entropy) -> Self {
                Self(entropy::bytes(entropy))
            }

            /// The identifier with these bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The 16 bytes.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }

            /// Reads exactly 32 lower-case hex digits; `None` for anything else.
            pub fn parse(text: &str) -> Option<Self> {
                parse(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write(&self.0, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl de::Visitor<'_> for Visitor {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("32 lower-case hex digits")
                    }
                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                        $name::parse(text)
                            .ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
                    }
                }
                deserializer.deserialize_str(Visitor)
            }
        }
    };
}

id! {
    /// A user account (`sub`); never reused.
    UserId
}
id! {
    /// One sign-in in one browser (`sid`): the token family of RFC 9700 section 4.14.
    SessionId
}
id! {
    /// A machine client (`client_id`, RFC 6749 section 2.2); never reused.
    ClientId
}
id! {
    /// One access token (`jti`, RFC 7519 section 4.1.7).
    TokenId
}

fn parse(text: &str) -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    if pairs.len() != bytes.len() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

const fn digit(c: u8) -> Option<u8> {
    match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    }
}

fn write(bytes: &[u8; 16], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{:032x}", u128::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_agree() {
        let id = UserId::from_bytes(*b"\x00\x01\xfe\xff0123456789ab");
        assert_eq!(id.to_string(), "0001feff303132333435363738396162");
        assert_eq!(UserId::parse(&id.to_string()), Some(id));
    }

    #[test]
    fn anything_but_32_lower_case_digits_is_refused() {
        for text in ["", "00", &"0".repeat(31), &"0".repeat(33), &"A".repeat(32), &"é".repeat(16)]
        {
            assert_eq!(UserId::parse(text), None, "{text}");
        }
    }
}
