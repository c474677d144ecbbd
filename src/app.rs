//! The built service as a value: build it, ask its address, run it until told to stop.

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use tokio::sync::watch;

use crate::{
    config::{self, Config},
    crypto::password::HashCost,
    domain::{clock::Clock, entropy::Entropy, policy::TokenPolicy},
    http::{self, HttpSettings, Server, ServerLimits, embed::Routes},
    service::{Auth, KeyServiceError, SetUpError, Settings, Watch},
    store::{SchemaState, Store, StoreError},
};

/// For a request's head to arrive.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Between two requests on a connection. Proxies should keep theirs for less, so that it is they who
/// close, and no request meets a closing connection. nginx does (60 s); others are told to: Go and
/// Traefik keep them for 90 s, Caddy for 2 min, Envoy for 1 h.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);

/// The longest pause between two tries to reach a database that is away.
const MAX_PAUSE: Duration = Duration::from_secs(2);

/// What a service needs from outside.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// The service cannot start, or cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No master key: configuration makes sure of one outside `--dev`.
    #[error("keys.master_key is missing")]
    NoMasterKey,
    /// The address cannot be listened on.
    #[error(
        "cannot listen on {0}: {1}; `server.listen` (TANDEM_SERVER__LISTEN) names another address"
    )]
    Listen(SocketAddr, std::io::Error),
    /// The service could not be put together.
    #[error(transparent)]
    SetUp(#[from] SetUpError),
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys are not as they should be.
    #[error(transparent)]
    Keys(#[from] KeyServiceError),
    /// Migrations are pending.
    #[error("the database schema is old: run `tandem migrate up`, or start with `--migrate`")]
    OldSchema,
}

impl StartError {
    /// True where waiting may help: the database is away.
    const fn is_temporary(&self) -> bool {
        match self {
            Self::Store(error) | Self::Keys(KeyServiceError::Store(error)) => error.is_temporary(),
            Self::NoMasterKey
            | Self::Listen(..)
            | Self::SetUp(_)
            | Self::Keys(_)
            | Self::OldSchema => false,
        }
    }
}

/// Opens the database of `config` and puts the verbs on top of it, without listening: what the
/// command line works with.
pub async fn open(config: &Config, parts: &Parts) -> Result<(Store, Arc<Auth>), StartError> {
    let database = &config.database;
    let store =
        Store::open(database.url.expose(), database.timeout, database.max_connections).await?;
    let settings = settings(config)?;
    let (clock, entropy) = (Arc::clone(&parts.clock), Arc::clone(&parts.entropy));
    let auth = Auth::new(store.clone(), settings, clock, entropy)?;
    Ok((store, Arc::new(auth)))
}

/// The service, listening but not yet answering.
#[derive(Debug)]
pub struct App {
    server: Server,
    store: Store,
    auth: Arc<Auth>,
    http: HttpSettings,
    migrate: bool,
    ready: Flag,
    own: Option<Routes>,
}

impl App {
    /// Builds the service and listens. `migrate`: apply pending migrations, as is always done on
    /// SQLite.
    ///
    /// A database that is away is waited for later, in [`App::run_until`].
    pub async fn build(
        mut config: Config,
        parts: &Parts,
        migrate: bool,
    ) -> Result<Self, StartError> {
        let listen = config.server.listen;
        let limits = ServerLimits {
            head: HEAD_TIMEOUT,
            idle: IDLE_TIMEOUT,
            drain: config.server.request_timeout,
        };
        let server = Server::bind(listen, limits)
            .await
            .map_err(|error| StartError::Listen(listen, error))?;
        // A URL that somebody has set stays: it may be what another instance is known by.
        let is_default = config.server.public_url == config::Server::default().public_url;
        if listen.port() == 0 && is_default {
            let url = config.server.public_url.with_port(server.address().port());
            config.server.public_url = url;
        }
        let (store, auth) = open(&config, parts).await?;
        let migrate = migrate || config.database.url.expose().starts_with("sqlite:");
        let http = http_settings(&config);
        Ok(Self { server, store, auth, http, migrate, ready: Flag::new(false), own: None })
    }

    /// Serves the routes of an API beside our own: see [`http::embed`]. Paths of ours stay ours.
    #[must_use]
    pub fn mount(self, routes: Routes) -> Self {
        Self { own: Some(routes), ..self }
    }

    /// Where the service listens.
    pub const fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The origin that browsers use.
    pub fn public_url(&self) -> String {
        self.http.public_origin.as_str().to_owned()
    }

    /// The verbs.
    pub fn auth(&self) -> Arc<Auth> {
        Arc::clone(&self.auth)
    }

    /// Resolves once the service answers; never, if it fails to start.
    pub fn ready(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut ready = self.ready.subscribe();
        async move {
            if ready.wait_for(|ready| *ready).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Runs until `stop`. Requests in flight finish, then the background work does.
    ///
    /// # Errors
    /// What makes waiting pointless: an old schema, keys that do not open.
    pub async fn run_until(self, stop: impl Future<Output = ()>) -> Result<(), StartError> {
        let Self { server, store, auth, http, migrate, ready, own } = self;
        let (stopping, drained) = (Flag::new(false), Flag::new(false));
        let address = server.address();
        tracing::info!(%address, "starting: until the database is read, only /health is answered");
        let work = async {
            tokio::select! {
                prepared = prepare(&store, &auth, migrate) => prepared?,
                () = raised(&stopping) => return Ok(()),
            }
            ready.send_replace(true);
            tracing::info!("listening on http://{address}");
            Watch::new(Arc::clone(&auth)).run_until(raised(&drained)).await;
            Ok(())
        };
        let serving = async {
            let endpoint = Arc::new(http::routes(Arc::clone(&auth), http, own));
            server.run_until(endpoint, raised(&stopping)).await;
            drained.send_replace(true);
            Ok(())
        };
        let mut both = std::pin::pin!(futures_util::future::try_join(work, serving));
        tokio::select! {
            outcome = &mut both => return outcome.map(drop),
            () = stop => tracing::info!("stopping: requests in flight may finish"),
        }
        stopping.send_replace(true);
        both.await.map(drop)
    }
}

type Flag = watch::Sender<bool>;

/// Resolves once `flag` is true.
fn raised(flag: &Flag) -> impl Future<Output = ()> + use<> {
    let mut flag = flag.subscribe();
    async move {
        // An error means that whoever could raise it is gone.
        let _ = flag.wait_for(|raised| *raised).await;
    }
}

/// Waits for the database, brings its schema up to date if asked to, and reads keys and revocations.
async fn prepare(store: &Store, auth: &Auth, migrate: bool) -> Result<(), StartError> {
    let mut pause = Duration::from_millis(100);
    loop {
        match try_prepare(store, auth, migrate).await {
            Err(error) if error.is_temporary() => {
                tracing::warn!(%error, "waiting for the database");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(MAX_PAUSE);
            }
            outcome => return outcome,
        }
    }
}

async fn try_prepare(store: &Store, auth: &Auth, migrate: bool) -> Result<(), StartError> {
    if store.schema_state().await? == SchemaState::Old {
        if !migrate {
            return Err(StartError::OldSchema);
        }
        store.migrate_up().await?;
        tracing::info!("the database schema is up to date");
    }
    Ok(auth.first_look().await?)
}

fn settings(config: &Config) -> Result<Settings, StartError> {
    let Config { server, tokens, session_flow, keys, passwords, accounts, .. } = config;
    Ok(Settings {
        policy: TokenPolicy {
            issuer: server.public_url.as_str().to_owned(),
            audience: tokens.audience.clone(),
            access_ttl: tokens.access_ttl,
            session_flow_access_ttl: session_flow.access_ttl,
            machine_ttl: tokens.machine_ttl,
            session_idle_ttl: tokens.session_idle_ttl,
            session_max_ttl: tokens.session_max_ttl,
            reuse_interval: tokens.reuse_interval,
            leeway: tokens.leeway,
            request_timeout: server.request_timeout,
            max_sessions: tokens.max_sessions,
        },
        min_password_length: passwords.min_length,
        hash_cost: HashCost {
            memory: passwords.memory,
            iterations: passwords.iterations,
            lanes: passwords.lanes,
        },
        hash_threads: passwords.max_concurrent,
        registration_open: accounts.registration == config::Registration::Open,
        master_key: keys.master_key.clone().ok_or(StartError::NoMasterKey)?,
        accepted_master_keys: keys.accepted_master_keys.clone(),
        jwks_max_age: keys.jwks_max_age,
        revocation_poll: tokens.revocation_poll,
    })
}

fn http_settings(config: &Config) -> HttpSettings {
    let Config { server, log, .. } = config;
    HttpSettings {
        public_origin: server.public_url.origin().clone(),
        allowed_origins: server.allowed_origins.clone(),
        trusted_proxies: server.trusted_proxies.clone(),
        docs: server.docs,
        access_log: log.access,
        request_timeout: server.request_timeout,
        max_body: server.max_body,
    }
}
