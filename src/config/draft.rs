//! A configuration in the making: takes in one layer of values after another, then judges all.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use super::{
    Config,
    given::Given,
    key::{self, Key, MASK, dotted},
    nearest::nearest,
    problem::{Problem, Problems},
    rules::RULES,
    source::{Layer, is_section},
};

pub(super) struct Draft {
    config: Config,
    values: BTreeMap<&'static str, Found>,
    /// Keys without a usable value; rules would judge the default in its place.
    unusable: BTreeSet<&'static str>,
    problems: Vec<Problem>,
}

struct Found {
    given: Given,
    place: String,
}

impl Draft {
    pub(super) fn new(dev: bool) -> Self {
        Self {
            config: Config::defaults(dev),
            values: BTreeMap::new(),
            unusable: BTreeSet::new(),
            problems: Vec::new(),
        }
    }

    pub(super) fn report(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Takes in what is written in a layer, over what came before.
    pub(super) fn take(&mut self, mut layer: Layer, directory: &Path) {
        for key in key::all() {
            if let Err(problem) = self.take_key(key, &mut layer, directory) {
                self.unusable.insert(key.name);
                self.report(problem);
            }
        }
        for name in layer.written.keys() {
            self.report(unknown(name, &layer));
        }
    }

    fn take_key(
        &mut self,
        key: &'static Key,
        layer: &mut Layer,
        directory: &Path,
    ) -> Result<(), Problem> {
        let Layer { spell, file, written } = layer;
        let place = |name: String| file.clone().unwrap_or(name);
        let hidden = |key, remedy| Problem {
            key,
            value: Some(MASK.to_owned()),
            place: file.clone(),
            remedy,
        };
        let name = spell(key.name);
        let inline = written.remove(&name);
        let in_file = key.file_name().and_then(|name| written.remove_entry(&spell(&name)));
        let found = match (inline, in_file) {
            (None, None) => return Ok(()),
            (Some(given), None) => Found { given, place: place(name) },
            (None, Some((name, path))) => match read_secret(&path, directory) {
                Ok(given) => Found { given, place: place(name) },
                Err(remedy) => return Err(hidden(name, remedy)),
            },
            (Some(_), Some((other, _))) => {
                let remedy = format!("`{other}` is set as well; remove one of the two");
                return Err(hidden(name, remedy));
            }
        };
        self.values.insert(key.name, found);
        Ok(())
    }

    /// Turns what was written into the typed configuration.
    pub(super) fn read(&mut self) {
        for key in key::all() {
            let Some(found) = self.values.get(key.name) else { continue };
            if let Err(reason) = (key.read)(&mut self.config, &found.given) {
                self.unusable.insert(key.name);
                self.refuse(key, format!("{reason}; must be {}", key.allowed));
            }
        }
        if !self.values.contains_key("server.public_url") {
            self.config.server.follow_listen();
        }
    }

    /// Holds the values against the limits of each key and the rules between keys.
    pub(super) fn judge(&mut self) {
        for key in key::all() {
            if self.usable(key.name) && !(key.valid)(&self.config) {
                self.refuse(key, format!("must be {}", key.allowed));
            }
        }
        for rule in RULES {
            let [key, other] =
                [rule.key, rule.other].map(|name| key::all().find(|k| k.name == name));
            let (Some(key), Some(other)) = (key, other) else { continue };
            if self.usable(key.name) && self.usable(other.name) && !(rule.holds)(&self.config) {
                let value = (other.show)(&self.config);
                self.refuse(key, format!("{} `{}` ({value})", rule.demand, other.name));
            }
        }
    }

    pub(super) fn finish(self) -> Result<Config, Problems> {
        if self.problems.is_empty() { Ok(self.config) } else { Err(Problems(self.problems)) }
    }

    fn usable(&self, name: &str) -> bool {
        !self.unusable.contains(name)
    }

    fn refuse(&mut self, key: &Key, remedy: String) {
        let (value, place) = match self.values.get(key.name) {
            Some(found) if key.secret => (MASK.to_owned(), found.place.clone()),
            Some(found) => (found.given.to_string(), found.place.clone()),
            None => ((key.show)(&self.config), "default".to_owned()),
        };
        let (value, place) = (Some(value), Some(place));
        self.report(Problem { key: key.name.to_owned(), value, place, remedy });
    }
}

/// The error names no path: by mistake it may be the secret itself.
fn read_secret(path: &Given, directory: &Path) -> Result<Given, String> {
    let text = fs::read_to_string(directory.join(path.text()?))
        .map_err(|error| format!("the file that it names cannot be read: {error}"))?;
    Ok(Given::Text(text.trim_end_matches(['\r', '\n']).to_owned()))
}

fn unknown(name: &str, layer: &Layer) -> Problem {
    let known = key::all().flat_map(|key| [Some(key.name.to_owned()), key.file_name()]);
    let nearest = nearest(&dotted(name), known.flatten()).unwrap_or_default();
    let nearest = (layer.spell)(&nearest);
    let remedy = if is_section(name) {
        format!("is a section: write `[{name}]`, and its keys on the lines below")
    } else if name.starts_with("TANDEM_PORT") || name.starts_with("TANDEM_SERVICE_") {
        "not a key; Kubernetes sets it for a service named `tandem`: \
         set `enableServiceLinks: false`"
            .to_owned()
    } else {
        format!("not a key; the nearest one is `{nearest}`")
    };
    // No name can fake a log line.
    let key = name.replace(char::is_control, "\u{fffd}");
    let place = layer.file.clone().or_else(|| Some("environment".to_owned()));
    Problem { key, value: None, place, remedy }
}
