//! Audit events: their own log target, a fixed vocabulary (after the OWASP logging vocabulary), no
//! secret. Who by identifier, never by address.

use crate::domain::{
    id::{ClientId, SessionId, UserId},
    ring::Ring,
    session::{Caller, EndReason},
};

/// What happened.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event<'a> {
    /// A password opened a session.
    LoginSuccess,
    /// A known account, a wrong password, or an account that may not sign in.
    LoginFail,
    /// A session moved on to its next generation.
    SessionRenewed,
    /// A session ended.
    SessionEnded(EndReason),
    /// A superseded refresh token came back; the half that betrayed it.
    TokenReuse(&'static str),
    /// Genuine tokens were refused at refresh: why, and which half.
    TokenRefused { reason: &'static str, half: &'static str },
    /// A refresh token of a generation that the session never reached: was the database restored?
    TokenAhead,
    /// The password changed.
    PasswordChange,
    /// An account was made.
    UserCreated,
    /// An operator changed an account: what.
    UserChanged(&'static str),
    /// An operator brought in a key: its `kid`, a hash of its public part, and its ring.
    KeyImported { kid: &'a str, ring: Ring },
    /// An operator made a machine client.
    ClientCreated(ClientId),
    /// An operator gave a machine client a new secret.
    ClientSecretRotated(ClientId),
    /// An operator removed a machine client.
    ClientRemoved(ClientId),
    /// A known machine client could not prove itself.
    ClientFail(ClientId),
    /// A machine client got a token.
    MachineTokenIssued(ClientId),
    /// A machine client revoked a token of its own.
    MachineTokenRevoked(ClientId),
}

/// What only some events have.
struct Details<'a> {
    reason: &'static str,
    half: &'static str,
    /// The key it is about, and its ring.
    key: Option<(&'a str, &'static str)>,
    /// The machine client it is about.
    client: Option<ClientId>,
}

impl<'a> Event<'a> {
    const fn name(self) -> &'static str {
        match self {
            Self::LoginSuccess => "authn_login_success",
            Self::LoginFail => "authn_login_fail",
            Self::SessionRenewed => "session_renewed",
            Self::SessionEnded(_) => "session_ended",
            Self::TokenReuse(_) => "authn_token_reuse",
            Self::TokenRefused { .. } => "authn_token_refused",
            Self::TokenAhead => "authn_token_ahead",
            Self::PasswordChange => "authn_password_change",
            Self::UserCreated => "user_created",
            Self::UserChanged(_) => "user_updated",
            Self::KeyImported { .. } => "key_imported",
            Self::ClientCreated(_) => "client_created",
            Self::ClientSecretRotated(_) => "client_secret_rotated",
            Self::ClientRemoved(_) => "client_removed",
            Self::ClientFail(_) => "authn_client_fail",
            Self::MachineTokenIssued(_) => "authn_token_created",
            Self::MachineTokenRevoked(_) => "authn_token_revoked",
        }
    }

    /// What it tells beside its name.
    const fn details(self) -> Details<'a> {
        const NONE: Details<'static> = Details { reason: "", half: "", key: None, client: None };
        match self {
            Self::SessionEnded(reason) => Details { reason: reason.as_str(), ..NONE },
            Self::UserChanged(reason) => Details { reason, ..NONE },
            Self::TokenRefused { reason, half } => Details { reason, half, ..NONE },
            Self::TokenReuse(half) => Details { half, ..NONE },
            Self::KeyImported { kid, ring } => Details { key: Some((kid, ring.as_str())), ..NONE },
            Self::ClientCreated(id)
            | Self::ClientSecretRotated(id)
            | Self::ClientRemoved(id)
            | Self::ClientFail(id)
            | Self::MachineTokenIssued(id)
            | Self::MachineTokenRevoked(id) => Details { client: Some(id), ..NONE },
            Self::LoginSuccess
            | Self::LoginFail
            | Self::SessionRenewed
            | Self::TokenAhead
            | Self::PasswordChange
            | Self::UserCreated => NONE,
        }
    }

    const fn is_alarm(self) -> bool {
        matches!(self, Self::TokenReuse(_) | Self::TokenAhead)
    }
}

/// Writes one event.
pub(super) fn record(
    event: Event<'_>,
    user: Option<UserId>,
    session: Option<SessionId>,
    caller: &Caller,
) {
    let user = user.map(|id| id.to_string()).unwrap_or_default();
    let session = session.map(|id| id.to_string()).unwrap_or_default();
    let (name, Details { reason, half, key, client }) = (event.name(), event.details());
    // Fields that other events do not have.
    let (kid, ring) = key.unzip();
    let client = client.map(tracing::field::display);
    let ip = caller.origination.ip.as_str();
    let request_id = caller.request_id.as_str();
    if event.is_alarm() {
        tracing::warn!(target: "tandem::audit", event = name, reason, half, user, session, kid, ring, client, ip, request_id);
    } else {
        tracing::info!(target: "tandem::audit", event = name, reason, half, user, session, kid, ring, client, ip, request_id);
    }
}
