//! `tandem user`.

use clap::Subcommand;

use super::{
    Failure,
    account::{Account, Named},
    database, input,
    output::{self, say},
};
use crate::{
    app::Parts,
    config::Config,
    domain::{
        email::Email,
        role::{Roles, RolesError},
    },
    service::{AccountError, Auth},
};

/// Accounts read at once.
const PAGE: u64 = 500;

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Make an account. The password is asked for, or is one line of standard input.
    Add {
        /// Its address.
        #[arg(value_parser = Email::parse)]
        email: Email,
        /// A role; may be repeated.
        #[arg(long = "role", value_name = "ROLE", value_parser = role)]
        roles: Vec<String>,
    },
    /// List all accounts, oldest first.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show an account.
    Show {
        #[command(flatten)]
        account: Named,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// End all sessions of an account and let it open none.
    Disable(Named),
    /// Let an account sign in again.
    Enable(Named),
    /// Give an account these roles and no others; its sessions go on with them.
    SetRoles {
        #[command(flatten)]
        account: Named,
        /// The roles; none takes all away.
        #[arg(value_name = "ROLE", value_parser = role)]
        roles: Vec<String>,
    },
    /// Set a password and end all sessions. It is asked for, or is one line of standard input.
    SetPassword(Named),
}

fn role(name: &str) -> Result<String, RolesError> {
    Roles::parse([name]).map(|_| name.to_owned())
}

fn roles(names: &[String]) -> Result<Roles, Failure> {
    Roles::parse(names).map_err(|error| Failure::Usage(error.to_string()))
}

pub(super) async fn run(
    command: &UserCommand,
    config: &Config,
    parts: &Parts,
) -> Result<(), Failure> {
    let auth = &*database::open(config, parts).await?;
    match command {
        UserCommand::Add { email, roles: names } => add(auth, email, roles(names)?).await,
        UserCommand::List { json } => list(auth, *json).await,
        UserCommand::Show { account, json } => show(auth, account, *json).await,
        UserCommand::Disable(account) => {
            let user = account.find(auth).await?;
            auth.disable_user(user.id).await?;
            say(format_args!("{} is disabled; all its sessions have ended", user.email))
        }
        UserCommand::Enable(account) => {
            let user = account.find(auth).await?;
            auth.enable_user(user.id).await?;
            say(format_args!("{} may sign in", user.email))
        }
        UserCommand::SetRoles { account, roles: names } => {
            let roles = roles(names)?;
            let user = account.find(auth).await?;
            auth.set_roles(user.id, &roles).await?;
            let none = if names.is_empty() { "none" } else { "" };
            say(format_args!("roles of {}: {roles}{none}", user.email))
        }
        UserCommand::SetPassword(account) => {
            let user = account.find(auth).await?;
            auth.set_password(&user, &input::new_password()?).await?;
            say(format_args!("{} has a new password; all its sessions have ended", user.email))
        }
    }
}

async fn add(auth: &Auth, email: &Email, roles: Roles) -> Result<(), Failure> {
    let password = input::new_password()?;
    let id = auth.add_user(email.clone(), &password, roles).await.map_err(|error| {
        if matches!(error, AccountError::Taken) {
            return Failure::Refused(format!(
                "{email} has an account already: see `tandem user show {email}`"
            ));
        }
        error.into()
    })?;
    say(format_args!("{email} has an account, {id}"))
}

async fn list(auth: &Auth, json: bool) -> Result<(), Failure> {
    let mut accounts: Vec<Account> = Vec::new();
    for page in 0.. {
        let users = auth.users(page * PAGE, PAGE).await?;
        if users.is_empty() {
            break;
        }
        accounts.extend(users.into_iter().map(Account::from));
    }
    output::list(&accounts, json, Account::HEAD, Account::cells)
}

async fn show(auth: &Auth, account: &Named, json: bool) -> Result<(), Failure> {
    let account = Account::from(account.find(auth).await?);
    if json {
        return output::json(&account);
    }
    let labels = Account::HEAD.map(str::to_lowercase);
    let lines = std::iter::zip(labels, account.cells()).map(|(label, cell)| [label, cell]);
    say(output::aligned(lines))
}
