//! Where values are written: a TOML file, and over it the environment.

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use toml::{Table, Value};

use super::{
    given::Given,
    key::{self, variable},
    problem::Problem,
};

/// What a configuration is loaded from.
#[derive(Clone, Default)]
pub struct Source {
    /// The file to read; it must be there. Without one, `tandem.toml` in `directory` is read if it
    /// is there.
    pub file: Option<PathBuf>,
    /// Whether to start from the defaults and limits for development.
    pub dev: bool,
    /// The environment; only names that begin with `TANDEM_` count.
    pub environment: Vec<(String, String)>,
    /// Where relative paths begin: the working directory.
    pub directory: PathBuf,
}

impl fmt::Debug for Source {
    /// Without the environment, which holds secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("file", &self.file)
            .field("dev", &self.dev)
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}

/// The values of one source, by name as it is spelled there.
pub(super) struct Layer {
    /// From a dotted name to how this source spells it.
    pub(super) spell: fn(&str) -> String,
    /// The file; none for the environment, where each variable is a place of its own.
    pub(super) file: Option<String>,
    pub(super) written: BTreeMap<String, Given>,
}

impl Source {
    pub(super) fn environment_layer(&self) -> Layer {
        let ours = self.environment.iter().filter(|(name, _)| name.starts_with("TANDEM_"));
        let written = ours.map(|(name, value)| (name.clone(), Given::Text(value.clone())));
        Layer { spell: variable, file: None, written: written.collect() }
    }

    /// Nothing when no file was asked for and the usual one is not there.
    pub(super) fn file_layer(&self) -> Result<Option<Layer>, Problem> {
        let path = self.file.as_deref().unwrap_or(Path::new("tandem.toml"));
        let shown = path.display().to_string();
        let text = match fs::read_to_string(self.directory.join(path)) {
            Ok(text) => text,
            Err(error) if self.file.is_none() && error.kind() == io::ErrorKind::NotFound => {
                return Ok(None);
            }
            Err(error) => return Err(about_file(shown, format!("cannot be read: {error}"))),
        };
        let table = text.parse::<Table>().map_err(|error| syntax_problem(&shown, &text, &error))?;
        Ok(Some(Layer { spell: str::to_owned, file: Some(shown), written: flatten(table) }))
    }
}

/// `[server]` and `listen` below it become `server.listen`.
fn flatten(table: Table) -> BTreeMap<String, Given> {
    let mut written = BTreeMap::new();
    for (section, value) in table {
        if let Value::Table(keys) = value
            && (!keys.is_empty() || is_section(&section))
        {
            let keys = keys.into_iter();
            written
                .extend(keys.map(|(key, value)| (format!("{section}.{key}"), Given::Toml(value))));
        } else {
            // Not a section, so nothing known; a quoted `"server.listen"` must not look known.
            let name = if section.contains('.') { format!("\"{section}\"") } else { section };
            written.insert(name, Given::Text(String::new()));
        }
    }
    written
}

pub(super) fn is_section(name: &str) -> bool {
    key::all().any(|key| key.name.split('.').next() == Some(name))
}

/// Without the line itself, which may hold a secret.
fn syntax_problem(file: &str, text: &str, error: &toml::de::Error) -> Problem {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    about_file(format!("{file}, line {line}"), format!("not TOML: {}", error.message()))
}

fn about_file(key: String, remedy: String) -> Problem {
    Problem { key, value: None, place: None, remedy }
}
