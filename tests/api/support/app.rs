//! The service, built for one test and listening on a port of its own.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use tandem::{
    app::{App, Parts, StartError},
    config::{Config, Source},
    domain::{
        clock::{Clock, ManualClock, SystemClock, Timestamp},
        entropy::OsEntropy,
        scope::Scopes,
    },
    http::embed::Routes,
    service::Auth,
};
use tokio::{sync::oneshot, task::JoinHandle};

use super::{
    browser::{Browser, Machine},
    client::{self, Answer, Call},
    database::TestDatabase,
};

/// Configuration keys on top of what tests use.
#[derive(Clone, Default)]
pub(crate) struct TestConfig(BTreeMap<String, String>);

impl TestConfig {
    /// Sets a key, as in `("tokens.access_ttl", "60s")`.
    pub(crate) fn set(mut self, key: &str, value: &str) -> Self {
        self.0.insert(key.to_owned(), value.to_owned());
        self
    }

    fn load(&self, database: &str) -> Config {
        let defaults = [
            ("server.listen", "127.0.0.1:0"),
            ("database.url", database),
            ("keys.master_key", "dGVzdCBtYXN0ZXIga2V5IG9mIDMyIGJ5dGVzIGxvbmc="),
            // Hashing at full cost would be most of a test's time.
            ("passwords.memory", "64"),
            ("passwords.iterations", "1"),
            ("log.access", "true"),
        ];
        let mut keys: BTreeMap<String, String> =
            defaults.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        keys.extend(self.0.clone());
        let variable = |key: &str| format!("TANDEM_{}", key.replace('.', "__").to_uppercase());
        let environment = keys.iter().map(|(key, value)| (variable(key), value.clone())).collect();
        let directory = PathBuf::from("/nonexistent");
        let source = Source { file: None, dev: true, environment, directory };
        Config::load(&source).unwrap_or_else(|problems| panic!("{problems}"))
    }

    /// The service on the database at this URL, listening; `migrate` as in `App::build`.
    pub(crate) async fn build(
        &self,
        database: &str,
        clock: &Arc<ManualClock>,
        migrate: bool,
    ) -> Result<App, StartError> {
        let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(clock);
        let parts = Parts { clock: shared, entropy: Arc::new(OsEntropy) };
        App::build(self.load(database), &parts, migrate).await
    }

    /// Why a service with this configuration does not start.
    pub(crate) async fn start_error(
        &self,
        database: &str,
        clock: &Arc<ManualClock>,
        migrate: bool,
    ) -> StartError {
        let app = match self.build(database, clock, migrate).await {
            Ok(app) => app,
            Err(error) => return error,
        };
        let ready = app.ready();
        app.run_until(ready).await.expect_err("it started")
    }
}

/// A running instance. Its clock stands still until a test moves it.
pub(crate) struct TestApp {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) address: SocketAddr,
    pub(crate) origin: String,
    pub(crate) database: Arc<TestDatabase>,
    config: TestConfig,
    auth: Arc<Auth>,
    stop: Option<oneshot::Sender<()>>,
    running: Option<JoinHandle<()>>,
}

impl TestApp {
    /// With the configuration of tests.
    pub(crate) async fn start() -> Self {
        Self::with(TestConfig::default()).await
    }

    /// With some keys set otherwise.
    pub(crate) async fn with(config: TestConfig) -> Self {
        let database = Arc::new(TestDatabase::create().await);
        let clock = Arc::new(ManualClock::new(now()));
        Self::instance(config, database, clock).await
    }

    /// Another instance on the same database, with the same clock.
    pub(crate) async fn second(&self) -> Self {
        self.second_with(|config| config).await
    }

    /// Another instance that is told something else.
    pub(crate) async fn second_with(&self, change: impl FnOnce(TestConfig) -> TestConfig) -> Self {
        let clock = Arc::clone(&self.clock);
        Self::instance(change(self.shared_config()), Arc::clone(&self.database), clock).await
    }

    /// What another instance behind the same public address is told: they are one issuer. It has
    /// the same port on another of the loopback addresses, where nobody else can have it.
    pub(crate) fn shared_config(&self) -> TestConfig {
        static NEXT: AtomicU16 = AtomicU16::new(2);
        let [high, low] = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let listen = format!("127.0.{high}.{low}:{}", self.address.port());
        self.config.clone().set("server.public_url", &self.origin).set("server.listen", &listen)
    }

    /// An instance on `database`, once it answers.
    pub(crate) async fn instance(
        config: TestConfig,
        database: Arc<TestDatabase>,
        clock: Arc<ManualClock>,
    ) -> Self {
        let app = config.build(&database.url, &clock, true).await.unwrap();
        Self::launch_ready(app, config, database, clock).await
    }

    /// The service inside of an API with these routes.
    pub(crate) async fn embedding(config: TestConfig, routes: Routes) -> Self {
        let database = Arc::new(TestDatabase::create().await);
        let clock = Arc::new(ManualClock::new(now()));
        let app = config.build(&database.url, &clock, true).await.unwrap().mount(routes);
        Self::launch_ready(app, config, database, clock).await
    }

    async fn launch_ready(
        app: App,
        config: TestConfig,
        database: Arc<TestDatabase>,
        clock: Arc<ManualClock>,
    ) -> Self {
        let ready = app.ready();
        let instance = Self::launch(app, config, database, clock);
        ready.await;
        instance
    }

    /// Sets an instance going, whether or not it can answer yet.
    pub(crate) fn launch(
        app: App,
        config: TestConfig,
        database: Arc<TestDatabase>,
        clock: Arc<ManualClock>,
    ) -> Self {
        let (address, origin, auth) = (app.address(), app.public_url(), app.auth());
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(async move {
            app.run_until(async { drop(stopped.await) }).await.unwrap();
        });
        let (stop, running) = (Some(stop), Some(running));
        Self { clock, address, origin, database, config, auth, stop, running }
    }

    /// A browser without any session.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.address, &self.origin)
    }

    /// A browser whose owner, of this name, has an account and is logged in.
    pub(crate) async fn logged_in(&self, name: &str) -> Browser {
        let mut browser = self.browser();
        browser.register(name).await;
        assert_eq!(browser.login(name).await.status, 200);
        browser
    }

    /// A browser with a session of its owner's in either flow, as two tabs and a late answer can
    /// leave it.
    pub(crate) async fn in_both_flows(&self, name: &str) -> Browser {
        let mut browser = self.logged_in(name).await;
        let mut page = self.browser();
        assert_eq!(page.password_login(name).await.status, 204);
        browser.session_cookie = page.session_cookie;
        browser
    }

    /// The same, of an owner who has a machine with these scopes, too.
    pub(crate) async fn in_every_way(&self, name: &str, scopes: &str) -> Browser {
        let mut browser = self.in_both_flows(name).await;
        browser.machine = Some(self.machine(scopes).await);
        browser
    }

    /// A machine client with a token.
    pub(crate) async fn machine(&self, scopes: &str) -> Machine {
        let scopes = Scopes::parse(scopes).unwrap();
        let (client, secret) = self.auth.add_client("machine", scopes, None).await.unwrap();
        let shown = STANDARD.encode(format!("{}:{}", client.id, *secret.unwrap().reveal()));
        let basic = format!("Basic {shown}");
        let call = Call::post("/iam/oauth/token").header("authorization", &basic);
        let form = "grant_type=client_credentials";
        let answer = self.send(call.body("application/x-www-form-urlencoded", form)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        Machine { basic, token: answer.json()["access_token"].as_str().unwrap().to_owned() }
    }

    /// A browser whose owner, of this name, has an account and is logged in without tokens.
    pub(crate) async fn in_session_flow(&self, name: &str) -> Browser {
        let mut browser = self.browser();
        browser.register(name).await;
        assert_eq!(browser.password_login(name).await.status, 204);
        browser
    }

    /// One request.
    pub(crate) async fn send(&self, call: Call) -> Answer {
        client::send(self.address, call).await
    }

    /// Moves the clock.
    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Moves the clock on to the real time, for stories that the database's clock is part of.
    pub(crate) fn catch_up(&self) {
        self.clock.advance(now().since(self.clock.now()));
    }

    /// The verbs, for what has no operation.
    pub(crate) fn auth(&self) -> &Auth {
        &self.auth
    }

    /// Makes this instance look at the database now, instead of waiting for its poll.
    pub(crate) async fn look(&self) {
        self.auth.look().await.unwrap();
    }

    /// Writes first sights of body halves now, instead of waiting for the next flush.
    pub(crate) async fn flush(&self) {
        self.auth.flush_acknowledgements().await.unwrap();
    }

    /// All that is stored, once what is under way is written.
    pub(crate) async fn stored(&self) -> Vec<String> {
        self.flush().await;
        super::database::snapshot(&self.database).await
    }

    /// Tells the service to stop.
    pub(crate) fn tell_to_stop(&mut self) {
        drop(self.stop.take());
    }

    /// Tells the service to stop and waits until it has.
    pub(crate) async fn stop(&mut self) {
        self.tell_to_stop();
        if let Some(running) = self.running.take() {
            running.await.unwrap();
        }
    }

    /// Stops without a word, as a crash would: nothing is written any more.
    pub(crate) async fn kill(mut self) -> Arc<TestDatabase> {
        if let Some(running) = self.running.take() {
            running.abort();
            let _ = running.await;
        }
        Arc::clone(&self.database)
    }
}

/// The time at which tests begin: the real one, so that the database's clock agrees.
fn now() -> Timestamp {
    SystemClock.now()
}
