//! JSON objects whose members are unique (RFC 7515 section 4, RFC 7519 section 4).
//!
//! serde keeps the last of several unknown duplicates; two readers of one token could then disagree
//! about what it says.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, MapAccess, Visitor},
};

/// Reads a JSON object with unique members as `T`; `None` for anything else.
pub(super) fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    serde_json::from_slice::<UniqueMembers>(bytes).ok()?;
    serde_json::from_slice(bytes).ok()
}

struct UniqueMembers;

impl<'de> Deserialize<'de> for UniqueMembers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = UniqueMembers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with unique members")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<UniqueMembers, A::Error> {
        // Tokens have a dozen members: a list beats a set. 64 bound the work on a hostile one.
        let mut seen: Vec<Cow<'de, str>> = Vec::with_capacity(16);
        while let Some(Name(name)) = map.next_key()? {
            // Not ignored: serde_json takes broken UTF-8 and lone surrogates in what it skips.
            map.next_value::<serde_json::Value>()?;
            if seen.len() == 64 || seen.contains(&name) {
                return Err(A::Error::custom("too many or repeated members"));
            }
            seen.push(name);
        }
        Ok(UniqueMembers)
    }
}

/// A member name, borrowed where it has no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<serde_json::Value> {
        from_slice(text.as_bytes())
    }

    #[test]
    fn repeated_members_are_refused_however_they_are_spelled() {
        assert!(read(r#"{"a":1,"b":{"a":2}}"#).is_some());
        for bad in [r#"{"a":1,"a":1}"#, r#"{"sid":1,"\u0073id":1}"#, r#"{"x":0,"a":1,"x":2}"#] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn hostile_documents_are_refused() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        let members: Vec<String> = (0..10_000).map(|i| format!("\"a{i}\":0,")).collect();
        let wide = format!("{{{}\"z\":0}}", members.concat());
        for bad in ["", "[]", "1", "{", "{}x", r#"{"a":"\ud800"}"#, "\u{feff}{}", &deep, &wide] {
            assert_eq!(read(bad), None);
        }
        assert!(from_slice::<serde_json::Value>(b"{\"a\":\"\xff\"}").is_none());
    }
}
