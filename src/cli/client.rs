//! `tandem client`.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{
    Failure, database,
    input::key_file,
    output::{self, say, time},
};
use crate::{
    app::Parts,
    config::{self, Config},
    crypto::{assertion::ClientKeys, client_secret::ClientSecret},
    domain::{id::ClientId, scope::Scopes},
    service::{Auth, ClientListing},
};

/// The longest name of a client, characters.
const LONGEST_NAME: usize = 100;

#[derive(Debug, Subcommand)]
pub(super) enum ClientCommand {
    /// Make a machine client. Its secret is printed once.
    Add(Add),
    /// List the machine clients, oldest first.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Give a machine client a new secret. It is printed once.
    RotateSecret {
        /// The client.
        #[arg(value_name = "ID", value_parser = client_id)]
        client: ClientId,
        /// How long the secret before it still counts; any older one does not.
        #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = overlap)]
        overlap: Duration,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Remove a machine client. Its tokens stop on all instances within moments.
    Remove {
        /// The client.
        #[arg(value_name = "ID", value_parser = client_id)]
        client: ClientId,
    },
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// What people call it.
    #[arg(value_parser = name)]
    name: String,
    /// What it may ask for; repeat for several.
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// Its public Ed25519 keys as a JWK set: it proves itself by signing (`private_key_jwt`) and gets
    /// no secret. `-` is standard input.
    #[arg(long, value_name = "FILE")]
    jwks: Option<PathBuf>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

fn client_id(text: &str) -> Result<ClientId, &'static str> {
    ClientId::parse(text).ok_or("not 32 lower-case hex digits; `tandem client list` shows them")
}

fn name(text: &str) -> Result<String, String> {
    let length = text.chars().count();
    if !(1..=LONGEST_NAME).contains(&length) || text.chars().any(char::is_control) {
        return Err(format!("a name has 1 to {LONGEST_NAME} printable characters"));
    }
    Ok(text.to_owned())
}

fn overlap(text: &str) -> Result<Duration, String> {
    const LONGEST: Duration = Duration::from_hours(24 * 90);
    match config::duration(text) {
        Ok(overlap) if overlap <= LONGEST => Ok(overlap),
        _ => Err("write it like `24h`, at most `90d`; `0s` ends the old secret at once".to_owned()),
    }
}

/// What a new client, or one with a new secret, is told.
#[derive(Serialize)]
struct Credentials {
    client_id: ClientId,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
}

impl Credentials {
    fn new(client: ClientId, secret: Option<&ClientSecret>) -> Self {
        let client_secret = secret.map(|secret| secret.reveal().to_string());
        Self { client_id: client, client_secret }
    }

    fn print(&self, as_json: bool) -> Result<(), Failure> {
        if as_json {
            return output::json(self);
        }
        say(format_args!("client_id      {}", self.client_id))?;
        match &self.client_secret {
            Some(secret) => say(format_args!("client_secret  {secret}\n\nIt is not shown again.")),
            None => Ok(()),
        }
    }
}

/// A client as it is printed.
#[derive(Serialize)]
struct Row {
    id: ClientId,
    name: String,
    scopes: String,
    created_at: String,
    authentication: &'static str,
    /// When each live secret ends; null for the current one.
    secrets_end: Vec<Option<String>>,
}

impl From<ClientListing> for Row {
    fn from(ClientListing { client, has_keys, secrets_end }: ClientListing) -> Self {
        Self {
            id: client.id,
            name: client.name,
            scopes: client.scopes.to_string(),
            created_at: time(client.created_at),
            authentication: if has_keys { "private_key_jwt" } else { "client_secret" },
            secrets_end: secrets_end.into_iter().map(|end| end.map(time)).collect(),
        }
    }
}

impl Row {
    const HEAD: [&str; 6] = ["ID", "NAME", "SCOPES", "CREATED", "PROVES ITSELF BY", "SECRETS"];

    fn cells(&self) -> [String; 6] {
        let Self { id, name, scopes, created_at, authentication, secrets_end } = self;
        let secrets = secrets_end.len().to_string();
        let authentication = (*authentication).to_owned();
        [id.to_string(), name.clone(), scopes.clone(), created_at.clone(), authentication, secrets]
    }
}

pub(super) async fn run(
    command: &ClientCommand,
    config: &Config,
    parts: &Parts,
) -> Result<(), Failure> {
    // Before the database is opened: nothing is to be made for a wrong argument.
    let new = match command {
        ClientCommand::Add(add) => Some(read(add)?),
        ClientCommand::List { .. }
        | ClientCommand::RotateSecret { .. }
        | ClientCommand::Remove { .. } => None,
    };
    let auth = &*database::open(config, parts).await?;
    match command {
        ClientCommand::Add(Add { name, json, .. }) => {
            let (scopes, keys) = new.unwrap_or_default();
            let (client, secret) = auth.add_client(name, scopes, keys).await?;
            Credentials::new(client.id, secret.as_ref()).print(*json)
        }
        ClientCommand::List { json } => {
            let rows: Vec<Row> = auth.clients().await?.into_iter().map(Row::from).collect();
            output::list(&rows, *json, Row::HEAD, Row::cells)
        }
        ClientCommand::RotateSecret { client, overlap, json } => {
            rotate(auth, *client, *overlap, *json).await
        }
        ClientCommand::Remove { client } => {
            if !auth.remove_client(*client).await? {
                return Err(unknown(*client));
            }
            say("removed")
        }
    }
}

fn read(add: &Add) -> Result<(Scopes, Option<ClientKeys>), Failure> {
    let refused = |error: &dyn std::fmt::Display| Failure::Refused(error.to_string());
    let scopes = Scopes::of(add.scopes.iter().cloned()).map_err(|error| refused(&error))?;
    let Some(file) = &add.jwks else { return Ok((scopes, None)) };
    let text = key_file(Some(file).filter(|file| file.as_os_str() != "-").map(PathBuf::as_path))?;
    let keys = ClientKeys::parse(&text);
    let keys = keys.map_err(|error| refused(&format_args!("{}: {error}", file.display())))?;
    Ok((scopes, Some(keys)))
}

async fn rotate(
    auth: &Auth,
    client: ClientId,
    overlap: Duration,
    json: bool,
) -> Result<(), Failure> {
    let listing = auth.find_client(client).await?.ok_or_else(|| unknown(client))?;
    if listing.has_keys {
        return Err(Failure::Refused(
            "this client proves itself by its keys; add another one with the new key set, and remove it"
                .to_owned(),
        ));
    }
    let secret = auth.rotate_client_secret(client, overlap).await?;
    let secret = secret.ok_or_else(|| unknown(client))?;
    Credentials::new(client, Some(&secret)).print(json)
}

fn unknown(client: ClientId) -> Failure {
    Failure::Refused(format!("there is no client {client}: `tandem client list` shows them"))
}
