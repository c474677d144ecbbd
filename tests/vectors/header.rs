//! What no header may say (RFC 7515 section 4, RFC 8725 section 3).
//!
//! In these tables `ALG`, `TYP` and `KID` stand for the genuine members, see [`spell`].

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha384, Sha512};
use tandem::{
    crypto::jwt::verify,
    domain::{
        claims::{BodyClaims, CookieClaims},
        half::Half,
        pair::Fault,
        ring::Ring,
    },
};

use crate::forge::{
    ATTACKER, BODY, COOKIE, HEADER, RINGS, b64, claims, genuine, present, sealed, signed, spell,
};

/// Signs a token of this header with the right key, and expects it refused.
fn refused(fault: Fault, header: &str) {
    let token = signed(&BODY, spell(header), claims());
    assert_eq!(present(&token), Err(fault), "{header}");
}

#[test]
fn what_does_not_count_does_not_matter() {
    for header in [
        HEADER,
        "{KID,ALG,TYP}",
        "{TYP,KID,ALG}",
        " \t\r\n{ ALG , TYP\n,KID }\n",
        r#"{"\u0061lg":"\u0045dDSA",TYP,KID}"#,
        r#"{ALG,TYP,KID,"cty":"x","x":{"alg":"none"},"Alg":"none"}"#,
        r#"{ALG,TYP,KID,"jku":"https://evil.example/keys","x5u":"https://evil.example/x","x5c":["AA=="]}"#,
        r#"{ALG,TYP,KID,"Crit":["exp"],"b64":false}"#,
    ] {
        assert!(present(&signed(&BODY, spell(header), claims())).is_ok(), "{header}");
    }
}

#[test]
fn no_other_algorithm_is_accepted_even_with_a_good_signature() {
    let registered = "HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES256K ES384 ES512 \
                      Ed25519 Ed448 ML-DSA-44 dir A128KW ECDH-ES";
    let spellings =
        "none None NONE nOnE eddsa EDDSA EdDsa Eddsa EdDSA,none EdDSA\\u0000 \\u0415dDSA";
    let spaced = ["", " ", "none ", " EdDSA", "EdDSA ", "EdDSA\\n"];
    for alg in registered.split(' ').chain(spellings.split(' ')).chain(spaced) {
        refused(Fault::Header, &format!(r#"{{"alg":"{alg}",TYP,KID}}"#));
    }
    for alg in
        ["null", "1", "true", "{}", "[]", r#"["EdDSA"]"#, r#"{"EdDSA":1}"#, r#"["none","EdDSA"]"#]
    {
        refused(Fault::Malformed, &format!(r#"{{"alg":{alg},TYP,KID}}"#));
    }
    refused(Fault::Malformed, "{TYP,KID}");
    refused(Fault::Malformed, r#"{"Alg":"EdDSA",TYP,KID}"#);
}

#[test]
fn an_unsigned_token_is_refused() {
    for alg in ["none", "None", "NONE", "nOnE", "", "EdDSA"] {
        let message =
            format!("{}.{}", b64(spell(&format!(r#"{{"alg":"{alg}",TYP,KID}}"#))), b64(claims()));
        assert_eq!(present(&format!("{message}.")), Err(Fault::Malformed), "{alg}");
        assert_eq!(present(&message), Err(Fault::Malformed), "{alg}");
        for junk in ["A", "AA", "e30", &b64([0; 64])] {
            let fault = if alg == "EdDSA" { Fault::Signature } else { Fault::Header };
            assert_eq!(present(&format!("{message}.{junk}")), Err(fault), "{alg} {junk}");
        }
    }
}

/// The forms in which an application may hold the public key, and so feed it to HMAC.
fn forms_of_the_public_key() -> Vec<Vec<u8>> {
    let public = BODY.public();
    let mut der = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00".to_vec();
    der.extend(public.as_bytes());
    let base64 = STANDARD.encode(&der);
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{base64}\n-----END PUBLIC KEY-----\n");
    let (x, kid) = (public.x(), public.thumbprint());
    let thumbprint_input = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    let published = format!(
        r#"{{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":"{kid}","x":"{x}"}}"#
    );
    let hex = public.as_bytes().map(|byte| format!("{byte:02x}")).concat();
    let texts =
        [x, hex, STANDARD.encode(public.as_bytes()), base64, pem.trim_end().to_owned(), pem, kid];
    let jwks = [thumbprint_input, published.clone(), format!(r#"{{"keys":[{published}]}}"#)];
    let common = ["", "secret", "changeme", "\0"].map(|word| word.as_bytes().to_vec());
    let mut forms = vec![public.as_bytes().to_vec(), der];
    forms.extend(texts.into_iter().chain(jwks).map(String::into_bytes));
    forms.extend(common);
    forms
}

fn hmac(alg: &str, key: &[u8], message: &str) -> Vec<u8> {
    macro_rules! mac {
        ($hash:ty) => {{
            let mut mac = Hmac::<$hash>::new_from_slice(key).unwrap();
            mac.update(message.as_bytes());
            mac.finalize().into_bytes().to_vec()
        }};
    }
    match alg {
        "HS256" => mac!(Sha256),
        "HS384" => mac!(Sha384),
        _ => mac!(Sha512),
    }
}

#[test]
fn the_public_key_is_no_hmac_secret_in_any_form() {
    for key in forms_of_the_public_key() {
        for alg in ["HS256", "HS384", "HS512"] {
            for (claimed, fault) in [(alg, Fault::Header), ("EdDSA", Fault::Signature)] {
                let header = spell(&format!(r#"{{"alg":"{claimed}",TYP,KID}}"#));
                let message = format!("{}.{}", b64(header), b64(claims()));
                let token = format!("{message}.{}", b64(hmac(alg, &key, &message)));
                assert_eq!(present(&token), Err(fault), "{alg} as {claimed}");
            }
        }
    }
}

#[test]
fn crit_is_refused_in_every_shape() {
    for crit in [
        r#"["exp"]"#,
        r#"["b64"]"#,
        r#"["typ"]"#,
        r#"["unknown"]"#,
        "[]",
        "[[]]",
        "[null]",
        "[1]",
        r#"["exp","exp"]"#,
        r#""exp""#,
        r#""""#,
        "null",
        "true",
        "false",
        "0",
        "1",
        "{}",
        r#"{"exp":1}"#,
    ] {
        refused(Fault::Header, &format!(r#"{{ALG,TYP,KID,"crit":{crit}}}"#));
        refused(Fault::Header, &format!(r#"{{"\u0063rit":{crit},ALG,TYP,KID}}"#));
    }
    refused(Fault::Header, r#"{ALG,TYP,KID,"b64":false,"crit":["b64"]}"#);
    refused(Fault::Header, r#"{ALG,TYP,KID,"exp":1800000000,"crit":["exp"]}"#);
}

#[test]
fn the_type_is_exactly_that_of_the_half() {
    for typ in [
        "tandem-cookie+jwt",
        "tandem-machine+jwt",
        "tandem-body+JWT",
        "Tandem-Body+JWT",
        "tandem-body",
        "application/tandem-body+jwt",
        "tandem-body+jwt ",
        " tandem-body+jwt",
        "tandem-body+jwt\\u0000",
        "tandem-body+jwt;x",
        "JWT",
        "jwt",
        "at+jwt",
        "at+JWT",
        "application/at+jwt",
        "JOSE",
        "",
    ] {
        refused(Fault::Header, &format!(r#"{{ALG,"typ":"{typ}",KID}}"#));
    }
    for typ in ["null", "1", "true", "{}", r#"["tandem-body+jwt"]"#] {
        refused(Fault::Malformed, &format!(r#"{{ALG,"typ":{typ},KID}}"#));
    }
    refused(Fault::Malformed, "{ALG,KID}");
    refused(Fault::Malformed, r#"{ALG,KID,"cty":"tandem-body+jwt"}"#);
}

#[test]
fn the_key_id_names_a_key_of_ours_or_nothing() {
    let long = "A".repeat(2000);
    for kid in [
        "THEIRS",
        "",
        "0",
        "OURS=",
        " OURS",
        "OURS ",
        "OURS\\u0000",
        "\\u0000",
        "../../../../dev/null",
        "/dev/null",
        "file:///dev/null",
        "https://evil.example/jwks.json",
        "x' UNION SELECT '1';--",
        "' OR 1=1 --",
        "|sleep 10",
        "$(id)",
        "%s%n",
        &long,
    ] {
        refused(Fault::UnknownKey, &format!(r#"{{ALG,TYP,"kid":"{kid}"}}"#));
    }
    for other in [str::to_ascii_lowercase, str::to_ascii_uppercase] {
        let kid = other(&BODY.public().thumbprint());
        refused(Fault::UnknownKey, &format!(r#"{{ALG,TYP,"kid":"{kid}"}}"#));
    }
    for kid in
        ["null", "0", "1", "true", "{}", "[]", r#"["OURS"]"#, r#"{"kid":"OURS"}"#, r#""\ud800""#]
    {
        refused(Fault::Malformed, &format!(r#"{{ALG,TYP,"kid":{kid}}}"#));
    }
    refused(Fault::Malformed, "{ALG,TYP}");
    let ten_kilobytes = "A".repeat(10_240);
    refused(Fault::TooLong, &format!(r#"{{ALG,TYP,"kid":"{ten_kilobytes}"}}"#));
}

#[test]
fn the_rings_are_never_mixed() {
    let cookie_kid = COOKIE.public().thumbprint();
    let body = |key, header: &str| present(&signed(key, spell(header), claims())).err();
    // A body token by the cookie key: under its own name, and under the body key's.
    let own_name = format!(r#"{{ALG,TYP,"kid":"{cookie_kid}"}}"#);
    assert_eq!(body(&COOKIE, &own_name), Some(Fault::UnknownKey));
    assert_eq!(body(&COOKIE, HEADER), Some(Fault::Signature));
    // By the body key, under the cookie key's name.
    assert_eq!(body(&BODY, &own_name), Some(Fault::UnknownKey));
    // A genuine cookie token in the place of a body token.
    let genuine_cookie = format!(r#"{{ALG,"typ":"tandem-cookie+jwt","kid":"{cookie_kid}"}}"#);
    assert_eq!(body(&COOKIE, &genuine_cookie), Some(Fault::Header));

    // And the other way round: a genuine body token in the place of a cookie token.
    let cookie = |typ: Half, token: &str| {
        verify::<CookieClaims>(&RINGS, Ring::Cookie, typ.token_type(), token).err()
    };
    assert_eq!(cookie(Half::Cookie, &genuine()), Some(Fault::Header));
    assert_eq!(cookie(Half::Body, &genuine()), Some(Fault::UnknownKey));
    let machine =
        verify::<BodyClaims>(&RINGS, Ring::Machine, Half::Body.token_type(), &genuine()).err();
    assert_eq!(machine, Some(Fault::UnknownKey));
}

#[test]
fn keys_in_the_header_are_ignored() {
    let (x, kid) = (ATTACKER.public().x(), ATTACKER.public().thumbprint());
    let jwk = format!(r#"{{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","x":"{x}","kid":"{kid}"}}"#);
    for member in [
        format!(r#""jwk":{jwk}"#),
        format!(r#""jwk":{{"keys":[{jwk}]}}"#),
        r#""jku":"https://evil.example/jwks.json""#.to_owned(),
        r#""jku":"https://auth.example@evil.example/jwks.json""#.to_owned(),
        r#""x5u":"https://evil.example/chain.pem""#.to_owned(),
        format!(r#""x5c":["{x}"],"x5t":"{kid}","x5t#S256":"{kid}""#),
    ] {
        let token = |kid: &str| {
            present(&signed(&ATTACKER, spell(&format!("{{ALG,TYP,{kid},{member}}}")), claims()))
        };
        assert_eq!(token("KID"), Err(Fault::Signature), "{member}");
        assert_eq!(token(r#""kid":"THEIRS""#), Err(Fault::UnknownKey), "{member}");
    }
}

#[test]
fn repeated_members_are_refused_in_either_order() {
    for header in [
        r#"{"alg":"none",ALG,TYP,KID}"#,
        r#"{ALG,"alg":"none",TYP,KID}"#,
        "{ALG,ALG,TYP,KID}",
        r#"{ALG,TYP,KID,"\u0061lg":"none"}"#,
        r#"{"\u0061lg":"none",ALG,TYP,KID}"#,
        r#"{ALG,TYP,"typ":"JWT",KID}"#,
        r#"{ALG,"typ":"JWT",TYP,KID}"#,
        r#"{ALG,TYP,KID,"kid":"THEIRS"}"#,
        r#"{ALG,TYP,"kid":"THEIRS",KID}"#,
        r#"{ALG,TYP,KID,"k\u0069d":"THEIRS"}"#,
        r#"{ALG,TYP,KID,"crit":["exp"],"crit":["exp"]}"#,
        r#"{ALG,TYP,KID,"jku":"a","jku":"b"}"#,
        r#"{"x":1,ALG,TYP,KID,"x":1}"#,
        r#"{"x":1,ALG,TYP,KID,"\u0078":2}"#,
        r#"{"":1,ALG,TYP,KID,"":1}"#,
    ] {
        refused(Fault::Malformed, header);
    }
}

#[test]
fn a_header_is_one_json_object_in_utf_8() {
    let deep = format!(r#"{{ALG,TYP,KID,"x":{}1{}}}"#, "[".repeat(1000), "]".repeat(1000));
    for header in [
        "",
        " ",
        "null",
        "true",
        "1",
        r#""EdDSA""#,
        "[]",
        "{}",
        "[{ALG,TYP,KID}]",
        "{ALG,TYP,KID",
        "ALG,TYP,KID}",
        "{ALG,TYP,KID,}",
        "{ALG;TYP,KID}",
        "{ALG,TYP,KID}{}",
        "{ALG,TYP,KID}x",
        "{ALG,TYP,KID}\0",
        "\0{ALG,TYP,KID}",
        "\u{feff}{ALG,TYP,KID}",
        "{ALG,TYP,KID}//",
        "{/**/ALG,TYP,KID}",
        r#"["EdDSA","tandem-body+jwt","OURS",null]"#,
        r#"{ALG,TYP,KID,"x":NaN}"#,
        r#"{ALG,TYP,KID,"x":01}"#,
        r#"{ALG,TYP,KID,"x":1e400}"#,
        r#"{ALG,TYP,KID,"x":"\ud800"}"#,
        r#"{ALG,TYP,KID,"x":"\udc00\ud800"}"#,
        r#"{ALG,TYP,KID,"\ud800":1}"#,
        "{ALG,TYP,KID,\"x\":\"\n\"}",
        "{'alg':'EdDSA',TYP,KID}",
        "{alg:\"EdDSA\",TYP,KID}",
        &deep,
    ] {
        let token = signed(&BODY, spell(header), claims());
        assert_eq!(present(&token), Err(Fault::Malformed), "{header}");
    }
    let genuine = spell(HEADER);
    let utf_16: Vec<u8> = genuine.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf_16_with_mark: Vec<u8> =
        format!("\u{feff}{genuine}").encode_utf16().flat_map(u16::to_be_bytes).collect();
    let broken = genuine.replace('}', ",\"x\":\"?\"}").replace('?', "\u{1}").into_bytes();
    let invalid: Vec<u8> = broken.iter().map(|b| if *b == 1 { 0xff } else { *b }).collect();
    // An overlong slash, and a surrogate in UTF-8.
    let overlong = [&broken[..broken.len() - 3], b"\xc0\xaf\"}"].concat();
    let surrogate = [&broken[..broken.len() - 3], b"\xed\xa0\x80\"}"].concat();
    for (why, header) in [
        ("UTF-16", utf_16),
        ("UTF-16 with a mark", utf_16_with_mark),
        ("a control character", broken.clone()),
        ("no UTF-8", invalid),
        ("an overlong form", overlong),
        ("a surrogate", surrogate),
    ] {
        assert_eq!(present(&signed(&BODY, header, claims())), Err(Fault::Malformed), "{why}");
    }
}

#[test]
fn a_header_has_at_most_64_members() {
    let header = |extra| {
        let members: Vec<String> = (0..extra).map(|n| format!(r#","x{n}":0"#)).collect();
        let members = members.concat();
        format!("{{ALG,TYP,KID{members}}}")
    };
    assert!(present(&signed(&BODY, spell(&header(61)), claims())).is_ok());
    refused(Fault::Malformed, &header(62));
}

#[test]
fn the_signature_is_of_the_text_that_was_sent() {
    let token = genuine();
    let (message, _) = token.rsplit_once('.').unwrap();
    assert_eq!(sealed(&BODY, message), token);
    let respelt = signed(&BODY, spell("{ALG, TYP,KID}"), claims());
    let (other, _) = respelt.rsplit_once('.').unwrap();
    let (_, signature) = token.rsplit_once('.').unwrap();
    assert_eq!(present(&format!("{other}.{signature}")), Err(Fault::Signature));
}
