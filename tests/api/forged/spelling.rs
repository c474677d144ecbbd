//! One token, one spelling.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use super::{Cases, Forge, Mould, assemble, b64, case, with};

/// `S + L·times`, little-endian: another spelling of the same signature, unless `S` is bounded.
fn add_order(scalar: &[u8], times: u8) -> Vec<u8> {
    let order: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut sum = scalar.to_vec();
    for _ in 0..times {
        let mut carry = 0;
        for (digit, order) in sum.iter_mut().zip(order) {
            let total = u16::from(*digit) + u16::from(order) + carry;
            *digit = u8::try_from(total & 0xff).unwrap();
            carry = total >> 8;
        }
    }
    sum
}

fn wrong_signatures(mould: &Mould) -> Cases {
    let mut cases = Cases::new();
    let [header, body, signature] = mould.parts();
    let good = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let (r, s) = good.split_at(32);
    let mut identity = vec![0; 32];
    identity[0] = 1;
    // p + 1: the identity spelled another way.
    let mut beyond = vec![0xff; 32];
    (beyond[0], beyond[31]) = (0xee, 0x7f);
    let flipped = |index: usize, bit: u8| {
        let mut bytes = good.clone();
        bytes[index] ^= bit;
        bytes
    };
    let signatures = [
        ("none", vec![]),
        ("all zero", vec![0; 64]),
        ("32 bytes", good[..32].to_vec()),
        ("63 bytes", good[..63].to_vec()),
        ("65 bytes", [&good[..], &[0]].concat()),
        ("66 bytes", [&good[..], &[0, 0]].concat()),
        ("96 bytes", [&good[..], s].concat()),
        ("twice", [&good[..], &good[..]].concat()),
        ("a zero before", [&[0], &good[..]].concat()),
        ("halves exchanged", [s, r].concat()),
        ("R zero", [&[0; 32], s].concat()),
        ("R the identity", [&identity, s].concat()),
        ("R beyond the field", [&beyond, s].concat()),
        ("R the identity, S zero", [&identity[..], &[0; 32]].concat()),
        ("R's sign flipped", flipped(31, 0x80)),
        ("R's first bit", flipped(0, 1)),
        ("S's first bit", flipped(32, 1)),
        ("S's last bit", flipped(63, 0x80)),
        ("S + 2^253", flipped(63, 0x20)),
        ("S + L", [r, &add_order(s, 1)].concat()),
        ("S + 2L", [r, &add_order(s, 2)].concat()),
        ("all ones", vec![0xff; 64]),
        ("hexadecimal", signature.bytes().flat_map(|b| format!("{b:02x}").into_bytes()).collect()),
    ];
    for (name, bytes) in signatures {
        case(&mut cases, name, format!("{header}.{body}.{}", b64(bytes)));
    }
    let of_other = mould.other.rsplit('.').next().unwrap();
    case(&mut cases, "of the other half", format!("{header}.{body}.{of_other}"));
    for (name, claims) in [
        ("white space in the claims", format!(" {}", mould.claims)),
        ("an end further off", with(&mould.claims, "exp", json!(mould.now + 600)).to_string()),
        ("another subject", with(&mould.claims, "sub", json!("0".repeat(32))).to_string()),
        ("claims in another order", mould.claims.to_string().replacen(r#""aud""#, r#" "aud""#, 1)),
    ] {
        case(&mut cases, name, format!("{header}.{}.{signature}", b64(claims)));
    }
    let spaced = b64(format!("{} ", mould.header));
    case(&mut cases, "white space in the header", format!("{spaced}.{body}.{signature}"));
    cases
}

#[tokio::test]
async fn a_signature_has_one_spelling_and_covers_everything() {
    Forge::light().await.refuse(wrong_signatures).await;
}

/// Another character in the place of the last, with the same leading bits.
fn loose_ends(part: &str) -> Vec<String> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (rest, last) = part.split_at(part.len() - 1);
    let value = ALPHABET.find(last).unwrap();
    let unused = match part.len() % 4 {
        2 => 16,
        3 => 4,
        _ => return Vec::new(),
    };
    let first = value / unused * unused;
    let spellings = ALPHABET[first..first + unused].chars().filter(|c| !last.starts_with(*c));
    spellings.map(|c| format!("{rest}{c}")).collect()
}

/// base64url that says the same in other characters, or says nothing.
fn loose_encodings(mould: &Mould) -> Cases {
    let mut cases = Cases::new();
    let [header, body, signature] = mould.parts();
    let genuine = &mould.genuine;
    let loose = loose_ends(signature);
    assert_eq!(loose.len(), 15);
    for spelling in loose {
        case(&mut cases, format!("…{spelling}"), format!("{header}.{body}.{spelling}"));
    }
    // Both parts padded with white space until their last character has unused bits.
    for spaces in 0..3 {
        let texts =
            [&mould.header, &mould.claims].map(|v| b64(format!("{v}{}", " ".repeat(spaces))));
        for header in loose_ends(&texts[0]) {
            case(&mut cases, format!("{header}…"), assemble(&mould.key, &header, &texts[1]));
        }
        for claims in loose_ends(&texts[1]) {
            case(&mut cases, format!("….{claims}"), assemble(&mould.key, &texts[0], &claims));
        }
    }
    for bad in ["=", "==", "A", "AA", " ", "\t", "+", "/", "%3D", "!", ","] {
        let token = assemble(&mould.key, &format!("{header}{bad}"), body);
        case(&mut cases, format!("header and {bad:?}"), token);
        let token = assemble(&mould.key, header, &format!("{body}{bad}"));
        case(&mut cases, format!("claims and {bad:?}"), token);
        // HTTP itself takes white space off the end of a header.
        if !bad.trim().is_empty() {
            case(&mut cases, format!("signature and {bad:?}"), format!("{genuine}{bad}"));
        }
    }
    let tilted = with(&mould.claims, "x", json!("???>>>~~~")).to_string();
    let standard = base64::engine::general_purpose::STANDARD_NO_PAD.encode(&tilted);
    assert_ne!(standard, b64(tilted));
    case(&mut cases, "the other alphabet", assemble(&mould.key, header, &standard));
    case(&mut cases, "one short", genuine[..genuine.len() - 1].to_owned());
    cases
}

fn other_shapes(mould: &Mould) -> Cases {
    let mut cases = Cases::new();
    let [header, body, signature] = mould.parts();
    let genuine = &mould.genuine;
    let json = json!({"protected": header, "payload": body, "signature": signature});
    let general =
        json!({"payload": body, "signatures": [{"protected": header, "signature": signature}]});
    for shape in [
        String::new(),
        ".".into(),
        "..".into(),
        "...".into(),
        "....".into(),
        header.to_owned(),
        format!("{header}.{body}"),
        format!("{header}.{body}."),
        format!("{header}..{signature}"),
        format!(".{body}.{signature}"),
        format!(".{genuine}"),
        format!("{genuine}."),
        format!("{genuine}.{signature}"),
        format!("{header}.{genuine}"),
        format!("{genuine}.{body}.{signature}"),
        format!("{header}.{body}.{body}.{signature}"),
        format!("{header}.AA.AA.{body}.{signature}"),
        json.to_string(),
        general.to_string(),
        format!("\"{genuine}\""),
        format!("Bearer {genuine}"),
        format!("{genuine} {genuine}"),
        format!("{genuine},{genuine}"),
        genuine.replace('.', "%2E"),
        genuine.replace('.', "\u{3002}"),
        genuine.to_uppercase(),
        genuine.to_lowercase(),
        "null".into(),
        "undefined".into(),
        "[object Object]".into(),
        "\u{e9}".into(),
        format!("\u{feff}{genuine}"),
    ] {
        case(&mut cases, format!("{shape:?}"), shape);
    }
    cases
}

#[tokio::test]
async fn base64url_has_one_spelling() {
    Forge::light().await.refuse(loose_encodings).await;
}

#[tokio::test]
async fn a_token_has_three_parts_and_nothing_around_them() {
    Forge::light().await.refuse(other_shapes).await;
}
