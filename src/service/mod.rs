//! The verbs: one use case, one file, one transaction.

use std::sync::{Arc, PoisonError, RwLock};

mod accounts;
mod acknowledgement;
mod audit;
mod authenticate;
mod client_authentication;
mod clients;
mod error;
mod issue;
mod keys;
mod login;
mod logout;
mod machine;
mod password;
mod refresh;
mod refusals;
mod register;
mod revocation;
mod revoked;
mod session_flow;
mod sessions;
mod verified;
mod watch;

pub use self::{
    accounts::AccountError,
    authenticate::AccessError,
    client_authentication::{ClientError, ClientProof},
    clients::ClientListing,
    error::ServiceError,
    issue::{AccessPair, Grant, RenewalTokens},
    keys::{Jwk, KeyListing, KeyServiceError},
    login::LoginError,
    machine::{Introspection, MachineGrantError, MachineToken},
    password::ChangePasswordError,
    refresh::{RefreshCall, RefreshError},
    register::RegisterError,
    revoked::{Revoked, RevokedSession},
    session_flow::{Exchange, ExchangeError, SignIn},
    watch::{Readiness, Watch},
};
use self::{
    acknowledgement::Acknowledgements,
    refusals::{Place, Refusals},
    revocation::{MachineRevocations, Revocations},
    verified::Verified,
    watch::LastLook,
};
use crate::{
    crypto::{
        jwt::KeyRings,
        password::{HashCost, HashError, PasswordHasherPool},
        provider::{self, ProviderError},
        refresh_token::RefreshCodec,
        seal::{MasterKey, Sealer},
    },
    domain::{client::Machine, clock::Clock, entropy::Entropy, pair::Pair, policy::TokenPolicy},
    store::Store,
};

/// What the service is told about itself.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Lifetimes of tokens and sessions.
    pub policy: TokenPolicy,
    /// Code points a new password needs.
    pub min_password_length: usize,
    /// The cost of password hashes.
    pub hash_cost: HashCost,
    /// Passwords hashed at once.
    pub hash_threads: usize,
    /// Whether anybody may register.
    pub registration_open: bool,
    /// Seals keys, tags refresh tokens.
    pub master_key: MasterKey,
    /// Also open seals and check tags.
    pub accepted_master_keys: Vec<MasterKey>,
    /// How long the published key set may be cached.
    pub jwks_max_age: std::time::Duration,
    /// How often the database is asked for changes.
    pub revocation_poll: std::time::Duration,
}

/// The service could not be put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetUpError {
    /// The cryptography of this process is wrong.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The Argon2 parameters are wrong.
    #[error(transparent)]
    Hash(#[from] HashError),
}

/// The authentication service: every verb is a method.
#[derive(Debug)]
pub struct Auth {
    store: Store,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    settings: Settings,
    hasher: PasswordHasherPool,
    codec: RefreshCodec,
    sealer: Sealer,
    rings: RwLock<Arc<Rings>>,
    pairs: Verified<Pair>,
    machines: Verified<Machine>,
    revocations: Revocations,
    machine_revocations: MachineRevocations,
    acknowledgements: Acknowledgements,
    refusals: Refusals,
    last_look: LastLook,
}

/// The key rings, and the number of times they have changed.
#[derive(Debug, Default)]
struct Rings {
    keys: KeyRings,
    epoch: u64,
}

impl Auth {
    /// Puts the service together. It knows no keys and no revocations before its first look at the
    /// database ([`Auth::first_look`]).
    pub fn new(
        store: Store,
        settings: Settings,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, SetUpError> {
        provider::install()?;
        let hasher = PasswordHasherPool::new(
            settings.hash_cost,
            settings.hash_threads,
            Arc::clone(&entropy),
        )?;
        let (main, accepted) = (&settings.master_key, &settings.accepted_master_keys);
        Ok(Self {
            codec: RefreshCodec::new(main, accepted),
            sealer: Sealer::new(main, accepted),
            pairs: Verified::new(verified::PAIRS, &*entropy),
            machines: Verified::new(verified::MACHINES, &*entropy),
            rings: RwLock::default(),
            revocations: Revocations::default(),
            machine_revocations: MachineRevocations::default(),
            acknowledgements: Acknowledgements::default(),
            refusals: Refusals::default(),
            last_look: LastLook::default(),
            store,
            clock,
            entropy,
            settings,
            hasher,
        })
    }

    /// Counts a request that a foreign page made.
    pub fn count_foreign_origin(&self) {
        self.refusals.count(Place::Origin, "", "not_allowed");
    }

    fn rings(&self) -> Arc<Rings> {
        Arc::clone(&self.rings.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn policy(&self) -> &TokenPolicy {
        &self.settings.policy
    }
}
