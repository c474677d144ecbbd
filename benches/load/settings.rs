//! How the measured service is configured.

use std::{path::Path, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use tandem::{
    app::{self, Parts},
    config::{Config, Source},
    crypto::seal::MasterKey,
    domain::{clock::Clock, entropy::OsEntropy},
    service::Auth,
    store::Store,
};

/// As behind a reverse proxy: https outside.
pub(crate) const ORIGIN: &str = "https://auth.example.com";
/// Any will do; the measurements need to know it.
const MASTER_KEY: [u8; 32] = [7; 32];

/// Values of configuration keys, as environment variables. Everything else is as documented.
#[derive(Clone)]
pub(crate) struct Settings(Vec<(String, String)>);

impl Settings {
    /// What every measurement needs, on the database at `url`.
    pub(crate) fn on(url: &str) -> Self {
        Self(Vec::new())
            .with("SERVER__PUBLIC_URL", ORIGIN)
            .with("DATABASE__URL", url)
            .with("KEYS__MASTER_KEY", &STANDARD.encode(MASTER_KEY))
            .with("LOG__FORMAT", "json")
            .with("LOG__ACCESS", "false")
    }

    /// The same, with another value for a key (`SECTION__KEY`).
    pub(crate) fn with(&self, key: &str, value: &str) -> Self {
        let mut settings = self.clone();
        settings.0.push((format!("TANDEM_{key}"), value.to_owned()));
        settings
    }

    pub(crate) fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The service's own verbs, in this process, at the time that `clock` shows.
    pub(crate) async fn open(&self, directory: &Path, clock: Arc<dyn Clock>) -> (Store, Arc<Auth>) {
        let source = Source {
            environment: self.0.clone(),
            directory: directory.to_owned(),
            ..Source::default()
        };
        let config = Config::load(&source).unwrap();
        app::open(&config, &Parts { clock, entropy: Arc::new(OsEntropy) }).await.unwrap()
    }
}

pub(crate) fn master_key() -> MasterKey {
    MasterKey::new(MASTER_KEY)
}
