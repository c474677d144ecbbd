//! Nothing that opens anything is written down: not in the log, however talkative, not in the database,
//! and not where a value shows itself for debugging.

use std::{collections::BTreeMap, fmt::Debug, fs, path::Path};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use entity::signing_keys;
use http_body_util::{BodyExt, Full};
use hyper::{Request, body::Bytes, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tandem::{
    config::{Config, Source},
    crypto::{
        keys::SigningKey,
        seal::{MasterKey, Sealer},
    },
    domain::{email::Email, password::Password, role::Roles, session::Caller},
    service::{Exchange, RenewalTokens, SignIn},
};
use tokio::net::TcpStream;

use super::support::{
    Answer, Browser, Call, TestApp, TestConfig, Tokens,
    browser::email,
    client,
    database::{TestDatabase, dump},
    process::Process,
};

const MASTER_KEY: [u8; 32] = *b"the canary among master keys, 32";
const PASSWORD: &str = "a canary sentence for a password";
const NEW_PASSWORD: &str = "another canary sentence to change to";
const WRONG_PASSWORD: &str = "a canary that is not the password";
const UNREAD_PASSWORD: &str = "a canary inside of broken JSON";

/// Everything secret by name, each in every spelling that something might write it in.
#[derive(Default)]
struct Canaries(BTreeMap<String, Vec<String>>);

impl Canaries {
    fn add_text(&mut self, name: &str, text: &str) {
        self.0.entry(name.to_owned()).or_default().push(latin1(text.as_bytes()));
    }

    fn add_bytes(&mut self, name: &str, bytes: &[u8]) {
        let hex = format!("{bytes:02x?}").replace(['[', ']', ',', ' '], "");
        for text in [
            STANDARD.encode(bytes),
            URL_SAFE_NO_PAD.encode(bytes),
            hex.to_uppercase(),
            hex,
            format!("{bytes:?}"),
            format!("{bytes:02x?}"),
        ] {
            self.add_text(name, text.trim_matches(['[', ']', '=']));
        }
        self.0.entry(name.to_owned()).or_default().push(latin1(bytes));
    }

    fn add_access(&mut self, name: &str, token: Option<&String>) {
        let token = token.unwrap();
        self.add_text(name, token);
        for part in token.split('.') {
            self.add_text(name, part);
        }
        let signature = URL_SAFE_NO_PAD.decode(token.rsplit('.').next().unwrap()).unwrap();
        self.add_bytes(name, &signature);
    }

    fn add_refresh(&mut self, name: &str, token: Option<&String>) {
        let token = token.unwrap();
        self.add_text(name, &token[8..]);
        let bytes = URL_SAFE_NO_PAD.decode(&token[8..]).unwrap();
        // After the key's name, the session and the generation: the secret, then the tag.
        self.add_bytes(name, &bytes[21..53]);
        self.add_bytes(name, &bytes[53..]);
    }

    fn add_tokens(&mut self, name: &str, tokens: &Tokens) {
        self.add_access(&format!("{name}: body access"), tokens.body_access.as_ref());
        self.add_access(&format!("{name}: cookie access"), tokens.cookie_access.as_ref());
        self.add_refresh(&format!("{name}: body refresh"), tokens.body_refresh.as_ref());
        self.add_refresh(&format!("{name}: cookie refresh"), tokens.cookie_refresh.as_ref());
    }

    #[track_caller]
    fn assert_not_in(&self, place: &str, haystack: &[u8]) {
        let haystack = latin1(haystack);
        let found = self.0.iter().filter(|(_, spellings)| {
            spellings.iter().any(|spelling| haystack.contains(spelling.as_str()))
        });
        let names: Vec<_> = found.map(|(name, _)| name).collect();
        assert_eq!(names, Vec::<&String>::new(), "in {place}");
    }
}

/// Bytes as text, each a character of its own, for text is what the standard library searches fast.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

async fn call(browser: &Browser, call: Call) -> Answer {
    browser.send(call.header("user-agent", "a harmless browser")).await
}

fn post(path: &str, body: &Value) -> Call {
    Call::post(path).json(body)
}

/// All that a user does, and every issue of tokens that comes of it.
/// Gives the browser in the end, and its first session.
async fn live_a_life(process: &Process, canaries: &mut Canaries) -> (Browser, String) {
    let mut ada = process.browser();
    let account = json!({ "email": email("ada"), "password": PASSWORD });
    call(&ada, post("/api/auth/register", &account)).await;
    for issue in ["first", "second", "third"] {
        let answer = match issue {
            "first" => call(&ada, post("/api/auth/login", &account)).await,
            _ => call(&ada, ada.refresh_call()).await,
        };
        assert_eq!(answer.status, 200, "{answer:?}");
        ada.keep(&answer);
        canaries.add_tokens(issue, &ada.tokens);
        for path in ["/api/auth/me", "/api/auth/verify", "/api/auth/sessions"] {
            assert_eq!(call(&ada, ada.with_access(Call::get(path))).await.status, 200);
        }
    }
    let session = ada.session();
    let change = json!({ "current_password": PASSWORD, "new_password": NEW_PASSWORD });
    let change = ada.with_access(post("/api/auth/password", &change));
    ada.keep(&call(&ada, change).await);
    canaries.add_tokens("changed", &ada.tokens);

    let mut betrayed = process.browser();
    let account = json!({ "email": email("ada"), "password": NEW_PASSWORD });
    betrayed.keep(&call(&betrayed, post("/api/auth/login", &account)).await);
    canaries.add_tokens("betrayed", &betrayed.tokens);
    let thief = betrayed.clone();
    for _ in 0..2 {
        let answer = call(&betrayed, betrayed.refresh_call()).await;
        betrayed.keep(&answer);
        assert_eq!(betrayed.me().await.status, 200);
    }
    canaries.add_tokens("betrayed at last", &betrayed.tokens);
    call(&thief, thief.refresh_call()).await.assert_problem(401, "invalid_token");

    let mut gone = process.browser();
    gone.keep(&call(&gone, post("/api/auth/login", &account)).await);
    canaries.add_tokens("gone", &gone.tokens);
    assert_eq!(gone.logout().await.status, 204);
    in_the_session_flow(process, canaries).await;
    over_http2(process, canaries).await;
    (ada, session)
}

/// Two sessions of the other flow: one goes on, one is logged out.
async fn in_the_session_flow(process: &Process, canaries: &mut Canaries) {
    let account = json!({ "email": email("ada"), "password": NEW_PASSWORD });
    for name in ["session flow", "session flow, gone"] {
        let mut page = process.browser();
        let answer = call(&page, post("/iam/passwordlogin", &account)).await;
        assert_eq!(answer.status, 204, "{answer:?}");
        page.keep(&answer);
        canaries.add_refresh(&format!("{name}: cookie"), page.session_cookie.as_ref());
        for exchange in ["first", "second"] {
            let answer = call(&page, page.exchange_call()).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            page.keep(&answer);
            let tokens = &page.tokens;
            canaries.add_access(&format!("{name}: {exchange} body"), tokens.body_access.as_ref());
            canaries
                .add_access(&format!("{name}: {exchange} cookie"), tokens.cookie_access.as_ref());
            assert_eq!(page.me().await.status, 200);
        }
        if name.ends_with("gone") {
            assert_eq!(page.session_logout().await.status, 204);
        } else {
            make_mistakes_in_the_session_flow(&page).await;
        }
    }
}

/// The session cookie, and what it was exchanged for, where they do not belong.
async fn make_mistakes_in_the_session_flow(page: &Browser) {
    let cookie = page.session_cookie.clone().unwrap();
    let access = page.tokens.body_access.clone().unwrap();
    let form = "application/x-www-form-urlencoded";
    let token = || Call::post("/iam/oauth/token").header("origin", &page.origin);
    for mistake in [
        token().body(form, format!("grant_type=session&session={cookie}")),
        token().body(form, format!("grant_type={cookie}")),
        token().body(form, format!("{cookie}={access}&{cookie}={access}")),
        token().body("application/json", format!("{{\"grant_type\":\"{cookie}\"}}")),
        token().body(form, format!("grant_type=password&username=ada&password={WRONG_PASSWORD}")),
        token().cookie("tandem-session", &access).body(form, "grant_type=session"),
        page.exchange_call().cookie("tandem-session", &cookie),
        page.exchange_call().header("origin", "https://evil.example"),
        Call::post("/iam/logout").header("origin", &page.origin).bearer(&cookie),
        Call::get("/api/auth/me").bearer(&cookie).cookie("tandem-access", &cookie),
        Call::get(&format!("/iam/oauth/token?session={cookie}")),
        Call::get("/api/auth/me").header("x-request-id", &cookie),
        post("/api/auth/refresh", &json!({ "refresh_token": cookie })),
    ] {
        call(page, mistake).await;
    }
}

/// The same over the other version of the protocol, whose library keeps a diary of its own.
async fn over_http2(process: &Process, canaries: &mut Canaries) {
    let stream = TcpStream::connect(process.address).await.unwrap();
    let (mut sender, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let uri = |path: &str| format!("http://localhost{path}");
    let account = json!({ "email": email("ada"), "password": NEW_PASSWORD }).to_string();
    let request = Request::post(uri("/api/auth/login"))
        .header("content-type", "application/json")
        .body(Full::<Bytes>::from(account))
        .unwrap();
    let (head, body) = sender.send_request(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let answer = Answer { status: head.status.as_u16(), headers: head.headers, body };
    let mut browser = process.browser();
    browser.keep(&answer);
    canaries.add_tokens("over HTTP/2", &browser.tokens);
    let tokens = &browser.tokens;
    let (body, cookie) = (tokens.body_access.as_ref(), tokens.cookie_access.as_ref());
    let request = Request::get(uri("/api/auth/verify"))
        .header("authorization", format!("Bearer {}", body.unwrap()))
        .header("cookie", format!("tandem-access={}", cookie.unwrap()))
        .body(Full::default())
        .unwrap();
    assert_eq!(sender.send_request(request).await.unwrap().status(), 200);
}

/// Secrets where they do not belong, and requests that cannot be read at all.
async fn make_mistakes(browser: &Browser, canaries: &mut Canaries) {
    let access = browser.tokens.body_access.clone().unwrap();
    let cookie = browser.tokens.cookie_access.clone().unwrap();
    let wrong = json!({ "email": email("ada"), "password": WRONG_PASSWORD });
    let unknown = json!({ "email": email("nobody"), "password": WRONG_PASSWORD });
    let as_name = json!({ "email": email("ada"), "password": PASSWORD, PASSWORD: WRONG_PASSWORD });
    let as_email = json!({ "email": PASSWORD, "password": [PASSWORD] });
    let change = json!({ "current_password": WRONG_PASSWORD, "new_password": "canary" });
    let login = "/api/auth/login";
    for mistake in [
        post(login, &wrong),
        post(login, &unknown),
        post(login, &as_name),
        post(login, &as_email),
        post("/api/auth/register", &as_email),
        post("/api/auth/register", &json!({ "email": email("eve"), "password": "canary" })),
        browser.with_access(post("/api/auth/password", &change)),
        post("/api/auth/refresh", &json!({ "refresh_token": "tdm_rtb_canary-of-junk" })),
        browser.with_access(post("/api/auth/refresh", &json!({ "refresh_token": 7 }))),
        Call::post(login).body("application/json", format!("{{\"password\":\"{UNREAD_PASSWORD}\"")),
        Call::post(login).body("application/json", format!("{UNREAD_PASSWORD}{{}}")),
        Call::post(login).body("text/plain", UNREAD_PASSWORD),
        Call::post(login)
            .body("application/x-www-form-urlencoded", format!("password={UNREAD_PASSWORD}")),
        Call::post(login).body(UNREAD_PASSWORD, "{}"),
        Call::post(login).body("application/json", UNREAD_PASSWORD.repeat(4000)),
        Call::get(&format!("/api/auth/me?access_token={access}")).cookie("tandem-access", &cookie),
        Call::get("/api/auth/me?password=canary-in-a-query"),
        Call::get("/api/auth/me").bearer("canary-bearer").cookie("tandem-access", "canary-cookie"),
        Call::get("/api/auth/me").bearer(&cookie).cookie("tandem-access", &access),
        Call::get("/api/auth/me").bearer(&access).bearer(&access),
        Call::get("/api/auth/me").header("authorization", "Basic Y2FuYXJ5OmNhbmFyeQ=="),
        Call::get("/api/auth/me").header("authorization", &access),
        Call::get("/api/auth/me").header("x-request-id", &access),
        Call::get("/nothing").bearer(&access).cookie("tandem-access", &cookie),
        Call::new("PUT", login).bearer(&access).cookie("tandem-access", &cookie),
        Call::post("/api/auth/logout")
            .bearer(&access)
            .cookie("tandem-access", &cookie)
            .header("origin", "https://evil.example"),
    ] {
        call(browser, mistake).await;
    }
    for password in [PASSWORD, NEW_PASSWORD, WRONG_PASSWORD, UNREAD_PASSWORD] {
        canaries.add_text(&format!("password: {password}"), password);
        canaries.add_bytes(&format!("password: {password}"), password.as_bytes());
    }
    for junk in ["canary", "Y2FuYXJ5OmNhbmFyeQ"] {
        canaries.add_text("junk", junk);
    }
    let raw = format!("GET / HTTP/1.1\r\nauthorization Bearer {access}\r\n\r\n{PASSWORD}");
    client::send_raw(browser.address, raw.as_bytes()).await;
}

/// The private keys, as only the holder of the master key can read them.
async fn add_private_keys(database: &TestDatabase, canaries: &mut Canaries) {
    let sealer = Sealer::new(&MasterKey::new(MASTER_KEY), &[]);
    let connection = database.connect().await;
    let keys = signing_keys::Entity::find().all(&connection).await.unwrap();
    assert_eq!(keys.len(), 6);
    for key in keys {
        let context = format!("{} {}", key.ring, key.kid);
        let seed = sealer.open(&key.sealed_seed, context.as_bytes()).unwrap();
        assert_eq!(seed.len(), 32);
        canaries.add_bytes(&format!("private key of {}", key.kid), &seed);
    }
}

/// The bytes of every file below.
fn files(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        bytes.extend(if path.is_dir() { files(&path) } else { fs::read(&path).unwrap() });
    }
    bytes
}

#[tokio::test]
async fn no_secret_is_written_anywhere() {
    let database = TestDatabase::create().await;
    let master_key = STANDARD.encode(MASTER_KEY);
    for format in ["json", "human"] {
        let mut process = Process::start(&[
            ("TANDEM_DATABASE__URL", database.url.as_str()),
            ("TANDEM_KEYS__MASTER_KEY", master_key.as_str()),
            ("TANDEM_TOKENS__REUSE_INTERVAL", "0s"),
            ("TANDEM_LOG__LEVEL", "trace"),
            ("TANDEM_LOG__FORMAT", format),
            ("RUST_BACKTRACE", "1"),
        ])
        .await;
        let mut canaries = Canaries::default();
        canaries.add_bytes("master key", &MASTER_KEY);
        let (ada, session) = live_a_life(&process, &mut canaries).await;
        make_mistakes(&ada, &mut canaries).await;
        add_private_keys(&database, &mut canaries).await;
        let user = ada.claims()["sub"].as_str().unwrap().to_owned();
        let before = dump(&database).await;
        process.stop("TERM").await;

        let output = process.output();
        // What may be there is: the search would find a secret too.
        assert!(output.contains(&session) && output.contains(&user));
        assert!(before.contains(&session) && before.contains(&email("ada")));
        assert!(output.contains("TRACE"), "nothing talkative");
        canaries.assert_not_in("the output", output.as_bytes());
        canaries.assert_not_in("the database", before.as_bytes());
        canaries.assert_not_in("its directory", &files(process.directory.path()));
        if let Some(path) = database.url.strip_prefix("sqlite://") {
            let file = Path::new(path.split('?').next().unwrap());
            let bytes = files(file.parent().unwrap());
            assert!(latin1(&bytes).contains(&user));
            canaries.assert_not_in("the files of the database", &bytes);
        }
        database.sql("delete from users").await;
    }
}

#[tokio::test]
async fn the_password_of_the_demo_user_is_shown_once_and_not_in_the_log() {
    let mut process = Process::start(&[("TANDEM_LOG__LEVEL", "trace")]).await;
    let output = process.output();
    let shown = output.lines().find_map(|line| line.trim().strip_prefix("Password"));
    let password = shown.unwrap().trim().to_owned();
    assert!(password.len() > 20, "{password}");
    let mut demo = process.browser();
    assert_eq!(demo.login_with("demo@example.com", &password).await.status, 200);
    process.stop("TERM").await;
    assert_eq!(process.output().matches(&password).count(), 1);
    assert!(!process.log().join("\n").contains(&password));
    assert!(!latin1(&files(process.directory.path())).contains(&password));
}

/// All that `Debug` says of a value, on one line and on many.
fn shown(value: &impl Debug) -> String {
    format!("{value:?}\n{value:#?}")
}

/// The values of the other flow.
async fn session_flow(
    app: &TestApp,
    address: &Email,
    password: &Password,
    canaries: &mut Canaries,
) -> (SignIn, Exchange) {
    let caller = Caller::default();
    let sign_in = app.auth().password_login(address, password, None, &[], &caller).await.unwrap();
    let RenewalTokens::Session(cookie) = &sign_in.renewal else { panic!("another flow") };
    canaries.add_refresh("session cookie", Some(cookie));
    app.advance(61);
    let exchange = app.auth().exchange(cookie, &caller).await.unwrap();
    assert!(exchange.renewal.is_some());
    canaries.add_access("exchanged body", Some(&exchange.access.body));
    canaries.add_access("exchanged cookie", Some(&exchange.access.cookie));
    (sign_in, exchange)
}

#[tokio::test]
async fn no_type_shows_a_secret_for_debugging() {
    let mut canaries = Canaries::default();
    canaries.add_bytes("master key", &MASTER_KEY);
    canaries.add_text("password", PASSWORD);
    canaries.add_text("address", "ada@example.com");
    let master_key = STANDARD.encode(MASTER_KEY);
    let config = TestConfig::default()
        .set("keys.master_key", &master_key)
        .set("keys.accepted_master_keys", &STANDARD.encode([7; 32]));
    canaries.add_bytes("accepted master key", &[7; 32]);
    let app = TestApp::with(config).await;
    app.auth()
        .add_user(Email::parse("ada@example.com").unwrap(), PASSWORD, Roles::default())
        .await
        .unwrap();

    let address = Email::parse("ada@example.com").unwrap();
    let password = Password::typed(PASSWORD).unwrap();
    let grant = app.auth().login(&address, &password, None, &Caller::default()).await.unwrap();
    let RenewalTokens::Refresh { body, cookie } = &grant.renewal else { panic!("another flow") };
    let tokens = Tokens {
        body_access: Some(grant.access.body.to_string()),
        cookie_access: Some(grant.access.cookie.to_string()),
        body_refresh: Some(body.to_string()),
        cookie_refresh: Some(cookie.to_string()),
    };
    canaries.add_tokens("granted", &tokens);
    let (sign_in, exchange) = session_flow(&app, &address, &password, &mut canaries).await;
    let user = app.auth().find_user("ada@example.com").await.unwrap();
    let mut environment = vec![
        ("TANDEM_KEYS__MASTER_KEY".to_owned(), master_key),
        ("TANDEM_DATABASE__URL".to_owned(), "postgres://me:canary@db/app".to_owned()),
    ];
    canaries.add_text("password of the database", "canary");
    let source = |environment| Source { environment, dev: true, ..Source::default() };
    let config = Config::load(&source(environment.clone())).unwrap();
    environment.push(("TANDEM_KEYS__JWKS_MAX_AGE".to_owned(), "never".to_owned()));
    let problems = Config::load(&source(environment.clone())).unwrap_err();
    for (name, text) in [
        ("Auth", shown(app.auth())),
        ("Grant", shown(&grant)),
        ("SignIn", shown(&sign_in)),
        ("Exchange", shown(&exchange)),
        ("Password", shown(&password)),
        ("Email", shown(&address)),
        ("User", shown(&user)),
        ("MasterKey", shown(&MasterKey::new(MASTER_KEY))),
        ("SigningKey", shown(&SigningKey::from_seed(&MASTER_KEY).unwrap())),
        ("Sealer", shown(&Sealer::new(&MasterKey::new(MASTER_KEY), &[]))),
        ("Source", shown(&source(environment))),
        ("Config", shown(&config)),
        ("entries", shown(&config.entries())),
        ("Problems", format!("{}{problems}", shown(&problems))),
    ] {
        assert!(!text.is_empty());
        canaries.assert_not_in(name, text.as_bytes());
    }
}
