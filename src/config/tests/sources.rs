//! The file, the environment, and what is unknown in either.

use std::{fs, path::PathBuf};

use super::{super::*, MASTER, shown};

/// Loads from a `tandem.toml` with this text and an environment with a master key.
fn load(file: &str, environment: &[(&str, &str)]) -> Result<Config, Problems> {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("tandem.toml"), file).unwrap();
    let master = ("TANDEM_KEYS__MASTER_KEY", MASTER);
    let environment = environment.iter().chain([&master]);
    Config::load(&Source {
        environment: environment.map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        directory: directory.path().into(),
        ..Source::default()
    })
}

#[test]
fn environment_over_file_over_default() {
    let file = "log.level = 'warn'\n[tokens]\naccess_ttl = '5m'\nmax_sessions = 3\n";
    let config = load(file, &[("TANDEM_TOKENS__ACCESS_TTL", "6m"), ("PATH", "/bin")]).unwrap();
    assert_eq!(shown(&config, "tokens.access_ttl"), "6m");
    assert_eq!((config.tokens.max_sessions, config.log.level.as_str()), (3, "warn"));
    assert_eq!(shown(&config, "tokens.reuse_interval"), "30s");
}

#[test]
fn every_type_can_be_written_in_the_file() {
    let file = r#"
        [server]
        listen = "0.0.0.0:80"
        public_url = "https://auth.example.com/"
        allowed_origins = ["https://app.example.com", "http://localhost:5173"]
        trusted_proxies = ["10.0.0.0/8", "::1"]
        docs = true
        metrics_listen = "127.0.0.1:9090"
        max_body = 32768
        [log]
        format = "json"
        [accounts]
        registration = "closed"
    "#;
    let config = load(file, &[]).unwrap();
    let origins = r#"["https://app.example.com", "http://localhost:5173"]"#;
    for (name, value) in [
        ("server.listen", "0.0.0.0:80"),
        ("server.public_url", "https://auth.example.com"),
        ("server.allowed_origins", origins),
        ("server.trusted_proxies", r#"["10.0.0.0/8", "::1"]"#),
        ("server.docs", "true"),
        ("server.metrics_listen", "127.0.0.1:9090"),
        ("server.max_body", "32KiB"),
        ("log.format", "json"),
        ("accounts.registration", "closed"),
    ] {
        assert_eq!(shown(&config, name), value, "{name}");
    }
}

/// (file, a variable that is set to nothing, message)
const COMPLAINTS: &[(&str, Option<&str>, &str)] = &[
    (
        "tokens.access_ttl = 240",
        None,
        "tokens.access_ttl = 240 (tandem.toml): not a string: its TOML type is integer; \
         must be `60s` to `10m` (`1s` to `10m` with `--dev`)",
    ),
    (
        "passwords.lanes = '1'",
        None,
        "passwords.lanes = \"1\" (tandem.toml): not a whole number: its TOML type is \
         string; must be 1 to 16",
    ),
    (
        "server.docs = 'true'",
        None,
        "server.docs = \"true\" (tandem.toml): not a boolean: its TOML type is string; must \
         be `true` or `false`",
    ),
    (
        "[sever]\nlisten = 'x'",
        None,
        "sever.listen (tandem.toml): not a key; the nearest one is `server.listen`",
    ),
    (
        "\"server.listen\" = 'x'",
        None,
        "\"server.listen\" (tandem.toml): not a key; the nearest one is `server.listen`",
    ),
    ("\"\" = 1", None, " (tandem.toml): not a key; the nearest one is `database.url`"),
    ("listen = 'x'", None, "listen (tandem.toml): not a key; the nearest one is `server.listen`"),
    ("[token]", None, "token (tandem.toml): not a key; the nearest one is `tokens.audience`"),
    (
        "[server.docks]\na = 1",
        None,
        "server.docks (tandem.toml): not a key; the nearest one is `server.docs`",
    ),
    (
        "server = 3",
        None,
        "server (tandem.toml): is a section: write `[server]`, and its keys on the lines below",
    ),
    (
        "[[server]]\ndocs = true",
        None,
        "server (tandem.toml): is a section: write `[server]`, and its keys on the lines below",
    ),
    (
        "\"doc\\ns\" = 1",
        None,
        "doc\u{fffd}s (tandem.toml): not a key; the nearest one is `server.docs`",
    ),
    (
        "\n[server]\nlisten = ",
        None,
        "tandem.toml, line 3: not TOML: string values must be quoted, expected literal string",
    ),
    ("a = 1\na = 1", None, "tandem.toml, line 2: not TOML: duplicate key"),
    (
        "",
        Some("TANDEM_SERVER__LISTN"),
        "TANDEM_SERVER__LISTN (environment): not a key; the nearest one is `TANDEM_SERVER__LISTEN`",
    ),
    (
        "",
        Some("TANDEM_MASTER_KEY"),
        "TANDEM_MASTER_KEY (environment): not a key; the nearest one is `TANDEM_KEYS__MASTER_KEY`",
    ),
    (
        "",
        Some("TANDEM_SERVER__LISTEN_FILE"),
        "TANDEM_SERVER__LISTEN_FILE (environment): not a key; the nearest one is \
         `TANDEM_SERVER__LISTEN`",
    ),
    (
        "",
        Some("TANDEM_server__listen"),
        "TANDEM_server__listen (environment): not a key; the nearest one is \
         `TANDEM_SERVER__LISTEN`",
    ),
    (
        "",
        Some("TANDEM_PORT_8080_TCP"),
        "TANDEM_PORT_8080_TCP (environment): not a key; Kubernetes sets it for a service \
         named `tandem`: set `enableServiceLinks: false`",
    ),
    (
        "",
        Some("TANDEM_LOG__LEVEL"),
        "log.level = \"\" (TANDEM_LOG__LEVEL): must be filter directives, such as `info` or \
         `info,tandem=debug`",
    ),
];

#[test]
fn problems_say_where_and_what_to_do() {
    for (file, environment, message) in COMPLAINTS {
        let environment: Vec<_> = environment.iter().map(|name| (*name, "")).collect();
        assert_eq!(load(file, &environment).unwrap_err().to_string(), *message);
    }
}

#[test]
fn empty_sections_are_fine() {
    assert!(load("[server]\n[tokens]\n", &[]).is_ok());
}

#[test]
fn a_named_file_must_be_there_and_hides_no_other_problem() {
    let directory = tempfile::tempdir().unwrap();
    let mut source = Source {
        file: Some(PathBuf::from("other.toml")),
        environment: vec![("TANDEM_LOG__ACCESS".into(), "maybe".into())],
        directory: directory.path().into(),
        ..Source::default()
    };
    assert_eq!(
        Config::load(&source).unwrap_err().to_string(),
        "other.toml: cannot be read: No such file or directory (os error 2)\n\
         log.access = \"maybe\" (TANDEM_LOG__ACCESS): not a boolean; must be `true` or `false`"
    );
    source.environment.clear();
    let file = format!("keys.master_key = '{MASTER}'\nlog.level = 'debug'");
    fs::write(directory.path().join("other.toml"), file).unwrap();
    assert_eq!(Config::load(&source).unwrap().log.level, "debug");
    source.file = Some(directory.path().join("other.toml"));
    assert!(Config::load(&source).is_ok());
}
