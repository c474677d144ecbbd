//! Roles: what a principal may be called upon for.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Deserializer, Serialize, de};

/// The most roles one user can have; more would not fit a 4 KiB token.
pub const MAX_ROLES: usize = 32;

/// A set of roles, sorted. Each matches `[a-z][a-z0-9_-]{0,31}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Roles(BTreeSet<String>);

/// Why a list of roles is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RolesError {
    /// A name outside the grammar.
    #[error(
        "role {0:?} is not 1 to 32 of lower-case letters, digits, '_' and '-', beginning with a letter"
    )]
    Name(String),
    /// Too many of them.
    #[error("a user can have at most {MAX_ROLES} roles")]
    TooMany,
}

impl Roles {
    /// Checks and sorts `names`; a name given twice counts once.
    pub fn parse<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Result<Self, RolesError> {
        let mut roles = BTreeSet::new();
        for name in names {
            let name = name.into();
            if !is_role(&name) {
                return Err(RolesError::Name(name));
            }
            roles.insert(name);
            if roles.len() > MAX_ROLES {
                return Err(RolesError::TooMany);
            }
        }
        Ok(Self(roles))
    }

    /// The roles, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// True if `role` is one of them.
    pub fn contains(&self, role: &str) -> bool {
        self.0.contains(role)
    }
}

pub(super) fn is_role(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && name.len() <= 32
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'))
}

/// Separated by commas.
impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, role) in self.iter().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            f.write_str(role)?;
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Roles {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(Vec::<String>::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_grammar() {
        assert!(Roles::parse(["a", "a-b_9", &"a".repeat(32)]).is_ok());
        for bad in ["", "A", "1a", "-a", "a b", "é", &"a".repeat(33)] {
            assert_eq!(Roles::parse([bad]), Err(RolesError::Name(bad.to_owned())));
        }
    }

    #[test]
    fn sorted_unique_and_bounded() {
        let roles = Roles::parse(["b", "a", "b"]).unwrap();
        assert_eq!(roles.to_string(), "a,b");
        let many = (0..33).map(|i| format!("r{i}"));
        assert_eq!(Roles::parse(many), Err(RolesError::TooMany));
    }
}
