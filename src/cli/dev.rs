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
pub(super) const DEMO_EMAIL: &str = "demo@example.com";

/// The master key under `./data`, made if it is not there.
pub(super) fn master_key() -> io::Result<MasterKey> {
    read_or_make().map_err(|error| {
        let path = std::path::absolute(MASTER_KEY_FILE).unwrap_or_else(|_| MASTER_KEY_FILE.into());
        let advice = "start in a directory that you may write to";
        let text = format!("the master key of --dev in {}: {error}; {advice}", path.display());
        io::Error::new(error.kind(), text)
    })
}

fn read_or_make() -> io::Result<MasterKey> {
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
    bytes
        .and_then(|bytes| bytes.as_slice().try_into().ok())
        .map(MasterKey::new)
        .ok_or_else(|| io::Error::other("it does not hold 32 bytes of base64: delete it"))
}

/// The account to try things out with.
pub(super) enum Demo {
    /// Made just now, with this password.
    Made(String),
    /// There from an earlier start.
    Known,
    /// There are accounts, and it is not among them.
    None,
}

/// Makes the demo user where there is no account at all.
pub(super) async fn demo_user(auth: &Auth) -> Result<Demo, AccountError> {
    if !auth.users(0, 1).await?.is_empty() {
        let known = auth.find_user(DEMO_EMAIL).await.is_ok();
        return Ok(if known { Demo::Known } else { Demo::None });
    }
    let Ok(email) = Email::parse(DEMO_EMAIL) else { return Ok(Demo::None) };
    let password = sayable_password(&OsEntropy);
    auth.add_user(email, &password, Roles::default()).await?;
    Ok(Demo::Made(password))
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
