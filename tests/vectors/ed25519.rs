//! Ed25519: exactly one signature per key and message, and no key under which any will do.

use tandem::crypto::keys::{KeyError, PublicKey, SigningKey};

use crate::data::{Vector, hex, lines, vectors};

const RFC_8032: &str = include_str!("data/rfc8032.txt");
const WYCHEPROOF: &str = include_str!("data/wycheproof_ed25519.txt");
const SPECCHECK: &str = include_str!("data/speccheck_ed25519.txt");
const SMALL_ORDER: &str = include_str!("data/small_order.txt");

/// The order of the base point, little endian (RFC 8032 section 5.1).
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

struct Rfc8032 {
    name: &'static str,
    signing: SigningKey,
    public: PublicKey,
    message: Vec<u8>,
    signature: Vec<u8>,
}

fn rfc_8032() -> Vec<Rfc8032> {
    let read = |fields: Vec<&'static str>| Rfc8032 {
        name: fields[0],
        signing: SigningKey::from_seed(&hex(fields[1])).unwrap(),
        public: PublicKey::from_bytes(&hex(fields[2])).unwrap(),
        message: hex(fields[3]),
        signature: hex(fields[4]),
    };
    let vectors: Vec<Rfc8032> = lines(RFC_8032).map(read).collect();
    assert_eq!(
        vectors.iter().map(|v| v.name).collect::<Vec<_>>(),
        ["1", "2", "3", "1024", "SHA(abc)"]
    );
    vectors
}

fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

#[test]
fn rfc_8032_signatures_are_made_and_accepted() {
    for v in rfc_8032() {
        assert_eq!(v.signing.public(), v.public, "TEST {}", v.name);
        assert_eq!(v.signing.sign(&v.message).as_slice(), v.signature, "TEST {}", v.name);
        assert!(v.public.verify(&v.message, &v.signature), "TEST {}", v.name);
    }
}

#[test]
fn any_flipped_bit_of_signature_message_or_key_is_noticed() {
    for v in rfc_8032() {
        for bit in 0..v.signature.len() * 8 {
            let signature = flipped(&v.signature, bit);
            assert!(!v.public.verify(&v.message, &signature), "TEST {}, signature {bit}", v.name);
        }
        for bit in 0..v.message.len() * 8 {
            let message = flipped(&v.message, bit);
            assert!(!v.public.verify(&message, &v.signature), "TEST {}, message {bit}", v.name);
        }
        for bit in 0..256 {
            let key = PublicKey::from_bytes(&flipped(v.public.as_bytes(), bit));
            let accepted = key.is_ok_and(|key| key.verify(&v.message, &v.signature));
            assert!(!accepted, "TEST {}, key {bit}", v.name);
        }
    }
}

fn outcome(v: &Vector) -> &'static str {
    match PublicKey::from_bytes(&v.key) {
        Err(_) => "key",
        Ok(key) if key.verify(&v.message, &v.signature) => "valid",
        Ok(_) => "invalid",
    }
}

#[test]
fn every_wycheproof_signature_comes_out_as_published() {
    let vectors = vectors(WYCHEPROOF);
    assert_eq!(vectors.len(), 151);
    assert_eq!(vectors.iter().filter(|v| v.expected == "invalid").count(), 63);
    for v in vectors {
        assert_eq!(outcome(&v), v.expected, "test {}", v.name);
    }
}

#[test]
fn every_speccheck_case_comes_out_as_strict_verification_demands() {
    let vectors = vectors(SPECCHECK);
    assert_eq!(vectors.len(), 12);
    for v in vectors {
        assert_eq!(outcome(&v), v.expected, "case {}", v.name);
    }
}

#[test]
fn a_key_of_small_order_is_refused_however_it_is_spelled() {
    let mut counts = [0, 0];
    for fields in lines(SMALL_ORDER) {
        let (expected, count) = match fields[0] {
            "canonical" => (KeyError::Weak, &mut counts[0]),
            _ => (KeyError::Malformed, &mut counts[1]),
        };
        *count += 1;
        assert_eq!(PublicKey::from_bytes(&hex(fields[1])), Err(expected), "{}", fields[1]);
    }
    assert_eq!(counts, [8, 6]);
}

#[test]
fn a_signature_with_an_r_of_small_order_is_refused_under_an_honest_key() {
    let honest = rfc_8032().remove(1);
    for fields in lines(SMALL_ORDER) {
        let signature = [hex(fields[1]), hex(fields[2])].concat();
        assert!(!honest.public.verify(b"small order", &signature), "R = {}", fields[1]);
    }
}

#[test]
fn a_key_whose_y_is_not_below_the_prime_is_refused() {
    // 2^255 - 19 + n, for every n that 255 bits hold, with both signs of x.
    for n in 0..19 {
        for sign in [0x7f, 0xff] {
            let mut key = [0xff; 32];
            key[0] = 0xed + n;
            key[31] = sign;
            assert_eq!(PublicKey::from_bytes(&key), Err(KeyError::Malformed), "n = {n}");
        }
    }
}

#[test]
fn a_key_that_is_no_point_of_the_curve_is_refused() {
    for y in [2, 7, 8, 11] {
        let mut key = [0; 32];
        key[0] = y;
        assert_eq!(PublicKey::from_bytes(&key), Err(KeyError::Malformed), "y = {y}");
    }
}

/// `s + l`, little endian; the carry out of 32 bytes is lost.
fn plus_order(s: &mut [u8]) {
    let mut carry = 0;
    for (s, l) in s.iter_mut().zip(ORDER) {
        let sum = u16::from(*s) + u16::from(l) + carry;
        [*s, _] = sum.to_le_bytes();
        carry = sum >> 8;
    }
}

#[test]
fn no_other_spelling_of_s_is_accepted() {
    for n in 0..32 {
        let key = SigningKey::from_seed(&[n; 32]).unwrap();
        let mut signature = key.sign(b"message");
        assert!(key.public().verify(b"message", &signature));
        // S + L … S + 15 L: more than that does not fit 32 bytes.
        for times in 1..=15 {
            plus_order(&mut signature[32..]);
            assert!(!key.public().verify(b"message", &signature), "S + {times} L, seed {n}");
        }
    }
}

#[test]
fn a_signature_has_64_bytes() {
    let key = SigningKey::from_seed(&[7; 32]).unwrap();
    let signature = key.sign(b"message");
    for length in 0..64 {
        assert!(!key.public().verify(b"message", &signature[..length]), "{length} bytes");
    }
    for more in [1, 2, 32, 64] {
        let longer = [signature.as_slice(), &vec![0; more]].concat();
        assert!(!key.public().verify(b"message", &longer), "64 + {more} bytes");
        let shifted = [&vec![0; more], signature.as_slice()].concat();
        assert!(!key.public().verify(b"message", &shifted), "{more} + 64 bytes");
    }
    assert!(!key.public().verify(b"message", &[0; 64]));
    assert!(key.public().verify(b"message", &signature));
}

#[test]
fn a_key_has_32_bytes() {
    let public = SigningKey::from_seed(&[7; 32]).unwrap().public();
    let mut long = public.as_bytes().to_vec();
    long.extend([0; 33]);
    for length in (0..32).chain(33..65) {
        assert_eq!(PublicKey::from_bytes(&long[..length]), Err(KeyError::Malformed));
        assert_eq!(SigningKey::from_seed(&long[..length]).err(), Some(KeyError::Malformed));
    }
    assert_eq!(PublicKey::from_bytes(&long[..32]), Ok(public));
}

#[test]
fn a_private_key_in_pem_is_read_and_nothing_else_is() {
    // RFC 8410 section 10.3; the second has attributes and the public key.
    let plain = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
        -----END PRIVATE KEY-----\n";
    let key = SigningKey::from_pem(plain).unwrap();
    assert_eq!(
        key.public().as_bytes().as_slice(),
        hex("19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1")
    );
    let public = "-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
        -----END PUBLIC KEY-----\n";
    let x25519 = plain.replace("MC4CAQAwBQYDK2Vw", "MC4CAQAwBQYDK2Vu");
    let cut = plain.replace("VhC\n", "\n");
    let label = plain.replace("PRIVATE KEY", "RSA PRIVATE KEY");
    for bad in ["", "x", public, &x25519, &cut, &label, "MC4CAQAwBQYDK2Vw"] {
        assert_eq!(SigningKey::from_pem(bad).err(), Some(KeyError::Pem), "{bad}");
    }
}
