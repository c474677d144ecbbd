//! Nothing secret at rest, and nothing in the log, however talkative it is.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use super::support::{
    Answer, Browser, Call, PASSWORD, Tokens,
    browser::email,
    database::{TestDatabase, dump},
    process::Process,
};

const NEW_PASSWORD: &str = "another sentence is one too";
const WRONG_PASSWORD: &str = "a sentence that was never one";
const MASTER_KEY: &str = "dGVzdCBtYXN0ZXIga2V5IG9mIDMyIGJ5dGVzIGxvbmc=";

/// Everything that must not turn up anywhere, in every form in which it could.
#[derive(Default)]
struct Secrets(BTreeSet<String>);

impl Secrets {
    fn add(&mut self, secret: &str) {
        assert!(secret.len() >= 16, "too short to be told from chance: {secret}");
        self.0.insert(secret.to_owned());
    }

    fn add_tokens(&mut self, tokens: &Tokens) {
        for access in [&tokens.body_access, &tokens.cookie_access].into_iter().flatten() {
            self.add(access);
            // Header and claims alone are no secret; the signature makes the token.
            self.add(access.rsplit_once('.').unwrap().1);
        }
        for refresh in [&tokens.body_refresh, &tokens.cookie_refresh].into_iter().flatten() {
            self.add(refresh);
            let bytes = URL_SAFE_NO_PAD.decode(&refresh[8..]).unwrap();
            let secret = &bytes[21..53];
            self.add(&hex(secret));
            self.add(&format!("{secret:?}"));
            self.add(format!("{secret:02x?}").trim_matches(['[', ']']));
            self.add(&URL_SAFE_NO_PAD.encode(secret));
        }
    }

    /// How many there are; none of them in `text`.
    #[track_caller]
    fn assert_absent_from(&self, what: &str, text: &str) -> usize {
        for secret in &self.0 {
            assert!(!text.contains(secret.as_str()), "{what} holds {secret}");
        }
        self.0.len()
    }
}

fn hex(bytes: &[u8]) -> String {
    format!("{bytes:02x?}").replace(['[', ']', ',', ' '], "")
}

/// Keeps what came back, and remembers it as secret.
fn keep(browser: &mut Browser, answer: &Answer, secrets: &mut Secrets) {
    browser.keep(answer);
    secrets.add_tokens(&browser.tokens);
}

/// All that a session can go through, with everything that was issued or sent.
#[expect(clippy::cognitive_complexity, reason = "a story, told in one go")]
async fn live(process: &Process, secrets: &mut Secrets) {
    let mut ada = process.browser();
    ada.register("ada").await;
    let wrong = json!({ "email": email("ada"), "password": WRONG_PASSWORD });
    process.browser().send(Call::post("/api/auth/login").json(&wrong)).await;
    let login = ada.login("ada").await;
    keep(&mut ada, &login, secrets);
    ada.me().await;
    ada.verify().await;

    // Old enough to be rotated at once: the interval is nothing here.
    let thief = ada.clone();
    for _ in 0..2 {
        tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
        let answer = ada.refresh_lost().await;
        assert_eq!(answer.status, 200);
        keep(&mut ada, &answer, secrets);
        assert_eq!(ada.me().await.status, 200);
    }
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_eq!(thief.refresh_lost().await.status, 401);
    assert_eq!(ada.me().await.status, 401, "reuse has ended the session");

    let login = ada.login("ada").await;
    keep(&mut ada, &login, secrets);
    let changed = ada.change_password(PASSWORD, NEW_PASSWORD).await;
    assert_eq!(changed.status, 200);
    keep(&mut ada, &changed, secrets);

    // What a client may get wrong, secrets in hand.
    let token = ada.tokens.body_access.clone().unwrap();
    for call in [
        Call::post("/api/auth/login")
            .body("application/json", format!("{{\"password\":\"{PASSWORD}\"")),
        Call::post("/api/auth/login").json(&json!({ "email": PASSWORD, "password": 1 })),
        Call::post("/api/auth/register").json(&json!({ "email": "x", PASSWORD: NEW_PASSWORD })),
        Call::get(&format!("/api/auth/sessions?access_token={token}")).bearer(&token),
        Call::get("/api/auth/me").header("x-request-id", &token).bearer(&token),
        Call::get("/api/auth/me").bearer(&token).bearer(&token),
    ] {
        assert!(process.browser().send(call).await.status >= 400);
    }
    let open = ada.clone();
    assert_eq!(ada.logout().await.status, 204);
    assert_eq!(open.refresh_lost().await.status, 401);
}

#[tokio::test]
async fn neither_the_database_nor_the_log_holds_anything_that_opens_a_door() {
    let database = TestDatabase::create().await;
    let mut process = Process::start(&[
        ("TANDEM_DATABASE__URL", database.url.as_str()),
        ("TANDEM_KEYS__MASTER_KEY", MASTER_KEY),
        ("TANDEM_LOG__LEVEL", "trace"),
        ("TANDEM_PASSWORDS__MEMORY", "64"),
        ("TANDEM_PASSWORDS__ITERATIONS", "1"),
        ("TANDEM_TOKENS__REUSE_INTERVAL", "1s"),
    ])
    .await;
    let mut secrets = Secrets::default();
    for secret in [PASSWORD, NEW_PASSWORD, WRONG_PASSWORD, MASTER_KEY] {
        secrets.add(secret);
    }
    secrets.add("test master key of 32 bytes long");
    secrets.add(&hex(b"test master key of 32 bytes long"));
    live(&process, &mut secrets).await;

    let at_rest = dump(&database).await;
    assert!(at_rest.contains("ada@example.com") && at_rest.contains("$argon2id$"));
    let count = secrets.assert_absent_from("the database", &at_rest);
    assert!(count > 60, "{count} secrets are too few: the scenario did not happen");

    assert!(process.stop("TERM").await.success());
    let said = process.output();
    assert!(said.contains("authn_token_reuse"), "the log does not tell:\n{said}");
    secrets.assert_absent_from("the log", &said);
}

#[test]
fn debug_of_what_carries_secrets_shows_none() {
    use tandem::{
        crypto::{keys::SigningKey, refresh_token::RefreshSecret, seal::MasterKey},
        domain::{entropy::OsEntropy, password::Password},
    };
    let password = Password::typed(PASSWORD).unwrap();
    assert!(!format!("{password:?}").contains("sentence"));
    let key = SigningKey::from_seed(&[7; 32]).unwrap();
    assert!(!format!("{key:?}").contains(&hex(&[7; 32])));
    let master = MasterKey::new([7; 32]);
    assert!(!format!("{master:?}").contains('7'));
    let secret = RefreshSecret::random(&OsEntropy);
    assert_eq!(format!("{secret:?}"), "[secret]");
}
