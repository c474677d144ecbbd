//! `[log]`: what is logged, and how.

use super::{given::put, key::Key};

/// What is logged, and how.
#[derive(Clone, Debug)]
pub struct Log {
    /// Filter directives, such as `info` or `info,tandem=debug`.
    pub level: String,
    /// How a line looks.
    pub format: LogFormat,
    /// Whether every request has a line.
    pub access: bool,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// `Human` on a terminal, else `Json`.
    Auto,
    /// Text for people.
    Human,
    /// One JSON object a line.
    Json,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: LogFormat::Auto, access: true }
    }
}

impl LogFormat {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Human => "human",
            Self::Json => "json",
        }
    }

    fn parse(text: &str) -> Result<Self, &'static str> {
        [Self::Auto, Self::Human, Self::Json]
            .into_iter()
            .find(|format| format.as_str() == text)
            .ok_or("unknown format")
    }
}

pub(super) static KEYS: &[Key] = &[
    Key {
        name: "log.level",
        about: "What is logged",
        allowed: "filter directives, such as `info` or `info,tandem=debug`",
        read: |c, given| put(&mut c.log.level, given.owned_text()),
        show: |c| c.log.level.clone(),
        valid: |c| !c.log.level.trim().is_empty(),
        ..Key::BASE
    },
    Key {
        name: "log.format",
        about: "How a log line looks; `auto` is `human` on a terminal, else `json`",
        allowed: "`auto`, `human` or `json`",
        read: |c, given| put(&mut c.log.format, given.parsed(LogFormat::parse)),
        show: |c| c.log.format.as_str().to_owned(),
        ..Key::BASE
    },
    Key {
        name: "log.access",
        about: "Log a line for every request",
        allowed: "`true` or `false`",
        read: |c, given| put(&mut c.log.access, given.flag()),
        show: |c| c.log.access.to_string(),
        ..Key::BASE
    },
];
