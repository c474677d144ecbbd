//! Sign-ins.

use entity::{
    sessions::{ActiveModel, Column, Entity},
    users,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select, UpdateMany,
    sea_query::{Expr, ExprTrait},
};

use super::{NewHashes, Renewal, SecretHashes, Store, StoreError, Transaction, rows};
use crate::{
    crypto::refresh_token::RefreshHash,
    domain::{
        clock::Timestamp,
        id::{SessionId, UserId},
        session::{EndReason, Session},
        user::User,
    },
};

/// A session with its owner.
#[derive(Clone, Debug)]
pub struct StoredSession {
    /// The session.
    pub session: Session,
    /// Its owner.
    pub user: User,
    /// What renews it; `None` once it has ended.
    pub renewal: Option<Renewal>,
}

/// A session to be opened, at generation 1.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The session.
    pub session: Session,
    /// What renews it.
    pub hashes: NewHashes,
}

/// The step from one generation to the next.
#[derive(Clone, Copy, Debug)]
pub struct Rotation {
    /// The generation it starts from.
    pub from: u32,
    /// `tokens_not_before` as it was read.
    pub tokens_not_before: Option<Timestamp>,
    /// The secrets of the new generation.
    pub next: SecretHashes,
    /// The secrets it replaces.
    pub replaced: SecretHashes,
    /// What the new ones were derived with.
    pub salt: [u8; 32],
    /// Now.
    pub at: Timestamp,
    /// The new idle deadline.
    pub idle_expires_at: Timestamp,
}

/// What other instances must know of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The session.
    pub session: SessionId,
    /// When it changed.
    pub at: Timestamp,
    /// True if it ended.
    pub ended: bool,
    /// Its `tokens_not_before`.
    pub tokens_not_before: Option<Timestamp>,
}

impl Store {
    /// The session with this identifier, and its owner: one statement.
    pub async fn session(&self, id: SessionId) -> Result<Option<StoredSession>, StoreError> {
        let found = Entity::find_by_id(id.to_string())
            .find_also_related(users::Entity)
            .one(&self.db)
            .await?;
        match found {
            None => Ok(None),
            Some((_, None)) => Err(StoreError::Inconsistent("a session without its user")),
            Some((row, Some(owner))) => rows::stored_session(&row, owner).map(Some),
        }
    }

    /// The sessions of a user that are alive at `now`, newest first.
    pub async fn live_sessions(
        &self,
        user: UserId,
        now: Timestamp,
    ) -> Result<Vec<Session>, StoreError> {
        let rows = Entity::find()
            .filter(Column::UserId.eq(user.to_string()))
            .filter(alive(now))
            .order_by_desc(Column::CreatedAt)
            .order_by_desc(Column::Id)
            .all(&self.db)
            .await?;
        rows.iter().map(rows::session).collect()
    }

    /// Moves a session on; false if somebody else did, it has ended, or its tokens were outdated since
    /// it was read: what was read of its owner may be outdated, too.
    pub async fn rotate(&self, id: SessionId, step: &Rotation) -> Result<bool, StoreError> {
        let next = i64::from(step.from) + 1;
        let update = Entity::update_many()
            .col_expr(Column::Generation, Expr::value(next))
            .col_expr(Column::BodyHash, blob(step.next.body))
            .col_expr(Column::CookieHash, blob(step.next.cookie))
            .col_expr(Column::PreviousBodyHash, blob(step.replaced.body))
            .col_expr(Column::PreviousCookieHash, blob(step.replaced.cookie))
            .col_expr(Column::Salt, Expr::value(step.salt.to_vec()))
            .col_expr(Column::AcknowledgedAt, Expr::value(None::<i64>))
            .col_expr(Column::LastSeenAt, Expr::value(step.at.millis()))
            .col_expr(Column::IdleExpiresAt, Expr::value(step.idle_expires_at.millis()))
            .filter(Column::Id.eq(id.to_string()))
            .filter(Column::Generation.eq(i64::from(step.from)))
            .filter(Column::EndedAt.is_null())
            .filter(match step.tokens_not_before {
                Some(bar) => Column::TokensNotBefore.eq(bar.millis()),
                None => Column::TokensNotBefore.is_null(),
            });
        Ok(update.exec(&self.db).await?.rows_affected == 1)
    }

    /// Moves the idle deadline of a session that is still at `generation`; false if it is not, or has
    /// ended.
    pub async fn touch(
        &self,
        id: SessionId,
        generation: u32,
        now: Timestamp,
        idle_expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let update = Entity::update_many()
            .col_expr(Column::LastSeenAt, Expr::value(now.millis()))
            .col_expr(Column::IdleExpiresAt, Expr::value(idle_expires_at.millis()))
            .filter(Column::Id.eq(id.to_string()))
            .filter(Column::Generation.eq(i64::from(generation)))
            .filter(Column::EndedAt.is_null());
        Ok(update.exec(&self.db).await?.rows_affected == 1)
    }

    /// Records at `at` that the body half of these generations has been seen: one statement for all.
    /// What has moved on meanwhile, or was acknowledged before, is left alone.
    pub async fn acknowledge(
        &self,
        seen: &[(SessionId, u32)],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let any = seen.iter().fold(Condition::any(), |any, (id, generation)| {
            any.add(
                Condition::all()
                    .add(Column::Id.eq(id.to_string()))
                    .add(Column::Generation.eq(i64::from(*generation))),
            )
        });
        Entity::update_many()
            .col_expr(Column::AcknowledgedAt, Expr::value(at.millis()))
            .filter(Column::Id.is_in(seen.iter().map(|(id, _)| id.to_string())))
            .filter(any)
            .filter(Column::AcknowledgedAt.is_null())
            .filter(Column::EndedAt.is_null())
            .exec(&self.db)
            .await?;
        Ok(())
    }

    /// Everything that changed since `since`.
    pub async fn changes_since(&self, since: Timestamp) -> Result<Vec<Change>, StoreError> {
        let changed = Column::ChangedAt.gte(since.millis());
        let rows = change_rows().filter(changed).into_tuple().all(&self.db).await?;
        rows.into_iter().map(change).collect()
    }

    /// Up to `limit` sessions that have not ended and were not overdue at `since`, after `last` in the
    /// order of identifiers.
    pub async fn open_sessions_after(
        &self,
        last: Option<SessionId>,
        since: Timestamp,
        limit: u64,
    ) -> Result<Vec<SessionId>, StoreError> {
        let mut find = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(alive(since))
            .order_by_asc(Column::Id)
            .limit(limit);
        if let Some(last) = last {
            find = find.filter(Column::Id.gt(last.to_string()));
        }
        let rows: Vec<String> = find.into_tuple().all(&self.db).await?;
        ids(rows)
    }
}

impl Transaction {
    /// Opens a session.
    pub async fn insert_session(&self, new: &NewSession) -> Result<(), StoreError> {
        let NewSession { session, hashes } = new;
        let (body, cookie) = match hashes {
            NewHashes::Refresh(SecretHashes { body, cookie }) => (Some(body), cookie),
            NewHashes::Cookie(cookie) => (None, cookie),
        };
        let row = ActiveModel {
            id: Set(session.id.to_string()),
            user_id: Set(session.user.to_string()),
            flow: Set(session.flow.as_str().to_owned()),
            generation: Set(session.generation.into()),
            body_hash: Set(body.map(|hash| hash.as_bytes().to_vec())),
            cookie_hash: Set(Some(cookie.as_bytes().to_vec())),
            previous_body_hash: Set(None),
            previous_cookie_hash: Set(None),
            salt: Set(None),
            acknowledged_at: Set(None),
            created_at: Set(session.created_at.millis()),
            last_seen_at: Set(session.last_seen_at.millis()),
            idle_expires_at: Set(session.idle_expires_at.millis()),
            expires_at: Set(session.expires_at.millis()),
            tokens_not_before: Set(None),
            changed_at: Set(None),
            ended_at: Set(None),
            end_reason: Set(None),
            ip: Set(session.origination.ip.clone()),
            user_agent: Set(session.origination.user_agent.clone()),
            auth_time: Set(session.authentication.time.millis()),
            amr: Set(session.authentication.methods.join(",")),
        };
        Entity::insert(row).exec_without_returning(&self.inner).await?;
        Ok(())
    }

    /// The live sessions of a user beyond the newest `keep`.
    pub async fn surplus_sessions(
        &self,
        user: UserId,
        keep: u32,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StoreError> {
        let rows: Vec<String> = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::UserId.eq(user.to_string()))
            .filter(alive(now))
            .order_by_desc(Column::CreatedAt)
            .order_by_desc(Column::Id)
            .into_tuple()
            .all(&self.inner)
            .await?;
        ids(rows.into_iter().skip(usize::try_from(keep).unwrap_or(usize::MAX)))
    }

    /// The sessions of a user that have not ended, overdue ones included.
    pub async fn open_sessions(&self, user: UserId) -> Result<Vec<SessionId>, StoreError> {
        let rows: Vec<String> = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::UserId.eq(user.to_string()))
            .filter(Column::EndedAt.is_null())
            .into_tuple()
            .all(&self.inner)
            .await?;
        ids(rows)
    }

    /// Ends those of `sessions` that have not ended, and gives their number. Nothing is left to
    /// redeem.
    pub async fn end_sessions(
        &self,
        sessions: &[SessionId],
        reason: EndReason,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        if sessions.is_empty() {
            return Ok(0);
        }
        let only = Column::Id.is_in(sessions.iter().map(SessionId::to_string));
        Ok(ended(reason, now).filter(only).exec(&self.inner).await?.rows_affected)
    }

    /// Makes the access tokens of `sessions` issued up to `now()` stale, and tells what others must know.
    ///
    /// `tokens_not_before` moves on every time, by a second if need be: two changes within one second
    /// are two. The clock is asked only once the rows are locked, because a rotation that read what is
    /// being changed may have been waited for.
    pub async fn outdate_tokens(
        &self,
        sessions: &[SessionId],
        now: impl Fn() -> Timestamp,
    ) -> Result<Vec<Change>, StoreError> {
        if sessions.is_empty() {
            return Ok(Vec::new());
        }
        let only = || Column::Id.is_in(sessions.iter().map(SessionId::to_string));
        let changed_at = |at: Timestamp| {
            Entity::update_many()
                .col_expr(Column::ChangedAt, Expr::value(at.millis()))
                .filter(only())
                .filter(Column::EndedAt.is_null())
        };
        changed_at(now()).exec(&self.inner).await?;
        let now = now();
        let bar = Timestamp::from_seconds(now.seconds_up()).millis();
        let moved = Expr::case(
            Expr::col(Column::TokensNotBefore).gte(bar),
            Expr::col(Column::TokensNotBefore).add(1000_i64),
        )
        .finally(bar);
        changed_at(now).col_expr(Column::TokensNotBefore, moved.into()).exec(&self.inner).await?;
        let rows = change_rows().filter(only()).into_tuple().all(&self.inner).await?;
        rows.into_iter().map(change).collect()
    }
}

/// Identifier, `changed_at`, `ended_at`, `tokens_not_before`.
type ChangeRow = (String, Option<i64>, Option<i64>, Option<i64>);

fn change_rows() -> Select<Entity> {
    Entity::find().select_only().columns([
        Column::Id,
        Column::ChangedAt,
        Column::EndedAt,
        Column::TokensNotBefore,
    ])
}

fn change((id, changed_at, ended_at, tokens_not_before): ChangeRow) -> Result<Change, StoreError> {
    Ok(Change {
        session: SessionId::parse(&id).ok_or(StoreError::Inconsistent("sessions.id"))?,
        at: Timestamp::from_millis(changed_at.unwrap_or_default()),
        ended: ended_at.is_some(),
        tokens_not_before: tokens_not_before.map(Timestamp::from_millis),
    })
}

fn alive(now: Timestamp) -> Condition {
    Condition::all()
        .add(Column::EndedAt.is_null())
        .add(Column::IdleExpiresAt.gt(now.millis()))
        .add(Column::ExpiresAt.gt(now.millis()))
}

fn ended(reason: EndReason, now: Timestamp) -> UpdateMany<Entity> {
    let nothing = || Expr::value(None::<Vec<u8>>);
    Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(now.millis()))
        .col_expr(Column::EndReason, Expr::value(reason.as_str()))
        .col_expr(Column::ChangedAt, Expr::value(now.millis()))
        .col_expr(Column::BodyHash, nothing())
        .col_expr(Column::CookieHash, nothing())
        .col_expr(Column::PreviousBodyHash, nothing())
        .col_expr(Column::PreviousCookieHash, nothing())
        .col_expr(Column::Salt, nothing())
        .filter(Column::EndedAt.is_null())
}

fn blob(hash: RefreshHash) -> sea_orm::sea_query::SimpleExpr {
    Expr::value(hash.as_bytes().to_vec())
}

fn ids(rows: impl IntoIterator<Item = String>) -> Result<Vec<SessionId>, StoreError> {
    rows.into_iter()
        .map(|id| SessionId::parse(&id).ok_or(StoreError::Inconsistent("sessions.id")))
        .collect()
}
