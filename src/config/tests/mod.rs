//! Loading as a whole.

mod rules;
mod secrets;
mod sources;

use super::{Config, Problems, Source, key};

/// A valid master key.
const MASTER: &str = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";

/// Loads from dotted names and values alone, with a master key.
fn load(dev: bool, settings: &[(&str, &str)]) -> Result<Config, Problems> {
    let master = Some(&("keys.master_key", MASTER));
    let master = master.filter(|(name, _)| !settings.iter().any(|(other, _)| other.contains(name)));
    let environment = master.into_iter().chain(settings);
    Config::load(&Source {
        dev,
        environment: environment.map(|(k, v)| (key::variable(k), (*v).to_owned())).collect(),
        directory: "/nowhere".into(),
        file: None,
    })
}

/// The keys that have a problem.
fn refused(result: &Result<Config, Problems>) -> Vec<String> {
    let problems = result.as_ref().err().map(Problems::as_slice).unwrap_or_default();
    problems.iter().map(|problem| problem.key.clone()).collect()
}

/// The effective value of a key as `config show` has it.
fn shown(config: &Config, name: &str) -> String {
    config.entries().into_iter().find(|entry| entry.key == name).unwrap().value
}

#[test]
fn defaults() {
    for dev in [false, true] {
        let config = load(dev, &[]).unwrap();
        for (name, value) in [
            ("server.listen", "127.0.0.1:8080"),
            ("server.public_url", "http://localhost:8080"),
            ("server.allowed_origins", "[]"),
            ("server.trusted_proxies", "[]"),
            ("server.docs", if dev { "true" } else { "false" }),
            ("server.metrics_listen", "none"),
            ("server.request_timeout", "10s"),
            ("server.max_body", "64KiB"),
            ("database.url", "sqlite://data/tandem.db?mode=rwc"),
            ("database.timeout", "5s"),
            ("database.max_connections", "10"),
            ("tokens.audience", "tandem"),
            ("tokens.access_ttl", "4m"),
            ("tokens.session_idle_ttl", "7d"),
            ("tokens.session_max_ttl", "30d"),
            ("tokens.reuse_interval", "30s"),
            ("tokens.leeway", "5s"),
            ("tokens.revocation_poll", "1s"),
            ("tokens.max_sessions", "20"),
            ("tokens.machine_ttl", "10m"),
            ("session_flow.access_ttl", "1m"),
            ("keys.accepted_master_keys", "[]"),
            ("keys.jwks_max_age", "5m"),
            ("log.level", "info"),
            ("log.format", "auto"),
            ("log.access", "true"),
            ("passwords.min_length", "15"),
            ("passwords.memory", "19456"),
            ("passwords.iterations", "2"),
            ("passwords.lanes", "1"),
            ("accounts.registration", "open"),
        ] {
            assert_eq!(shown(&config, name), value, "{name}");
        }
        assert!(config.passwords.max_concurrent >= 1);
    }
}

#[test]
fn public_url_follows_the_port_of_a_loopback_listener() {
    for (listen, url) in [
        ("127.0.0.1:9000", "http://localhost:9000"),
        ("[::1]:9000", "http://localhost:9000"),
        ("127.0.0.1:80", "http://localhost"),
        ("127.0.0.1:0", "http://localhost:8080"),
    ] {
        let config = load(false, &[("server.listen", listen)]).unwrap();
        assert_eq!(config.server.public_url.as_str(), url, "{listen}");
    }
    let set = [("server.listen", "127.0.0.1:9000"), ("server.public_url", "http://localhost:5173")];
    assert_eq!(load(false, &set).unwrap().server.public_url.as_str(), "http://localhost:5173");
}

#[test]
fn every_problem_is_reported_at_once() {
    let result = load(
        false,
        &[
            ("keys.master_key", "short"),
            ("server.listen", "localhost:8080"),
            ("tokens.access_ttl", "1h"),
            ("tokens.session_idle_ttl", "60d"),
            ("passwords.lanes", "0"),
            ("log.levle", "info"),
        ],
    );
    assert_eq!(
        result.unwrap_err().to_string(),
        "\
TANDEM_LOG__LEVLE (environment): not a key; the nearest one is `TANDEM_LOG__LEVEL`
server.listen = \"localhost:8080\" (TANDEM_SERVER__LISTEN): invalid socket address syntax; must be an \
IP address and a port, such as `127.0.0.1:8080`; loopback only with `--dev`, unless \
`server.public_url` is https
keys.master_key = (secret, not shown) (TANDEM_KEYS__MASTER_KEY): not base64; must be 32 random bytes \
in base64; make them with `openssl rand -base64 32`
tokens.access_ttl = \"1h\" (TANDEM_TOKENS__ACCESS_TTL): must be `60s` to `10m` (`1s` to `10m` with \
`--dev`)
passwords.lanes = \"0\" (TANDEM_PASSWORDS__LANES): must be 1 to 16
tokens.session_idle_ttl = \"60d\" (TANDEM_TOKENS__SESSION_IDLE_TTL): must be at most \
`tokens.session_max_ttl` (30d)"
    );
}

/// One text between blanks, the empty one included.
const NASTY: &str = "\
    \0 \n - + 0 -1 999999999999999999999999 18446744073709551615d 1e9s 💥 4💥 ٣s \u{feff}4m [ \
    ] [] [[]] [\" {} \" ''' , ,, / // :// http:// https://[ https://] https://[]: https://: \
    https://a:b:c https://é https://xn-- https://xn--a.b https://. https://.. https://1. \
    http://0x :: ::/ ::/0 0/0 1.2.3.4/-0 /32 ::ffff:1.2.3.4/95 % %00 @ a@b sqlite sqlite: : \
    postgres://@:@/?&= postgres://[ postgres://]: 9223372036854775808 \
    true\n \u{202e}  [1,{}] 4\u{a0}s";

#[test]
fn nothing_makes_a_reader_panic() {
    let long = "9a:/@.".repeat(5000);
    for text in NASTY.split(' ').chain([" ", "[1, {}]", "a = 1", &long]) {
        for key in key::all() {
            // Both outcomes are fine.
            let _ = load(true, &[(key.name, text)]).map(|config| config.entries().len());
        }
    }
}
