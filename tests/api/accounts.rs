//! Having an account: making one, changing its password, being disabled.

use serde_json::{Value, json};
use tandem::domain::{email::Email, role::Roles};

use super::support::{Answer, Browser, Call, PASSWORD, TestApp, TestConfig, browser::email};

const NEW_PASSWORD: &str = "another sentence is one too";

async fn register(app: &TestApp, body: &Value) -> Answer {
    app.send(Call::post("/api/auth/register").json(body)).await
}

async fn register_as(app: &TestApp, email: &str, password: &str) -> Answer {
    register(app, &json!({ "email": email, "password": password })).await
}

async fn log_in(app: &TestApp, email: &str, password: &str) -> Answer {
    app.browser().login_with(email, password).await
}

async fn users(app: &TestApp) -> i64 {
    app.database.number("select count(*) from users").await
}

async fn password_hashes(app: &TestApp) -> Vec<String> {
    let hashes = app.database.texts("select password_hash from users order by email").await;
    hashes.into_iter().flatten().collect()
}

#[tokio::test]
async fn the_answer_does_not_tell_whether_the_address_was_known() {
    let app = TestApp::start().await;
    let fresh = register_as(&app, "ada@example.com", PASSWORD).await;
    let known = register_as(&app, "ada@example.com", NEW_PASSWORD).await;
    let another = register_as(&app, "bob@example.com", PASSWORD).await;
    assert_eq!((fresh.status, fresh.text().as_str()), (202, ""));
    assert_eq!(fresh.all("set-cookie"), Vec::<&str>::new());
    assert_eq!(fresh.anonymous(), known.anonymous());
    assert_eq!(fresh.anonymous(), another.anonymous());
    // Nor does a second registration take an account over.
    assert_eq!(log_in(&app, "ada@example.com", PASSWORD).await.status, 200);
    log_in(&app, "ada@example.com", NEW_PASSWORD).await.assert_refused(401, "invalid_credentials");
}

#[tokio::test]
async fn an_account_can_be_used_at_once_and_keeps_its_address_as_given() {
    let app = TestApp::start().await;
    register_as(&app, "Ada.Lovelace@Example.COM", PASSWORD).await;
    let answer = log_in(&app, "ada.lovelace@example.com", PASSWORD).await;
    let user = &answer.json()["user"];
    assert_eq!(user["email"], "Ada.Lovelace@Example.COM");
    assert_eq!(user["roles"], json!([]));
}

/// Each line: spellings of one address.
const SPELLINGS: [&[&str]; 5] = [
    &["ada@example.com", "Ada@example.com", "ADA@EXAMPLE.COM", "  ada@example.com\t"],
    &["j\u{f6}rg@example.com", "jo\u{308}rg@example.com", "J\u{d6}RG@example.com"],
    &[
        "x@b\u{fc}cher.example",
        "x@bu\u{308}cher.example",
        "x@xn--bcher-kva.example",
        "X@B\u{dc}CHER.example",
    ],
    &["fi@example.com", "\u{fb01}@example.com", "\u{ff46}\u{ff49}@example.com"],
    &["a.b+c@example.com", "A.B+C@example.com"],
];

/// Addresses of their own, each unlike any spelling above.
const OTHERS: [&str; 4] =
    ["ab+c@example.com", "a.b@example.com", "jorg@example.com", "x@bucher.example"];

#[tokio::test]
async fn an_address_is_one_account_however_it_is_spelled() {
    let app = TestApp::start().await;
    for spellings in SPELLINGS {
        assert_eq!(register_as(&app, spellings[0], PASSWORD).await.status, 202);
        let user = log_in(&app, spellings[0], PASSWORD).await.json()["user"]["id"].clone();
        for spelling in spellings {
            assert_eq!(register_as(&app, spelling, NEW_PASSWORD).await.status, 202, "{spelling}");
            let answer = log_in(&app, spelling, PASSWORD).await;
            assert_eq!(answer.status, 200, "{spelling}");
            assert_eq!(answer.json()["user"]["id"], user, "{spelling}");
        }
    }
    assert_eq!(users(&app).await, 5);
    for other in OTHERS {
        log_in(&app, other, PASSWORD).await.assert_refused(401, "invalid_credentials");
        assert_eq!(register_as(&app, other, PASSWORD).await.status, 202);
    }
    assert_eq!(users(&app).await, 9);
}

#[tokio::test]
async fn ten_registrations_of_one_address_at_once_make_one_account() {
    let app = TestApp::start().await;
    let spellings = ["ada@example.com", "Ada@Example.com"];
    let calls = (0..10).map(|n| register_as(&app, spellings[n % 2], PASSWORD));
    for answer in futures_util::future::join_all(calls).await {
        assert_eq!(answer.status, 202, "{answer:?}");
    }
    assert_eq!(users(&app).await, 1);
    assert_eq!(log_in(&app, "ada@example.com", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_password_is_refused_with_the_reason() {
    let app = TestApp::start().await;
    let address = "ada.lovelace-1815@example.com";
    let long = "x".repeat(1025);
    for (password, reason) in [
        ("", "at least 15 characters"),
        ("fourteen chars", "at least 15 characters"),
        (
            "\u{1f980}\u{1f422}\u{1f40d}\u{1f419}\u{1f991}\u{1f990}\u{1f99e}".repeat(2).as_str(),
            "at least 15",
        ),
        // Fifteen code points as typed, fourteen in the form that counts.
        ("e\u{301}bcdefghijklmn", "at least 15"),
        ("passwordpassword", "common"),
        ("PassWordPassWord", "common"),
        ("1q2w3e4r5t6y7u8i", "common"),
        ("aaaaaaaaaaaaaaaaaaaa", "common"),
        ("abcabcabcabcabcabc", "common"),
        ("ada.lovelace-1815", "e-mail address"),
        ("Ada.Lovelace-1815@Example.com", "e-mail address"),
        (long.as_str(), "at most 1024 bytes"),
    ] {
        let errors = register_as(&app, address, password).await.field_errors();
        let [(field, message)] = errors.as_slice() else { panic!("{password}: {errors:?}") };
        assert_eq!(field, "password", "{password}");
        assert!(message.contains(reason), "{password}: {message}");
        assert!(password.is_empty() || !message.contains(password));
    }
    assert_eq!(users(&app).await, 0);
}

#[tokio::test]
async fn any_other_password_will_do() {
    let app = TestApp::start().await;
    for (n, password) in [
        "fifteen letters",
        "qmzvnxhrtwpsldk",
        "\u{1f980}\u{1f422}\u{1f40d}\u{1f419}\u{1f991}\u{1f990}\u{1f99e}\u{1f421}\u{1f420}\u{1f41f}\u{1f42c}\u{1f433}\u{1f40b}\u{1f988}\u{1f41a}",
        "passwordpassword and something",
        "ada.lovelace-1815 and something",
        "  blanks at both ends  ",
        "tabs\tand \"quotes\" and \\ and '; drop table users; --",
        "\u{7b2c}\u{4e00}\u{56de}\u{753b}\u{9762}\u{304c}\u{51fa}\u{305f}\u{3089}\u{6b21}\u{3078}\u{9032}\u{3080}\u{3053}\u{3068}",
        &"long ".repeat(13),
        &"longer".repeat(43).replace("rl", "r l"),
        &format!("{}z", "0123456789 abcdef".repeat(60)),
    ]
    .into_iter()
    .enumerate()
    {
        let address = email(&format!("user{n}"));
        assert_eq!(register_as(&app, &address, password).await.status, 202, "{password}");
        assert_eq!(log_in(&app, &address, password).await.status, 200, "{password}");
        log_in(&app, &address, password.trim_end_matches(char::is_alphanumeric)).await;
    }
}

#[tokio::test]
async fn nothing_of_a_password_is_cut_or_folded() {
    let app = TestApp::start().await;
    let password = format!("{} the end", "a long beginning ".repeat(6));
    register_as(&app, "ada@example.com", &password).await;
    for other in [
        &password[..72],
        &password[..password.len() - 1],
        &password.to_uppercase(),
        &format!("{password} "),
        &format!("{password}\u{0}"),
        &password.replace("end", "END"),
    ] {
        log_in(&app, "ada@example.com", other).await.assert_refused(401, "invalid_credentials");
    }
    assert_eq!(log_in(&app, "ada@example.com", &password).await.status, 200);
}

#[tokio::test]
async fn the_least_length_is_configured() {
    let app = TestApp::with(TestConfig::default().set("passwords.min_length", "8")).await;
    let errors = register_as(&app, "ada@example.com", "seven c").await.field_errors();
    assert!(errors[0].1.contains("at least 8 characters"), "{errors:?}");
    assert_eq!(register_as(&app, "ada@example.com", "eight ch").await.status, 202);
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let app = TestApp::start().await;
    for body in [
        json!({}),
        json!({ "email": null, "password": null }),
        json!({ "email": ["ada@example.com"], "password": { "text": PASSWORD } }),
        json!({ "email": 1, "password": true }),
        json!({ "email": "no address", "password": "short" }),
        json!({ "email": "no address", "password": "x".repeat(1025) }),
        json!({ "email": "ada@-example-", "password": "passwordpassword" }),
    ] {
        let errors = register(&app, &body).await.field_errors();
        let fields: Vec<_> = errors.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["email", "password"], "{body}");
    }
    for body in [
        json!({ "email": "no address", "password": PASSWORD }),
        json!({ "email": format!("{}@example.com", "a".repeat(250)), "password": PASSWORD }),
        json!({ "email": "ada@example.com\r\nbcc: eve@example.com", "password": PASSWORD }),
    ] {
        let errors = register(&app, &body).await.field_errors();
        assert_eq!((errors.len(), errors[0].0.as_str()), (1, "email"), "{body}");
    }
    let answer = log_in(&app, "no address", &"x".repeat(1025)).await;
    assert_eq!(answer.field_errors().len(), 2);
    let ada = app.logged_in("ada").await;
    for (current, new) in
        [("x".repeat(1025), "short".to_owned()), ("x".repeat(1025), "x".repeat(1025))]
    {
        let errors = ada.clone().change_password(&current, &new).await.field_errors();
        let fields: Vec<_> = errors.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["current_password", "new_password"]);
    }
}

#[tokio::test]
async fn registration_can_be_closed_to_all_but_the_operator() {
    let app = TestApp::with(TestConfig::default().set("accounts.registration", "closed")).await;
    let ada = Email::parse("ada@example.com").unwrap();
    app.auth().add_user(ada, PASSWORD, Roles::default()).await.unwrap();
    let known = register_as(&app, "ada@example.com", PASSWORD).await;
    known.assert_refused(403, "forbidden");
    let fresh = register_as(&app, "bob@example.com", PASSWORD).await;
    assert_eq!(fresh.anonymous(), known.anonymous());
    assert_eq!(users(&app).await, 1);
    assert_eq!(log_in(&app, "ada@example.com", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn changing_the_password_takes_the_current_one() {
    let app = TestApp::start().await;
    let mut ada = app.logged_in("ada").await;
    let before = password_hashes(&app).await;
    let errors = ada.change_password("not the current password", NEW_PASSWORD).await.field_errors();
    assert_eq!((errors.len(), errors[0].0.as_str()), (1, "current_password"));
    let mut same_tokens = ada.clone();
    assert_eq!(ada.me().await.status, 200);
    for body in [json!({ "new_password": NEW_PASSWORD }), json!({ "current_password": PASSWORD })] {
        let call = ada.with_access(Call::post("/api/auth/password").json(&body));
        assert_eq!(app.send(call).await.field_errors().len(), 1);
    }
    assert_eq!(password_hashes(&app).await, before);
    app.advance(60);
    assert_eq!(same_tokens.refresh().await.status, 200);
}

#[tokio::test]
async fn the_new_password_obeys_the_rules_and_names_its_own_field() {
    let app = TestApp::start().await;
    let mut ada = app.logged_in("ada").await;
    for new in ["too short", "passwordpassword", "ada@example.com", &"x".repeat(1025)] {
        let errors = ada.change_password(PASSWORD, new).await.field_errors();
        assert_eq!((errors.len(), errors[0].0.as_str()), (1, "new_password"), "{new}");
    }
    assert_eq!(ada.me().await.status, 200);
    assert_eq!(log_in(&app, "ada@example.com", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_changed_password_ends_every_session_and_opens_a_new_one() {
    let app = TestApp::start().await;
    let mut laptop = app.logged_in("ada").await;
    let mut phone = app.browser();
    phone.login("ada").await;
    let bob = app.logged_in("bob").await;
    let mut thief = laptop.clone();
    app.advance(60);

    let answer = laptop.change_password(PASSWORD, NEW_PASSWORD).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.all("set-cookie").len(), 3);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_ne!(laptop.session(), thief.session());
    assert_eq!(answer.json()["session"]["id"], laptop.session());
    assert_eq!(answer.json()["session"]["current"], true);
    assert_eq!(laptop.me().await.status, 200);

    for old in [&mut thief, &mut phone] {
        old.me().await.assert_refused(401, "invalid_token");
        old.refresh().await.assert_refused(401, "invalid_token");
    }
    assert_eq!(bob.me().await.status, 200);
    app.advance(60);
    assert_eq!(laptop.refresh().await.status, 200);
    assert_eq!(laptop.claims()["gen"], 2);

    log_in(&app, "ada@example.com", PASSWORD).await.assert_refused(401, "invalid_credentials");
    assert_eq!(log_in(&app, "ada@example.com", NEW_PASSWORD).await.status, 200);
    let list = laptop.call("GET", "/api/auth/sessions").await.json();
    assert_eq!(list["sessions"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_operator_sets_a_password_and_every_session_ends() {
    let app = TestApp::start().await;
    let mut ada = app.logged_in("ada").await;
    let user = app.auth().find_user("ADA@example.com").await.unwrap();
    app.auth().set_password(&user, NEW_PASSWORD).await.unwrap();
    ada.me().await.assert_refused(401, "invalid_token");
    app.advance(60);
    ada.refresh().await.assert_refused(401, "invalid_token");
    log_in(&app, "ada@example.com", PASSWORD).await.assert_refused(401, "invalid_credentials");
    assert_eq!(log_in(&app, "ada@example.com", NEW_PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_disabled_account_is_out_at_once_until_it_is_enabled() {
    let app = TestApp::start().await;
    let mut ada = app.logged_in("ada").await;
    assert_eq!(ada.verify().await.status, 200);
    let id = app.auth().find_user("ada@example.com").await.unwrap().id;

    app.auth().disable_user(id).await.unwrap();
    ada.verify().await.assert_refused(401, "invalid_token");
    app.advance(60);
    ada.refresh().await.assert_refused(401, "invalid_token");
    let disabled = log_in(&app, "ada@example.com", PASSWORD).await;
    let wrong = log_in(&app, "ada@example.com", "not the right password").await;
    assert_eq!(disabled.anonymous(), wrong.anonymous());
    disabled.assert_refused(401, "invalid_credentials");

    app.auth().enable_user(id).await.unwrap();
    ada.verify().await.assert_refused(401, "invalid_token");
    ada.refresh().await.assert_refused(401, "invalid_token");
    let mut back = app.browser();
    assert_eq!(back.login("ada").await.status, 200);
    assert_eq!(back.me().await.status, 200);
}

#[tokio::test]
async fn a_disabled_account_refreshes_nothing_even_where_its_session_is_open() {
    let app = TestApp::start().await;
    let mut ada = app.logged_in("ada").await;
    app.database.sql("update users set disabled_at = 1").await;
    // Young enough for a resend, then old enough for a rotation.
    ada.refresh().await.assert_refused(401, "invalid_token");
    app.advance(60);
    ada.refresh().await.assert_refused(401, "invalid_token");
    ada.change_password(PASSWORD, NEW_PASSWORD).await.assert_refused(401, "invalid_token");
}

#[tokio::test]
async fn a_composed_and_a_decomposed_password_are_one() {
    let app = TestApp::start().await;
    let [composed, decomposed] = ["un caf\u{e9} au lait", "un cafe\u{301} au lait"];
    for (name, set, typed) in [("ada", composed, decomposed), ("bob", decomposed, composed)] {
        register_as(&app, &email(name), set).await;
        let mut browser = app.browser();
        assert_eq!(browser.login_with(&email(name), typed).await.status, 200);
        assert_eq!(browser.change_password(typed, NEW_PASSWORD).await.status, 200);
    }
}

#[tokio::test]
async fn passwords_are_stored_as_phc_strings_with_a_salt_each() {
    let config =
        TestConfig::default().set("passwords.memory", "256").set("passwords.iterations", "2");
    let app = TestApp::with(config.set("passwords.lanes", "2")).await;
    for name in ["ada", "bob"] {
        app.browser().register(name).await;
    }
    let hashes = password_hashes(&app).await;
    let mut salts = Vec::new();
    for hash in &hashes {
        let parts: Vec<&str> = hash.split('$').collect();
        let ["", "argon2id", "v=19", "m=256,t=2,p=2", salt, digest] = parts[..] else {
            panic!("{hash}");
        };
        // base64 without padding: 16 bytes and 32 bytes.
        assert_eq!((salt.len(), digest.len()), (22, 43), "{hash}");
        salts.push(salt);
    }
    assert_ne!(salts[0], salts[1], "one password, two salts");
}

async fn log_in_on(app: &TestApp, name: &str) -> Browser {
    let mut browser = app.browser();
    assert_eq!(browser.login(name).await.status, 200);
    browser
}

#[tokio::test]
async fn a_login_hashes_again_what_was_hashed_too_cheaply() {
    let cheap = TestApp::start().await;
    let ada = cheap.logged_in("ada").await;
    let before = password_hashes(&cheap).await;
    assert!(before[0].contains("$m=64,t=1,p=1$"), "{before:?}");

    for (key, value, parameters) in [
        ("passwords.iterations", "3", "$m=64,t=3,p=1$"),
        ("passwords.memory", "128", "$m=128,t=1,p=1$"),
        ("passwords.lanes", "2", "$m=64,t=1,p=2$"),
    ] {
        cheap.database.sql(&format!("update users set password_hash = '{}'", before[0])).await;
        let dear = cheap.second_with(|config| config.set(key, value)).await;
        let wrong = log_in(&dear, "ada@example.com", "not the right password").await;
        wrong.assert_refused(401, "invalid_credentials");
        assert_eq!(password_hashes(&dear).await, before, "only the right password can be hashed");
        log_in_on(&dear, "ada").await;
        let after = password_hashes(&dear).await;
        assert!(after[0].contains(parameters), "{after:?}");
        log_in_on(&dear, "ada").await;
        assert_eq!(password_hashes(&dear).await, after, "once is enough");
        // Another cost is no other password: nobody is logged out, and either instance takes it.
        dear.look().await;
        assert_eq!(ada.me().await.status, 200);
        log_in_on(&cheap, "ada").await;
    }
}

#[tokio::test]
async fn a_login_leaves_a_dearer_hash_alone() {
    let config = TestConfig::default().set("passwords.iterations", "4");
    let dear = TestApp::with(config.set("passwords.memory", "128")).await;
    dear.logged_in("ada").await;
    let before = password_hashes(&dear).await;
    let cheap = dear.second_with(|config| config.set("passwords.iterations", "1")).await;
    log_in_on(&cheap, "ada").await;
    assert_eq!(password_hashes(&cheap).await, before);
}
