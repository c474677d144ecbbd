//! What is wrong with a configuration, told to the person who can put it right.

use std::{error::Error, fmt};

use serde::Serialize;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The key, or the file or variable that is not even one.
    pub key: String,
    /// Its value, masked if it is a secret; nothing where there is none.
    pub value: Option<String>,
    /// Where the value comes from: a file, an environment variable, or the default.
    pub place: Option<String>,
    /// What is wrong and what to do about it.
    pub remedy: String,
}

/// Everything that is wrong with a configuration; shown one problem a line, without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub(super) Vec<Problem>);

impl Problems {
    /// The problems, at least one.
    pub fn as_slice(&self) -> &[Problem] {
        &self.0
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key)?;
        if let Some(value) = &self.value {
            write!(f, " = {value}")?;
        }
        if let Some(place) = &self.place {
            write!(f, " ({place})")?;
        }
        write!(f, ": {}", self.remedy)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(at, problem)| {
            let line_end = if at == 0 { "" } else { "\n" };
            write!(f, "{line_end}{problem}")
        })
    }
}

impl Error for Problems {}
