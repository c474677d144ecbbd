//! Machine tokens: issued to clients, judged without the database, revoked, introspected.

use std::{sync::Arc, time::Duration};

use zeroize::Zeroizing;

use super::{
    AccessError, Auth, ServiceError,
    audit::{self, Event},
    refusals::Place,
};
use crate::{
    crypto::jwt,
    domain::{
        claims::{Claims, MachineClaims},
        client::{Client, Machine},
        clock::Timestamp,
        id::TokenId,
        key::KeyState,
        pair::{self, Fault, Pair},
        policy::MAX_TOKEN_LENGTH,
        ring::Ring,
        scope::{INTROSPECT, Scopes},
        session::Caller,
    },
    store::MachineChange,
};

/// A token for a client.
pub struct MachineToken {
    /// The token, a JWT (RFC 9068).
    pub token: Zeroizing<String>,
    /// Its life.
    pub expires_in: Duration,
    /// What it is good for.
    pub scopes: Scopes,
}

impl std::fmt::Debug for MachineToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[token]")
    }
}

/// A client got no token.
#[derive(Debug, thiserror::Error)]
pub enum MachineGrantError {
    /// It asked for what it may not have.
    #[error("the client may not ask for this scope")]
    InvalidScope,
    /// The service failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// What an active token says (RFC 7662 section 2.2).
#[derive(Debug)]
pub enum Introspection {
    /// A machine token.
    Machine(Arc<Machine>),
    /// Both halves of a user's access.
    Pair(Arc<Pair>),
}

impl Auth {
    /// Issues a token to a client that has proved itself. `scopes`: what it asks for; all it may have,
    /// if it does not say.
    pub fn issue_machine_token(
        &self,
        client: &Client,
        scopes: Option<Scopes>,
        caller: &Caller,
    ) -> Result<MachineToken, MachineGrantError> {
        let scopes = scopes.unwrap_or_else(|| client.scopes.clone());
        if !client.scopes.include(&scopes) {
            return Err(MachineGrantError::InvalidScope);
        }
        let now = self.clock.now();
        let expires_in = self.policy().machine_ttl;
        let claims = MachineClaims {
            iss: self.policy().issuer.clone(),
            sub: client.id,
            client_id: client.id,
            aud: self.policy().audience_of(Ring::Machine),
            iat: now.seconds(),
            exp: Timestamp::from_seconds(now.seconds()).plus(expires_in).seconds(),
            nbf: None,
            jti: TokenId::random(&*self.entropy),
            scope: scopes.clone(),
        };
        let typ = Ring::Machine.token_type();
        let token = jwt::sign(&self.rings().keys, Ring::Machine, typ, &claims);
        let token = Zeroizing::new(token.map_err(ServiceError::from)?);
        audit::record(Event::MachineTokenIssued(client.id), None, None, caller);
        Ok(MachineToken { token, expires_in, scopes })
    }

    /// Judges a machine token. Whoever it speaks for, if it opens the door now.
    pub fn authenticate_machine(&self, token: Option<&str>) -> Result<Arc<Machine>, AccessError> {
        let token = token.ok_or(AccessError::Unauthenticated)?;
        if token.len() > MAX_TOKEN_LENGTH {
            return Err(self.refuse_machine(Fault::TooLong));
        }
        let (now, rings) = (self.clock.now(), self.rings());
        let name = self.machines.name(token, "");
        if let Some(machine) = self.machines.get(&name, rings.epoch) {
            self.check_machine(&machine, now)?;
            return Ok(machine);
        }
        let (ring, typ) = (Ring::Machine, Ring::Machine.token_type());
        let read = jwt::verify::<MachineClaims>(&rings.keys, ring, typ, token);
        let (claims, key) = read.map_err(|fault| self.refuse_machine(fault))?;
        pair::check_registered(claims.registered(), ring, key.state, self.policy(), now)
            .map_err(|fault| self.refuse_machine(fault))?;
        if claims.sub != claims.client_id {
            return Err(self.refuse_machine(Fault::Mismatch));
        }
        if matches!(key.state, KeyState::Revoked { .. }) {
            return Err(AccessError::Expired);
        }
        let machine = Arc::new(Machine::from(claims));
        self.check_machine(&machine, now)?;
        self.machines.insert(name, Arc::clone(&machine), rings.epoch);
        Ok(machine)
    }

    /// What is judged on every request, however often the token was seen.
    fn check_machine(&self, machine: &Machine, now: Timestamp) -> Result<(), AccessError> {
        if self.machine_revocations.covers(machine.client, machine.token) {
            return Err(self.refuse_machine(Fault::Ended));
        }
        if now >= Timestamp::from_seconds(machine.exp).plus(self.policy().leeway) {
            return Err(AccessError::Expired);
        }
        Ok(())
    }

    fn refuse_machine(&self, fault: Fault) -> AccessError {
        self.refusals.count(Place::Machine, "", fault.as_str());
        AccessError::Invalid
    }

    /// Revokes a machine token of this client; anything else has no effect (RFC 7009 section 2.1).
    pub async fn revoke_token(
        &self,
        client: &Client,
        token: &str,
        caller: &Caller,
    ) -> Result<(), ServiceError> {
        let Ok(machine) = self.authenticate_machine(Some(token)) else { return Ok(()) };
        if machine.client != client.id {
            return Ok(());
        }
        let now = self.clock.now();
        self.store.revoke_token(machine.token, now).await?;
        let revoked = [MachineChange::Revoked(machine.token, now)];
        self.machine_revocations.apply(&revoked, self.policy());
        audit::record(Event::MachineTokenRevoked(client.id), None, None, caller);
        Ok(())
    }

    /// What an active token says; `None` for any other, and for one that this client may not ask
    /// about. Its own it may; others', and pairs, with the scope `introspect`.
    pub fn introspect(
        &self,
        client: &Client,
        token: &str,
        cookie_token: Option<&str>,
    ) -> Option<Introspection> {
        let may_all = client.scopes.contains(INTROSPECT);
        if cookie_token.is_some() {
            let pair = may_all.then(|| self.authenticate(Some(token), cookie_token));
            return pair?.ok().map(Introspection::Pair);
        }
        let machine = self.authenticate_machine(Some(token)).ok()?;
        (may_all || machine.client == client.id).then_some(Introspection::Machine(machine))
    }

    /// The name of the issuer (RFC 8414 section 2).
    pub fn issuer(&self) -> &str {
        &self.policy().issuer
    }

    /// The name of the audience of `ring`'s tokens.
    pub fn audience_of(&self, ring: Ring) -> String {
        self.policy().audience_of(ring)
    }
}
