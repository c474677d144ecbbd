//! The command line, as a shell sees it: exit status, standard output, standard error.

use std::{
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::ffi::OsStrExt,
    path::Path,
    process::{Child, ChildStderr, Command, Output, Stdio},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tempfile::TempDir;

const PASSWORD: &str = "a quiet walk by the canal";
const ADA: &str = "Ada@example.com";
const NOBODY: &str = "00000000000000000000000000000000";

/// A working directory of its own, with `--dev`.
pub(crate) struct Shell {
    pub(crate) directory: TempDir,
    variables: Vec<(&'static str, String)>,
}

/// How a command went.
pub(crate) struct Answer {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Shell {
    /// With nothing in its directory.
    pub(crate) fn empty() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    /// With a database.
    pub(crate) fn new() -> Self {
        let shell = Self::empty();
        shell.ok(&["migrate", "up"]);
        shell
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tandem"));
        for (name, _) in std::env::vars_os() {
            if name.as_bytes().starts_with(b"TANDEM_") {
                command.env_remove(name);
            }
        }
        // A service that should not start must not be in the way of one that runs.
        command.env("TANDEM_SERVER__LISTEN", "127.0.0.1:0");
        command
            .current_dir(self.directory.path())
            .args(arguments)
            .env("TANDEM_PASSWORDS__MEMORY", "64")
            .env("TANDEM_PASSWORDS__ITERATIONS", "1")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a command with `--dev` behind it.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Answer {
        run(self.command(arguments).arg("--dev"), input)
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Answer {
        self.run_with_input(arguments, "")
    }

    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        self.run(arguments).succeeds(arguments)
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.ok(arguments)).unwrap()
    }

    fn add(&self, email: &str) {
        let arguments = ["user", "add", email];
        self.run_with_input(&arguments, &format!("{PASSWORD}\n")).succeeds(&arguments);
    }

    fn user(&self, id_or_email: &str) -> Value {
        self.json(&["user", "show", id_or_email, "--json"])
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.directory.path().join(name), text).unwrap();
    }
}

impl Answer {
    pub(crate) fn succeeds(self, arguments: &[&str]) -> String {
        assert_eq!(self.status, 0, "{arguments:?}: {}", self.err);
        self.out
    }

    /// Fails with everything in `says` on standard error, and nothing on standard output.
    pub(crate) fn fails(self, status: i32, says: &[&str]) {
        assert_eq!((self.status, self.out.as_str()), (status, ""), "{}", self.err);
        for text in says {
            assert!(self.err.contains(text), "{text:?} is not in: {}", self.err);
        }
        assert!(!self.err.contains("panicked"), "{}", self.err);
    }
}

fn run(command: &mut Command, input: &str) -> Answer {
    let mut child = command.spawn().unwrap();
    // A command that reads nothing may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let [out, err] = [stdout, stderr].map(|text| String::from_utf8(text).unwrap());
    Answer { status: status.code().unwrap(), out, err }
}

/// `serve --dev` in the directory of a shell, until dropped.
pub(crate) struct Service {
    child: Child,
    address: String,
    _log: BufReader<ChildStderr>,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Service {
    pub(crate) fn start(shell: &Shell) -> Self {
        let mut command = shell.command(&["serve", "--dev"]);
        command.env("TANDEM_TOKENS__REVOCATION_POLL", "50ms").stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let (mut address, mut line) = (String::new(), String::new());
        while address.is_empty() {
            line.clear();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "the service is gone");
            if let Some((_, rest)) = line.split_once("listening on http://") {
                address = rest.split('"').next().unwrap().to_owned();
            }
        }
        let service = Self { child, address, _log: log };
        until("the service is ready", || service.answers("GET /health/ready", ""));
        service
    }

    /// Status line and headers, and the body.
    fn ask(&self, operation: &str, headers: &str, body: &str) -> (String, String) {
        self.ask_with("application/json", operation, headers, body)
    }

    /// The same with a body of another type.
    pub(crate) fn ask_with(
        &self,
        content_type: &str,
        operation: &str,
        headers: &str,
        body: &str,
    ) -> (String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let (host, length) = (&self.address, body.len());
        write!(
            stream,
            "{operation} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
             Content-Type: {content_type}\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }

    /// The headers that carry both halves of a new session, or the status.
    fn login(&self, email: &str, password: &str) -> Result<String, String> {
        let body = json!({ "email": email, "password": password }).to_string();
        let (head, body) = self.ask("POST /api/auth/login", "User-Agent: parrot\r\n", &body);
        let status = head.split(' ').nth(1).unwrap().to_owned();
        if status != "200" {
            return Err(status);
        }
        let body: Value = serde_json::from_str(body.trim()).unwrap();
        let cookies = head.lines().filter_map(|line| {
            let (name, value) = line.split_once(": ")?;
            let is_cookie = name.eq_ignore_ascii_case("set-cookie");
            is_cookie.then(|| value.split(';').next().unwrap().to_owned())
        });
        let cookies = cookies.collect::<Vec<_>>().join("; ");
        let token = body["access_token"].as_str().unwrap();
        Ok(format!("Authorization: Bearer {token}\r\nCookie: {cookies}\r\n"))
    }

    pub(crate) fn answers(&self, operation: &str, headers: &str) -> bool {
        self.ask(operation, headers, "").0.starts_with("HTTP/1.1 200")
    }

    fn me(&self, credentials: &str) -> bool {
        self.answers("GET /api/auth/me", credentials)
    }

    /// The service learns by looking, every 50 ms.
    fn learns_the_end_of(&self, credentials: &str) {
        until("the session is over", || !self.me(credentials));
    }
}

pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    assert!((0..3000).any(|_| is_so()), "never: {what}");
}

#[test]
fn the_schema_goes_up_and_down() {
    let shell = Shell::empty();
    assert!(shell.ok(&["migrate", "status"]).contains("m0001_core     pending"));
    let needed = ["run `tandem migrate up`", "sqlite://data/tandem.db"];
    for command in ["user list", "keys list", "session end --all"] {
        shell.run(&command.split(' ').collect::<Vec<_>>()).fails(1, &needed);
    }
    assert_eq!(shell.ok(&["migrate", "up"]), "applied m0001_core\napplied m0002_clients\n");
    assert_eq!(shell.ok(&["migrate", "up"]), "nothing to do: the schema is up to date\n");
    assert_eq!(
        shell.json(&["migrate", "status", "--json"]),
        json!([
            { "name": "m0001_core", "applied": true },
            { "name": "m0002_clients", "applied": true },
        ])
    );
    shell.add(ADA);
    shell.run(&["migrate", "down"]).fails(2, &["m0002_clients", "back up", "--yes"]);
    shell.user(ADA);
    assert_eq!(shell.ok(&["migrate", "down", "--yes"]), "took back m0002_clients\n");
    shell.run(&["migrate", "down"]).fails(2, &["m0001_core", "back up", "--yes"]);
    assert_eq!(shell.ok(&["migrate", "down", "--yes"]), "took back m0001_core\n");
    assert!(shell.ok(&["migrate", "status"]).contains("pending"));
    assert!(shell.ok(&["migrate", "down", "--yes"]).contains("nothing to do"));
}

#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    let shell = Shell::new();
    let file = shell.directory.path().join("data/tandem.db");
    let url = format!("sqlite://{}", file.display());
    let database = sea_orm::Database::connect(url).await.unwrap();
    let newer = "insert into seaql_migrations (version, applied_at) values ('m9999_later', 0)";
    database.execute_unprepared(newer).await.unwrap();
    database.close().await.unwrap();
    for command in ["migrate status", "migrate up", "migrate down --yes", "user list", "serve"] {
        let arguments: Vec<&str> = command.split(' ').collect();
        let answer = shell.run(&arguments);
        assert!(answer.err.contains("newer than this program"), "{command}: {}", answer.err);
        assert_eq!(answer.status, 1, "{command}");
    }
}

#[test]
fn accounts_are_made_shown_and_changed() {
    let shell = Shell::new();
    assert_eq!(shell.json(&["user", "list", "--json"]), json!([]));
    let add = ["user", "add", ADA, "--role", "ops", "--role", "admin"];
    let added = shell.run_with_input(&add, &format!("{PASSWORD}\r\nnot read\n"));
    assert!(added.err.contains("user_created") && !added.err.contains("example.com"));
    assert!(!(added.err.clone() + &added.out).contains(PASSWORD));
    let added = added.succeeds(&add);

    let user = shell.user("ada@EXAMPLE.com");
    let id = user["id"].as_str().unwrap();
    assert!(added.contains(id) && added.contains(ADA));
    assert_eq!(user["email"], ADA);
    assert_eq!(user["roles"], json!(["admin", "ops"]));
    assert_eq!(user["disabled_at"], Value::Null);
    assert_eq!(shell.user(id), user);
    let shown = shell.ok(&["user", "show", id]);
    assert!(shown.starts_with(&format!("id        {id}\nemail     {ADA}\n")), "{shown}");

    shell.add("grace@example.com");
    let list = shell.json(&["user", "list", "--json"]);
    assert_eq!((list.as_array().unwrap().len(), &list[0]), (2, &user));
    let table = shell.ok(&["user", "list"]);
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("ID  ") && lines[1].starts_with(id) && lines.len() == 3);
    assert_eq!(lines[0].find("CREATED"), lines[1].find(user["created_at"].as_str().unwrap()));

    shell.ok(&["user", "set-roles", ADA, "support"]);
    assert_eq!(shell.user(ADA)["roles"], json!(["support"]));
    assert!(shell.ok(&["user", "set-roles", id]).contains("none"));
    assert_eq!(shell.user(ADA)["roles"], json!([]));
    shell.ok(&["user", "disable", ADA]);
    assert!(shell.user(ADA)["disabled_at"].as_str().unwrap().ends_with('Z'));
    shell.ok(&["user", "enable", id]);
    assert_eq!(shell.user(ADA), {
        let mut same = user.clone();
        same["roles"] = json!([]);
        same
    });
}

#[test]
fn what_cannot_be_done_is_said() {
    let shell = Shell::new();
    shell.add(ADA);
    let add = |email, password| shell.run_with_input(&["user", "add", email], password);
    add("ADA@example.com", PASSWORD).fails(1, &["ADA@example.com has an account already"]);
    add("bob@example.com", "short").fails(1, &["password will not do", "15 characters"]);
    add("bob@example.com", "passwordpassword").fails(1, &["password will not do", "common"]);
    add("bob@example.com", "").fails(1, &["standard input is missing"]);
    add("bob@example.com", &"x".repeat(1100)).fails(1, &["too long"]);
    for command in [
        "user show",
        "user disable",
        "user enable",
        "user set-roles",
        "user set-password",
        "session list --user",
        "session end --user",
    ] {
        for who in ["nobody@example.com", NOBODY, "not an account"] {
            let mut arguments: Vec<&str> = command.split(' ').collect();
            arguments.push(who);
            shell
                .run_with_input(&arguments, PASSWORD)
                .fails(1, &[&format!("no account {who:?}"), "user list"]);
        }
    }
    shell.run(&["session", "end", NOBODY]).fails(1, &["no live session", NOBODY]);
    let roles: Vec<String> = (0..33).map(|number| format!("r{number}")).collect();
    let mut arguments = vec!["user", "set-roles", ADA];
    arguments.extend(roles.iter().map(String::as_str));
    shell.run(&arguments).fails(2, &["at most 32 roles"]);
    assert_eq!(shell.json(&["user", "list", "--json"]).as_array().unwrap().len(), 1);
}

#[test]
fn wrong_usage_is_status_2_and_touches_nothing() {
    let shell = Shell::empty();
    for command in [
        "",
        "nonsense",
        "migrate",
        "migrate sideways",
        "keys",
        "keys import",
        "user",
        "user add",
        "user add not-an-address",
        "user add a@example.com --role Boss",
        "user show",
        "user set-roles a@example.com Boss",
        "user list extra",
        "keys list --ring none",
        "keys import --ring body one.pem two.pem",
        "session list",
        "session end",
        "session end --all --user a@example.com",
        "session end 123",
        "openapi --json",
        // A password is never an argument.
        "user add a@example.com correct-horse-battery",
        "user add a@example.com --password correct-horse-battery",
        "user set-password a@example.com correct-horse-battery",
        "user set-password a@example.com --password=correct-horse-battery",
    ] {
        let arguments: Vec<&str> = command.split(' ').filter(|word| !word.is_empty()).collect();
        let answer = shell.run(&arguments);
        assert_eq!((answer.status, answer.out.as_str()), (2, ""), "{command}: {}", answer.err);
        assert!(!answer.err.is_empty(), "{command}");
    }
    assert_eq!(fs::read_dir(shell.directory.path()).unwrap().count(), 0);
}

#[test]
fn a_running_service_learns_what_operators_do() {
    let shell = Shell::empty();
    let service = Service::start(&shell);
    let list = ["session", "list", "--user", ADA, "--json"];
    shell.add(ADA);

    let first = service.login(ADA, PASSWORD).unwrap();
    let second = service.login(ADA, PASSWORD).unwrap();
    assert!(service.me(&first) && service.me(&second));
    let sessions = shell.json(&list);
    assert_eq!(sessions.as_array().unwrap().len(), 2);
    assert_eq!(
        (&sessions[0]["user_agent"], &sessions[0]["amr"]),
        (&json!("parrot"), &json!(["pwd"]))
    );
    let (newest, oldest) = (sessions[0]["id"].as_str().unwrap(), &sessions[1]["id"]);
    assert!(shell.ok(&list[..4]).lines().nth(1).unwrap().starts_with(newest));

    assert_eq!(shell.ok(&["session", "end", newest]), "1 session ended\n");
    service.learns_the_end_of(&second);
    assert!(service.me(&first));
    shell.run(&["session", "end", newest]).fails(1, &["no live session"]);
    assert_eq!(&shell.json(&list)[0]["id"], oldest);

    let third = service.login(ADA, PASSWORD).unwrap();
    assert_eq!(shell.ok(&["session", "end", "--user", ADA]), "2 sessions ended\n");
    service.learns_the_end_of(&first);
    service.learns_the_end_of(&third);
    assert_eq!(shell.json(&list), json!([]));

    let fourth = service.login(ADA, PASSWORD).unwrap();
    assert_eq!(shell.ok(&["session", "end", "--all"]), "1 session ended\n");
    service.learns_the_end_of(&fourth);

    let fifth = service.login(ADA, PASSWORD).unwrap();
    shell.ok(&["user", "disable", ADA]);
    service.learns_the_end_of(&fifth);
    assert_eq!(service.login(ADA, PASSWORD), Err("401".to_owned()));
    shell.ok(&["user", "enable", ADA]);

    let sixth = service.login(ADA, PASSWORD).unwrap();
    let set = ["user", "set-password", ADA];
    shell.run_with_input(&set, "a much better password\n").succeeds(&set);
    service.learns_the_end_of(&sixth);
    assert_eq!(service.login(ADA, PASSWORD), Err("401".to_owned()));
    service.login(ADA, "a much better password").unwrap();
}

/// PKCS#8 in PEM (RFC 8410 section 7) around a seed, and a public key if there is one.
fn pem(seed: [u8; 32], public: Option<[u8; 32]>) -> String {
    let version = u8::from(public.is_some());
    let mut body = vec![2, 1, version, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    body.extend(seed);
    if let Some(public) = public {
        body.extend([0x81, 0x21, 0]);
        body.extend(public);
    }
    let mut der = vec![0x30, u8::try_from(body.len()).unwrap()];
    der.extend(body);
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|l| str::from_utf8(l).unwrap()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

#[test]
fn keys_are_listed_and_brought_in() {
    let shell = Shell::new();
    assert_eq!(shell.json(&["keys", "list", "--json"]), json!([]));
    shell.write("body.pem", &pem([7; 32], None));
    let import = ["keys", "import", "--ring", "body", "body.pem"];
    let answer = shell.run(&import);
    assert!(answer.err.contains("key_imported"), "{}", answer.err);
    let said = answer.succeeds(&import);

    let keys = shell.json(&["keys", "list", "--ring", "body", "--json"]);
    let states: Vec<&str> =
        keys.as_array().unwrap().iter().map(|key| key["state"].as_str().unwrap()).collect();
    // Its ring does not wait for it.
    assert_eq!(states, ["active", "pending", "pending"]);
    let (kid, at) = (keys[1]["kid"].as_str().unwrap(), keys[1]["active_from"].as_str().unwrap());
    assert_eq!(said, format!("{kid} is published, and signs in the body ring from {at} on\n"));
    let table = shell.ok(&["keys", "list", "--ring", "body"]);
    assert!(table.starts_with("RING  KID") && table.contains(kid) && table.lines().count() == 4);

    shell.run(&import).fails(1, &["known already"]);
    shell.run(&["keys", "import", "--ring", "cookie", "body.pem"]).fails(1, &["known already"]);

    let now = ["keys", "import", "--ring", "cookie", "--now"];
    shell.run_with_input(&now, &pem([8; 32], None)).succeeds(&now);
    let soon = shell.json(&["keys", "list", "--ring", "cookie", "--json"]);
    assert!(soon[1]["active_from"].as_str().unwrap() < at, "three looks, not five minutes");
    assert_eq!(shell.json(&["keys", "list", "--json"]).as_array().unwrap().len(), 8);
}

#[test]
fn a_key_that_is_no_good_stays_outside() {
    let shell = Shell::new();
    let import = |text: &str| shell.run_with_input(&["keys", "import", "--ring", "body"], text);
    let good = pem([7; 32], None);
    let weak_point = {
        let mut point = [0; 32];
        point[0] = 1;
        point
    };
    for bad in [
        "",
        "not a key",
        &good.replace("PRIVATE", "PUBLIC"),
        &good.replace("K2Vw", "K2Vu"),
        &good[..80],
        // The public key beside it is a weak one, or another's.
        &pem([7; 32], Some(weak_point)),
        &pem([7; 32], Some([9; 32])),
    ] {
        import(bad).fails(1, &["Ed25519 private key in PKCS#8 PEM", "openssl genpkey"]);
    }
    import(&"x".repeat(100_000)).fails(1, &["too long"]);
    shell.run(&["keys", "import", "--ring", "body", "none.pem"]).fails(1, &["none.pem", "No such"]);
    fs::write(shell.directory.path().join("bytes"), [0xff]).unwrap();
    shell.run(&["keys", "import", "--ring", "body", "bytes"]).fails(1, &["not a text"]);
    let keys = shell.json(&["keys", "list", "--ring", "body", "--json"]);
    assert_eq!(keys.as_array().unwrap().len(), 2, "only what every ring begins with");
}

#[test]
fn a_key_under_another_master_key_stays_outside() {
    let shell = Shell::new();
    shell.ok(&["keys", "list"]);
    let import = ["keys", "import", "--ring", "body"];
    shell.run_with_input(&import, &pem([7; 32], None)).succeeds(&import);
    let before = shell.json(&["keys", "list", "--json"]);
    let shell = shell.with("TANDEM_KEYS__MASTER_KEY", &STANDARD.encode([1; 32]));
    shell.run_with_input(&import, &pem([8; 32], None)).fails(1, &["keys.master_key"]);
    assert_eq!(shell.json(&["keys", "list", "--json"]), before);
}

#[test]
fn a_bad_configuration_tells_all_and_starts_nothing() {
    let shell = Shell::empty();
    shell.write("bad.toml", "[server]\nlisten = 7\nlissten = 7\n[tokens]\naccess_ttl = \"1h\"\n");
    for command in ["serve", "config check", "config show", "user list", "migrate up"] {
        let mut arguments: Vec<&str> = command.split(' ').collect();
        arguments.extend(["--config", "bad.toml"]);
        let mut command = shell.command(&arguments);
        command.env("TANDEM_TYPO", "x").env("TANDEM_PASSWORDS__MEMORY", "hunter2");
        run(&mut command, "").fails(
            1,
            &[
                "server.listen",
                "server.lissten",
                "tokens.access_ttl",
                "TANDEM_TYPO",
                "passwords.memory",
                "keys.master_key",
            ],
        );
    }
    let mut command = shell.command(&["user", "list", "--dev"]);
    command.env("TANDEM_TOKENS__AUDIENCE", OsStr::from_bytes(b"\xff"));
    run(&mut command, "").fails(1, &["TANDEM_TOKENS__AUDIENCE: not UTF-8"]);
    shell.run(&["config", "check", "--config", "none.toml"]).fails(1, &["none.toml"]);
    assert!(!shell.directory.path().join("data").exists());
}

#[test]
fn the_configuration_is_shown_without_secrets() {
    let key = STANDARD.encode([5; 32]);
    let shell = Shell::empty()
        .with("TANDEM_KEYS__MASTER_KEY", &key)
        .with("TANDEM_DATABASE__URL", "postgres://me:hunter2@db.example/app");
    assert_eq!(shell.ok(&["config", "check"]), "the configuration is good\n");
    let lines = shell.ok(&["config", "show"]);
    assert!(lines.contains("keys.master_key = (secret, not shown)\n"), "{lines}");
    assert!(lines.contains("database.url = postgres://me:***@db.example/app\n"), "{lines}");
    let entries = shell.json(&["config", "show", "--json"]);
    let entry = |key| entries.as_array().unwrap().iter().find(|entry| entry["key"] == key).unwrap();
    assert_eq!(entry("keys.master_key")["value"], "(secret, not shown)");
    assert_eq!(entry("server.docs")["value"], "true");
    let all = lines + &entries.to_string();
    assert!(!all.contains("hunter2") && !all.contains(&key));
}

#[test]
fn a_database_that_is_away_is_named_without_its_password() {
    let cases = [
        ("postgres://me:hunter2@127.0.0.1:1/app", "postgres://me:***@127.0.0.1:1/app"),
        ("mysql://me:hunter2@127.0.0.1:1/app", "mysql://me:***@127.0.0.1:1/app"),
        ("postgres://me:hunter2@127.0.0.1:99999/app", "postgres://me:***@127.0.0.1:99999/app"),
        ("sqlite://none/tandem.db?mode=ro", "sqlite://none/tandem.db?mode=ro"),
    ];
    for (url, shown) in cases {
        let shell = Shell::empty()
            .with("TANDEM_DATABASE__URL", url)
            .with("TANDEM_DATABASE__TIMEOUT", "200ms");
        for command in ["migrate status", "migrate up", "user list", "session end --all"] {
            let answer = shell.run(&command.split(' ').collect::<Vec<_>>());
            assert!(!answer.err.contains("hunter2"), "{}", answer.err);
            answer.fails(1, &["cannot work with the database", shown, "database.url"]);
        }
    }
    let shell = Shell::empty().with("TANDEM_DATABASE__URL", cases[2].0);
    let answer = shell.run(&["serve"]);
    assert!(!answer.err.contains("hunter2"), "{}", answer.err);
    assert_eq!(answer.status, 1);
}

#[test]
fn the_document_is_the_committed_one() {
    let printed = Shell::empty().ok(&["openapi"]);
    let document: Value = serde_json::from_str(&printed).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/openapi.json");
    if let Ok(committed) = fs::read_to_string(committed) {
        assert!(printed == committed, "run `cargo run -- openapi > openapi/openapi.json`");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let shell = Shell::empty();
    for arguments in [&["openapi"][..], &["config", "show", "--dev"], &["config", "check", "--dev"]]
    {
        let mut child = shell.command(arguments).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), err.as_str()), (Some(0), ""));
    }
}
