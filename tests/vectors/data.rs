//! The vectors in `data/`: lines of fields, `#` begins a comment.

/// One test of a signature.
pub(crate) struct Vector {
    /// The test's name in its source.
    pub(crate) name: String,
    /// The public key.
    pub(crate) key: Vec<u8>,
    /// What must come of it: `valid`, `invalid` or `key` (the key itself is refused).
    pub(crate) expected: String,
    /// The message.
    pub(crate) message: Vec<u8>,
    /// The signature.
    pub(crate) signature: Vec<u8>,
}

/// Reads a file in which `key` lines are followed by the tests of that key.
pub(crate) fn vectors(file: &str) -> Vec<Vector> {
    let mut key = Vec::new();
    let mut vectors = Vec::new();
    for fields in lines(file) {
        if fields[0] == "key" {
            key = hex(fields[1]);
            continue;
        }
        vectors.push(Vector {
            name: fields[0].to_owned(),
            key: key.clone(),
            expected: fields[1].to_owned(),
            message: hex(fields[2]),
            signature: hex(fields[3]),
        });
    }
    vectors
}

/// The lines of a file, each split at white space.
pub(crate) fn lines(file: &str) -> impl Iterator<Item = Vec<&str>> {
    file.lines().filter(|line| !line.starts_with('#')).map(|line| line.split(' ').collect())
}

/// Bytes from hex digits; `-` is none.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let (pairs, rest) = digits.as_chunks::<2>();
    assert!(rest.is_empty(), "an odd number of digits: {text}");
    let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    pairs.iter().map(|pair| byte(pair.as_slice())).collect()
}

#[test]
fn hex_reads_digits() {
    assert!(hex("-").is_empty());
    assert_eq!(hex("00ff7A"), [0, 255, 0x7a]);
}
