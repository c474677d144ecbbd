//! Credentials, read from the raw header bytes.
//!
//! Cookie names are compared byte for byte and nothing is decoded: a sibling host can plant
//! `__%48ost-…`, which a decoding reader would take for the real thing (the class of CVE-2020-8184).

use poem::http::{HeaderMap, HeaderValue, header};

use super::cookies::CookieNames;

/// A duplicate that makes it unclear what is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ambiguous;

/// The access tokens of a request, each absent or as presented. What cannot be a token reads as the
/// empty one, which no verifier takes: bad never turns into absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AccessTokens<'a> {
    pub(super) body: Option<&'a str>,
    pub(super) cookie: Option<&'a str>,
}

impl<'a> AccessTokens<'a> {
    /// Reads both. More than one of either is ambiguous.
    pub(super) fn read(headers: &'a HeaderMap, names: &CookieNames) -> Result<Self, Ambiguous> {
        let mut cookies = cookie_access(headers, names);
        let cookie = cookies.next();
        if cookies.next().is_some() {
            return Err(Ambiguous);
        }
        Ok(Self { body: bearer(headers)?, cookie })
    }
}

/// Every access cookie.
pub(super) fn cookie_access<'a>(
    headers: &'a HeaderMap,
    names: &CookieNames,
) -> impl Iterator<Item = &'a str> {
    cookies(headers, names.access)
}

/// Every refresh cookie: it can be tossed in by a sibling host, so there may be several.
pub(super) fn refresh_cookies<'a>(
    headers: &'a HeaderMap,
    names: &CookieNames,
) -> impl Iterator<Item = &'a str> {
    cookies(headers, names.refresh)
}

/// More session cookies than this are no browser's, and each may cost a look into the database.
const MOST_SESSION_COOKIES: usize = 4;

/// The session cookies. A browser holds one: the prefix keeps sibling hosts from planting another.
pub(super) fn session_cookies<'a>(headers: &'a HeaderMap, names: &CookieNames) -> Vec<&'a str> {
    cookies(headers, names.session).take(MOST_SESSION_COOKIES).collect()
}

/// The bearer token (RFC 6750 section 2.1; the scheme's name has no case, RFC 9110 section 11.1).
pub(super) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Ambiguous> {
    let mut lines = headers.get_all(header::AUTHORIZATION).iter();
    let Some(line) = lines.next() else { return Ok(None) };
    if lines.next().is_some() {
        return Err(Ambiguous);
    }
    let token = line
        .to_str()
        .ok()
        .and_then(|line| line.split_once(' '))
        .and_then(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer").then_some(token));
    Ok(Some(token.filter(|token| !token.contains(' ')).unwrap_or("")))
}

/// The values of all cookies of this name, over all `Cookie` lines.
fn cookies<'a>(headers: &'a HeaderMap, name: &'static str) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes);
    lines.flat_map(pairs).filter_map(move |pair| {
        let value = trim_start(pair).strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        Some(std::str::from_utf8(value).unwrap_or(""))
    })
}

/// The parts between semicolons: half of what a guarded request costs to read lies in them.
fn pairs(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut from = 0;
    let ends = memchr::memchr_iter(b';', line).chain([line.len()]);
    ends.filter_map(move |to| line.get(std::mem::replace(&mut from, to + 1)..to))
}

const fn trim_start(mut pair: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = pair {
        pair = rest;
    }
    pair
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::origin::Origin;

    fn read(
        lines: &[(&'static str, &[u8])],
    ) -> Result<(Option<String>, Option<String>), Ambiguous> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        let names = CookieNames::for_origin(&Origin::parse("https://a.example").unwrap());
        let tokens = AccessTokens::read(&headers, &names)?;
        Ok((tokens.body.map(str::to_owned), tokens.cookie.map(str::to_owned)))
    }

    #[test]
    fn one_authorization_line_of_one_token() {
        let body = |value: &[u8]| read(&[("authorization", value)]).unwrap().0;
        for good in [&b"Bearer x"[..], b"bearer x", b"BEARER x"] {
            assert_eq!(body(good).as_deref(), Some("x"));
        }
        for bad in
            [&b"Bearer"[..], b"Bearer ", b"Bearer  x y", b"Bearer a, Bearer b", b"Basic eA=="]
        {
            assert_eq!(body(bad).as_deref(), Some(""));
        }
        assert_eq!(body(b"Bearer \xff").as_deref(), Some(""));
        assert_eq!(read(&[]).unwrap().0, None);
        let twice = [("authorization", &b"Bearer x"[..]), ("authorization", b"Bearer x")];
        assert_eq!(read(&twice), Err(Ambiguous));
    }

    #[test]
    fn cookie_names_are_compared_byte_for_byte() {
        let cookie = |value: &[u8]| read(&[("cookie", value)]).unwrap().1;
        for good in [
            &b"__Host-tandem-access=x"[..],
            b"a=b; __Host-tandem-access=x",
            b"a=b;__Host-tandem-access=x; c",
        ] {
            assert_eq!(cookie(good).as_deref(), Some("x"));
        }
        for other in [
            &b"__%48ost-tandem-access=x"[..],
            b"__host-tandem-access=x",
            b"__Host-tandem-access =x",
            b"=__Host-tandem-access=x",
            b"$Version=1",
            b"__Host-tandem-accessx=x",
            "\u{2000}__Host-tandem-access=x".as_bytes(),
            "\u{85}__Host-tandem-access=x".as_bytes(),
            b"tandem-access=x",
            b"__Host-tandem-access",
        ] {
            assert_eq!(cookie(other), None);
        }
        assert_eq!(cookie(b"__Host-tandem-access=\xff").as_deref(), Some(""));
        assert_eq!(cookie(b"__Host-tandem-access=\"x\"").as_deref(), Some("\"x\""));
        assert_eq!(cookie(b"__Host-tandem-access=a%2Eb").as_deref(), Some("a%2Eb"));
    }

    #[test]
    fn duplicates_are_ambiguous_on_one_line_or_two() {
        let name = b"__Host-tandem-access=x; __Host-tandem-access=y";
        assert_eq!(read(&[("cookie", name)]), Err(Ambiguous));
        let one = &b"__Host-tandem-access=x"[..];
        assert_eq!(read(&[("cookie", one), ("cookie", one)]), Err(Ambiguous));
        let apart = [("cookie", &b"a=b"[..]), ("cookie", one)];
        assert_eq!(read(&apart).unwrap().1.as_deref(), Some("x"));
    }
}
