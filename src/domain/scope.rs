//! Scopes: what a machine client may be called upon for (RFC 6749 section 3.3).

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The most scopes one client can have; more would not fit a 4 KiB token.
pub const MAX_SCOPES: usize = 32;
/// The longest name of a scope.
pub const MAX_SCOPE_LENGTH: usize = 64;

/// Reading what ended: for services that verify pairs themselves.
pub const REVOCATIONS: &str = "revocations:read";
/// Introspecting tokens that were issued to others.
pub const INTROSPECT: &str = "introspect";

/// A set of scopes, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(BTreeSet<String>);

/// Why a list of scopes is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScopesError {
    /// A name outside the grammar.
    #[error(
        "scope {0:?} is not 1 to 64 of the printable ASCII characters without space, `\"` and `\\`"
    )]
    Name(String),
    /// Too many of them.
    #[error("there can be at most {MAX_SCOPES} scopes")]
    TooMany,
}

impl Scopes {
    /// Checks and sorts `names`; a name given twice counts once.
    pub fn of<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Result<Self, ScopesError> {
        let mut scopes = BTreeSet::new();
        for name in names {
            let name = name.into();
            if !is_scope(&name) {
                return Err(ScopesError::Name(name));
            }
            scopes.insert(name);
            if scopes.len() > MAX_SCOPES {
                return Err(ScopesError::TooMany);
            }
        }
        Ok(Self(scopes))
    }

    /// Reads names separated by single spaces, as they go over the wire.
    pub fn parse(text: &str) -> Result<Self, ScopesError> {
        if text.is_empty() { Ok(Self::default()) } else { Self::of(text.split(' ')) }
    }

    /// As they go over the wire; `None` if there is none, for the grammar knows no empty list.
    pub fn to_wire(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.to_string())
    }

    /// True if `scope` is one of them.
    pub fn contains(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }

    /// True if all of `other` are among them.
    pub fn include(&self, other: &Self) -> bool {
        other.0.is_subset(&self.0)
    }
}

fn is_scope(name: &str) -> bool {
    (1..=MAX_SCOPE_LENGTH).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\'))
}

/// Separated by spaces.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, scope) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope)?;
        }
        Ok(())
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scopes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_grammar() {
        assert!(Scopes::of(["a", "orders:read", "https://x.example/y", "!#[]~"]).is_ok());
        for bad in ["", "a b", "a\"", "a\\", "\u{e9}", "a\n", &"a".repeat(65)] {
            assert_eq!(Scopes::of([bad]), Err(ScopesError::Name(bad.to_owned())));
        }
    }

    #[test]
    fn sorted_unique_bounded_and_separated_by_single_spaces() {
        assert_eq!(Scopes::parse("b a b").unwrap().to_string(), "a b");
        assert_eq!(Scopes::parse("").unwrap().to_wire(), None);
        for bad in [" ", "a  b", " a", "a "] {
            assert!(Scopes::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(Scopes::of((0..33).map(|i| format!("s{i}"))), Err(ScopesError::TooMany));
    }

    #[test]
    fn a_part_is_included() {
        let all = Scopes::parse("a b").unwrap();
        for (part, included) in [("", true), ("a", true), ("a b", true), ("a c", false)] {
            assert_eq!(all.include(&Scopes::parse(part).unwrap()), included);
        }
    }
}
