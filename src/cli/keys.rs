//! `tandem keys`.

use std::path::PathBuf;

use clap::{
    Args, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
};
use serde::Serialize;

use super::{
    Failure, database, input,
    output::{self, time},
};
use crate::{
    app::Parts,
    config::Config,
    domain::{clock::Timestamp, key::KeyState, ring::Ring},
    service::{Auth, KeyListing, KeyServiceError},
};

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// List the signing keys.
    List {
        /// Only this ring.
        #[arg(long, value_parser = rings())]
        ring: Option<Ring>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Bring in an Ed25519 private key (PKCS#8 PEM).
    Import(Import),
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// The ring it is for.
    #[arg(long, value_parser = rings())]
    ring: Ring,
    /// Let it sign as soon as all instances know it, not only when all caches do: the one in use
    /// has leaked.
    #[arg(long)]
    now: bool,
    /// The key (default: standard input).
    file: Option<PathBuf>,
}

fn rings() -> impl TypedValueParser<Value = Ring> {
    PossibleValuesParser::new(Ring::ALL.map(Ring::as_str))
        .try_map(|name| Ring::parse(&name).ok_or("not a ring"))
}

/// A key as it is printed.
#[derive(Serialize)]
struct Row {
    ring: Ring,
    kid: String,
    state: &'static str,
    created_at: String,
    active_from: Option<String>,
    ended_at: Option<String>,
}

impl From<KeyListing> for Row {
    fn from(key: KeyListing) -> Self {
        let KeyListing { kid, ring, state, created_at } = key;
        let (active_from, ended_at) = match state {
            KeyState::Active => (None, None),
            KeyState::Pending { at } => (at.map(time), None),
            KeyState::Retired { at } | KeyState::Revoked { at } => (None, Some(time(at))),
        };
        let (state, created_at) = (state.as_str(), time(created_at));
        Self { ring, kid, state, created_at, active_from, ended_at }
    }
}

pub(super) async fn run(
    command: &KeysCommand,
    config: &Config,
    parts: &Parts,
) -> Result<(), Failure> {
    match command {
        KeysCommand::List { ring, json } => {
            list(&*database::open(config, parts).await?, *ring, *json).await
        }
        KeysCommand::Import(new) => {
            let pem = input::key_file(new.file.as_deref())?;
            import(&*database::open(config, parts).await?, new, &pem).await
        }
    }
}

async fn list(auth: &Auth, ring: Option<Ring>, json: bool) -> Result<(), Failure> {
    let mut keys = auth.list_keys().await?;
    keys.retain(|key| ring.is_none_or(|ring| ring == key.ring));
    // Of several in one place the oldest comes first, as the store lists them.
    keys.sort_by_key(|key| (key.ring, place(key.state)));
    let rows: Vec<Row> = keys.into_iter().map(Row::from).collect();
    let head = ["RING", "KID", "STATE", "CREATED", "ACTIVE FROM", "ENDED"];
    output::list(&rows, json, head, |row| {
        let Row { ring, kid, state, created_at, active_from, ended_at } = row;
        let [active_from, ended_at] =
            [active_from, ended_at].map(|at| at.clone().unwrap_or_default());
        let (ring, state) = (ring.to_string(), (*state).to_owned());
        [ring, kid.clone(), state, created_at.clone(), active_from, ended_at]
    })
}

/// What signs, what will, what waits, what did.
fn place(state: KeyState) -> (u8, Option<Timestamp>) {
    match state {
        KeyState::Active => (0, None),
        KeyState::Pending { at: Some(at) } => (1, Some(at)),
        KeyState::Pending { at: None } => (2, None),
        KeyState::Retired { .. } => (3, None),
        KeyState::Revoked { .. } => (4, None),
    }
}

async fn import(auth: &Auth, new: &Import, pem: &str) -> Result<(), Failure> {
    let Import { ring, now, .. } = new;
    // A key under another master key than the instances' would stop them all; and a ring without
    // keys would have to wait for this one.
    auth.first_look().await?;
    let (kid, at) = auth.import_key(*ring, pem, *now).await.map_err(|error| {
        if matches!(error, KeyServiceError::Known) {
            return Failure::Refused(format!("{error}: `tandem keys list` shows where"));
        }
        error.into()
    })?;
    output::say(format_args!("{kid} is published, and signs in the {ring} ring from {at} on"))
}
