//! Claims that no token of ours has, well signed.

use serde_json::json;
use tandem::domain::half::Half;

use super::{super::support::browser::claims, Cases, Forge, Mould, case, compact, without};

fn missing_or_of_another_type(mould: &Mould) -> Cases {
    let mut cases = Cases::new();
    let members: Vec<String> = mould.claims.as_object().unwrap().keys().cloned().collect();
    assert_eq!(members.len(), if mould.half == Half::Body { 11 } else { 9 });
    for member in &members {
        let claims = without(&mould.claims, member);
        case(&mut cases, format!("no {member}"), mould.sign(&mould.header, &claims));
        let good = &mould.claims[member];
        for value in [
            json!(null),
            json!(true),
            json!(7),
            json!("7"),
            json!([7]),
            json!({"a": 7}),
            json!([good]),
        ] {
            let same_type = (good.is_number() && value.is_number())
                || (good.is_string() && value.is_string() && member == "ctx");
            if !same_type {
                case(&mut cases, format!("{member} {value}"), mould.with_claim(member, value));
            }
        }
    }
    cases
}

fn of_another_value(mould: &Mould) -> Cases {
    let mut cases = Cases::new();
    let ours = mould.claims["iss"].as_str().unwrap();
    let audience = mould.claims["aud"].as_str().unwrap();
    for (member, value) in [
        ("iss", format!("{ours}/")),
        ("iss", ours.to_uppercase()),
        ("iss", ours.replace("http:", "https:")),
        ("iss", "http://localhost".into()),
        ("iss", format!(" {ours}")),
        ("iss", String::new()),
        ("aud", claims(&mould.other)["aud"].as_str().unwrap().into()),
        ("aud", "tandem".into()),
        ("aud", "tandem/".into()),
        ("aud", format!("{audience}/")),
        ("aud", format!("x{audience}")),
        ("aud", audience.to_uppercase()),
        ("aud", "tandem/machine".into()),
        ("aud", String::new()),
        ("sub", "0".repeat(32)),
        ("sid", "0".repeat(32)),
        ("sub", "0".repeat(31)),
        ("jti", "0".repeat(33)),
        ("sid", mould.claims["sid"].as_str().unwrap().to_uppercase()),
        ("sid", format!("{}\0", mould.claims["sid"].as_str().unwrap())),
        ("sub", "../../etc/passwd".into()),
        ("sid", "' OR 1=1 --".into()),
    ] {
        case(&mut cases, format!("{member} {value:?}"), mould.with_claim(member, json!(value)));
    }
    case(&mut cases, "aud of two", mould.with_claim("aud", json!([audience, "other/body"])));
    for value in [json!(-1), json!(1.5), json!(1e10), json!(4_294_967_296_u64)] {
        case(&mut cases, format!("gen {value}"), mould.with_claim("gen", value));
    }
    if mould.half == Half::Body {
        for roles in
            [json!(["Admin"]), json!(["a b"]), json!([""]), json!(["a".repeat(33)]), json!("admin")]
        {
            case(&mut cases, format!("roles {roles}"), mould.with_claim("roles", roles));
        }
        let many: Vec<_> = (0..33).map(|n| format!("r{n}")).collect();
        case(&mut cases, "33 roles", mould.with_claim("roles", json!(many)));
    }
    cases
}

#[tokio::test]
async fn claims_are_there_and_of_their_type() {
    Forge::light().await.refuse(missing_or_of_another_type).await;
}

#[tokio::test]
async fn claims_name_this_service_and_this_session() {
    Forge::light().await.refuse(of_another_value).await;
}

fn doubled_claims(mould: &Mould) -> Cases {
    let mut cases = Cases::new();
    let text = mould.claims.to_string();
    let (header, inner) = (mould.header.to_string(), text.trim_matches(['{', '}']));
    let sid = &mould.claims["sid"];
    for other in [json!("0".repeat(32)), sid.clone()] {
        for name in ["sid", "\\u0073id", "\\u0073\\u0069\\u0064"] {
            let twice = format!(r#"{{"{name}":{other},{inner}}}"#);
            case(&mut cases, twice.clone(), mould.texts(&header, &twice));
            let twice = format!(r#"{{{inner},"{name}":{other}}}"#);
            case(&mut cases, twice.clone(), mould.texts(&header, &twice));
        }
    }
    for (member, value) in [("exp", mould.now + 600), ("iat", mould.now), ("gen", 9), ("x", 1)] {
        let once = format!(r#""{member}":{value}"#);
        let twice = format!("{{{once},{inner},{once}}}");
        case(&mut cases, twice.clone(), mould.texts(&header, &twice));
    }
    cases
}

#[tokio::test]
async fn no_claim_is_there_twice() {
    Forge::light().await.refuse(doubled_claims).await;
}

fn hostile_json(mould: &Mould) -> Cases {
    let mut cases = Cases::new();
    let header = mould.header.to_string();
    let text = mould.claims.to_string();
    let inner = text.trim_matches(['{', '}']);
    let sid = &mould.claims["sid"].to_string();
    let member = |value: &str| format!(r#"{{{inner},"x":{value}}}"#);
    let members = |count| {
        let members: Vec<_> = (0..count).map(|n| format!(r#","a{n}":0"#)).collect();
        members.concat()
    };
    for (name, text) in [
        ("deep arrays", text.replacen(sid, &format!("{}{}", "[".repeat(700), "]".repeat(700)), 1)),
        ("deeper arrays", member(&format!("{}{}", "[".repeat(20_000), "]".repeat(20_000)))),
        (
            "deep objects",
            text.replacen(sid, &format!("{}1{}", r#"{"a":"#.repeat(300), "}".repeat(300)), 1),
        ),
        ("200 members", format!("{{{inner}{}}}", members(200))),
        ("3000 members", format!("{{{inner}{}}}", members(3000))),
        ("a long string", member(&format!("\"{}\"", "x".repeat(5000)))),
        ("a lone surrogate", member(r#""\ud800""#)),
        ("reversed surrogates", member(r#""\udc00\ud800""#)),
        ("a raw control character", member("\"\u{1}\"")),
        ("a trailing comma", format!("{{{inner},}}")),
        ("a comment", format!("{{{inner}/* */}}")),
        ("single quotes", text.replace('"', "'")),
        ("two documents", format!("{text}{text}")),
        ("something after", format!("{text}x")),
        ("unfinished", text.trim_end_matches('}').to_owned()),
        ("a byte order mark", format!("\u{feff}{text}")),
        ("NaN", member("NaN")),
        ("an array", format!("[{text}]")),
        ("a string", json!(text).to_string()),
        ("nothing", String::new()),
    ] {
        case(&mut cases, name, mould.texts(&header, &text));
    }
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let bytes = |value: &[u8]| [inner.as_bytes(), b",\"x\":\"", value, b"\"}"].concat();
    for (name, claims) in [
        ("invalid UTF-8", [b"{", &bytes(b"\xff\xfe")[..]].concat()),
        ("an overlong slash", [b"{", &bytes(b"\xc0\xaf")[..]].concat()),
        ("a surrogate in UTF-8", [b"{", &bytes(b"\xed\xa0\x80")[..]].concat()),
        ("UTF-16", utf16(&text)),
        ("NULs after", [text.as_bytes(), &[0; 3]].concat()),
    ] {
        case(&mut cases, name, compact(&mould.key, &header, claims));
    }
    case(&mut cases, "a header in UTF-16", compact(&mould.key, utf16(&header), &text));
    case(&mut cases, "a header of 32 kB", mould.with_header("x", json!("x".repeat(32_000))));
    cases
}

#[tokio::test]
async fn hostile_json_is_refused() {
    Forge::light().await.refuse(hostile_json).await;
}
