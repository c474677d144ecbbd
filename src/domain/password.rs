//! Passwords: what may be one.

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::email::Email;

/// The longest password in bytes: hashing is bounded, nothing is cut.
pub const MAX_PASSWORD_LENGTH: usize = 1024;

/// The most common passwords of eight characters and more, lower case, sorted.
const COMMON: &str = include_str!("common_passwords.txt");

/// A password in NFC (NIST SP 800-63B-4 section 3.1.1.2), wiped from memory when dropped.
///
/// No `Display`; `Debug` shows nothing.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

/// Why a password is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too few code points.
    #[error("at least {0} characters are needed; a sentence is a good password")]
    TooShort(usize),
    /// Too many bytes.
    #[error("at most {MAX_PASSWORD_LENGTH} bytes are allowed")]
    TooLong,
    /// On the list.
    #[error(
        "this is one of the most common passwords, the first that anyone tries; choose another"
    )]
    Common,
    /// Derived from the address.
    #[error("this is your e-mail address or a part of it; choose another")]
    Address,
}

impl Password {
    /// Takes what a user typed, to be compared: no rule but the length bound applies.
    pub fn typed(text: &str) -> Result<Self, PasswordError> {
        if text.len() > MAX_PASSWORD_LENGTH {
            return Err(PasswordError::TooLong);
        }
        Ok(Self(Zeroizing::new(text.nfc().collect())))
    }

    /// Takes a new password for the account `email`, of at least `min_length` code points.
    pub fn new(text: &str, min_length: usize, email: &Email) -> Result<Self, PasswordError> {
        let password = Self::chosen(text, min_length)?;
        let folded = password.folded();
        if *folded == email.canonical() || *folded == email.local_part() {
            return Err(PasswordError::Address);
        }
        Ok(password)
    }

    /// The part of the rules for new passwords that holds for every account alike.
    pub fn chosen(text: &str, min_length: usize) -> Result<Self, PasswordError> {
        let password = Self::typed(text)?;
        if password.0.chars().count() < min_length {
            return Err(PasswordError::TooShort(min_length));
        }
        if is_common(&password.folded()) { Err(PasswordError::Common) } else { Ok(password) }
    }

    fn folded(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.to_lowercase())
    }

    /// The bytes to hash.
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[password]")
    }
}

/// True for a listed password, and for one short piece repeated (`aaaa…`, `abcabcabc…`).
fn is_common(folded: &str) -> bool {
    COMMON.lines().any(|listed| listed == folded) || is_repetition(folded)
}

fn is_repetition(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (1..=4).any(|period| {
        chars.len() >= period * 3
            && chars.iter().zip(chars.iter().skip(period)).all(|(a, b)| a == b)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(text: &str) -> Result<(), PasswordError> {
        let email = Email::parse("ada.lovelace-1815@example.com").unwrap();
        Password::new(text, 15, &email).map(drop)
    }

    #[test]
    fn length_is_counted_in_code_points() {
        assert_eq!(new(&"🦀🐢".repeat(7)), Err(PasswordError::TooShort(15)));
        assert_eq!(new("🦀🐢🐍🐙🦑🦐🦞🦀🐡🐠🐟🐬🐳🐋🦈"), Ok(()));
        assert_eq!(new("correct horse b"), Ok(()));
        assert_eq!(new("correct horse "), Err(PasswordError::TooShort(15)));
        assert_eq!(new(&"long ".repeat(60)), Ok(()));
        assert_eq!(new(&"x".repeat(1025)), Err(PasswordError::TooLong));
    }

    #[test]
    fn composed_and_decomposed_are_one() {
        let [a, b] = ["caf\u{e9}", "cafe\u{301}"].map(|t| Password::typed(t).unwrap());
        assert_eq!(a.expose(), b.expose());
    }

    #[test]
    fn the_usual_suspects_are_refused_with_the_reason() {
        for common in
            ["passwordpassword", "PasswordPassword", "aaaaaaaaaaaaaaaa", "123123123123123"]
        {
            assert_eq!(new(common), Err(PasswordError::Common), "{common}");
        }
        assert_eq!(new("Ada.Lovelace-1815"), Err(PasswordError::Address));
        assert_eq!(new("ada.lovelace-1815@EXAMPLE.com"), Err(PasswordError::Address));
    }

    #[test]
    fn the_list_is_sorted_and_useful() {
        let listed: Vec<&str> = COMMON.lines().collect();
        assert!(listed.len() >= 200);
        assert!(listed.is_sorted());
        assert!(listed.iter().all(|p| p.chars().count() >= 8 && *p == p.to_lowercase()));
    }
}
