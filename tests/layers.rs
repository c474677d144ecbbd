//! Who may name whom: the architecture as a test.
//!
//! Imports go `main → cli → app → http → service → store → entity`, `service → crypto`, everything
//! `→ domain`. What `use` declares is checked, and what is spelled out as a path; comments and
//! literals are not looked at.
#![cfg(test)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Each module at the top, and the others that it may name.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("lib", &[]),
    (
        "main",
        &["app", "cli", "config", "crypto", "domain", "http", "service", "store", "telemetry"],
    ),
    ("cli", &["app", "config", "crypto", "domain", "http", "service", "store", "telemetry"]),
    ("app", &["config", "crypto", "domain", "http", "service", "store", "telemetry"]),
    // Neither the database nor the cryptography: those are behind the verbs.
    ("http", &["domain", "service"]),
    ("service", &["crypto", "domain", "store"]),
    ("store", &["domain"]),
    ("crypto", &["domain"]),
    ("config", &["domain"]),
    ("telemetry", &[]),
    ("domain", &[]),
];

/// Crates that only some modules may name.
const OWNERS: &[(&str, &[&str])] = &[
    ("argon2", &["crypto"]),
    ("chacha20poly1305", &["crypto"]),
    ("ed25519_dalek", &["crypto"]),
    ("hkdf", &["crypto"]),
    ("hmac", &["crypto"]),
    ("jsonwebtoken", &["crypto"]),
    ("entity", &["store"]),
    ("migration", &["store"]),
    ("sea_orm", &["store"]),
    ("sea_orm_migration", &["store"]),
    ("poem", &["http"]),
    ("poem_openapi", &["http"]),
    // Whoever runs something or waits for it. The rules do neither.
    ("tokio", &["app", "cli", "crypto", "http", "service", "store"]),
];

/// What a module may name against the arrows, and why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    (
        "store",
        "crypto::refresh_token::RefreshHash",
        "it goes into a column and comes out of it: as a type of its own, no secret can be stored in \
         its place by mistake",
    ),
    (
        "store",
        "crypto::client_secret::ClientSecretHash",
        "the same for the secrets of machine clients",
    ),
    ("telemetry", "config::Log", "the section of the configuration that says what to log"),
    ("telemetry", "config::LogFormat", "part of that section"),
];

/// The most lines a file may have.
const LONGEST: usize = 400;

/// Longer files, and why they are.
const LONG: &[(&str, &str)] =
    &[("http/payload.rs", "one shape after the other, as the OpenAPI document lists them")];

// --- The rules --------------------------------------------------------------------------------------

/// A path that a file may not name, with the module that it belongs to.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Violation {
    file: String,
    path: String,
}

/// What `source`, the text of `src/<file>`, names against the rules; the exceptions it needed go to
/// `needed`.
fn violations(file: &str, source: &str, needed: &mut BTreeSet<usize>) -> BTreeSet<Violation> {
    let module = module_of(file);
    let own = module.first().map_or(file.trim_end_matches(".rs"), String::as_str).to_owned();
    let allowed = allowed_to(&own);
    let mut found = BTreeSet::new();
    for path in paths(source, &module, file == "main.rs") {
        let good = match &path {
            Named::Ours(path) => {
                let exception = EXCEPTIONS
                    .iter()
                    .position(|(who, what, _)| *who == own && starts_with(path, what));
                needed.extend(exception);
                let top = path.first().map_or("", String::as_str);
                top == own || allowed.contains(&top) || exception.is_some() || !is_module(top)
            }
            Named::Other(path) => OWNERS
                .iter()
                .filter(|(name, _)| path.first().is_some_and(|first| first == name))
                .all(|(_, owners)| owners.contains(&own.as_str())),
        };
        if !good {
            let (Named::Ours(path) | Named::Other(path)) = path;
            found.insert(Violation { file: file.to_owned(), path: path.join("::") });
        }
    }
    found
}

fn allowed_to(module: &str) -> &'static [&'static str] {
    let row = MAY_NAME.iter().find(|(name, _)| *name == module);
    row.unwrap_or_else(|| panic!("`{module}` is new: say in MAY_NAME what it may name")).1
}

fn is_module(name: &str) -> bool {
    MAY_NAME.iter().any(|(module, _)| *module == name)
}

fn starts_with(path: &[String], prefix: &str) -> bool {
    let mut path = path.iter();
    prefix.split("::").all(|segment| path.next().is_some_and(|s| s == segment))
}

/// `http/api/mod.rs` is `http::api`; the root files are no module.
fn module_of(file: &str) -> Vec<String> {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    if matches!(path, "lib" | "main") {
        return Vec::new();
    }
    path.split('/').map(str::to_owned).collect()
}

// --- Reading ----------------------------------------------------------------------------------------

/// A path as the source names it: from the root of our crate, or of another.
#[derive(Debug, PartialEq, Eq)]
enum Named {
    Ours(Vec<String>),
    Other(Vec<String>),
}

/// All paths of more than one segment, and all that `use` declares.
fn paths(source: &str, module: &[String], is_main: bool) -> Vec<Named> {
    let tokens = tokens(&without_comments_and_literals(source));
    let mut found = Vec::new();
    // Modules within the file, each with the depth of braces around it.
    let mut inner: Vec<(String, usize)> = Vec::new();
    let mut depth = 0;
    let mut at = 0;
    while at < tokens.len() {
        let mut raw = Vec::new();
        let next = match tokens[at].as_str() {
            "{" => {
                depth += 1;
                at + 1
            }
            "}" => {
                depth -= 1;
                inner.retain(|(_, around)| *around < depth);
                at + 1
            }
            "mod" if tokens.get(at + 2).is_some_and(|token| token == "{") => {
                inner.push((tokens[at + 1].clone(), depth));
                at + 2
            }
            "use" => tree(&tokens, at + 1, &[], &mut raw),
            token if is_name(token) && tokens.get(at + 1).is_some_and(|token| token == "::") => {
                let end = chain_end(&tokens, at);
                raw.push(tokens[at..end].iter().filter(|t| *t != "::").cloned().collect());
                end
            }
            _ => at + 1,
        };
        let here: Vec<String> =
            module.iter().chain(inner.iter().map(|(name, _)| name)).cloned().collect();
        found.extend(raw.into_iter().map(|path| resolve(&here, path, is_main)));
        at = next;
    }
    found
}

/// Where the path that begins at `at` ends.
fn chain_end(tokens: &[String], mut at: usize) -> usize {
    while tokens.get(at + 1).is_some_and(|token| token == "::")
        && tokens.get(at + 2).is_some_and(|token| is_name(token))
    {
        at += 2;
    }
    at + 1
}

/// Reads one tree of a `use` declaration; gives where it ends.
fn tree(
    tokens: &[String],
    mut at: usize,
    prefix: &[String],
    found: &mut Vec<Vec<String>>,
) -> usize {
    let mut path = prefix.to_vec();
    loop {
        match tokens.get(at).map_or("", String::as_str) {
            "::" | "*" => at += 1,
            "{" => {
                at += 1;
                while tokens.get(at).is_some_and(|token| token != "}") {
                    at = tree(tokens, at, &path, found);
                    at += usize::from(tokens.get(at).is_some_and(|token| token != "}"));
                }
                return at + 1;
            }
            "as" => at += 2,
            name if is_name(name) => {
                path.push(name.to_owned());
                at += 1;
            }
            _ => {
                found.push(path);
                return at;
            }
        }
    }
}

/// What `path` means in the module `here`.
fn resolve(here: &[String], path: Vec<String>, is_main: bool) -> Named {
    let supers = path.iter().take_while(|segment| *segment == "super").count();
    let first = path.first().map_or("", String::as_str);
    match first {
        "tandem" if is_main => Named::Ours(path[1..].to_vec()),
        // In `main.rs`, `crate` is the program, which has no modules.
        "crate" if is_main => Named::Other(path),
        "crate" => Named::Ours(path[1..].to_vec()),
        "super" | "self" => {
            let kept = here.len().saturating_sub(supers);
            let rest = path.iter().skip(supers.max(1));
            Named::Ours(here[..kept].iter().chain(rest).cloned().collect())
        }
        _ => Named::Other(path),
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Names, `::`, and every other character by itself.
fn tokens(source: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let length = match c {
            _ if rest.starts_with("::") => 2,
            _ if word > 0 => word,
            _ => c.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        if !c.is_whitespace() {
            tokens.push(token.to_owned());
        }
        rest = after;
    }
    tokens
}

/// The source with every comment and literal turned into a space.
fn without_comments_and_literals(source: &str) -> String {
    let mut out = String::new();
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let skipped = skip(rest, out.chars().last());
        if skipped > 0 {
            out.push(' ');
        } else {
            out.push(c);
        }
        rest = &rest[skipped.max(c.len_utf8())..];
    }
    out
}

/// The length of the comment or literal at the beginning of `text`, after the character `before`.
fn skip(text: &str, before: Option<char>) -> usize {
    let in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let until = |from: usize, end: &str| {
        text[from..].find(end).map_or(text.len(), |found| from + found + end.len())
    };
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        let mut depth = 1;
        let mut at = 2;
        while depth > 0 && at < text.len() {
            let (open, close) = (text[at..].find("/*"), text[at..].find("*/"));
            let Some(close) = close else { return text.len() };
            let nested = open.filter(|open| *open < close);
            depth = if nested.is_some() { depth + 1 } else { depth - 1 };
            at += nested.unwrap_or(close) + 2;
        }
        return at;
    }
    if !in_word {
        let raw = text.trim_start_matches(['b', 'c']);
        if let Some(hashes) = raw.strip_prefix('r') {
            let quoted = hashes.trim_start_matches('#');
            if quoted.starts_with('"') {
                let end = format!("\"{}", "#".repeat(hashes.len() - quoted.len()));
                return until(text.len() - quoted.len() + 1, &end);
            }
        }
    }
    match text.as_bytes() {
        [b'"', ..] => escaped_end(text, b'"'),
        [b'\'', b'\\', ..] => escaped_end(text, b'\''),
        // A character; otherwise it is a lifetime.
        [b'\'', ..] if text[1..].chars().nth(1) == Some('\'') => until(1, "'"),
        _ => 0,
    }
}

/// Where the literal ends that begins with `quote`.
fn escaped_end(text: &str, quote: u8) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() && bytes[at] != quote {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(text.len())
}

fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(found.len() > 50, "src/ is not where it was");
    found
}

// --- The tests --------------------------------------------------------------------------------------

#[test]
fn nothing_is_named_against_the_arrows() {
    let mut needed = BTreeSet::new();
    let mut found = BTreeSet::new();
    for (file, source) in sources() {
        found.append(&mut violations(&file, &source, &mut needed));
    }
    assert!(found.is_empty(), "{found:#?}");
    let idle: Vec<_> = (0..EXCEPTIONS.len()).filter(|i| !needed.contains(i)).collect();
    assert!(idle.is_empty(), "exceptions that nobody needs: {idle:?}");
}

#[test]
fn no_file_is_longer_than_400_lines_without_a_reason() {
    let mut long: Vec<(String, usize)> =
        sources().into_iter().map(|(file, source)| (file, source.lines().count())).collect();
    long.retain(|(_, lines)| *lines > LONGEST);
    long.sort();
    let expected: Vec<&str> = LONG.iter().map(|(file, _)| *file).collect();
    let found: Vec<&str> = long.iter().map(|(file, _)| file.as_str()).collect();
    assert_eq!(found, expected, "split what is new, strike what has shrunk: {long:?}");
}

#[test]
fn a_violation_is_found_however_it_is_spelled() {
    for (file, source, path) in [
        ("http/guard.rs", "use crate::store::Store;", "store::Store"),
        ("http/guard.rs", "use crate::{domain::id::UserId, crypto::{jwt}};", "crypto::jwt"),
        ("http/api/keys.rs", "use super::super::super::store::{self as s};", "store::self"),
        ("http/mod.rs", "fn f() { crate::crypto::jwt::verify(); }", "crypto::jwt::verify"),
        ("http/mod.rs", "mod tests { use super::super::store::*; }", "store"),
        ("http/mod.rs", "use entity::prelude::*;", "entity::prelude"),
        ("http/mod.rs", "type X = ::entity::User;", "entity::User"),
        ("domain/id.rs", "use crate::config::Config;", "config::Config"),
        ("domain/id.rs", "use tokio::time;", "tokio::time"),
        ("domain/id.rs", "use {std::fmt, poem::Route};", "poem::Route"),
        ("domain/id.rs", "pub use sea_orm as x;", "sea_orm"),
        ("domain/id.rs", "#[derive(jsonwebtoken::X)] struct Y;", "jsonwebtoken::X"),
        ("domain/mod.rs", "pub use super::service::Auth;", "service::Auth"),
        ("service/keys.rs", "use crate::http::routes;", "http::routes"),
        (
            "service/keys.rs",
            "let key = ed25519_dalek::SigningKey::new();",
            "ed25519_dalek::SigningKey::new",
        ),
        ("service/keys.rs", "fn f(x: &'static str) -> sea_orm::DbErr { '\"'; }", "sea_orm::DbErr"),
        ("crypto/seal.rs", "use crate::config::MasterKey;", "config::MasterKey"),
        (
            "store/users.rs",
            "use crate::crypto::refresh_token::{RefreshHash, RefreshSecret};",
            "crypto::refresh_token::RefreshSecret",
        ),
        ("store/users.rs", "use crate::crypto::refresh_token;", "crypto::refresh_token"),
        ("telemetry.rs", "use crate::config::Config;", "config::Config"),
        ("app.rs", "use crate::cli;", "cli"),
        ("app.rs", "use super::cli::run;", "cli::run"),
        ("config/mod.rs", "use crate::telemetry;", "telemetry"),
        ("main.rs", "use sea_orm::Database;", "sea_orm::Database"),
    ] {
        let found = violations(file, source, &mut BTreeSet::new());
        let expected = Violation { file: file.to_owned(), path: path.to_owned() };
        assert_eq!(found, BTreeSet::from([expected]), "{source}");
    }
}

#[test]
fn what_only_looks_like_a_violation_is_none() {
    for (file, source) in [
        (
            "http/guard.rs",
            "// use crate::store::Store;\n/* crate::store /* nested */ crate::store::X */",
        ),
        (
            "http/guard.rs",
            r##"const X: &str = "crate::store::Store \" entity::X"; r#"" entity::x"#"##,
        ),
        ("http/guard.rs", "fn f<'a>(x: &'a str) { let store = 1; let entity = store; }"),
        ("http/api/keys.rs", "use super::super::guard; pub(in super::super) struct X;"),
        (
            "http/mod.rs",
            "mod tests { use super::*; } use self::store_like::X; mod other { use super::guard::X; }",
        ),
        ("http/mod.rs", "use crate::{domain::id::UserId, service::{Auth, Watch as W}};"),
        ("domain/id.rs", "use crate::domain::role::Roles; use super::entropy; self::digit();"),
        ("store/users.rs", "use crate::crypto::refresh_token::RefreshHash; use entity::user;"),
        ("cli/mod.rs", "use crate::{app::App, config::Config, service::Auth, telemetry};"),
        (
            "main.rs",
            "use tandem::{app::Parts, cli::{self, Arguments}, domain::clock::SystemClock};",
        ),
    ] {
        assert_eq!(violations(file, source, &mut BTreeSet::new()), BTreeSet::new(), "{source}");
    }
}

#[test]
fn every_module_has_its_row() {
    let lib = without_comments_and_literals(include_str!("../src/lib.rs"));
    let declared: BTreeSet<&str> =
        lib.split("mod ").skip(1).filter_map(|rest| rest.split(';').next()).collect();
    let listed: BTreeSet<&str> = MAY_NAME
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| !matches!(*name, "lib" | "main"))
        .collect();
    assert_eq!(declared, listed);
}
