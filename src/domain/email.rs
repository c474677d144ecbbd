//! E-mail addresses: kept as given, compared in one canonical form.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

/// The longest address, in bytes (RFC 5321 section 4.5.3.1.3: a path of 256 with its brackets).
pub const MAX_EMAIL_LENGTH: usize = 254;

/// A well-formed e-mail address.
///
/// Its canonical form is lower case, NFKC, with the domain in its ASCII form (RFC 5891): `A@EXAMPLE.com`
/// and `a@example.com` are one account.
#[derive(Clone, PartialEq, Eq)]
pub struct Email {
    given: String,
    canonical: String,
}

/// Why an address is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// Longer than [`MAX_EMAIL_LENGTH`].
    #[error("an e-mail address has at most {MAX_EMAIL_LENGTH} bytes")]
    TooLong,
    /// Not of the form `local@domain`.
    #[error("not an e-mail address: write it as name@example.com")]
    Malformed,
    /// The domain is no host name.
    #[error("the part after '@' is not a domain name")]
    Domain,
}

impl Email {
    /// Reads an address; surrounding white space is dropped.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let given = text.trim();
        if given.len() > MAX_EMAIL_LENGTH {
            return Err(EmailError::TooLong);
        }
        let (local, domain) = given.rsplit_once('@').ok_or(EmailError::Malformed)?;
        let local = fold(local);
        if !is_local_part(&local) {
            return Err(EmailError::Malformed);
        }
        let canonical = format!("{local}@{}", ascii_domain(domain)?);
        // NFKC and the ASCII form of a domain can be longer than what was given.
        if canonical.len() > MAX_EMAIL_LENGTH {
            return Err(EmailError::TooLong);
        }
        Ok(Self { given: given.to_owned(), canonical })
    }

    /// The address as it was given.
    pub fn as_str(&self) -> &str {
        &self.given
    }

    /// The form in which addresses are compared.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The part before the `@`, in canonical form.
    pub fn local_part(&self) -> &str {
        self.canonical.rsplit_once('@').map_or("", |(local, _)| local)
    }
}

/// Compatibility form: look-alike widths and ligatures are one address. Twice, because lower-casing
/// can denormalise.
fn fold(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

/// A dot-atom (RFC 5322 section 3.2.3), beyond ASCII as RFC 6531 section 3.3 allows.
fn is_local_part(local: &str) -> bool {
    local.len() <= 64
        && local.split('.').all(|atom| {
            !atom.is_empty()
                && atom.chars().all(|c| {
                    c.is_ascii_alphanumeric()
                        || "!#$%&'*+-/=?^_`{|}~".contains(c)
                        || (!c.is_ascii() && c.is_alphanumeric())
                })
        })
}

fn ascii_domain(domain: &str) -> Result<String, EmailError> {
    let ascii = idna::domain_to_ascii_strict(domain).map_err(|_| EmailError::Domain)?;
    let labels_are_fine = ascii.split('.').all(|label| !label.is_empty() && label.len() <= 63);
    if labels_are_fine && ascii.len() <= 253 { Ok(ascii) } else { Err(EmailError::Domain) }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.given)
    }
}

/// An address is personal data: logs get the user's id.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[e-mail]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_canonical_form() {
        for (given, canonical) in [
            ("ada@example.com", "ada@example.com"),
            ("  Ada@EXAMPLE.Com ", "ada@example.com"),
            ("a.b+c@example.com", "a.b+c@example.com"),
            ("J\u{f6}rg@b\u{fc}cher.example", "j\u{f6}rg@xn--bcher-kva.example"),
            ("Jo\u{308}rg@b\u{fc}cher.example", "j\u{f6}rg@xn--bcher-kva.example"),
            ("ada@localhost", "ada@localhost"),
        ] {
            assert_eq!(Email::parse(given).map(|e| e.canonical), Ok(canonical.to_owned()));
        }
    }

    #[test]
    fn malformed_addresses_are_refused() {
        for bad in [
            "",
            "@",
            "ada",
            "ada@",
            "@example.com",
            "a b@example.com",
            "a..b@example.com",
            ".a@example.com",
            "a@b@c",
            "a@exa mple.com",
            "a@-x.com",
            "a@x..com",
            "a@x.com.",
            "a\r\n@example.com",
            "\"a\"@example.com",
            "a@[127.0.0.1]",
            "a\u{200b}@example.com",
        ] {
            assert!(Email::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(Email::parse(&format!("a@{}.com", "x".repeat(300))), Err(EmailError::TooLong));
    }

    #[test]
    fn debug_shows_no_address() {
        assert_eq!(format!("{:?}", Email::parse("ada@example.com").unwrap()), "[e-mail]");
    }
}
