//! The documentation against the program: it must not promise what is not there, nor keep quiet
//! about what is.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tandem::config::{Config, Source, reference};

use super::support::{Call, TestApp, database::variable};

/// Where documents are, beside the root itself.
const FOLDERS: [&str; 7] =
    ["docs", "docs/api", "docs/decisions", "docs/spa", "openapi", "src/http", "packaging"];

/// What begins the name of something in this repository.
const OURS: [&str; 11] = [
    "benches/",
    "docs/",
    "entity/",
    "examples/",
    "fuzz/",
    "migration/",
    "openapi/",
    "packaging/",
    "src/",
    "tests/",
    ".ci/",
];

/// Variables that are no settings: those of the tests, one that Kubernetes makes, one that is wrong
/// on purpose.
const OTHER_VARIABLES: [&str; 4] =
    ["TANDEM_TEST_", "TANDEM_UPDATE_DOCS", "TANDEM_PORT", "TANDEM_SERVER__LISTN"];

struct Document {
    path: PathBuf,
    text: String,
}

/// A part of a document that a reader may copy, and the language that it is said to be in.
struct Code<'t> {
    language: &'t str,
    text: &'t str,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn documents() -> Vec<Document> {
    let folders = std::iter::once("").chain(FOLDERS);
    let files = folders.flat_map(|folder| fs::read_dir(root().join(folder)).unwrap());
    let paths = files.map(|file| file.unwrap().path());
    let paths = paths.filter(|path| path.extension().is_some_and(|name| name == "md"));
    let read = |path: PathBuf| Document { text: fs::read_to_string(&path).unwrap(), path };
    let documents: Vec<_> = paths.map(read).collect();
    assert!(documents.len() > 20, "{}", documents.len());
    documents
}

fn document(name: &str) -> Document {
    documents().into_iter().find(|document| document.name() == name).unwrap()
}

impl Document {
    fn name(&self) -> String {
        self.path.strip_prefix(root()).unwrap().display().to_string()
    }

    /// What stands between back-ticks: the blocks, then the spans on a line or two.
    fn code(&self) -> Vec<Code<'_>> {
        let (mut code, mut prose) = (Vec::new(), Vec::new());
        for (at, part) in self.text.split("```").enumerate() {
            if at % 2 == 0 {
                prose.push(part);
            } else {
                let (language, text) = part.split_once('\n').unwrap();
                code.push(Code { language, text });
            }
        }
        for paragraph in prose.iter().flat_map(|part| part.split("\n\n")) {
            let spans = paragraph.split('`').skip(1).step_by(2);
            code.extend(spans.map(|text| Code { language: "", text }));
        }
        code
    }

    /// The anchors of its headings, as forges make them.
    fn anchors(&self) -> BTreeSet<String> {
        let headings = self.text.lines().filter(|line| line.starts_with('#'));
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        let slug = |line: &str| line.trim_start_matches('#').trim().to_lowercase();
        let slugs = headings.map(|line| slug(line).chars().filter(kept).collect::<String>());
        slugs.map(|slug| slug.replace(' ', "-")).collect()
    }

    /// The targets of its links.
    fn links(&self) -> impl Iterator<Item = &str> {
        self.text.split("](").skip(1).filter_map(|rest| rest.split(')').next())
    }
}

/// The names in a text: what is made of letters, digits and `also`.
fn names<'t>(text: &'t str, also: &'static [char]) -> impl Iterator<Item = &'t str> {
    text.split(move |c: char| !c.is_ascii_alphanumeric() && !also.contains(&c))
        .filter(|name| !name.is_empty())
}

/// The cells of the first column that are code, in rows of tables.
fn first_cells(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"))
}

#[test]
fn the_settings_are_all_there() {
    let Document { path, text } = document("docs/configuration.md");
    let table = reference();
    let head = table.split_inclusive('\n').next().unwrap();
    let (before, rest) = text.split_once(head).unwrap();
    let rows = rest.split_inclusive('\n').take_while(|line| line.starts_with('|'));
    let (written, after) = rest.split_at(rows.map(str::len).sum());
    if variable("TANDEM_UPDATE_DOCS").is_some() {
        fs::write(path, format!("{before}{table}{after}")).unwrap();
    } else {
        let again = "TANDEM_UPDATE_DOCS=1 cargo test --test api documents";
        assert!(format!("{head}{written}") == table, "the table is old: {again}");
    }
}

#[tokio::test]
async fn every_code_is_explained_with_its_status() {
    let app = TestApp::start().await;
    let served = app.send(Call::get("/openapi.json")).await.json();
    let codes = served.pointer("/components/schemas/Problem/properties/code/enum").unwrap();
    let codes = codes.as_array().unwrap().iter().map(|code| code.as_str().unwrap());

    let errors = document("docs/errors.md").text;
    let (_, table) = errors.split_once("## The codes").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let mut explained: BTreeMap<_, _> = first_cells(table).collect();
    for code in codes {
        let row = explained.remove(code).unwrap_or_else(|| panic!("{code} is not explained"));
        let status = row.split('|').next().unwrap().trim();
        let page = app.send(Call::get(&format!("/problems/{}", code.replace('_', "-")))).await;
        assert!(page.text().contains(&format!("status {status}<")), "{code}: {status}");
    }
    assert!(explained.is_empty(), "no such codes: {explained:?}");
}

#[test]
fn every_link_leads_somewhere() {
    let documents = documents();
    let anchors: BTreeMap<_, _> = documents.iter().map(|d| (d.path.clone(), d.anchors())).collect();
    let mut broken = Vec::new();
    for document in &documents {
        for link in document.links().filter(|link| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').map_or((link, None), |(f, a)| (f, Some(a)));
            let target = match file {
                "" => document.path.clone(),
                file => document.path.parent().unwrap().join(file),
            };
            let target = target.canonicalize().ok();
            let is_good = target.is_some_and(|target| match anchor {
                None => true,
                Some(anchor) => anchors.get(&target).is_some_and(|found| found.contains(anchor)),
            });
            if !is_good {
                broken.push(format!("{}: {link}", document.name()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// The program's own words on its commands, asked for once each.
#[derive(Default)]
struct Help(BTreeMap<Vec<String>, Option<String>>);

impl Help {
    fn of(&mut self, words: &[&str]) -> Option<&str> {
        let key = words.iter().map(|word| (*word).to_owned()).collect();
        let help = self.0.entry(key).or_insert_with(|| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_tandem"));
            let output = command.args(words).arg("--help").output().unwrap();
            output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
        });
        help.as_deref()
    }

    /// What is wrong with the arguments of a call, if anything.
    fn complaint(&mut self, arguments: &[&str]) -> Option<String> {
        let mut words: Vec<&str> = Vec::new();
        let mut rest = arguments.iter().filter(|argument| **argument != "help").peekable();
        while let Some(word) = rest.peek()
            && !word.starts_with('-')
            && self.of(&words).is_some_and(|help| help.contains("\nCommands:"))
        {
            words.extend(rest.next());
        }
        let Some(help) = self.of(&words) else { return Some(format!("no command {words:?}")) };
        let mut options = rest.filter(|argument| argument.starts_with('-'));
        let unknown = options.find(|option| !names(help, &['-']).any(|name| name == **option));
        unknown.map(|option| format!("{words:?} has no {option}"))
    }
}

/// The arguments of every call of the program in a text.
fn calls(text: &str) -> Vec<Vec<&str>> {
    let text = text.split("\\\n").flat_map(|part| [part, " \\ "]);
    let mut calls = Vec::new();
    let mut call: Option<Vec<&str>> = None;
    for line in text {
        for (at, line) in line.split('\n').enumerate() {
            if at > 0 {
                calls.extend(call.take());
            }
            let line = line.split(" #").next().unwrap_or_default();
            for word in line.split_whitespace().filter(|word| *word != "\\") {
                match &mut call {
                    _ if ["|", "||", "&&", ";"].contains(&word) => calls.extend(call.take()),
                    Some(arguments) => arguments.push(word),
                    None if word == "tandem" || word.ends_with("/tandem") => {
                        call = Some(Vec::new());
                    }
                    None => {}
                }
            }
        }
    }
    calls.extend(call);
    // Of other programs, it is an argument: `install … tandem /usr/bin/tandem`.
    let is_ours = |first: &&str| first.starts_with(|c: char| c.is_ascii_lowercase());
    calls.retain(|arguments| arguments.first().is_some_and(is_ours));
    calls
}

#[test]
fn every_command_line_is_accepted() {
    let mut help = Help::default();
    let (mut complaints, mut count) = (Vec::new(), 0);
    for document in documents() {
        for code in document.code().iter().filter(|code| matches!(code.language, "" | "sh")) {
            for arguments in calls(code.text) {
                count += 1;
                let complaint = help.complaint(&arguments);
                complaints.extend(complaint.map(|text| format!("{}: {text}", document.name())));
            }
        }
    }
    assert!(complaints.is_empty() && count > 30, "{count} calls: {complaints:#?}");
    assert!(help.complaint(&["sing"]).is_some() && help.complaint(&["user", "sing"]).is_some());
    assert!(help.complaint(&["serve", "--loudly"]).is_some());
}

#[test]
fn every_setting_and_variable_that_is_named_exists() {
    let table = reference();
    let known: BTreeSet<_> = table.split('`').skip(1).step_by(2).collect();
    let sections: BTreeSet<_> =
        first_cells(&table).filter_map(|(key, _)| key.split_once('.')).map(|(s, _)| s).collect();
    let mut unknown = Vec::new();
    for document in documents() {
        for variable in names(&document.text, &['_']).filter(|name| name.starts_with("TANDEM_")) {
            let is_other = OTHER_VARIABLES.iter().any(|other| variable.starts_with(other));
            if !known.contains(variable) && !is_other && variable != "TANDEM_" {
                unknown.push(format!("{}: {variable}", document.name()));
            }
        }
        for code in document.code().iter().filter(|code| code.language.is_empty()) {
            let name = names(code.text, &['_', '.']).next().unwrap_or_default();
            let section = name.split_once('.').map_or("", |(section, _)| section);
            let name = name.strip_suffix("_file").unwrap_or(name);
            if code.text.starts_with(name) && sections.contains(section) && !known.contains(name) {
                unknown.push(format!("{}: {name}", document.name()));
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[test]
fn every_configuration_that_is_shown_is_good() {
    let mut count = 0;
    for document in documents() {
        for code in document.code().iter().filter(|code| code.language == "toml") {
            count += 1;
            let directory = tempfile::tempdir().unwrap();
            let file = directory.path().join("tandem.toml");
            // The file of a secret is not there where a test runs; another one is.
            let secret = directory.path().join("secret");
            fs::write(&secret, "dGVzdCBtYXN0ZXIga2V5IG9mIDMyIGJ5dGVzIGxvbmc=\n").unwrap();
            let text = code.text.replace("/etc/tandem/master_key", secret.to_str().unwrap());
            fs::write(&file, text).unwrap();
            let directory = directory.path().to_owned();
            let source =
                Source { file: Some(file), dev: false, environment: Vec::new(), directory };
            Config::load(&source)
                .unwrap_or_else(|problems| panic!("{}: {problems}", document.name()));
        }
    }
    assert!(count > 0);
}

/// Paths of the readers' own API, and files of their own page, as the documents call them.
const THEIRS: [&str; 5] =
    ["/api/articles", "/api/orders", "/api/public", "src/main.tsx", "src/profile.tsx"];

fn is_theirs(word: &str) -> bool {
    THEIRS.iter().any(|path| word.to_ascii_lowercase().starts_with(path))
}

#[tokio::test]
async fn every_path_that_is_named_exists() {
    let app = TestApp::with(super::support::TestConfig::default().set("server.docs", "true")).await;
    let served = app.send(Call::get("/openapi.json")).await.json();
    let mut served: Vec<String> = served["paths"].as_object().unwrap().keys().cloned().collect();
    served.extend(["/docs", "/openapi.json", "/problems/"].map(str::to_owned));
    let mut unknown = Vec::new();
    for document in documents() {
        for code in document.code() {
            let words = names(code.text, &['/', '.', '-', '_', '{', '}', '*']);
            for word in words.map(|word| word.trim_end_matches(['.', '*'])) {
                let is_ours =
                    !is_theirs(word) && OURS.iter().any(|folder| word.starts_with(folder));
                let is_served = ["/api/", "/iam/", "/health", "/problems", "/docs", "/.well-known"];
                let is_served =
                    !is_theirs(word) && is_served.iter().any(|path| word.starts_with(path));
                let exists = (!is_ours || root().join(word).exists())
                    && (!is_served
                        || served
                            .iter()
                            .any(|path| path.starts_with(word) || word.starts_with("/problems/")));
                if !exists {
                    unknown.push(format!("{}: {word}", document.name()));
                }
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[test]
fn every_audit_event_and_its_reasons_are_told() {
    let operations = document("docs/operations.md").text;
    let told: BTreeSet<_> = operations.split('`').skip(1).step_by(2).collect();
    for file in ["src/service/audit.rs", "src/domain/refresh.rs", "src/domain/session.rs"] {
        let source = fs::read_to_string(root().join(file)).unwrap();
        let names = source
            .lines()
            .filter_map(|line| line.trim().split_once("=> \"")?.1.strip_suffix("\","));
        // How a session is used is no event.
        for name in names.filter(|name| !name.is_empty() && !["dual", "session"].contains(name)) {
            assert!(told.contains(name), "{name} of {file}");
        }
    }
}
