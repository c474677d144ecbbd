//! The schema of Tandem's database, one file a step.
//!
//! Does not use the `entity` crate: what a step does must not change when a model does.

pub use sea_orm_migration::{MigrationStatus, MigratorTrait};
use sea_orm_migration::{MigrationTrait, async_trait};

mod m0001_core;
mod m0002_clients;

/// All steps, oldest first.
#[derive(Clone, Copy, Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m0001_core::Migration), Box::new(m0002_clients::Migration)]
    }
}
