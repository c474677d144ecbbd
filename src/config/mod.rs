//! The configuration: defaults, a TOML file over them, the environment over both.
//!
//! Each section is a struct in a file of its own, with one table of its keys. Whoever adds a key
//! adds a field, its default and a row; a new section also goes into [`Config`] and `key::all`.

mod accounts;
mod database;
mod draft;
mod given;
mod key;
mod keys;
mod log;
mod nearest;
mod passwords;
mod problem;
mod public_url;
mod reference;
mod rules;
mod server;
mod session_flow;
mod source;
#[cfg(test)]
mod tests;
mod tokens;
mod units;

use serde::Serialize;

use self::draft::Draft;
pub use self::{
    accounts::{Accounts, Registration},
    database::Database,
    keys::{Keys, MasterKey},
    log::{Log, LogFormat},
    passwords::Passwords,
    problem::{Problem, Problems},
    public_url::{PublicUrl, PublicUrlError},
    reference::reference,
    server::Server,
    session_flow::SessionFlow,
    source::Source,
    tokens::Tokens,
    units::duration,
};

/// The whole configuration, valid in itself.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whether the service runs for development, on one machine.
    pub dev: bool,
    /// Where the service listens and whom it answers.
    pub server: Server,
    /// The database and the pool of connections to it.
    pub database: Database,
    /// Lifetimes of tokens and sessions.
    pub tokens: Tokens,
    /// The flow in which a session cookie is exchanged for short access tokens.
    pub session_flow: SessionFlow,
    /// What protects the keys at rest, and how they are published.
    pub keys: Keys,
    /// What is logged, and how.
    pub log: Log,
    /// The password policy and the cost of hashing.
    pub passwords: Passwords,
    /// How people come to have an account.
    pub accounts: Accounts,
}

/// A key and its effective value, for people; secrets are masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// `section.key`
    pub key: &'static str,
    /// The effective value.
    pub value: String,
    /// The value or the rule that holds when nothing is set.
    pub default: String,
    /// Whether the value is a secret.
    pub secret: bool,
    /// What the key means.
    pub description: &'static str,
}

impl Config {
    /// Loads the configuration; on failure reports every problem at once.
    pub fn load(source: &Source) -> Result<Self, Problems> {
        let mut draft = Draft::new(source.dev);
        let file = source.file_layer();
        // With values missing, a judgement of the whole would be about something nobody wrote.
        let complete = file.is_ok();
        match file {
            Ok(Some(layer)) => draft.take(layer, &source.directory),
            Ok(None) => {}
            Err(problem) => draft.report(problem),
        }
        draft.take(source.environment_layer(), &source.directory);
        draft.read();
        if complete {
            draft.judge();
        }
        draft.finish()
    }

    /// Every key with its effective value, in the order of the reference.
    pub fn entries(&self) -> Vec<Entry> {
        let entry = |key: &'static key::Key| Entry {
            key: key.name,
            value: (key.show)(self),
            default: key.show_default(self.dev),
            secret: key.secret,
            description: key.about,
        };
        key::all().map(entry).collect()
    }

    fn defaults(dev: bool) -> Self {
        Self {
            dev,
            server: Server { docs: dev, ..Server::default() },
            database: Database::default(),
            tokens: Tokens::default(),
            session_flow: SessionFlow::default(),
            keys: Keys::default(),
            log: Log::default(),
            passwords: Passwords::default(),
            accounts: Accounts::default(),
        }
    }
}
