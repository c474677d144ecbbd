//! Rows to domain values. A row that does not read is an inconsistency, never a default.

use entity::{sessions, users};

use super::{RefreshState, Renewal, SecretHashes, StoreError, StoredSession, StoredUser};
use crate::{
    crypto::refresh_token::RefreshHash,
    domain::{
        clock::Timestamp,
        email::Email,
        flow::Flow,
        id::{SessionId, UserId},
        role::Roles,
        session::{Authentication, Origination, Session},
        user::User,
    },
};

pub(super) fn user(row: users::Model) -> Result<StoredUser, StoreError> {
    let user = User {
        id: UserId::parse(&row.id).ok_or(StoreError::Inconsistent("users.id"))?,
        email: Email::parse(&row.email).map_err(|_| StoreError::Inconsistent("users.email"))?,
        roles: roles(&row.roles)?,
        created_at: Timestamp::from_millis(row.created_at),
        disabled_at: row.disabled_at.map(Timestamp::from_millis),
        credentials_version: row.credentials_version,
    };
    Ok(StoredUser { user, password_hash: row.password_hash })
}

fn roles(text: &str) -> Result<Roles, StoreError> {
    let names = text.split(',').filter(|name| !name.is_empty());
    Roles::parse(names).map_err(|_| StoreError::Inconsistent("users.roles"))
}

pub(super) fn session(row: &sessions::Model) -> Result<Session, StoreError> {
    Ok(Session {
        id: SessionId::parse(&row.id).ok_or(StoreError::Inconsistent("sessions.id"))?,
        user: UserId::parse(&row.user_id).ok_or(StoreError::Inconsistent("sessions.user_id"))?,
        flow: Flow::parse(&row.flow).ok_or(StoreError::Inconsistent("sessions.flow"))?,
        created_at: Timestamp::from_millis(row.created_at),
        last_seen_at: Timestamp::from_millis(row.last_seen_at),
        idle_expires_at: Timestamp::from_millis(row.idle_expires_at),
        expires_at: Timestamp::from_millis(row.expires_at),
        tokens_not_before: row.tokens_not_before.map(Timestamp::from_millis),
        ended_at: row.ended_at.map(Timestamp::from_millis),
        origination: Origination { ip: row.ip.clone(), user_agent: row.user_agent.clone() },
        authentication: Authentication {
            time: Timestamp::from_millis(row.auth_time),
            methods: row.amr.split(',').map(str::to_owned).collect(),
        },
        generation: u32::try_from(row.generation)
            .map_err(|_| StoreError::Inconsistent("sessions.generation"))?,
        acknowledged_at: row.acknowledged_at.map(Timestamp::from_millis),
    })
}

pub(super) fn stored_session(
    row: &sessions::Model,
    owner: users::Model,
) -> Result<StoredSession, StoreError> {
    Ok(StoredSession { session: session(row)?, user: user(owner)?.user, renewal: renewal(row)? })
}

fn renewal(row: &sessions::Model) -> Result<Option<Renewal>, StoreError> {
    let hash = |bytes: &Option<Vec<u8>>| bytes.as_deref().map(stored_hash).transpose();
    let pair = |body, cookie| match (hash(body)?, hash(cookie)?) {
        (Some(body), Some(cookie)) => Ok(Some(SecretHashes { body, cookie })),
        (None, None) => Ok(None),
        _ => Err(StoreError::Inconsistent("sessions hashes")),
    };
    if Flow::parse(&row.flow) == Some(Flow::Session) {
        return Ok(hash(&row.cookie_hash)?.map(Renewal::Cookie));
    }
    let Some(current) = pair(&row.body_hash, &row.cookie_hash)? else { return Ok(None) };
    let previous = pair(&row.previous_body_hash, &row.previous_cookie_hash)?;
    let salt = row.salt.as_deref().map(<[u8; 32]>::try_from).transpose();
    let salt = salt.map_err(|_| StoreError::Inconsistent("sessions.salt"))?;
    Ok(Some(Renewal::Refresh(RefreshState { current, previous, salt })))
}

fn stored_hash(bytes: &[u8]) -> Result<RefreshHash, StoreError> {
    RefreshHash::from_slice(bytes).ok_or(StoreError::Inconsistent("sessions hashes"))
}
