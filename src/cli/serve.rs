//! `tandem serve`.

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::{
    Failure, database,
    dev::{self, DEMO_EMAIL, Demo},
    output::say,
};
use crate::{
    app::{App, Parts},
    config::Config,
    telemetry,
};

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Apply pending migrations first (always done on SQLite).
    #[arg(long)]
    migrate: bool,
}

/// Runs the service until SIGTERM or SIGINT.
pub(super) async fn run(serve: &Serve, config: Config, parts: Parts) -> Result<(), Failure> {
    telemetry::install(&config.log)?;
    let (dev, docs) = (config.dev, config.server.docs);
    // Before anything is told about, so that no signal is missed.
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let database = config.database.clone();
    let app = App::build(config, &parts, serve.migrate).await;
    let app = app.map_err(|error| database::not_started(&database, error))?;
    let (auth, ready, url) = (app.auth(), app.ready(), app.public_url());
    let greeting = async {
        ready.await;
        if dev {
            match dev::demo_user(&auth).await {
                Ok(demo) => greet(&url, docs, demo),
                Err(error) => tracing::warn!(%error, "no demo user was made"),
            }
        }
        std::future::pending::<()>().await;
    };
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = greeting => {}
        }
    };
    Ok(Box::pin(app.run_until(stop)).await?)
}

/// One block that says where to click.
fn greet(url: &str, docs: bool, demo: Demo) {
    let line = "─".repeat(64);
    let docs = if docs { format!("  Try it out    {url}/docs\n") } else { String::new() };
    let demo = match demo {
        Demo::Made(password) => format!(
            "  Demo user     {DEMO_EMAIL}\n  Password      {password}\n                (shown this once)\n"
        ),
        Demo::Known => format!(
            "  Demo user     {DEMO_EMAIL}, with the password shown at first start\n                \
             (lost it? tandem user set-password {DEMO_EMAIL} --dev)\n"
        ),
        Demo::None => String::new(),
    };
    // The service goes on, whoever listens.
    let _ = say(format_args!(
        "\n{line}\n  Tandem is ready, for development only.\n\n\
         {docs}  API           {url}/openapi.json\n{demo}  Stop          Ctrl-C\n{line}\n"
    ));
}
