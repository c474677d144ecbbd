//! What a header may say, and where keys come from.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{Cases, Forge, Mould, assemble, b64, case, compact, known_key, with, without};

fn wrong_algorithms(mould: &Mould) -> Cases {
    let mut cases = Cases::new();
    let names = [
        "none", "None", "NONE", "nOnE", "", "eddsa", "EDDSA", "EdDSA ", "Ed25519", "HS256",
        "ES256", "RS256", "PS256", "Ed448",
    ];
    let values = names.map(Value::from).into_iter();
    for alg in values.chain([json!(null), json!(["EdDSA"]), json!({}), json!(1), json!(true)]) {
        let header = with(&mould.header, "alg", alg.clone());
        case(&mut cases, format!("alg {alg}, well signed"), mould.sign(&header, &mould.claims));
        let message = format!("{}.{}", b64(header.to_string()), b64(mould.claims.to_string()));
        case(&mut cases, format!("alg {alg}, not signed"), format!("{message}."));
        for length in [32, 64, 256] {
            let random = b64(vec![0x5a; length]);
            case(&mut cases, format!("alg {alg}, {length} bytes"), format!("{message}.{random}"));
        }
    }
    let header = without(&mould.header, "alg");
    case(&mut cases, "no alg", mould.sign(&header, &mould.claims));
    cases
}

/// The public key as a shared secret, in every spelling.
fn hmac_confusion(mould: &Mould) -> Cases {
    use hmac::{Hmac, KeyInit, Mac};
    let public = mould.key.verifying_key().to_bytes();
    let mut der = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00".to_vec();
    der.extend(public);
    let text = STANDARD.encode(&der);
    let kid = mould.header["kid"].as_str().unwrap();
    let x = b64(public);
    let secrets: Vec<Vec<u8>> = vec![
        public.to_vec(),
        x.clone().into_bytes(),
        format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n").into_bytes(),
        format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----").into_bytes(),
        der,
        format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#).into_bytes(),
        kid.as_bytes().to_vec(),
        b"".to_vec(),
        b"secret".to_vec(),
        b"changeme".to_vec(),
    ];
    let mut cases = Cases::new();
    for (number, secret) in secrets.iter().enumerate() {
        for alg in ["HS256", "HS384", "HS512", "EdDSA"] {
            let header = with(&mould.header, "alg", json!(alg)).to_string();
            let message = format!("{}.{}", b64(header), b64(mould.claims.to_string()));
            macro_rules! tag {
                ($hash:ty) => {{
                    let mut mac = Hmac::<$hash>::new_from_slice(secret).unwrap();
                    mac.update(message.as_bytes());
                    b64(mac.finalize().into_bytes())
                }};
            }
            let tag = match alg {
                "HS256" => tag!(sha2::Sha256),
                "HS384" => tag!(sha2::Sha384),
                _ => tag!(sha2::Sha512),
            };
            case(&mut cases, format!("{alg} with secret {number}"), format!("{message}.{tag}"));
        }
    }
    cases
}

#[tokio::test]
async fn the_algorithm_is_ours() {
    Forge::light()
        .await
        .refuse(|mould| [wrong_algorithms(mould), hmac_confusion(mould)].concat())
        .await;
}

fn wrong_headers(mould: &Mould) -> Cases {
    let mut cases = Cases::new();
    let own = mould.header["typ"].as_str().unwrap().to_owned();
    let types = [
        json!("JWT"),
        mould.other_header["typ"].clone(),
        json!("at+jwt"),
        json!(""),
        json!(null),
        json!(1),
        json!([own]),
        json!(format!("application/{own}")),
        json!(own.to_uppercase()),
        json!(format!("{own} ")),
        json!("tandem-machine+jwt"),
    ];
    for typ in types {
        case(&mut cases, format!("typ {typ}"), mould.with_header("typ", typ));
    }
    for member in ["typ", "kid"] {
        let header = without(&mould.header, member);
        case(&mut cases, format!("no {member}"), mould.sign(&header, &mould.claims));
    }
    for crit in
        [json!(["exp"]), json!(["b64"]), json!([]), json!("x"), json!(null), json!({}), json!(0)]
    {
        case(&mut cases, format!("crit {crit}"), mould.with_header("crit", crit));
    }
    let unencoded = with(&with(&mould.header, "crit", json!(["b64"])), "b64", json!(false));
    let header = b64(unencoded.to_string());
    case(
        &mut cases,
        "an unencoded payload",
        assemble(&mould.key, &header, &mould.claims.to_string()),
    );

    let text = mould.header.to_string();
    for (member, value) in [("alg", "none"), ("kid", "x"), ("typ", "JWT"), ("x", "y")] {
        let doubled = |name: &str| {
            let first = text.replacen('{', &format!(r#"{{"{name}":"{value}","#), 1);
            let last = format!(r#"{},"{name}":"{value}"}}"#, text.trim_end_matches('}'));
            [first, last]
        };
        let (first, rest) = member.split_at(1);
        let escaped = format!("\\u{:04x}{rest}", first.as_bytes()[0]);
        let mut texts = [doubled(member), doubled(&escaped)].concat();
        if member == "x" {
            let last = texts.pop().unwrap();
            texts = vec![last.replacen('{', r#"{"x":"y","#, 1)];
        }
        for text in texts {
            let token = mould.texts(&text, &mould.claims.to_string());
            case(&mut cases, format!("header {text}"), token);
        }
    }
    for text in ["", "{}", "[]", "null", "\"EdDSA\"", "{", "x"] {
        let token = mould.texts(text, &mould.claims.to_string());
        case(&mut cases, format!("header {text}"), token);
    }
    cases
}

#[tokio::test]
async fn the_header_says_what_a_header_of_ours_says() {
    Forge::light().await.refuse(wrong_headers).await;
}

/// Keys that are not ours, and ways to ask for them.
fn wrong_keys(mould: &Mould, listener: &str) -> Cases {
    let mut cases = Cases::new();
    let mallory = known_key(66);
    let x = b64(mallory.verifying_key().to_bytes());
    let own = mould.header["kid"].clone();
    case(
        &mut cases,
        "our kid, another key",
        compact(&mallory, mould.header.to_string(), mould.claims.to_string()),
    );
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": own, "use": "sig"});
    let url = format!("http://{listener}/jwks.json");
    for (member, value) in [
        ("jwk", jwk.clone()),
        ("jku", json!(url)),
        ("x5u", json!(url)),
        ("x5c", json!([b64("x")])),
        ("jku", json!("https://evil.example/jwks.json")),
        ("keys", json!([jwk])),
    ] {
        for kid in [own.clone(), json!(x), json!(url), json!(null)] {
            let header = with(&with(&mould.header, "kid", kid.clone()), member, value.clone());
            let token = compact(&mallory, header.to_string(), mould.claims.to_string());
            case(&mut cases, format!("{member} with kid {kid}"), token);
        }
    }
    let kids = [
        json!("unknown"),
        json!(""),
        json!(0),
        json!([own]),
        json!({}),
        json!("../../../../dev/null"),
        json!("/dev/null"),
        json!("x' UNION SELECT '1';--"),
        json!("' OR '1'='1"),
        json!("|sleep 10"),
        json!(url),
        json!("\u{0}"),
        json!(format!("{}\u{0}", own.as_str().unwrap())),
        json!(format!(" {}", own.as_str().unwrap())),
        json!("x".repeat(2000)),
        json!("x".repeat(10_000)),
        mould.other_header["kid"].clone(),
    ];
    for kid in kids {
        let header = with(&mould.header, "kid", kid.clone()).to_string();
        for (whose, key) in
            [("ours", &mould.key), ("not ours", &mallory), ("the other's", &mould.other_key)]
        {
            let token = compact(key, &header, mould.claims.to_string());
            case(&mut cases, format!("kid {kid}, signed by {whose}"), token);
        }
    }
    cases
}

#[tokio::test]
async fn a_key_is_looked_up_in_its_ring_and_nowhere_else() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    Forge::light().await.refuse(|mould| wrong_keys(mould, &address)).await;
    let visit = tokio::time::timeout(std::time::Duration::from_millis(50), listener.accept()).await;
    assert!(visit.is_err(), "the service fetched a key");
}
