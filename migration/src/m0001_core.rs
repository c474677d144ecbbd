//! Users, sessions, signing keys.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Users {
    Table,
    Id,
    Email,
    EmailCanonical,
    PasswordHash,
    Roles,
    CredentialsVersion,
    CreatedAt,
    DisabledAt,
}

#[derive(DeriveIden)]
enum Sessions {
    Table,
    Id,
    UserId,
    Flow,
    Generation,
    BodyHash,
    CookieHash,
    PreviousBodyHash,
    PreviousCookieHash,
    Salt,
    AcknowledgedAt,
    CreatedAt,
    LastSeenAt,
    IdleExpiresAt,
    ExpiresAt,
    TokensNotBefore,
    ChangedAt,
    EndedAt,
    EndReason,
    Ip,
    UserAgent,
    AuthTime,
    Amr,
}

#[derive(DeriveIden)]
enum SigningKeys {
    Table,
    Kid,
    Ring,
    State,
    ActiveIn,
    PublicKey,
    SealedSeed,
    CreatedAt,
    ActivatesAt,
    EndedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(users(manager.get_database_backend())).await?;
        manager.create_table(sessions()).await?;
        for (name, column) in [
            ("sessions_user_id", Sessions::UserId),
            ("sessions_changed_at", Sessions::ChangedAt),
            ("sessions_expires_at", Sessions::ExpiresAt),
        ] {
            let mut index = Index::create();
            index.name(name).table(Sessions::Table).col(column);
            manager.create_index(index).await?;
        }
        manager.create_table(signing_keys(manager.get_database_backend())).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(SigningKeys::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Sessions::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Users::Table).to_owned()).await
    }
}

/// 32 hex digits.
fn id(column: impl IntoIden) -> ColumnDef {
    ColumnDef::new(column).string_len(32).not_null().take()
}

fn text(column: impl IntoIden, length: u32) -> ColumnDef {
    ColumnDef::new(column).string_len(length).not_null().take()
}

/// Text that is compared byte for byte; MySQL folds case and accents unless told.
fn exact(column: impl IntoIden, length: u32, backend: DbBackend) -> ColumnDef {
    let mut column = ColumnDef::new(column).string_len(length).take();
    if backend == DbBackend::MySql {
        column.extra("COLLATE utf8mb4_bin");
    }
    column
}

fn instant(column: impl IntoIden) -> ColumnDef {
    ColumnDef::new(column).big_integer().take()
}

fn hash(column: impl IntoIden) -> ColumnDef {
    ColumnDef::new(column).var_binary(32).take()
}

fn users(backend: DbBackend) -> TableCreateStatement {
    Table::create()
        .table(Users::Table)
        .col(id(Users::Id).primary_key())
        .col(text(Users::Email, 254))
        .col(exact(Users::EmailCanonical, 254, backend).not_null().unique_key())
        .col(text(Users::PasswordHash, 255))
        .col(text(Users::Roles, 1100))
        .col(instant(Users::CredentialsVersion).not_null())
        .col(instant(Users::CreatedAt).not_null())
        .col(instant(Users::DisabledAt).null())
        .take()
}

fn sessions() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table(Sessions::Table)
        .col(id(Sessions::Id).primary_key())
        .col(id(Sessions::UserId))
        .col(text(Sessions::Flow, 16))
        .col(instant(Sessions::Generation).not_null());
    for column in [
        Sessions::BodyHash,
        Sessions::CookieHash,
        Sessions::PreviousBodyHash,
        Sessions::PreviousCookieHash,
        Sessions::Salt,
    ] {
        table.col(hash(column).null());
    }
    for column in [
        Sessions::CreatedAt,
        Sessions::LastSeenAt,
        Sessions::IdleExpiresAt,
        Sessions::ExpiresAt,
        Sessions::AuthTime,
    ] {
        table.col(instant(column).not_null());
    }
    for column in [
        Sessions::AcknowledgedAt,
        Sessions::TokensNotBefore,
        Sessions::ChangedAt,
        Sessions::EndedAt,
    ] {
        table.col(instant(column).null());
    }
    table
        .col(ColumnDef::new(Sessions::EndReason).string_len(32).null())
        .col(text(Sessions::Ip, 45))
        .col(text(Sessions::UserAgent, 256))
        .col(text(Sessions::Amr, 64))
        .foreign_key(
            ForeignKey::create()
                .name("sessions_user")
                .from(Sessions::Table, Sessions::UserId)
                .to(Users::Table, Users::Id)
                .on_delete(ForeignKeyAction::Cascade),
        )
        .take()
}

fn signing_keys(backend: DbBackend) -> TableCreateStatement {
    Table::create()
        .table(SigningKeys::Table)
        .col(exact(SigningKeys::Kid, 43, backend).not_null().primary_key())
        .col(text(SigningKeys::Ring, 16))
        .col(text(SigningKeys::State, 16))
        .col(ColumnDef::new(SigningKeys::ActiveIn).string_len(16).null().unique_key())
        .col(hash(SigningKeys::PublicKey).not_null())
        .col(ColumnDef::new(SigningKeys::SealedSeed).var_binary(255).not_null())
        .col(instant(SigningKeys::CreatedAt).not_null())
        .col(instant(SigningKeys::ActivatesAt).null())
        .col(instant(SigningKeys::EndedAt).null())
        .take()
}
