//! Machine clients: their secrets, used assertions, revoked tokens.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Clients {
    Table,
    Id,
    Name,
    Scopes,
    Jwks,
    CreatedAt,
    RemovedAt,
}

#[derive(DeriveIden)]
enum ClientSecrets {
    Table,
    Hash,
    ClientId,
    CreatedAt,
    ExpiresAt,
}

#[derive(DeriveIden)]
enum ClientAssertions {
    Table,
    Id,
    ExpiresAt,
}

#[derive(DeriveIden)]
enum RevokedTokens {
    Table,
    Id,
    RevokedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        for table in [
            clients(backend),
            client_secrets(backend),
            client_assertions(backend),
            revoked_tokens(),
        ] {
            manager.create_table(table).await?;
        }
        for index in [
            Index::create()
                .name("clients_removed_at")
                .table(Clients::Table)
                .col(Clients::RemovedAt)
                .take(),
            Index::create()
                .name("client_secrets_client_id")
                .table(ClientSecrets::Table)
                .col(ClientSecrets::ClientId)
                .take(),
            Index::create()
                .name("client_assertions_expires_at")
                .table(ClientAssertions::Table)
                .col(ClientAssertions::ExpiresAt)
                .take(),
            Index::create()
                .name("revoked_tokens_revoked_at")
                .table(RevokedTokens::Table)
                .col(RevokedTokens::RevokedAt)
                .take(),
        ] {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(RevokedTokens::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(ClientAssertions::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(ClientSecrets::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Clients::Table).to_owned()).await
    }
}

fn text(column: impl IntoIden, length: u32) -> ColumnDef {
    ColumnDef::new(column).string_len(length).not_null().take()
}

/// base64url of a digest, compared byte for byte; MySQL folds case unless told.
fn digest(column: impl IntoIden, backend: DbBackend) -> ColumnDef {
    let mut column = text(column, 43);
    if backend == DbBackend::MySql {
        column.extra("COLLATE utf8mb4_bin");
    }
    column.primary_key().take()
}

fn instant(column: impl IntoIden) -> ColumnDef {
    ColumnDef::new(column).big_integer().take()
}

fn clients(backend: DbBackend) -> TableCreateStatement {
    // Scopes differ by case; MySQL folds it unless told.
    let mut scopes = text(Clients::Scopes, 2100);
    if backend == DbBackend::MySql {
        scopes.extra("COLLATE utf8mb4_bin");
    }
    Table::create()
        .table(Clients::Table)
        .col(text(Clients::Id, 32).primary_key())
        .col(text(Clients::Name, 100))
        .col(scopes)
        .col(ColumnDef::new(Clients::Jwks).text().null())
        .col(instant(Clients::CreatedAt).not_null())
        .col(instant(Clients::RemovedAt).null())
        .take()
}

fn client_secrets(backend: DbBackend) -> TableCreateStatement {
    Table::create()
        .table(ClientSecrets::Table)
        .col(digest(ClientSecrets::Hash, backend))
        .col(text(ClientSecrets::ClientId, 32))
        .col(instant(ClientSecrets::CreatedAt).not_null())
        .col(instant(ClientSecrets::ExpiresAt).null())
        .foreign_key(
            ForeignKey::create()
                .name("client_secrets_client")
                .from(ClientSecrets::Table, ClientSecrets::ClientId)
                .to(Clients::Table, Clients::Id)
                .on_delete(ForeignKeyAction::Cascade),
        )
        .take()
}

fn client_assertions(backend: DbBackend) -> TableCreateStatement {
    Table::create()
        .table(ClientAssertions::Table)
        .col(digest(ClientAssertions::Id, backend))
        .col(instant(ClientAssertions::ExpiresAt).not_null())
        .take()
}

fn revoked_tokens() -> TableCreateStatement {
    Table::create()
        .table(RevokedTokens::Table)
        .col(text(RevokedTokens::Id, 32).primary_key())
        .col(instant(RevokedTokens::RevokedAt).not_null())
        .take()
}
