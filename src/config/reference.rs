//! The table of all keys, for the manual.

use super::key::{self, Key, variable};

/// A Markdown table of every key: its environment variable, default, range and meaning. The same on
/// every machine.
pub fn reference() -> String {
    let head = "| Key | Environment variable | Default | Allowed | Meaning |\n\
                |---|---|---|---|---|\n";
    key::all().fold(head.to_owned(), |table, key| table + &row(key))
}

fn row(key: &Key) -> String {
    let variables = match key.file_name() {
        Some(file) => format!("`{}` or `{}`", variable(key.name), variable(&file)),
        None => format!("`{}`", variable(key.name)),
    };
    let Key { name, about, allowed, .. } = key;
    format!("| `{name}` | {variables} | {} | {allowed} | {about} |\n", default(key))
}

fn default(key: &Key) -> String {
    let [usual, dev] = [false, true].map(|dev| key.show_default(dev));
    if key.default.is_some() || usual == "none" {
        usual
    } else if usual == dev {
        format!("`{usual}`")
    } else {
        format!("`{usual}` (`--dev`: `{dev}`)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_one_row_of_five_cells() {
        let table = reference();
        assert_eq!(table.lines().count(), key::all().count() + 2);
        assert!(table.lines().all(|line| line.matches('|').count() == 6), "{table}");
    }

    #[test]
    fn rows_read_well() {
        let table = reference();
        for row in [
            "| `server.docs` | `TANDEM_SERVER__DOCS` | `false` (`--dev`: `true`) | `true` or `false` \
             | Serve the API explorer at `/docs` |",
            "| `passwords.max_concurrent` | `TANDEM_PASSWORDS__MAX_CONCURRENT` | number of cores | 1 \
             or more | How many passwords are hashed at once; more have to wait |",
            "| `keys.accepted_master_keys` | `TANDEM_KEYS__ACCEPTED_MASTER_KEYS` or \
             `TANDEM_KEYS__ACCEPTED_MASTER_KEYS_FILE` | `[]` |",
            "| `server.metrics_listen` | `TANDEM_SERVER__METRICS_LISTEN` | none |",
        ] {
            assert!(table.contains(row), "{row}\n{table}");
        }
    }
}
