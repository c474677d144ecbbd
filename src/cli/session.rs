//! `tandem session`.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{
    Failure,
    account::find,
    database,
    output::{self, say, time},
};
use crate::{
    app::Parts,
    config::Config,
    domain::{id::SessionId, session::Session},
    service::Auth,
};

#[derive(Debug, Subcommand)]
pub(super) enum SessionCommand {
    /// List the live sessions of an account, newest first.
    List {
        /// The account's identifier or address.
        #[arg(long, value_name = "ID|EMAIL")]
        user: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// End sessions, on all instances within moments.
    End(End),
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct End {
    /// This session.
    #[arg(value_name = "ID", value_parser = session_id)]
    session: Option<SessionId>,
    /// All sessions of the account with this identifier or address.
    #[arg(long, value_name = "ID|EMAIL")]
    user: Option<String>,
    /// Every session of every account: after a restore from a backup.
    #[arg(long)]
    all: bool,
}

fn session_id(text: &str) -> Result<SessionId, &'static str> {
    SessionId::parse(text)
        .ok_or("not 32 lower-case hex digits; `tandem session list` shows identifiers")
}

/// A session as it is printed.
#[derive(Serialize)]
struct Row {
    id: SessionId,
    created_at: String,
    last_seen_at: String,
    idle_expires_at: String,
    expires_at: String,
    ip: String,
    user_agent: String,
    amr: Vec<String>,
}

impl From<Session> for Row {
    fn from(session: Session) -> Self {
        Self {
            id: session.id,
            created_at: time(session.created_at),
            last_seen_at: time(session.last_seen_at),
            idle_expires_at: time(session.idle_expires_at),
            expires_at: time(session.expires_at),
            ip: session.origination.ip,
            user_agent: session.origination.user_agent,
            amr: session.authentication.methods,
        }
    }
}

impl Row {
    const HEAD: [&str; 6] = ["ID", "CREATED", "LAST SEEN", "EXPIRES IF IDLE", "IP", "USER AGENT"];

    fn cells(&self) -> [String; 6] {
        let Self { created_at, last_seen_at, idle_expires_at, ip, user_agent, .. } = self;
        [&self.id.to_string(), created_at, last_seen_at, idle_expires_at, ip, user_agent]
            .map(Clone::clone)
    }
}

pub(super) async fn run(
    command: &SessionCommand,
    config: &Config,
    parts: &Parts,
) -> Result<(), Failure> {
    let auth = &*database::open(config, parts).await?;
    match command {
        SessionCommand::List { user, json } => {
            let user = find(auth, user).await?;
            let sessions = auth.sessions_of(user.id).await?;
            let rows: Vec<Row> = sessions.into_iter().map(Row::from).collect();
            output::list(&rows, *json, Row::HEAD, Row::cells)
        }
        SessionCommand::End(which) => {
            let ended = end(auth, which).await?;
            say(format_args!("{ended} session{} ended", if ended == 1 { "" } else { "s" }))
        }
    }
}

async fn end(auth: &Auth, which: &End) -> Result<u64, Failure> {
    match which {
        End { session: Some(id), .. } if auth.operator_ends_session(*id).await? => Ok(1),
        End { session: Some(id), .. } => Err(Failure::Refused(format!(
            "there is no live session {id}: `tandem session list --user …` shows them"
        ))),
        End { user: Some(user), .. } => {
            let user = find(auth, user).await?;
            Ok(auth.operator_ends_sessions_of(user.id).await?)
        }
        End { .. } => Ok(auth.operator_ends_every_session().await?),
    }
}
