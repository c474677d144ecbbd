//! What a key is: its name, its words, and where its value lives.

use super::{
    Config, accounts, database, given::Given, keys, log, passwords, server, session_flow, tokens,
};

/// Shown instead of a secret.
pub(super) const MASK: &str = "(secret, not shown)";

/// One key of the configuration. The tables of these, one in each section's file, are all that is
/// ever said about a key: loading, showing and documenting go through them.
pub(super) struct Key {
    /// `section.key`
    pub(super) name: &'static str,
    /// What it means.
    pub(super) about: &'static str,
    /// What may be written, in words; `valid` is the same in code.
    pub(super) allowed: &'static str,
    /// The default in words, where its value would say less or differs between machines.
    pub(super) default: Option<&'static str>,
    /// Never shown; may also stand in a file of its own, named by `<key>_file`.
    pub(super) secret: bool,
    pub(super) read: fn(&mut Config, &Given) -> Result<(), String>,
    pub(super) show: fn(&Config) -> String,
    pub(super) valid: fn(&Config) -> bool,
}

impl Key {
    /// What most keys have in common; name, words, `read` and `show` are each key's own.
    pub(super) const BASE: Self = Self {
        name: "",
        about: "",
        allowed: "",
        default: None,
        secret: false,
        read: |_, _| Ok(()),
        show: |_| String::new(),
        valid: |_| true,
    };

    /// The name of the key that points to a file with the secret.
    pub(super) fn file_name(&self) -> Option<String> {
        self.secret.then(|| format!("{}_file", self.name))
    }

    /// The default as text, the same on every machine.
    pub(super) fn show_default(&self, dev: bool) -> String {
        self.default.map_or_else(|| (self.show)(&Config::defaults(dev)), str::to_owned)
    }
}

/// All keys, in the order in which they are shown.
pub(super) fn all() -> impl Iterator<Item = &'static Key> {
    let sections = [
        server::KEYS,
        database::KEYS,
        tokens::KEYS,
        session_flow::KEYS,
        keys::KEYS,
        log::KEYS,
        passwords::KEYS,
        accounts::KEYS,
    ];
    sections.into_iter().flatten()
}

/// The environment variable for a dotted name: `TANDEM_SERVER__LISTEN` for `server.listen`.
pub(super) fn variable(name: &str) -> String {
    format!("TANDEM_{}", name.to_ascii_uppercase().replace('.', "__"))
}

/// The dotted name that a variable stands for; a name that is no variable's stays as it is.
pub(super) fn dotted(variable: &str) -> String {
    match variable.strip_prefix("TANDEM_") {
        Some(name) => name.to_ascii_lowercase().replace("__", "."),
        None => variable.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_is_complete() {
        let names: BTreeSet<_> = all().map(|key| key.name).collect();
        assert_eq!(names.len(), all().count(), "names are unique");
        for Key { name, about, allowed, .. } in all() {
            assert_eq!(name.split('.').filter(|part| !part.is_empty()).count(), 2, "{name}");
            assert_eq!(dotted(&variable(name)), *name);
            assert!(!about.is_empty() && !about.ends_with('.') && !allowed.is_empty(), "{name}");
        }
    }

    #[test]
    fn what_is_shown_can_be_read_again() {
        let defaults = Config::defaults(true);
        for key in all() {
            let shown = (key.show)(&defaults);
            if shown == "none" {
                continue;
            }
            let mut config = Config::defaults(false);
            (key.read)(&mut config, &Given::Text(shown.clone())).unwrap();
            assert_eq!((key.show)(&config), shown, "{}", key.name);
        }
    }
}
