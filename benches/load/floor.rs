//! Floors: poem handlers that do the least that could answer, each in a process of its own.

use std::{net::Ipv4Addr, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clap::ValueEnum;
use entity::{
    sessions::{Column, Entity, Model},
    users,
};
use poem::{
    Endpoint, Request, Response, Result, Route, Server, get, handler,
    http::{HeaderMap, header},
    listener::TcpListener,
    post,
};
use sea_orm::{
    ColumnTrait, ConnectOptions, DatabaseConnection, EntityTrait, QueryFilter,
    sea_query::{Expr, SimpleExpr},
    sqlx::sqlite,
};
use tandem::{
    crypto::keys::SigningKey,
    domain::{
        clock::{Clock, SystemClock},
        half::Half,
        id::SessionId,
    },
};

use crate::{options::Arguments, tokens::signing_key};

/// What a floor does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Floor {
    /// Answers what `verify` answers, every header of it, without looking at the request.
    Verify,
    /// The same, after two strict verifications.
    Check,
    /// Two strict verifications, the `SELECT` and the guarded `UPDATE` of a rotation, two signatures.
    Rotate,
    /// The same without the `UPDATE`.
    Resend,
}

impl Floor {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Check => "check",
            Self::Rotate => "rotate",
            Self::Resend => "resend",
        }
    }
}

/// Serves until killed.
pub(crate) fn serve(floor: Floor, arguments: &Arguments) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, arguments.port));
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let route = match floor {
            Floor::Verify => Route::new().at("/api/auth/verify", get(verify)),
            Floor::Check => Route::new().at("/api/auth/verify", get(Check::new())),
            Floor::Rotate | Floor::Resend => {
                let refresh = Refresh::new(&arguments.database, floor == Floor::Rotate).await;
                Route::new().at("/api/auth/refresh", post(refresh))
            }
        };
        Server::new(listener).run(route).await.unwrap();
    });
}

#[handler]
fn verify() -> Response {
    identity()
}

/// The same bytes as the service's answer, though nothing stands behind them.
fn identity() -> Response {
    Response::builder()
        .header("x-auth-subject", "3f2a9c0e5b7d4816a0c1d2e3f4051627")
        .header("x-auth-session", "9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d")
        .header("x-auth-roles", crate::tokens::ROLE)
        .header("vary", "Origin")
        .header("cache-control", "no-store")
        .header(
            "content-security-policy",
            "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        )
        .header("referrer-policy", "no-referrer")
        .header("x-content-type-options", "nosniff")
        .header("x-frame-options", "DENY")
        .header("cross-origin-resource-policy", "same-origin")
        .header("strict-transport-security", "max-age=31536000; includeSubDomains")
        .header("x-request-id", "9b1deb4d3b7d4bad00000001")
        .finish()
}

/// The keys of both halves.
struct Check {
    body: SigningKey,
    cookie: SigningKey,
}

impl Check {
    fn new() -> Self {
        Self { body: signing_key(Half::Body), cookie: signing_key(Half::Cookie) }
    }

    /// The signed parts of both access tokens, whose signatures are good.
    fn verified<'r>(&self, headers: &'r HeaderMap) -> (&'r str, &'r str) {
        let line = |name| headers[name].to_str().unwrap();
        let body = line(header::AUTHORIZATION).strip_prefix("Bearer ").unwrap();
        let cookie = line(header::COOKIE).strip_prefix("__Host-tandem-access=").unwrap();
        let cookie = cookie.split_once(';').map_or(cookie, |(cookie, _)| cookie);
        (verified(&self.body, body), verified(&self.cookie, cookie))
    }
}

impl Endpoint for Check {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        self.verified(request.headers());
        Ok(identity())
    }
}

struct Refresh {
    db: DatabaseConnection,
    keys: Check,
    rotates: bool,
}

impl Refresh {
    async fn new(url: &str, rotates: bool) -> Self {
        Self { db: connect(url).await, keys: Check::new(), rotates }
    }

    async fn update(&self, row: &Model) {
        let now = SystemClock.now().millis();
        let blob = || Expr::value(vec![5_u8; 32]);
        let old = |hash: &Option<Vec<u8>>| -> SimpleExpr { Expr::value(hash.clone()) };
        let update = Entity::update_many()
            .col_expr(Column::Generation, Expr::value(row.generation + 1))
            .col_expr(Column::BodyHash, blob())
            .col_expr(Column::CookieHash, blob())
            .col_expr(Column::PreviousBodyHash, old(&row.body_hash))
            .col_expr(Column::PreviousCookieHash, old(&row.cookie_hash))
            .col_expr(Column::Salt, blob())
            .col_expr(Column::AcknowledgedAt, Expr::value(None::<i64>))
            .col_expr(Column::LastSeenAt, Expr::value(now))
            .col_expr(Column::IdleExpiresAt, Expr::value(now + 7 * 86_400_000))
            .filter(Column::Id.eq(&row.id))
            .filter(Column::Generation.eq(row.generation))
            .filter(Column::EndedAt.is_null());
        // None if the same session is being rotated twice, which costs as much.
        update.exec(&self.db).await.unwrap();
    }
}

impl Endpoint for Refresh {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let json = request.take_body().into_bytes().await?;
        let (body, cookie) = self.keys.verified(request.headers());
        let found = Entity::find_by_id(session_of(&json).to_string());
        let found = found.find_also_related(users::Entity).one(&self.db).await.unwrap();
        let (row, owner) = found.unwrap();
        assert!(owner.is_some());
        if self.rotates {
            self.update(&row).await;
        }
        let (body, cookie) = (signed(&self.keys.body, body), signed(&self.keys.cookie, cookie));
        Ok(Response::builder()
            .content_type("application/json")
            .header(header::SET_COOKIE, cookie)
            .body(format!(r#"{{"access_token":"{body}"}}"#)))
    }
}

/// The signed part of a token whose signature is good.
fn verified<'t>(key: &SigningKey, token: &'t str) -> &'t str {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    assert!(key.public().verify(message.as_bytes(), &signature));
    message
}

fn signed(key: &SigningKey, message: &str) -> String {
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes())))
}

/// `{"refresh_token":"tdm_rtb_…"}`: after the prefix come a byte and the session, in base64url.
fn session_of(json: &[u8]) -> SessionId {
    let encoded = &json[json.len() - 94..json.len() - 2];
    let bytes = URL_SAFE_NO_PAD.decode(encoded).unwrap();
    SessionId::from_bytes(std::array::from_fn(|at| bytes[at + 1]))
}

/// The pool that the service has: ten connections, and a file with its WAL flushed at each commit.
async fn connect(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(10).sqlx_logging(false).map_sqlx_sqlite_opts(|options| {
        options
            .journal_mode(sqlite::SqliteJournalMode::Wal)
            .synchronous(sqlite::SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5))
            .foreign_keys(true)
    });
    sea_orm::Database::connect(options).await.unwrap()
}
