//! Every limit and rule, from both sides.

use super::{load, refused};

/// (dev, key, just inside, just outside)
const LIMITS: &[(bool, &str, &[&str], &[&str])] = &[
    (
        false,
        "server.listen",
        &["[::1]:1", "127.0.0.2:8080"],
        &["", "8080", "localhost:1", "::1:80x"],
    ),
    (
        false,
        "server.public_url",
        &["https://a.example", "https://a.example/", "http://[::1]:3000"],
        &["", "http://a.example", "https://a.example/x", "https://a.example//", "a.example"],
    ),
    (
        true,
        "server.allowed_origins",
        &["", "[]", "https://a.example,https://b.example", "http://localhost:5173"],
        &["*", "http://a.example", "https://a.example/", "https://*.a.example", "null", "[1]", ","],
    ),
    (
        false,
        "server.trusted_proxies",
        &["", "10.0.0.0/8,::1", "[\"10.0.0.1\"]", "0.0.0.0/1,::/1"],
        &["10.0.0.1/8", "proxy", "*", "0.0.0.0/0", "::/0", "10.0.0.1,::/0", "::ffff:0.0.0.0/96"],
    ),
    (false, "server.docs", &["true", "false"], &["", "yes", "1", "True"]),
    (false, "server.metrics_listen", &["127.0.0.1:9090"], &["", "none", "9090"]),
    (false, "server.request_timeout", &["1ms", "14999ms"], &["0s", "15s", "30s", "10", ""]),
    (true, "server.request_timeout", &["30s", "1h"], &["0s"]),
    (false, "server.max_body", &["1KiB", "1024", "1 MiB"], &["1023", "-1", "64KB", ""]),
    (
        false,
        "database.url",
        &["sqlite::memory:", "postgres://db/x", "postgresql://db/x", "mysql://db/x"],
        &["", "sqlite:", "postgres:db", "mssql://db/x", "/var/db"],
    ),
    (false, "database.timeout", &["1ms"], &["0s", ""]),
    (false, "database.max_connections", &["1"], &["0", "-1", "4294967296", "ten", ""]),
    (false, "tokens.audience", &["a", "api.example"], &["", "a/b", "a b", "a\t"]),
    (false, "tokens.access_ttl", &["60s", "10m"], &["59s", "601s", "240", ""]),
    (true, "tokens.access_ttl", &["60s", "10m"], &["601s"]),
    (false, "tokens.session_idle_ttl", &["30d", "241s"], &["31d", "4m", ""]),
    (false, "tokens.session_max_ttl", &["7d", "365d"], &[""]),
    (false, "tokens.reuse_interval", &["30s", "60s"], &["29s", "61s", ""]),
    (true, "tokens.reuse_interval", &["0s", "120s"], &["121s"]),
    (false, "tokens.leeway", &["0s", "5s"], &["5001ms", "-1s", ""]),
    (false, "tokens.revocation_poll", &["50ms", "60s"], &["49ms", "61s"]),
    (false, "tokens.max_sessions", &["1"], &["0", ""]),
    (false, "tokens.machine_ttl", &["1s", "1h"], &["999ms", "3601s"]),
    (false, "session_flow.access_ttl", &["1s", "120s"], &["0s", "121s"]),
    (false, "keys.accepted_master_keys", &["", super::MASTER], &["short", "[1]"]),
    (false, "keys.jwks_max_age", &["1s"], &["999ms"]),
    (false, "log.level", &["info,tandem=debug"], &["", " "]),
    (false, "log.format", &["auto", "human", "json"], &["", "JSON", "xml"]),
    (false, "log.access", &["false"], &["off"]),
    (false, "passwords.min_length", &["8"], &["7", "-8", ""]),
    (false, "passwords.memory", &["7168"], &["7167", "4294967296"]),
    (true, "passwords.memory", &["8"], &["7"]),
    (false, "passwords.iterations", &["1"], &["0"]),
    (false, "passwords.lanes", &["1", "16"], &["0", "17"]),
    (false, "passwords.max_concurrent", &["1"], &["0"]),
    (false, "accounts.registration", &["open", "closed"], &["", "Open", "invite"]),
];

#[test]
fn limits_of_each_key() {
    for (dev, key, inside, outside) in LIMITS {
        for value in *inside {
            let result = load(*dev, &[(key, value)]);
            assert_eq!(refused(&result), [""; 0], "{key} = {value}: {result:?}");
        }
        for value in *outside {
            let result = load(*dev, &[(key, value)]);
            assert_eq!(
                refused(&result).first().map(String::as_str),
                Some(*key),
                "{key} = {value}: {result:?}"
            );
        }
    }
}

#[test]
fn a_proxy_that_could_be_anybody_is_refused_with_the_remedy() {
    let problems = load(true, &[("server.trusted_proxies", "10.0.0.1,0.0.0.0/0")]).unwrap_err();
    assert_eq!(
        problems.to_string(),
        "\
server.trusted_proxies = \"10.0.0.1,0.0.0.0/0\" (TANDEM_SERVER__TRUSTED_PROXIES): item 2: every client \
could choose its own address; write the addresses that your proxies connect from; must be a list of IP \
addresses and CIDR blocks, such as `10.0.0.0/8`; of your proxies alone, so none with a prefix length of 0"
    );
}

/// (dev, settings, keys that are refused)
type Case = (bool, &'static [(&'static str, &'static str)], &'static [&'static str]);

#[test]
fn rules_between_keys() {
    let settings: &[Case] = &[
        (false, &[("server.request_timeout", "29s"), ("tokens.reuse_interval", "60s")], &[]),
        (false, &[("tokens.access_ttl", "60s"), ("tokens.reuse_interval", "30s")], &[]),
        (
            false,
            &[("tokens.access_ttl", "60s"), ("tokens.reuse_interval", "31s")],
            &["tokens.reuse_interval"],
        ),
        (true, &[("tokens.access_ttl", "1s"), ("tokens.reuse_interval", "500ms")], &[]),
        (true, &[("tokens.access_ttl", "1s")], &["tokens.reuse_interval"]),
        (
            true,
            &[("tokens.access_ttl", "999ms"), ("tokens.reuse_interval", "0s")],
            &["tokens.access_ttl"],
        ),
        (false, &[("tokens.session_max_ttl", "6d")], &["tokens.session_idle_ttl"]),
        (
            false,
            &[("tokens.session_max_ttl", "4m"), ("tokens.session_idle_ttl", "4m")],
            &["tokens.session_idle_ttl", "tokens.session_max_ttl"],
        ),
        (false, &[("tokens.session_max_ttl", "241s"), ("tokens.session_idle_ttl", "241s")], &[]),
        (true, &[("passwords.memory", "32"), ("passwords.lanes", "4")], &[]),
        (true, &[("passwords.memory", "31"), ("passwords.lanes", "4")], &["passwords.memory"]),
        (false, &[("server.listen", "0.0.0.0:8080")], &["server.public_url"]),
        (
            false,
            &[("server.listen", "0.0.0.0:8080"), ("server.public_url", "https://a.example")],
            &[],
        ),
        (false, &[("server.allowed_origins", "https://ui.example")], &["server.public_url"]),
        (false, &[("server.allowed_origins", "http://localhost:3000")], &[]),
        (true, &[("server.listen", "0.0.0.0:8080")], &["server.listen"]),
        (true, &[("server.listen", "[::ffff:127.0.0.1]:0")], &[]),
        (
            true,
            &[("server.listen", "0.0.0.0:8080"), ("server.public_url", "https://a.example")],
            &[],
        ),
    ];
    for (dev, settings, keys) in settings {
        let result = load(*dev, settings);
        assert_eq!(refused(&result), *keys, "{settings:?}: {result:?}");
    }
}

#[test]
fn a_rule_is_not_judged_by_a_default_that_nobody_wanted() {
    let settings = [("tokens.session_idle_ttl", "a week"), ("tokens.session_max_ttl", "1d")];
    assert_eq!(refused(&load(false, &settings)), ["tokens.session_idle_ttl"]);
}
