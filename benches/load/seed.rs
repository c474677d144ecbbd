//! Rows: users and their sessions.

use argon2::{Argon2, PasswordHasher};
use entity::{sessions, users};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DatabaseConnection, DbBackend,
    EntityTrait, TransactionTrait,
};
use tandem::domain::{
    clock::{Clock, SystemClock, Timestamp},
    half::Half,
};

use crate::tokens::{ROLE, email, owner, refresh_secret, session_id, user_id};

/// Every user's.
pub(crate) const PASSWORD: &str = "a sentence is a good password";
/// Rows of one statement: the least that databases take is some 32 000 parameters.
const BATCH: usize = 1000;
const DAY: i64 = 86_400_000;

/// Inserts sessions 0, 1, … and their owners.
pub(crate) async fn fill(db: &DatabaseConnection, count: u32) {
    let now = SystemClock.now();
    let hash = Argon2::default().hash_password(PASSWORD.as_bytes()).unwrap().to_string();
    let transaction = db.begin().await.unwrap();
    let owners = (0..=owner(count.saturating_sub(1))).map(|number| user(number, &hash, now));
    insert(&transaction, owners).await;
    insert(&transaction, (0..count).map(|number| session(number, now))).await;
    transaction.commit().await.unwrap();
    settle(db).await;
}

/// Writes out what has been inserted: a measure is not to wait for it.
async fn settle(db: &DatabaseConnection) {
    let statements = if db.get_database_backend() == DbBackend::Postgres {
        ["VACUUM ANALYZE", "CHECKPOINT"]
    } else {
        ["ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)"]
    };
    for statement in statements {
        db.execute_unprepared(statement).await.unwrap();
    }
}

async fn insert<A: ActiveModelTrait>(
    db: &sea_orm::DatabaseTransaction,
    rows: impl Iterator<Item = A>,
) {
    let mut rows = rows.peekable();
    while rows.peek().is_some() {
        let batch: Vec<A> = rows.by_ref().take(BATCH).collect();
        A::Entity::insert_many(batch).exec_without_returning(db).await.unwrap();
    }
}

fn user(number: u32, hash: &str, now: Timestamp) -> users::ActiveModel {
    users::ActiveModel {
        id: Set(user_id(number).to_string()),
        email: Set(email(number)),
        email_canonical: Set(email(number)),
        password_hash: Set(hash.to_owned()),
        roles: Set(ROLE.to_owned()),
        credentials_version: Set(1),
        created_at: Set(now.millis() - DAY),
        disabled_at: Set(None),
    }
}

fn session(number: u32, now: Timestamp) -> sessions::ActiveModel {
    let hash = |half| Set(Some(refresh_secret(half).hash().as_bytes().to_vec()));
    sessions::ActiveModel {
        id: Set(session_id(number).to_string()),
        user_id: Set(user_id(owner(number)).to_string()),
        flow: Set("dual".to_owned()),
        generation: Set(1),
        body_hash: hash(Half::Body),
        cookie_hash: hash(Half::Cookie),
        previous_body_hash: Set(None),
        previous_cookie_hash: Set(None),
        salt: Set(None),
        acknowledged_at: Set(None),
        created_at: Set(now.millis() - DAY),
        last_seen_at: Set(now.millis()),
        idle_expires_at: Set(now.millis() + 7 * DAY),
        expires_at: Set(now.millis() + 29 * DAY),
        tokens_not_before: Set(None),
        changed_at: Set(None),
        ended_at: Set(None),
        end_reason: Set(None),
        ip: Set("192.0.2.7".to_owned()),
        user_agent: Set("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0".to_owned()),
        auth_time: Set(now.millis() - DAY),
        amr: Set("pwd".to_owned()),
    }
}
