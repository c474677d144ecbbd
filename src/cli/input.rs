//! Secrets from outside: from a prompt, standard input or a file, never from an argument.

use std::{
    fs::File,
    io::{self, IsTerminal, Read},
    os::fd::AsFd,
    path::Path,
};

use zeroize::Zeroizing;

use super::Failure;
use crate::domain::password::MAX_PASSWORD_LENGTH;

/// Far more than a private key needs.
const MAX_KEY_FILE: usize = 16 * 1024;

/// A new password: asked for twice if a person is there, else one line of standard input.
pub(super) fn new_password() -> Result<Zeroizing<String>, Failure> {
    if !io::stdin().is_terminal() {
        return first_line(standard_input()?);
    }
    let password = Zeroizing::new(rpassword::prompt_password("New password: ")?);
    let again = Zeroizing::new(rpassword::prompt_password("Once more: ")?);
    if password != again {
        return Err(Failure::Refused("the two passwords differ; nothing was changed".to_owned()));
    }
    Ok(password)
}

/// The text of a key file; of standard input, if there is no name.
pub(super) fn key_file(path: Option<&Path>) -> Result<Zeroizing<String>, Failure> {
    let (file, name) = match path {
        Some(path) => (File::open(path), path.display().to_string()),
        None => (standard_input(), "standard input".to_owned()),
    };
    let refused = |reason: &str| Failure::Refused(format!("{name}: {reason}"));
    let file = file.map_err(|error| refused(&error.to_string()))?;
    // All at once, so that growing leaves no copies behind.
    let mut bytes = Zeroizing::new(vec![0; MAX_KEY_FILE]);
    let mut length = 0;
    while let Some(free @ [_, ..]) = bytes.get_mut(length..) {
        match (&file).read(free) {
            Ok(0) => return text(bytes.get(..length)).ok_or_else(|| refused("not a text")),
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(refused(&error.to_string())),
        }
    }
    Err(refused("too long for a private key"))
}

/// Without the buffer of [`io::stdin`], which nobody wipes.
fn standard_input() -> io::Result<File> {
    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}

#[expect(clippy::unbuffered_bytes, reason = "no buffer keeps a copy of the password")]
fn first_line(input: impl Read) -> Result<Zeroizing<String>, Failure> {
    let refused =
        |reason: &str| Failure::Refused(format!("the password on standard input {reason}"));
    let most = MAX_PASSWORD_LENGTH + 1;
    let mut line = Zeroizing::new(Vec::with_capacity(most));
    for byte in input.bytes() {
        match byte? {
            b'\n' => break,
            _ if line.len() == most => return Err(refused("is too long")),
            byte => line.push(byte),
        }
    }
    let line = line.strip_suffix(b"\r").unwrap_or(&line);
    if line.is_empty() {
        return Err(refused("is missing: write it there, on one line"));
    }
    text(Some(line)).ok_or_else(|| refused("is not UTF-8"))
}

fn text(bytes: Option<&[u8]>) -> Option<Zeroizing<String>> {
    str::from_utf8(bytes?).ok().map(|text| Zeroizing::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_first_line() {
        for (input, expected) in [
            (&b"correct horse"[..], Some("correct horse")),
            (b"correct horse\n", Some("correct horse")),
            (b"correct horse\r\nbattery\n", Some("correct horse")),
            (b" spaces stay ", Some(" spaces stay ")),
            (b"", None),
            (b"\n", None),
            (b"\r\n", None),
            (b"\xff\n", None),
        ] {
            let line = first_line(input).ok();
            assert_eq!(line.as_ref().map(|line| line.as_str()), expected, "{input:?}");
        }
    }

    #[test]
    fn a_password_has_an_end() {
        let longest = "x".repeat(MAX_PASSWORD_LENGTH);
        assert_eq!(*first_line(format!("{longest}\r\n").as_bytes()).unwrap(), longest);
        assert!(first_line(format!("{longest}xx").as_bytes()).is_err());
    }
}
