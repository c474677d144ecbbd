//! Master keys, files that hold secrets, and that nothing shows either.

use std::fs;

use super::{super::*, MASTER, load, refused, shown};

#[test]
fn the_master_key_is_required_outside_dev() {
    let source = |dev| Source { dev, directory: "/nowhere".into(), ..Source::default() };
    assert!(Config::load(&source(true)).unwrap().keys.master_key.is_none());
    assert_eq!(
        Config::load(&source(false)).unwrap_err().to_string(),
        "keys.master_key = none (default): must be 32 random bytes in base64; make them with \
         `openssl rand -base64 32`"
    );
}

#[test]
fn a_secret_may_stand_in_its_own_file() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name).display().to_string();
    fs::write(at("key"), format!("{MASTER}\r\n")).unwrap();
    fs::write(at("keys"), format!("{MASTER}\n{MASTER}\n")).unwrap();
    fs::write(at("url"), "mysql://me:word@db/app\n").unwrap();
    fs::write(at("latin1"), [0xe9]).unwrap();
    let config = load(
        false,
        &[
            ("keys.master_key_file", &at("key")),
            ("keys.accepted_master_keys_file", &at("keys")),
            ("database.url_file", &at("url")),
        ],
    )
    .unwrap();
    assert!(config.keys.master_key.is_some_and(|key| key.expose().starts_with(&[1, 2, 3])));
    assert_eq!(config.keys.accepted_master_keys.len(), 2);
    assert_eq!(config.database.url.expose(), "mysql://me:word@db/app");

    fs::write(at("tandem.toml"), "keys.master_key_file = 'key'").unwrap();
    let mut source = Source { directory: directory.path().into(), ..Source::default() };
    assert!(Config::load(&source).unwrap().keys.master_key.is_some());
    for wrong in ["3", "'gone'", "'latin1'", "''"] {
        fs::write(at("tandem.toml"), format!("keys.master_key_file = {wrong}")).unwrap();
        let result = Config::load(&source);
        assert_eq!(refused(&result), ["keys.master_key_file"], "{wrong}: {result:?}");
    }

    // The environment goes over the file, whichever way either gives the secret.
    source.environment = vec![("TANDEM_KEYS__MASTER_KEY".into(), MASTER.into())];
    fs::write(at("tandem.toml"), "keys.master_key_file = 'key'").unwrap();
    assert!(Config::load(&source).is_ok());
}

#[test]
fn a_secret_given_twice_is_a_problem() {
    let directory = tempfile::tempdir().unwrap();
    let file = format!("[keys]\nmaster_key = '{MASTER}'\nmaster_key_file = 'key'\n");
    fs::write(directory.path().join("tandem.toml"), file).unwrap();
    let source = Source { directory: directory.path().into(), ..Source::default() };
    assert_eq!(
        Config::load(&source).unwrap_err().to_string(),
        "keys.master_key = (secret, not shown) (tandem.toml): `keys.master_key_file` is set as well; \
         remove one of the two"
    );
    let twice = [("database.url", "sqlite::memory:"), ("database.url_file", "/nowhere")];
    assert_eq!(refused(&load(false, &twice)), ["TANDEM_DATABASE__URL"]);
}

#[test]
fn secrets_are_never_shown() {
    let secret = "hunter2";
    let settings = [
        ("keys.master_key", secret),
        ("keys.accepted_master_keys", "hunter2,[hunter2"),
        ("database.url", "hunter2://hunter2:hunter2@hunter2"),
        ("keys.masterkey", secret),
    ];
    let problems = load(false, &settings).unwrap_err();
    assert_eq!(problems.as_slice().len(), 4);
    let file_instead = load(false, &[("keys.master_key_file", secret)]).unwrap_err();

    let directory = tempfile::tempdir().unwrap();
    let mut source = Source { directory: directory.path().into(), ..Source::default() };
    source.environment = vec![("TANDEM_KEYS__MASTER_KEY".into(), secret.into())];
    let mut said = format!("{problems}{problems:?}{file_instead}{source:?}");
    for line in [
        "master_key = hunter2",
        "master_key = 'hunter2",
        "master_key = [hunter2]",
        "master_key = \"\\hunter2\"",
        "master_key = ['hunter2']",
        "accepted_master_keys = 'hunter2'",
        "master_key_file = ['hunter2']",
        "master_kee = 'hunter2'",
        "master_key.a = 'hunter2'",
    ] {
        fs::write(directory.path().join("tandem.toml"), format!("[keys]\n{line}\n")).unwrap();
        said += &Config::load(&source).unwrap_err().to_string();
    }
    assert!(!said.contains(secret), "{said}");

    let url = ("database.url", "postgres://me:hunter2@db/app");
    let config = load(false, &[url, ("keys.accepted_master_keys", MASTER)]).unwrap();
    assert_eq!(shown(&config, "database.url"), "postgres://me:***@db/app");
    assert_eq!(shown(&config, "keys.master_key"), "(secret, not shown)");
    assert_eq!(shown(&config, "keys.accepted_master_keys"), "[(secret, not shown)]");
    let said = format!("{config:?}{:?}", config.entries());
    assert!(
        !said.contains(secret) && !said.contains(MASTER) && !said.contains("[1, 2, 3"),
        "{said}"
    );
}
