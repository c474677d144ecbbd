//! Credentials from raw header lines. What is there but no token reads as "", which is no token: bad
//! never turns into absent.

use http::{HeaderMap, HeaderValue, header};

use crate::Refusal;

/// The bearer token, of one `Authorization` line.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let Some(line) = one(headers.get_all(header::AUTHORIZATION))? else { return Ok(None) };
    let token = line.to_str().ok().and_then(|line| line.split_once(' '));
    let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    Ok(Some(token.map(|(_, token)| token).filter(|token| !token.contains(' ')).unwrap_or("")))
}

/// The value of the cookie `name`. Names byte for byte, nothing decoded, a second one refused: what a
/// cookie library does not do.
pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, Refusal> {
    let lines = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes);
    let values = lines.flat_map(|line| line.split(|byte| *byte == b';')).filter_map(|pair| {
        let start = pair.iter().position(|byte| !matches!(byte, b' ' | b'\t'))?;
        pair.get(start..)?.strip_prefix(name.as_bytes())?.strip_prefix(b"=")
    });
    Ok(one(values)?.map(|value| std::str::from_utf8(value).unwrap_or("")))
}

fn one<T>(values: impl IntoIterator<Item = T>) -> Result<Option<T>, Refusal> {
    let mut values = values.into_iter();
    let first = values.next();
    if values.next().is_some() { Err(Refusal::InvalidToken) } else { Ok(first) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_byte_for_byte() {
        let read = |line: &'static str| {
            let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(line))]);
            cookie(&headers, "__Host-tandem-access").map(|found| found.map(str::to_owned))
        };
        assert_eq!(read("a=b;  __Host-tandem-access=x"), Ok(Some("x".to_owned())));
        for other in ["tandem-access=x", "__%48ost-tandem-access=x", "__host-tandem-access=x"] {
            assert_eq!(read(other), Ok(None), "{other}");
        }
        let twice = "__Host-tandem-access=x; __Host-tandem-access=x";
        assert_eq!(read(twice), Err(Refusal::InvalidToken));
    }
}
