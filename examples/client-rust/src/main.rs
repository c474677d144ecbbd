//! Reads paths from its standard input and prints what they answer to somebody who is signed in.
//!
//! ```sh
//! export EMAIL=ada@example.com PASSWORD='a sentence is a good password'
//! echo /api/auth/me | cargo run
//! ```

use std::{error::Error, io};

use client_rust::Session;
use reqwest::Method;

fn setting(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "an example without a configuration file")]
    std::env::var(name).ok()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // Whose cryptography https is made of.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let base = setting("BASE").unwrap_or_else(|| "http://localhost:8080".into());
    let email = setting("EMAIL").ok_or("EMAIL is missing")?;
    let password = setting("PASSWORD").ok_or("PASSWORD is missing")?;

    let mut session = Session::log_in(&base, &email, &password).await?;
    for path in io::stdin().lines() {
        println!("{}", session.call(Method::GET, path?.trim(), None).await?);
    }
    session.log_out().await?;
    Ok(())
}
