//! The fuzz targets on random input: no parser panics on any bytes, and what one accepts keeps its
//! promises.
//!
//! `TANDEM_TEST_LONG=1` tries forty times as much.

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};

use crate::{forge, targets};

fn config() -> ProptestConfig {
    #[expect(clippy::disallowed_methods, reason = "tests take their depth from the environment")]
    let long = std::env::var("TANDEM_TEST_LONG").is_ok();
    ProptestConfig {
        cases: if long { 20_000 } else { 500 },
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Bytes of all kinds: random, of Unicode, of what tokens are made of.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..200),
        ".{0,100}".prop_map(String::into_bytes),
        "[A-Za-z0-9_=.+/ -]{0,200}".prop_map(String::into_bytes),
        r#"[\[\]{}":,\\u0-9a-f]{0,100}"#.prop_map(String::into_bytes),
    ]
}

/// Something good with a few bytes changed, dropped or put in.
fn nearly(good: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let edit = (any::<Index>(), any::<u8>(), 0..3_u8);
    (select(good), vec(edit, 0..4)).prop_map(|(mut bytes, edits)| {
        for (index, byte, kind) in edits {
            let at = index.index(bytes.len() + 1);
            match kind {
                0 => bytes.insert(at, byte),
                1 if at < bytes.len() => drop(bytes.remove(at)),
                _ if at < bytes.len() => bytes[at] = byte,
                _ => {}
            }
        }
        bytes
    })
}

fn texts() -> Vec<Vec<u8>> {
    [
        "ada@example.com",
        "J\u{f6}rg.O'Neil+x@b\u{fc}cher.example",
        "correct horse battery staple",
        "cafe\u{301} \u{fb01} \u{212b} \u{1e9b}\u{323}",
        "admin,user,r-1_x",
        "https://app.example:8443",
        "http://[2001:db8::1]:80",
        "https://xn--bcher-kva.example",
        "10.0.0.0/8",
        "2001:db8::/32",
        "::ffff:10.0.0.0/104",
        "00112233445566778899aabbccddeeff",
        "orders:read orders:write",
        "tdm_sec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

/// Tokens of other keys: right in every other respect.
fn tokens() -> Vec<Vec<u8>> {
    let header = targets::genuine_header();
    let foreign = forge::signed(&forge::ATTACKER, &header, forge::claims());
    let refresh = |prefix: &str| format!("{prefix}{}", "A".repeat(92)).into_bytes();
    vec![foreign.into_bytes(), refresh("tdm_rtb_"), refresh("tdm_rtc_")]
}

fn messages() -> Vec<Vec<u8>> {
    let header = targets::genuine_header();
    let extended = header.replace('}', r#","jwk":{"x":[1.5,"\ud83e\udd80",null]}}"#);
    [header, extended].map(|header| format!("{header}\n{}", forge::claims()).into_bytes()).to_vec()
}

const ASSERTION_CLAIMS: &str = r#"{"iss":"a","sub":"a","aud":["https://x.example"],"exp":1767268800,"iat":1,"nbf":1,"jti":"j"}"#;

fn assertions() -> Vec<Vec<u8>> {
    let headers = [r#"{"alg":"EdDSA"}"#, r#"{"alg":"Ed25519","typ":"JWT","x":{"crit":null}}"#];
    headers.map(|header| format!("{header}\n{ASSERTION_CLAIMS}").into_bytes()).to_vec()
}

fn key_sets() -> Vec<Vec<u8>> {
    let jwk = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#;
    [
        format!(r#"{{"keys":[{jwk}}}]}}"#),
        format!(r#"{{"keys":[{jwk},"kid":"a"}},{jwk},"kid":"b"}}]}}"#),
    ]
    .map(String::into_bytes)
    .to_vec()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_bytes_are_a_refresh_token(data in prop_oneof![bytes(), nearly(tokens())]) {
        targets::refresh_token(&data);
    }

    #[test]
    fn no_bytes_are_an_access_token(data in prop_oneof![bytes(), nearly(tokens())]) {
        targets::access_token(&data);
    }

    #[test]
    fn no_bytes_are_a_sealed_value(data in bytes()) {
        targets::sealed(&data);
    }

    #[test]
    fn a_signed_token_says_the_same_to_every_reader(
        data in prop_oneof![bytes(), nearly(messages())],
    ) {
        targets::signed_token(&data);
    }

    #[test]
    fn no_bytes_are_an_assertion(data in prop_oneof![bytes(), nearly(tokens())]) {
        targets::assertion(&data);
    }

    #[test]
    fn a_signed_assertion_says_the_same_to_every_reader(
        data in prop_oneof![bytes(), nearly(assertions())],
    ) {
        targets::signed_assertion(&data);
    }

    #[test]
    fn a_key_set_reads_as_what_is_kept_of_it(data in prop_oneof![bytes(), nearly(key_sets())]) {
        targets::client_keys(&data);
    }

    #[test]
    fn a_key_is_what_it_was_read_from(
        data in prop_oneof![bytes(), vec(any::<u8>(), 32), nearly(vec![vec![9; 32], vec![0; 32]])],
    ) {
        targets::key(&data);
    }

    #[test]
    fn what_the_domain_reads_has_one_form(data in prop_oneof![bytes(), nearly(texts())]) {
        targets::texts(&data);
    }
}

#[test]
fn the_signed_messages_are_accepted_as_they_are() {
    for message in messages() {
        targets::signed_token(&message);
        let (header, claims) = std::str::from_utf8(&message).unwrap().split_once('\n').unwrap();
        assert!(header.starts_with(targets::genuine_header().trim_end_matches('}')));
        assert_eq!(claims, forge::claims());
    }
}
