//! JSON request bodies: one reader that knows size, type, duplicates, and every wrong field at once.

use std::fmt;

use hyper::body::Bytes;
use poem::{
    Request, RequestBody, Result,
    http::{HeaderMap, header},
};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaMediaType, MetaRequest, Registry},
    types::Type,
};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use serde_json::Value;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::{
    caller::Context,
    problem::{Code, FieldError, Problem},
};

/// A type that reads itself from the members of a JSON object.
pub(super) trait FromMembers: Type + Send {
    /// Takes its members; what is wrong with them is collected in `members`.
    fn from_members(members: &mut Members) -> Self;
}

/// The JSON body of a request.
pub(super) struct JsonBody<T>(pub(super) T);

impl<'a, T: FromMembers> ApiExtractor<'a> for JsonBody<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let content_type = "application/json";
        let content = vec![MetaMediaType { content_type, schema: T::schema_ref() }];
        Some(MetaRequest { description: None, content, required: true })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> Result<Self> {
        if !is_of_type(request.headers(), "application/json") {
            let detail = "send JSON, uncompressed, as Content-Type: application/json";
            return Err(Problem::with_detail(Code::UnsupportedMediaType, detail).into());
        }
        Ok(Self(read(&read_bytes(request, body).await?)?))
    }
}

/// The body's bytes, within the limits of size and time.
pub(super) async fn read_bytes(request: &Request, body: &mut RequestBody) -> Result<Bytes> {
    let settings = &Context::of(request)?.state.settings;
    let body = body.take()?.into_bytes_limit(settings.max_body);
    let reading = timeout(settings.request_timeout, body).await;
    Ok(reading.map_err(|_| Problem::from(Code::Unavailable))??)
}

/// Exactly one `Content-Type` of this essence, with at most `charset=utf-8`, and no encoding.
pub(super) fn is_of_type(headers: &HeaderMap, essence: &str) -> bool {
    let mut lines = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else { return false };
    let Ok(text) = line.to_str() else { return false };
    let Ok(mime) = text.parse::<mime::Mime>() else { return false };
    mime.essence_str() == essence
        && mime.params().all(|(name, value)| name == mime::CHARSET && value == "utf-8")
        && !headers.contains_key(header::CONTENT_ENCODING)
}

/// Reads `T` from a JSON text.
fn read<T: FromMembers>(bytes: &[u8]) -> Result<T, Problem> {
    let mut members: Members = serde_json::from_slice(bytes).map_err(|error| {
        let detail = if error.is_data() {
            "the body must be one JSON object with unique members"
        } else {
            "the body is not well-formed JSON"
        };
        Problem::with_detail(Code::InvalidRequest, detail)
    })?;
    let value = T::from_members(&mut members);
    members.finish().map(|()| value)
}

/// The members of a JSON object, and what is wrong with them.
#[derive(Default)]
pub(super) struct Members {
    unread: Vec<(String, Value)>,
    errors: Vec<FieldError>,
}

impl Members {
    /// Takes a required string; an error is noted and the empty string given otherwise.
    pub(super) fn string(&mut self, field: &'static str) -> Zeroizing<String> {
        self.optional_string(field).unwrap_or_else(|| {
            self.wrong(field, "is required");
            Zeroizing::default()
        })
    }

    /// Takes a string that may be missing.
    pub(super) fn optional_string(&mut self, field: &'static str) -> Option<Zeroizing<String>> {
        let position = self.unread.iter().position(|(name, _)| name == field)?;
        let Value::String(text) = self.unread.swap_remove(position).1 else {
            self.wrong(field, "must be a string");
            return Some(Zeroizing::default());
        };
        Some(Zeroizing::new(text))
    }

    fn wrong(&mut self, field: &'static str, message: &str) {
        self.errors.push(FieldError { field, message: message.to_owned() });
    }

    fn finish(mut self) -> Result<(), Problem> {
        if !self.unread.is_empty() {
            // The name is the client's own text: it is counted, not repeated.
            let message =
                format!("{} unknown member(s); send only documented ones", self.unread.len());
            self.errors.push(FieldError { field: "", message });
        }
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::validation(self.errors)) }
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Members::default();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            let known = |(other, _): &(String, Value)| *other == name;
            // No body has more than a few; a hostile one must not make this quadratic.
            if members.unread.len() == 16 || members.unread.iter().any(known) {
                return Err(A::Error::custom("repeated or too many members"));
            }
            members.unread.push((name, value));
        }
        Ok(members)
    }
}
