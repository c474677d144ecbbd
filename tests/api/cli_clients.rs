//! `tandem client` as a shell sees it.

use serde_json::{Value, json};

use super::cli::{Service, Shell, until};

const KEY: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

fn jwk(member: &str, value: &str) -> String {
    let mut jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": KEY, "kid": "one" });
    jwk[member] = json!(value);
    json!({ "keys": [jwk] }).to_string()
}

fn count(shell: &Shell) -> usize {
    shell.json(&["client", "list", "--json"]).as_array().unwrap().len()
}

#[test]
fn a_client_is_made_listed_changed_and_removed() {
    let shell = Shell::new();
    assert_eq!(shell.json(&["client", "list", "--json"]), json!([]));
    let made =
        shell.run(&["client", "add", "the shop", "--scope", "b:x", "--scope", "a", "--scope", "a"]);
    assert!(made.err.contains("client_created") && !made.err.contains("the shop"), "{}", made.err);
    let lines: Vec<_> = made.out.lines().collect();
    let [id, secret, "", "It is not shown again."] = lines.as_slice() else {
        panic!("{}", made.out)
    };
    let id = id.strip_prefix("client_id      ").unwrap();
    let secret = secret.strip_prefix("client_secret  ").unwrap();
    assert!(secret.starts_with("tdm_sec_") && secret.len() == 51, "{secret}");
    assert!(!made.err.contains(secret), "it is in the log");

    let list = shell.json(&["client", "list", "--json"]);
    let created = list[0]["created_at"].as_str().unwrap();
    assert!(created.ends_with('Z'), "{created}");
    let expected = json!([{
        "id": id, "name": "the shop", "scopes": "a b:x", "created_at": created,
        "authentication": "client_secret", "secrets_end": [null],
    }]);
    assert_eq!(list, expected);
    let table = shell.ok(&["client", "list"]);
    let lines: Vec<_> = table.lines().collect();
    assert!(
        lines[0].starts_with("ID  ") && lines[1].starts_with(id) && lines.len() == 2,
        "{table}"
    );
    assert_eq!(lines[0].find("SCOPES"), lines[1].find("a b:x"));
    assert!(!(table + &list.to_string()).contains(&secret[8..]));

    let rotated = shell.json(&["client", "rotate-secret", id, "--json"]);
    let members: Vec<_> = rotated.as_object().unwrap().keys().collect();
    assert_eq!(members, ["client_id", "client_secret"]);
    assert_eq!(rotated["client_id"], id);
    let new = rotated["client_secret"].as_str().unwrap();
    assert!(new.starts_with("tdm_sec_") && new != secret);
    let ends = shell.json(&["client", "list", "--json"])[0]["secrets_end"].clone();
    assert_eq!(
        (
            ends.as_array().unwrap().len(),
            ends.as_array().unwrap().iter().filter(|end| end.is_null()).count()
        ),
        (2, 1)
    );
    assert!(shell.ok(&["client", "rotate-secret", id, "--overlap", "0s"]).contains("tdm_sec_"));
    let ends = shell.json(&["client", "list", "--json"])[0]["secrets_end"].clone();
    assert_eq!(ends, json!([null]));

    assert_eq!(shell.ok(&["client", "remove", id]), "removed\n");
    assert_eq!(count(&shell), 0);
    for command in ["rotate-secret", "remove"] {
        shell.run(&["client", command, id]).fails(1, &["no client", id, "tandem client list"]);
    }
}

#[test]
fn a_client_with_keys_gets_no_secret() {
    let shell = Shell::new();
    shell.write("keys.json", &jwk("use", "sig"));
    let made = shell.json(&["client", "add", "from a file", "--jwks", "keys.json", "--json"]);
    let id = made["client_id"].as_str().unwrap();
    assert_eq!(made, json!({ "client_id": id }));
    let from_stdin = ["client", "add", "from standard input", "--jwks", "-"];
    let out = shell
        .run_with_input(&from_stdin, &format!("\n{}\n", jwk("kid", "two")))
        .succeeds(&from_stdin);
    assert!(out.starts_with("client_id      ") && out.lines().count() == 1, "{out}");
    let list = shell.json(&["client", "list", "--json"]);
    let listed: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (&row["name"], &row["authentication"], &row["secrets_end"]))
        .collect();
    let (keys, none) = (json!("private_key_jwt"), json!([]));
    assert_eq!(
        listed,
        [(&json!("from a file"), &keys, &none), (&json!("from standard input"), &keys, &none)]
    );
    shell.run(&["client", "rotate-secret", id]).fails(1, &["proves itself by its keys"]);
}

#[test]
fn a_bad_key_set_is_refused_with_its_reason_and_nothing_is_made() {
    let shell = Shell::new();
    let rsa = json!({ "keys": [{ "kty": "RSA", "n": "AQAB", "e": "AQAB" }] }).to_string();
    let ec = json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": KEY, "y": KEY }] }).to_string();
    let two = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": KEY, "kid": "a" }, { "kty": "OKP", "crv": "Ed25519", "x": KEY, "kid": "a" }] });
    let weak = format!("AQ{}", "A".repeat(41));
    let pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n";
    for (text, says) in [
        (jwk("d", "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"), "a private key"),
        (rsa, "Ed25519"),
        (ec, "Ed25519"),
        (jwk("crv", "X25519"), "Ed25519"),
        (jwk("x", &weak), "weak"),
        (jwk("x", "AQAB"), ""),
        (jwk("x", ""), ""),
        (two.to_string(), "the same `kid`"),
        (json!({ "keys": [] }).to_string(), "1 to 8 keys"),
        (json!({ "kty": "OKP", "crv": "Ed25519", "x": KEY }).to_string(), "JWK set"),
        (pem.to_owned(), "JWK set"),
        (String::new(), ""),
        ("{".to_owned(), "JWK set"),
        (jwk("kid", &"x".repeat(20_000)), "too long"),
    ] {
        shell.write("bad.json", &text);
        shell.run(&["client", "add", "x", "--jwks", "bad.json"]).fails(1, &["bad.json", says]);
        let from_stdin = ["client", "add", "x", "--jwks", "-"];
        let answer = shell.run_with_input(&from_stdin, &text);
        assert!(!answer.err.contains("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"));
        answer.fails(1, &[says]);
    }
    shell.run(&["client", "add", "x", "--jwks", "missing.json"]).fails(1, &["missing.json"]);
    assert_eq!(count(&shell), 0);
}

#[test]
fn what_cannot_be_done_is_said() {
    let shell = Shell::new();
    let made = shell.json(&["client", "add", "shop", "--json"]);
    let id = made["client_id"].as_str().unwrap();
    for scope in ["", "a b", "\"", "\\", "\u{e9}", &"s".repeat(65)] {
        shell.run(&["client", "add", "x", "--scope", scope]).fails(1, &["scope", "1 to 64"]);
    }
    let scopes: Vec<String> = (0..33).map(|n| format!("--scope=s{n}")).collect();
    let mut arguments = vec!["client", "add", "x"];
    arguments.extend(scopes.iter().map(String::as_str));
    shell.run(&arguments).fails(1, &["at most 32 scopes"]);
    for name in ["", "a\u{7}b", "line\nbreak", &"n".repeat(101)] {
        shell.run(&["client", "add", name]).fails(2, &["1 to 100"]);
    }
    let nobody = "0".repeat(32);
    for command in ["rotate-secret", "remove"] {
        shell.run(&["client", command, &nobody]).fails(1, &["no client", &nobody]);
        for bad in ["shop", "123", &id.to_uppercase(), &id[1..]] {
            shell.run(&["client", command, bad]).fails(2, &["32 lower-case hex digits"]);
        }
    }
    for overlap in ["x", "24", "-1h", "91d"] {
        let overlap = format!("--overlap={overlap}");
        shell.run(&["client", "rotate-secret", id, &overlap]).fails(2, &["24h", "90d"]);
    }
    for command in [
        "client",
        "client sing",
        "client add",
        "client add a b",
        "client list extra",
        "client remove",
        "client rotate-secret",
        // A secret is never an argument.
        "client add a --secret x",
        "client rotate-secret --secret x",
    ] {
        let arguments: Vec<&str> = command.split(' ').collect();
        let answer = shell.run(&arguments);
        assert_eq!((answer.status, answer.out.as_str()), (2, ""), "{command}: {}", answer.err);
    }
    assert_eq!(count(&shell), 1);
    let ends = shell.json(&["client", "list", "--json"])[0]["secrets_end"].clone();
    assert_eq!(ends, json!([null]), "nothing was rotated");
}

#[test]
fn without_a_database_nothing_is_done() {
    let shell = Shell::empty();
    for command in ["client list", "client add x", "client remove 00000000000000000000000000000000"]
    {
        let arguments: Vec<&str> = command.split(' ').collect();
        shell.run(&arguments).fails(1, &["tandem migrate up"]);
    }
    // A wrong argument is found before the database is opened.
    let shell = Shell::empty();
    shell.run(&["client", "add", "x", "--scope", "a b"]).fails(1, &["scope"]);
    shell.run(&["client", "add", "x", "--jwks", "missing.json"]).fails(1, &["missing.json"]);
    assert!(!shell.directory.path().join("data/tandem.db").exists());
}

/// The program as a machine sees it.
fn ask(service: &Service, made: &Value) -> Result<String, String> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    let shown = STANDARD.encode(format!("{}:{}", text("client_id"), text("client_secret")));
    let headers = format!("Authorization: Basic {shown}\r\n");
    let form = "application/x-www-form-urlencoded";
    let (head, body) =
        service.ask_with(form, "POST /iam/oauth/token", &headers, "grant_type=client_credentials");
    let status = head.split(' ').nth(1).unwrap().to_owned();
    let body: Value = serde_json::from_str(body.trim()).unwrap();
    body["access_token"].as_str().map(str::to_owned).ok_or(status)
}

#[test]
fn a_running_service_learns_what_operators_do() {
    let shell = Shell::empty();
    let service = Service::start(&shell);
    let made = shell.json(&["client", "add", "shop", "--scope", "revocations:read", "--json"]);
    let token = ask(&service, &made).unwrap();
    let bearer = format!("Authorization: Bearer {token}\r\n");
    let is_good = || service.answers("GET /api/auth/revocations", &bearer);
    assert!(is_good());
    let id = made["client_id"].as_str().unwrap();
    let rotated = shell.json(&["client", "rotate-secret", id, "--overlap", "1h", "--json"]);
    assert!(ask(&service, &rotated).is_ok() && ask(&service, &made).is_ok());
    let rotated = shell.json(&["client", "rotate-secret", id, "--overlap", "0s", "--json"]);
    assert!(ask(&service, &rotated).is_ok());
    assert_eq!(ask(&service, &made), Err("401".to_owned()));
    assert!(is_good());
    shell.ok(&["client", "remove", id]);
    assert_eq!(ask(&service, &rotated), Err("401".to_owned()));
    until("the token has ended", || !is_good());
}
