//! Every kind of token has its place, and counts nowhere else.

use super::*;

/// Where a token can be put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Authorization,
    AccessCookie,
    RefreshBody,
    RefreshCookie,
    SessionCookie,
}

const PLACES: [Place; 5] = [
    Place::Authorization,
    Place::AccessCookie,
    Place::RefreshBody,
    Place::RefreshCookie,
    Place::SessionCookie,
];

/// Ada once in either flow, and a machine's token.
struct Cast {
    app: TestApp,
    dual: Browser,
    page: Browser,
    machine: String,
}

impl Cast {
    async fn assemble() -> Self {
        let app = TestApp::start().await;
        let dual = app.logged_in("ada").await;
        let page = another(&app, "ada").await;
        let machine = app.machine("read").await.token;
        Self { app, dual, page, machine }
    }

    /// A token of each kind, with the place that is its own. A machine's has none beside a cookie half.
    fn kinds(&self) -> Vec<(&'static str, String, Option<Place>)> {
        let (dual, page) = (&self.dual.tokens, &self.page.tokens);
        let kind =
            |name, token: &Option<String>, place| (name, token.clone().unwrap(), Some(place));
        vec![
            kind("body access", &dual.body_access, Place::Authorization),
            kind("short body access", &page.body_access, Place::Authorization),
            kind("cookie access", &dual.cookie_access, Place::AccessCookie),
            kind("short cookie access", &page.cookie_access, Place::AccessCookie),
            kind("body refresh", &dual.body_refresh, Place::RefreshBody),
            kind("cookie refresh", &dual.cookie_refresh, Place::RefreshCookie),
            kind("session cookie", &self.page.session_cookie, Place::SessionCookie),
            ("machine", self.machine.clone(), None),
        ]
    }

    /// The calls that read this place, with everything else as `honest` has it.
    fn calls(honest: &Browser, place: Place, token: &str) -> Vec<Call> {
        let mut liar = honest.clone();
        let token = Some(token.to_owned());
        match place {
            Place::Authorization => liar.tokens.body_access = token,
            Place::AccessCookie => liar.tokens.cookie_access = token,
            Place::RefreshBody => liar.tokens.body_refresh = token,
            Place::RefreshCookie => liar.tokens.cookie_refresh = token,
            Place::SessionCookie => {
                liar.session_cookie = token;
                return vec![liar.exchange_call()];
            }
        }
        let guarded = ["/api/auth/me", "/api/auth/verify"];
        let guarded = guarded.map(|path| liar.with_access(Call::get(path)));
        match place {
            Place::Authorization | Place::AccessCookie => {
                guarded.into_iter().chain([liar.refresh_call()]).collect()
            }
            Place::RefreshBody | Place::RefreshCookie | Place::SessionCookie => {
                vec![liar.refresh_call()]
            }
        }
    }
}

#[tokio::test]
async fn a_token_of_one_kind_is_refused_in_every_place_of_another() {
    let cast = Cast::assemble().await;
    cast.app.advance(40);
    let stored = cast.app.stored().await;
    let mut refused = 0;
    for place in PLACES {
        for (kind, token, own) in cast.kinds() {
            if own == Some(place) {
                continue;
            }
            for honest in [&cast.dual, &cast.page] {
                for call in Cast::calls(honest, place, &token) {
                    let answer = cast.app.send(call).await;
                    let is_grant = place == Place::SessionCookie;
                    let code = if is_grant { "invalid_grant" } else { "invalid_token" };
                    assert_eq!(answer.code(), code, "{kind} as {place:?}: {answer:?}");
                    refused += 1;
                }
            }
        }
    }
    assert_eq!(refused, 2 * (6 * 3 + 6 * 3 + 7 + 7 + 7));
    assert_eq!(cast.app.stored().await, stored);
    // In its own place each one counts.
    let Cast { app, mut dual, mut page, .. } = cast;
    assert_eq!((dual.me().await.status, page.me().await.status), (200, 200));
    assert_eq!((dual.refresh().await.status, page.exchange().await.status), (200, 200));
    drop(app);
}

#[tokio::test]
async fn pairs_of_two_flows_do_not_mix() {
    let Cast { app, dual, page, .. } = Cast::assemble().await;
    let stored = app.stored().await;
    for (body, half) in [(&dual, &page), (&page, &dual)] {
        let mixed = Tokens {
            body_access: body.tokens.body_access.clone(),
            cookie_access: half.tokens.cookie_access.clone(),
            ..dual.tokens.clone()
        };
        let mut mixed = holding(&page, mixed);
        mixed.me().await.assert_refused(401, "invalid_token");
        mixed.refresh().await.assert_refused(401, "invalid_token");
        let out = mixed.call("POST", "/api/auth/logout").await;
        assert_eq!((out.status, out.all("set-cookie")), (204, vec![]));
    }
    assert_eq!(app.stored().await, stored);
}

/// The browser sends it everywhere, for its path is `/`; that must change nothing.
#[tokio::test]
async fn only_iam_reads_the_session_cookie() {
    let elsewhere = |row: &Operation| !row.path.starts_with("/iam/");
    for operation in OPERATIONS.into_iter().filter(elsewhere) {
        let app = TestApp::start().await;
        let page = with_pair(&app, "ada").await;
        app.advance(61);
        let row_before = row(&app, &page).await;
        let with = operation.call().cookie("tandem-session", cookie(&page));
        let with = app.send(with.header("origin", &app.origin)).await;
        if matches!(operation.needs, Needs::Pair | Needs::AllFour | Needs::Machine) {
            with.assert_refused(401, "unauthenticated");
            let without = app.send(operation.call().header("origin", &app.origin)).await;
            assert_eq!(with.anonymous(), without.anonymous(), "{}", operation.path);
        } else if operation.path != "/health/ready" {
            let (status, code) = (with.status, with.code());
            assert_eq!((status, &*code), operation.genuine, "{}", operation.path);
        }
        if operation.needs == Needs::PairForEffect {
            assert_eq!(with.all("set-cookie"), Vec::<&str>::new());
        }
        // Not even a login ends what it stands for.
        assert!(row(&app, &page).await == row_before, "{}", operation.path);
        assert_eq!(page.clone().exchange().await.status, 200, "{}", operation.path);
    }
}
