//! One process that is both auth server and resource server: Tandem, and a small API of one's own.
//!
//! `cargo run --example embedded-api -- --dev`, then log in at <http://localhost:8080/docs>.

use std::{env, error::Error, sync::Arc};

use poem::{EndpointExt, IntoResponse, Route, endpoint::make_sync, get, handler, web::Data};
use poem_openapi::{OpenApi, OpenApiService, param::Query, payload::Json};
use tandem::{
    app::{App, Parts},
    cli,
    domain::{clock::SystemClock, entropy::OsEntropy, pair::Principal},
    http::embed::{self, Client, Guard, Routes, User},
    telemetry,
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::Mutex,
};

/// The API: a list of orders.
#[derive(Default)]
struct Orders(Mutex<Vec<String>>);

#[expect(clippy::unused_async, reason = "the framework awaits every operation")]
#[OpenApi]
impl Orders {
    /// Anybody may see what can be ordered
    #[oai(path = "/menu", method = "get", operation_id = "menu")]
    async fn menu(&self) -> Json<Vec<&'static str>> {
        Json(vec!["tea", "coffee"])
    }

    /// Whoever is logged in may see the orders
    #[oai(path = "/orders", method = "get", operation_id = "listOrders")]
    async fn list(&self, _user: User) -> Json<Vec<String>> {
        Json(self.0.lock().await.clone())
    }

    /// Waiters may place one
    #[oai(path = "/orders", method = "post", operation_id = "placeOrder")]
    async fn place(&self, user: User, item: Query<String>) -> poem::Result<Json<usize>> {
        user.require_role(&["waiter"])?;
        let mut orders = self.0.lock().await;
        orders.push(format!("{} for {}", item.0, user.principal().user));
        Ok(Json(orders.len()))
    }

    /// The kitchen's machine may clear the list
    #[oai(path = "/orders", method = "delete", operation_id = "clearOrders")]
    async fn clear(&self, client: Client) -> poem::Result<()> {
        client.require_scope(&["orders:clear"])?;
        self.0.lock().await.clear();
        Ok(())
    }
}

/// A plain poem endpoint: the guard stands around it.
#[handler]
#[expect(clippy::needless_pass_by_value, reason = "the framework gives it so")]
fn whoami(principal: Data<&Principal>) -> String {
    format!("{} with roles: {}", principal.user, principal.roles)
}

/// Everything that is served beside Tandem's own paths.
pub(crate) fn routes() -> Result<Routes, Box<dyn Error>> {
    let api = OpenApiService::new(Orders::default(), "Orders", "1.0").server("/api");
    // Both halves at once, not one or the other.
    let document = embed::document(&api.spec())?;
    Ok(Routes::new(
        Route::new()
            .nest("/api", api)
            .at(
                "/orders.json",
                make_sync(move |_| document.clone().with_content_type("application/json")),
            )
            .at("/whoami", get(whoami).with(Guard::user()))
            .at("/staff", get(whoami).with(Guard::user().with("waiter").with("cook"))),
    ))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // The configuration of `tandem serve`: the same file and variables.
    let dev = env::args().any(|argument| argument == "--dev");
    let config = cli::configuration(None, dev)?;
    telemetry::install(&config.log)?;
    let parts = Parts { clock: Arc::new(SystemClock), entropy: Arc::new(OsEntropy) };
    let app = App::build(config, &parts, true).await?.mount(routes()?);
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    // Requests in flight finish.
    let stop = async {
        tokio::select! { _ = interrupt.recv() => {} _ = terminate.recv() => {} }
    };
    app.run_until(stop).await?;
    Ok(())
}
