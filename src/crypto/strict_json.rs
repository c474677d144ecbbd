//! JSON objects whose members are unique (RFC 7515 section 4, RFC 7519 section 4).
//!
//! serde keeps the last of several unknown duplicates; two readers of one token could then disagree
//! about what it says.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, DeserializeSeed, Error, IntoDeserializer, MapAccess, Visitor},
    forward_to_deserialize_any,
};

/// Bounds the work on a hostile document.
const MOST_MEMBERS: usize = 64;

/// Reads a JSON object with unique members as `T`; `None` for anything else.
pub(super) fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut json = serde_json::Deserializer::from_str(text);
    let value = T::deserialize(Unique { inner: &mut json, known: None }).ok()?;
    json.end().is_ok().then_some(value)
}

/// Reads an object, each of whose members may come once.
struct Unique<T> {
    inner: T,
    /// The members that are asked for; all, if that is not said.
    known: Option<&'static [&'static str]>,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Unique<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_map(Unique { inner: visitor, known: self.known })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        Self { known: Some(fields), ..self }.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Unique<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with unique members")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<V::Value, A::Error> {
        let (known, seen) = (self.known, Vec::new());
        self.inner.visit_map(Members { inner: members, known, given: 0, seen })
    }
}

struct Members<A> {
    inner: A,
    /// The members that the visitor takes; all, if that is not said.
    known: Option<&'static [&'static str]>,
    /// Which of the known ones have been there: a bit for each.
    given: u64,
    /// Which others. Few: a list beats a set.
    seen: Vec<String>,
}

impl<A> Members<A> {
    /// Notes a member; `None` if it was there before, or there are too many. True if the visitor
    /// takes it.
    fn note(&mut self, name: &str) -> Option<bool> {
        if self.seen.len() + usize::try_from(self.given.count_ones()).ok()? == MOST_MEMBERS {
            return None;
        }
        let known = self.known.unwrap_or_default();
        if let Some(at) = known.iter().position(|known| *known == name) {
            let bit = 1_u64.checked_shl(u32::try_from(at).ok()?)?;
            let first = self.given & bit == 0;
            self.given |= bit;
            return first.then_some(true);
        }
        if self.seen.iter().any(|seen| seen == name) {
            return None;
        }
        self.seen.push(name.to_owned());
        Some(self.known.is_none())
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Members<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        while let Some(Name(name)) = self.inner.next_key()? {
            let taken = self.note(&name);
            if taken.ok_or_else(|| A::Error::custom("too many or repeated members"))? {
                return seed.deserialize(name.into_deserializer()).map(Some);
            }
            // Not ignored: serde_json takes lone surrogates in what it skips.
            self.inner.next_value::<serde_json::Value>()?;
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.inner.next_value_seed(seed)
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
