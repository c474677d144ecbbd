//! Secrets of clients: two of them while one replaces the other, and none of them written down.

use http_body_util::{BodyExt, Full};
use hyper::{Request, body::Bytes, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use super::*;
use crate::support::{database::dump, process::Process};

async fn rotate(app: &TestApp, shop: &Shop, overlap: Duration) -> Shop {
    let secret = app.auth().rotate_client_secret(shop.client_id(), overlap).await.unwrap();
    Shop { secret: secret.unwrap().reveal().to_string(), ..shop.clone() }
}

async fn is_good(shop: &Shop) -> bool {
    let answer = shop.ask(TOKEN, &[GRANT]).await;
    if answer.status != 200 {
        assert_challenged(&answer);
    }
    answer.status == 200
}

const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn the_one_before_counts_until_the_overlap_is_over() {
    let app = TestApp::with(quiet()).await;
    let elsewhere = app.second().await;
    let first = Shop::open(&app, "a").await;
    let second = rotate(&app, &first, DAY).await;
    assert_ne!(first.secret, second.secret);
    for (step, counts) in [(0, true), (86_399, true), (1, false), (86_400, false)] {
        app.advance(step);
        for instance in [&app, &elsewhere] {
            assert_eq!(is_good(&first.at(instance)).await, counts, "{step}");
            assert!(is_good(&second.at(instance)).await);
        }
    }
}

#[tokio::test]
async fn without_overlap_it_ends_at_once() {
    let app = TestApp::with(quiet()).await;
    let elsewhere = app.second().await;
    let first = Shop::open(&app, "a").await;
    let second = rotate(&app, &first, Duration::ZERO).await;
    for instance in [&app, &elsewhere] {
        assert!(!is_good(&first.at(instance)).await);
        assert!(is_good(&second.at(instance)).await);
    }
}

#[tokio::test]
async fn there_are_never_more_than_two() {
    let app = TestApp::start().await;
    let first = Shop::open(&app, "a").await;
    let other = Shop::open(&app, "a").await;
    let second = rotate(&app, &first, DAY).await;
    let third = rotate(&app, &second, DAY).await;
    assert!(!is_good(&first).await);
    assert!(is_good(&second).await && is_good(&third).await);
    let fourth = rotate(&app, &third, DAY).await;
    assert!(!is_good(&second).await);
    assert!(is_good(&third).await && is_good(&fourth).await);
    let rows = "select count(*) from client_secrets";
    assert_eq!(app.database.number(rows).await, 3);
    assert!(is_good(&other).await, "somebody else's stays");
    // A token that an earlier secret was shown for is as good as before: it is the client's.
    let token = fourth.token().await;
    rotate(&app, &fourth, Duration::ZERO).await;
    assert_eq!(other.introspect(&token).await.json(), json!({ "active": false }));
}

#[tokio::test]
async fn rotations_at_once_take_their_turn() {
    let app = TestApp::with(quiet()).await;
    let elsewhere = app.second().await;
    for _ in 0..3 {
        let shop = Shop::open(&app, "a").await;
        let instances = (0..6).map(|n| if n % 2 == 0 { &app } else { &elsewhere });
        let rotations = instances.map(|instance| rotate(instance, &shop, DAY));
        let shops = futures_util::future::join_all(rotations).await;
        let mut good = 0;
        for shop in &shops {
            good += u32::from(is_good(shop).await);
        }
        assert_eq!(good, 2);
        assert!(!is_good(&shop).await);
        let current = format!(
            "select count(*) from client_secrets where client_id = '{}' and expires_at is null",
            shop.id
        );
        assert_eq!(app.database.number(&current).await, 1);
    }
}

#[tokio::test]
async fn who_is_not_there_gets_none() {
    let app = TestApp::start().await;
    let gone = Shop::open(&app, "a").await;
    assert!(app.auth().remove_client(gone.client_id()).await.unwrap());
    let nobody = ClientId::random(&tandem::domain::entropy::OsEntropy);
    for id in [gone.client_id(), nobody] {
        assert!(app.auth().rotate_client_secret(id, DAY).await.unwrap().is_none());
        assert!(!app.auth().remove_client(id).await.unwrap());
    }
    assert_eq!(app.database.number("select count(*) from client_secrets").await, 0);
}

/// Every value of the tables that machines have, one a line.
async fn machine_tables(app: &TestApp) -> String {
    let mut text = dump(&app.database).await;
    for (table, columns) in [
        ("clients", &["id", "name", "scopes", "jwks"][..]),
        ("client_secrets", &["hash", "client_id"]),
        ("client_assertions", &["id"]),
        ("revoked_tokens", &["id"]),
    ] {
        for column in columns {
            let values = app.database.texts(&format!("select {column} from {table}")).await;
            assert!(!values.is_empty(), "{table}");
            text.extend(values.into_iter().map(|value| format!("{}\n", value.unwrap_or_default())));
        }
    }
    text
}

#[tokio::test]
async fn a_copy_of_the_database_opens_nothing() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app, "a").await;
    let next = rotate(&app, &shop, DAY).await;
    let signing = Shop::signing(&app, "a", 7).await;
    let claims = signing.claims(&app);
    let assertion = signing.sign(&claims);
    token_of(&signing.assert(&assertion).await);
    let token = next.token().await;
    assert_eq!(next.revoke(&token).await.status, 200);

    let text = machine_tables(&app).await;
    let stored = |hidden: &str| text.contains(hidden);
    assert!(stored(&shop.id) && stored(&signing.id), "the search works");
    let raw = |secret: &str| URL_SAFE_NO_PAD.decode(&secret[8..]).unwrap();
    for secret in [&shop.secret, &next.secret] {
        assert!(secret.starts_with("tdm_sec_"));
        assert!(!stored(secret) && !stored(&secret[8..]));
        assert!(!stored(&STANDARD.encode(raw(secret))));
        assert!(!stored(&format!("{:02x?}", raw(secret))));
        let digest = <sha2::Sha256 as sha2::Digest>::digest(raw(secret));
        assert!(stored(&b64(digest)), "its hash is");
    }
    for hidden in [&token, &assertion, &b64(known_key(7).to_bytes())] {
        assert!(!stored(hidden));
        for part in hidden.split('.') {
            assert!(!stored(part));
        }
    }
    assert!(!stored(claims["jti"].as_str().unwrap()), "only a digest of it");
}

/// The whole program, at its most talkative.
#[tokio::test]
async fn no_secret_is_in_the_log() {
    for format in ["json", "human"] {
        let level = ("TANDEM_LOG__LEVEL", "trace");
        let mut process = Process::start(&[level, ("TANDEM_LOG__FORMAT", format)]).await;
        let directory = process.directory.path().to_owned();
        let made = add_client(&directory, &["add", "shop", "--scope", "introspect"]).await;
        let (id, secret) =
            (made["client_id"].as_str().unwrap(), made["client_secret"].as_str().unwrap());
        let key = known_key(9);
        tokio::fs::write(directory.join("keys.json"), jwks(&[&key])).await.unwrap();
        let signing = add_client(&directory, &["add", "signing", "--jwks", "keys.json"]).await;
        let shop = Shop {
            address: process.address,
            issuer: process.origin.clone(),
            id: id.to_owned(),
            secret: secret.to_owned(),
            key: Some(key),
        };
        let token = shop.token().await;
        shop.introspect(&token).await;
        shop.ask(INTROSPECT, &[("token", &token), ("cookie_token", &token)]).await;
        shop.read_revocations(&token).await;
        let shown = [GRANT, ("client_id", id), ("client_secret", secret)];
        token_of(&shop.send(post(TOKEN, &shown)).await);
        let signer = Shop { id: signing["client_id"].as_str().unwrap().to_owned(), ..shop.clone() };
        let now = tandem::domain::clock::SystemClock.now().seconds();
        let claims = json!({
            "iss": signer.id, "sub": signer.id, "aud": signer.issuer, "exp": now + 60, "jti": unique(),
        });
        let assertion = signer.sign(&claims);
        let by_assertion = token_of(&signer.assert(&assertion).await);
        signer.assert(&assertion).await;
        shop.revoke(&token).await;
        // And mistakes with all of them.
        for call in [
            basic(post(TOKEN, &[GRANT]), secret, id),
            post(TOKEN, &[GRANT, ("client_id", secret), ("client_secret", &token)]),
            post(TOKEN, &[("grant_type", secret)]),
            post(TOKEN, &[(secret, &token)]),
            post(REVOKE, &[("token", secret), ("token", &token)]),
            shop.call(REVOKE, &[("token", secret)]),
            shop.call(TOKEN, &[GRANT, ("scope", secret)]),
            asserting(TOKEN, &token, &[GRANT]),
            Call::post(TOKEN)
                .body("application/json", format!("{{\"client_secret\":\"{secret}\"}}")),
            Call::get(REVOCATIONS).bearer(secret),
            Call::get(&format!("{REVOCATIONS}?since={secret}")).bearer(&by_assertion),
            Call::get("/api/auth/me").bearer(&token).cookie("tandem-access", &token),
        ] {
            shop.send(call).await;
        }
        let over_http2 = token_over_http2(&shop).await;
        process.stop("TERM").await;
        let output = process.output();
        assert!(output.contains("TRACE") && output.contains(id), "nothing talkative");
        for hidden in [secret, &secret[8..], &token, &by_assertion, &assertion, &over_http2] {
            assert!(!output.contains(hidden), "{hidden}");
            for part in hidden.split('.') {
                assert!(!output.contains(part), "{part}");
            }
        }
        let header = STANDARD.encode(format!("{id}:{secret}"));
        assert!(!output.contains(&header));
    }
}

/// Over the other version of the protocol, whose library keeps a diary of its own.
async fn token_over_http2(shop: &Shop) -> String {
    let stream = TcpStream::connect(shop.address).await.unwrap();
    let (mut sender, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let shown = STANDARD.encode(format!("{}:{}", shop.id, shop.secret));
    let request = Request::post(format!("http://localhost{TOKEN}"))
        .header("content-type", FORM)
        .header("authorization", format!("Basic {shown}"))
        .body(Full::<Bytes>::from(encoded(&[GRANT])))
        .unwrap();
    let (head, body) = sender.send_request(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    token_of(&Answer { status: head.status.as_u16(), headers: head.headers, body })
}

async fn add_client(directory: &std::path::Path, arguments: &[&str]) -> Value {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_tandem"));
    let command = command.arg("client").args(arguments).args(["--json", "--dev"]);
    let output = command.env_clear().current_dir(directory).output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn no_type_shows_a_secret_for_debugging() {
    let app = TestApp::start().await;
    let scopes = Scopes::parse("a").unwrap();
    let (client, secret) = app.auth().add_client("shop", scopes, None).await.unwrap();
    let secret = secret.unwrap();
    let text = secret.reveal().to_string();
    let caller = tandem::domain::session::Caller::default();
    let issued = app.auth().issue_machine_token(&client, None, &caller).unwrap();
    let shown = format!("{secret:?} {issued:?} {:?} {:#?}", secret.hash(), app.auth());
    assert!(!shown.contains(&text[8..]) && !shown.contains("eyJ"), "{shown}");
    let hash = secret.hash().to_text();
    assert!(!shown.contains(&hash));
}
