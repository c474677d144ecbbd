//! What is no compact JWS (RFC 7515 section 7.1).

use tandem::domain::{pair::Fault, policy::MAX_TOKEN_LENGTH};

use crate::forge::{BODY, HEADER, b64, claims, genuine, present, sealed, signed, spell};

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Header, claims and signature of the genuine token.
fn parts() -> [String; 3] {
    let token = genuine();
    let parts: Vec<&str> = token.split('.').collect();
    [parts[0], parts[1], parts[2]].map(str::to_owned)
}

fn refused(fault: Fault, why: &str, token: &str) {
    assert_eq!(present(token), Err(fault), "{why}: {token:.200}");
}

#[test]
fn three_parts_none_of_them_empty() {
    let [h, c, s] = &parts();
    for (why, token) in [
        ("nothing", String::new()),
        ("one part", h.clone()),
        ("two parts", format!("{h}.{c}")),
        ("no header", format!(".{c}.{s}")),
        ("no claims", format!("{h}..{s}")),
        ("no signature", format!("{h}.{c}.")),
        ("dots", "..".to_owned()),
        ("one dot", ".".to_owned()),
        ("many dots", ".".repeat(4096)),
        ("a dot before", format!(".{h}.{c}.{s}")),
        ("a dot after", format!("{h}.{c}.{s}.")),
        ("a dot between", format!("{h}..{c}.{s}")),
        ("four parts", format!("{h}.{c}.{s}.{s}")),
        ("five parts, as a JWE has", format!("{h}.{s}.{s}.{c}.{s}")),
    ] {
        refused(Fault::Malformed, why, &token);
    }
    // Three parts of which one is empty, or more than three, do not become better by a signature.
    for (why, message) in [
        ("no claims", format!("{h}.")),
        ("no header", format!(".{c}")),
        ("more", format!("{h}.{c}.{c}")),
    ] {
        refused(Fault::Malformed, why, &sealed(&BODY, &message));
    }
}

#[test]
fn json_serialisations_are_no_tokens() {
    let [h, c, s] = &parts();
    for (why, token) in [
        ("flattened", format!(r#"{{"payload":"{c}","protected":"{h}","signature":"{s}"}}"#)),
        (
            "general",
            format!(
                r#"{{"payload":"{c}","signatures":[{{"protected":"{h}","signature":"{s}"}}]}}"#
            ),
        ),
        ("in quotes", format!(r#""{h}.{c}.{s}""#)),
    ] {
        assert!(present(&token).is_err(), "{why}");
    }
}

#[test]
fn each_part_is_base64url_without_padding_or_white_space() {
    let [h, c, s] = parts();
    let strange = [
        "=", "==", " ", "\t", "\n", "\r\n", "\0", "+", "/", "%", "é", "\u{200b}", "\u{feff}", ",",
        ";",
    ];
    for (i, part) in [&h, &c, &s].into_iter().enumerate() {
        for insert in strange {
            for at in [0, part.len() / 2, part.len()] {
                let mut parts = [h.clone(), c.clone(), s.clone()];
                parts[i].insert_str(at, insert);
                let token = parts.join(".");
                assert!(present(&token).is_err(), "{insert:?} in part {i} at {at}");
                // With a fresh signature over the strange text too.
                if i < 2 {
                    let token = sealed(&BODY, &parts[..2].join("."));
                    refused(Fault::Malformed, insert, &token);
                }
            }
        }
    }
}

#[test]
fn the_alphabet_of_plain_base64_is_refused() {
    let mut seen = [false; 2];
    for n in 0..200 {
        let claims = claims().replace("\"gen\":7", &format!("\"gen\":{n}"));
        let token = signed(&BODY, spell(HEADER), claims);
        assert!(present(&token).is_ok());
        let (message, signature) = token.rsplit_once('.').unwrap();
        for (i, (url, plain)) in [('-', '+'), ('_', '/')].into_iter().enumerate() {
            if signature.contains(url) {
                seen[i] = true;
                let token = format!("{message}.{}", signature.replace(url, &plain.to_string()));
                refused(Fault::Signature, "the other alphabet", &token);
            }
        }
    }
    assert_eq!(seen, [true; 2]);
}

/// The spellings of `part` that differ in the unused low bits of the last character.
fn spellings(part: &str) -> Vec<String> {
    let unused = match part.len() % 4 {
        2 => 16,
        3 => 4,
        _ => 1,
    };
    let (rest, last) = part.split_at(part.len() - 1);
    let value = ALPHABET.iter().position(|c| *c == last.as_bytes()[0]).unwrap();
    let first = value - value % unused;
    (first..first + unused).map(|v| format!("{rest}{}", char::from(ALPHABET[v]))).collect()
}

#[test]
fn one_of_the_sixteen_spellings_of_a_signature_is_accepted() {
    let [h, c, s] = parts();
    let spellings = spellings(&s);
    assert_eq!(spellings.len(), 16);
    let accepted: Vec<&String> =
        spellings.iter().filter(|s| present(&format!("{h}.{c}.{s}")).is_ok()).collect();
    assert_eq!(accepted, [&s]);
}

#[test]
fn header_and_claims_have_one_spelling_too() {
    // White space moves the end of the JSON text to where the last character has unused bits.
    let mut tried = 0;
    for spaces in 0..3 {
        let header = b64(spell(HEADER) + &" ".repeat(spaces));
        let claims = b64(claims() + &" ".repeat(spaces));
        assert!(present(&sealed(&BODY, &format!("{header}.{claims}"))).is_ok());
        for other in spellings(&header).iter().filter(|other| **other != header) {
            refused(Fault::Malformed, "header", &sealed(&BODY, &format!("{other}.{claims}")));
            tried += 1;
        }
        for other in spellings(&claims).iter().filter(|other| **other != claims) {
            refused(Fault::Malformed, "claims", &sealed(&BODY, &format!("{header}.{other}")));
            tried += 1;
        }
    }
    assert_eq!(tried, 2 * (15 + 3));
}

#[test]
fn no_character_can_be_dropped_doubled_or_swapped() {
    let token = genuine();
    for at in 0..token.len() {
        let (before, after) = token.split_at(at);
        let (this, rest) = after.split_at(1);
        assert!(present(&format!("{before}{rest}")).is_err(), "dropped at {at}");
        assert!(present(&format!("{before}{this}{this}{rest}")).is_err(), "doubled at {at}");
        let other = if this == "A" { "B" } else { "A" };
        assert!(present(&format!("{before}{other}{rest}")).is_err(), "changed at {at}");
        assert!(present(&token[..at]).is_err(), "cut at {at}");
    }
}

#[test]
fn the_parts_of_two_genuine_tokens_do_not_mix() {
    let [h, c, s] = &parts();
    let other =
        signed(&BODY, spell(HEADER), claims().replace("[\"admin\",\"user\"]", "[\"owner\"]"));
    let [_, c2, s2] = [0, 1, 2].map(|i| other.split('.').nth(i).unwrap());
    assert!(present(&other).is_ok());
    refused(Fault::Signature, "the other's claims", &format!("{h}.{c2}.{s}"));
    refused(Fault::Signature, "the other's signature", &format!("{h}.{c}.{s2}"));
    refused(Fault::Signature, "no real signature", &format!("{h}.{c}.{}", b64([0; 64])));
    let respaced = b64(claims().replace(',', ", "));
    refused(Fault::Signature, "the same claims, written otherwise", &format!("{h}.{respaced}.{s}"));
}

/// A genuine token of `length` bytes: white space in header and claims makes it so long.
fn padded(length: usize) -> String {
    let token = |header: usize, claims_: usize| {
        let (h, c) = (" ".repeat(header), " ".repeat(claims_));
        signed(&BODY, spell(HEADER) + &h, claims() + &c)
    };
    let base = (length - token(0, 0).len()) / 4 * 3;
    let candidates = (0..4).flat_map(|h| (0..8).map(move |c| (h, c)));
    let (h, c) = candidates
        .into_iter()
        .find(|(h, c)| token(*h, base.saturating_sub(4) + c).len() == length)
        .unwrap();
    token(h, base.saturating_sub(4) + c)
}

#[test]
fn a_token_has_at_most_4096_bytes() {
    assert_eq!(MAX_TOKEN_LENGTH, 4096);
    assert!(present(&padded(4095)).is_ok());
    assert!(present(&padded(4096)).is_ok());
    for length in [4097, 9 << 10, 64 << 10, 1 << 20] {
        refused(Fault::TooLong, "a long genuine token", &padded(length));
        refused(Fault::TooLong, "a long text", &"A".repeat(length));
        refused(Fault::TooLong, "dots", &".".repeat(length));
    }
}
