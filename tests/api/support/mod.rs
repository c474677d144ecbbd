//! What the stories are told with.

pub(crate) mod app;
pub(crate) mod browser;
pub(crate) mod client;
pub(crate) mod database;
pub(crate) mod log;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod rows;

pub(crate) use self::{
    app::{TestApp, TestConfig},
    browser::{Browser, PASSWORD, Tokens},
    client::{Answer, Call},
};
