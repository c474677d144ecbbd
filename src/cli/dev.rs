//! What `--dev` prepares on first start.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use crate::{
    config::MasterKey,
    domain::{
        email::Email,
        entropy::{self, Entropy, OsEntropy},
        role::Roles,
    },
    service::{AccountError, Auth},
};

const MASTER_KEY_FILE: &str = "data/master.key";
const DEMO_EMAIL: &str = "demo@example.com";

/// The master key under `./data`, made if it is not there.
pub(super) fn master_key() -> io::Result<MasterKey> {
    let path = Path::new(MASTER_KEY_FILE);
    if !path.exists() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create("data")?;
        let fresh: Zeroizing<[u8; 32]> = Zeroizing::new(entropy::bytes(&OsEntropy));
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        writeln!(file, "{}", *Zeroizing::new(STANDARD.encode(*fresh)))?;
    }
    let text = Zeroizing::new(fs::read_to_string(path)?);
    let bytes = STANDARD.decode(text.trim()).ok().map(Zeroizing::new);
    bytes.and_then(|bytes| bytes.as_slice().try_into().ok()).map(MasterKey::new).ok_or_else(|| {
        io::Error::other(format!("{MASTER_KEY_FILE} does not hold 32 bytes of base64: delete it"))
    })
}

/// An account to try things out with; `None` if there is one already.
pub(super) async fn demo_user(auth: &Auth) -> Result<Option<(String, String)>, AccountError> {
    if !auth.users(0, 1).await?.is_empty() {
        return Ok(None);
    }
    let Ok(email) = Email::parse(DEMO_EMAIL) else { return Ok(None) };
    let password = sayable_password(&OsEntropy);
    auth.add_user(email, &password, Roles::default()).await?;
    Ok(Some((DEMO_EMAIL.to_owned(), password)))
}

/// Six groups of four letters that are not taken for one another: 120 bits or so.
fn sayable_password(entropy: &dyn Entropy) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let bytes: [u8; 24] = entropy::bytes(entropy);
    let letters = bytes.iter().map(|byte| LETTERS.get(usize::from(byte % 32)).unwrap_or(&b'a'));
    let letters: Vec<char> = letters.map(|letter| char::from(*letter)).collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join("-")
}
