//! What no claims may say (RFC 7519 section 4, RFC 8725 section 3), genuinely signed as they are.

use serde_json::json;
use tandem::{
    crypto::jwt::{SignError, sign, verify},
    domain::{
        claims::{BodyClaims, CookieClaims},
        half::Half,
        pair::Fault,
        ring::Ring,
    },
};

use crate::forge::{
    BODY, COOKIE, HEADER, MEMBERS, RINGS, claims, claims_with, present, signed, spell,
};

/// Presents these claims under a genuine header and signature.
fn read(claims: impl AsRef<[u8]>) -> Result<BodyClaims, Fault> {
    present(&signed(&BODY, spell(HEADER), claims))
}

/// The claims with `name` of another value.
fn with(name: &str, value: &str) -> String {
    claims_with(|member| (member == name).then(|| format!(r#""{name}":{value}"#)))
}

#[test]
fn a_missing_member_is_a_fault() {
    for (name, _) in MEMBERS {
        let without = claims_with(|member| (member == name).then(String::new));
        assert_eq!(read(without), Err(Fault::Malformed), "{name}");
        let capital = claims_with(|member| {
            (member == name).then(|| format!(r#""{}":0"#, name.to_ascii_uppercase()))
        });
        assert_eq!(read(capital), Err(Fault::Malformed), "{name}");
    }
}

/// For each member, what else it could be in JSON.
fn of_the_wrong_type(name: &str) -> &'static [&'static str] {
    match name {
        "iss" | "aud" => &["1", "[]", r#"["app/body"]"#, r#"["app/body","x"]"#],
        "sub" | "jti" | "sid" => &[
            "1",
            "[]",
            r#""""#,
            r#""0""#,
            r#""0011223344556677""#,
            r#""00112233445566778899AABBCCDDEEFF""#,
            r#""00112233-4455-6677-8899-aabbccddeeff""#,
            r#"" 0112233445566778899aabbccddeeff""#,
            r#""00112233445566778899aabbccddeef\u0000""#,
            r#""00112233445566778899aabbccddeeff0""#,
            "[0,17,34,51,68,85,102,119,136,153,170,187,204,221,238,255]",
        ],
        "iat" | "exp" | "auth_time" => &[
            r#""1800000000""#,
            "1800000000.0",
            "1.8e9",
            "1800000000.5",
            "9223372036854775808",
            "-9223372036854775809",
            "1e400",
            "1e18",
            "[]",
            "[1800000000]",
            r#""2027-01-15T08:00:00Z""#,
        ],
        "gen" => &[r#""7""#, "7.0", "-1", "4294967296", "1e400", "[7]"],
        "amr" => &["1", r#""pwd""#, "[1]", "[null]", r#"[["pwd"]]"#, r#"{"0":"pwd"}"#],
        _ => &[
            "1",
            r#""admin""#,
            "[1]",
            "[null]",
            r#"["ADMIN"]"#,
            r#"["a b"]"#,
            r#"[""]"#,
            r#"{"admin":1}"#,
        ],
    }
}

#[test]
fn a_member_of_another_type_is_a_fault() {
    for (name, _) in MEMBERS {
        for value in ["null", "true", "false", "{}"].iter().chain(of_the_wrong_type(name)) {
            assert_eq!(read(with(name, value)), Err(Fault::Malformed), "{name}: {value}");
        }
    }
}

#[test]
fn the_optional_nbf_is_a_whole_number() {
    let nbf = |value: &str| read(claims().replace('}', &format!(r#","nbf":{value}}}"#)));
    assert_eq!(nbf("1800000000").unwrap().nbf, Some(1_800_000_000));
    for value in ["\"1800000000\"", "1800000000.0", "true", "[]", "{}", "1e400"] {
        assert_eq!(nbf(value), Err(Fault::Malformed), "{value}");
    }
}

#[test]
fn there_are_at_most_32_roles() {
    let roles = |n| {
        let names: Vec<String> = (0..n).map(|i| format!(r#""r{i}""#)).collect();
        read(with("roles", &format!("[{}]", names.join(","))))
    };
    assert_eq!(roles(32).unwrap().roles.iter().count(), 32);
    assert_eq!(roles(33), Err(Fault::Malformed));
}

#[test]
fn repeated_members_are_refused_in_either_order() {
    for (name, value) in MEMBERS {
        let (first, rest) = name.split_at(1);
        let escaped = format!(r"\u{:04x}{rest}", u32::from(first.as_bytes()[0]));
        for spelling in [name.to_owned(), escaped] {
            for other in [value, "null", "0"] {
                let extra = format!(r#""{spelling}":{other}"#);
                for (before, after) in [("", format!(",{extra}")), (extra.as_str(), String::new())]
                {
                    let comma = if before.is_empty() { "" } else { "," };
                    let text = claims();
                    let inner = &text[1..text.len() - 1];
                    let text = format!("{{{before}{comma}{inner}{after}}}");
                    assert_eq!(read(&text), Err(Fault::Malformed), "{text}");
                }
            }
        }
    }
    for twice in [r#""x":1,"x":1"#, r#""x":1,"\u0078":1"#, r#""nbf":1,"nbf":1"#, r#""":1,"":2"#] {
        assert_eq!(
            read(claims().replace('}', &format!(",{twice}}}"))),
            Err(Fault::Malformed),
            "{twice}"
        );
    }
}

#[test]
fn an_escaped_name_is_the_same_name() {
    let text = claims().replace(r#""sid""#, r#""\u0073id""#);
    assert_eq!(read(text), read(claims()));
    assert!(read(claims()).is_ok());
}

#[test]
fn claims_are_one_json_object_in_utf_8() {
    let genuine = claims();
    let inner = &genuine[1..genuine.len() - 1];
    for text in [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        "\"\"".to_owned(),
        "1".to_owned(),
        format!("[{genuine}]"),
        format!("{genuine}{genuine}"),
        format!("{genuine}x"),
        format!("{genuine}\0"),
        format!("\0{genuine}"),
        format!("\u{feff}{genuine}"),
        format!("{{{inner}"),
        format!("{{{inner},}}"),
        format!("{{,{inner}}}"),
        format!("{{{inner},\"x\":1e400}}"),
        format!("{{{inner},\"x\":NaN}}"),
        format!("{{{inner},\"x\":\"\\ud800\"}}"),
        format!("{{{inner},\"x\":\"\\udc00\\ud800\"}}"),
        format!("{{{inner},\"x\":\"\\u12\"}}"),
        format!("{{{inner},\"x\":\"\\x41\"}}"),
        format!("{{{inner},\"x\":\"\0\"}}"),
        format!("{{{inner},\"\\ud800\":1}}"),
        with("iss", r#""https://auth.example\ud800""#),
        with("iss", "\"https://auth.example\u{1}\""),
    ] {
        assert_eq!(read(&text), Err(Fault::Malformed), "{text}");
    }
    let utf_16: Vec<u8> = genuine.encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(read(utf_16), Err(Fault::Malformed));
    // 0xff, an overlong slash, a surrogate, a cut sequence: in a member that counts, and in one that does not.
    for bytes in [&b"\xff"[..], b"\xc0\xaf", b"\xed\xa0\x80", b"\xe2\x82"] {
        let counting = [
            b"{\"iss\":\"".as_slice(),
            bytes,
            b"\",",
            inner.split_once(',').unwrap().1.as_bytes(),
            b"}",
        ];
        let other = [b"{".as_slice(), inner.as_bytes(), b",\"x\":\"", bytes, b"\"}"];
        for text in [counting.concat(), other.concat()] {
            assert_eq!(read(&text), Err(Fault::Malformed), "{}", String::from_utf8_lossy(&text));
        }
    }
}

#[test]
fn an_escaped_nul_is_a_character_like_any_other() {
    assert_eq!(read(with("iss", r#""a\u0000b""#)).unwrap().iss, "a\0b");
    assert_eq!(read(with("sub", r#""\u0000""#)), Err(Fault::Malformed));
}

#[test]
fn deep_wide_and_long_claims_are_refused() {
    let nested = |depth| {
        claims().replace('}', &format!(r#","x":{}{}}}"#, "[".repeat(depth), "]".repeat(depth)))
    };
    let wide = |extra| {
        let members: Vec<String> = (0..extra).map(|n| format!(r#","x{n}":0"#)).collect();
        let members = members.concat();
        claims().replace('}', &format!("{members}}}"))
    };
    let long = |length| claims().replace('}', &format!(r#","x":"{}"}}"#, "A".repeat(length)));
    let digits = |length| claims().replace('}', &format!(r#","x":{}}}"#, "9".repeat(length)));
    assert!(read(nested(100)).is_ok());
    assert!(read(wide(64 - MEMBERS.len())).is_ok());
    assert!(read(long(2000)).is_ok());
    for (why, text, fault) in [
        ("1000 deep", nested(1000), Fault::Malformed),
        ("100 000 deep", nested(100_000), Fault::TooLong),
        ("65 members", wide(65 - MEMBERS.len()), Fault::Malformed),
        ("10 000 members", wide(10_000), Fault::TooLong),
        ("a string of 1 MB", long(1 << 20), Fault::TooLong),
        ("a number of 2000 digits", digits(2000), Fault::Malformed),
        ("a number of 10 000 digits", digits(10_000), Fault::TooLong),
    ] {
        assert_eq!(read(text), Err(fault), "{why}");
    }
}

#[test]
fn the_claims_of_one_half_are_none_of_the_other() {
    let header =
        format!(r#"{{ALG,"typ":"tandem-cookie+jwt","kid":"{}"}}"#, COOKIE.public().thumbprint());
    let cookie = |claims: String| {
        let token = signed(&COOKIE, spell(&header), claims);
        verify::<CookieClaims>(&RINGS, Ring::Cookie, Half::Cookie.token_type(), &token)
            .map(|(claims, _)| claims.ctx)
    };
    assert_eq!(cookie(claims()), Err(Fault::Malformed));
    let with_context = |ctx: &str| cookie(claims().replace('}', &format!(r#","ctx":{ctx}}}"#)));
    assert_eq!(with_context(r#""digest""#).as_deref(), Ok("digest"));
    for ctx in ["null", "1", "[]", "{}", "true"] {
        assert_eq!(with_context(ctx), Err(Fault::Malformed), "{ctx}");
    }
}

#[test]
fn nothing_is_issued_that_no_reader_accepts() {
    let issue = |length| {
        let claims = json!({ "x": "A".repeat(length) });
        sign(&RINGS, Ring::Body, Half::Body.token_type(), &claims)
    };
    let token = issue(2000).unwrap();
    let read =
        verify::<serde_json::Value>(&RINGS, Ring::Body, Half::Body.token_type(), &token).unwrap();
    assert_eq!(read.0, json!({ "x": "A".repeat(2000) }));
    assert_eq!(issue(4000), Err(SignError::TooLong));
    let machine = sign(&RINGS, Ring::Machine, "x", &json!({}));
    assert_eq!(machine, Err(SignError::NoActiveKey(Ring::Machine)));
}
