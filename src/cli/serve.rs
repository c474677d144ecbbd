//! `tandem serve`.

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::{Failure, dev, say};
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
    let app = App::build(config, &parts, serve.migrate).await?;
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
    Ok(app.run_until(stop).await?)
}

/// One block that says where to click.
fn greet(url: &str, docs: bool, demo: Option<(String, String)>) {
    let line = "─".repeat(64);
    let mut text = format!("\n{line}\n  Tandem is ready, for development only.\n\n");
    if docs {
        text += &format!("  Try it out    {url}/docs\n");
    }
    text += &format!("  API           {url}/openapi.json\n");
    text += match demo {
        Some((email, password)) => {
            format!("  Demo user     {email}\n  Password      {password}\n                (shown this once)\n")
        }
        None => "  Demo user     demo@example.com, with the password shown at first start\n                (delete ./data to begin anew)\n".to_owned(),
    }
    .as_str();
    text += &format!("  Stop          Ctrl-C\n{line}\n");
    say(text);
}
