//! What commands print: tables and lines for people, JSON for programs.

use std::{
    fmt::Display,
    io::{self, Write},
    iter,
};

use serde::Serialize;

use super::Failure;
use crate::domain::clock::Timestamp;

/// Prints a line.
pub(super) fn say(text: impl Display) -> Result<(), Failure> {
    writeln!(io::stdout(), "{text}").map_err(Failure::Output)
}

/// Prints a value as JSON.
pub(super) fn json(value: &impl Serialize) -> Result<(), Failure> {
    say(serde_json::to_string_pretty(value).map_err(io::Error::from)?)
}

/// Prints `items`: as a JSON array, or as a table with a header line.
pub(super) fn list<T: Serialize, const N: usize>(
    items: &[T],
    as_json: bool,
    head: [&str; N],
    cells: impl Fn(&T) -> [String; N],
) -> Result<(), Failure> {
    if as_json { json(&items) } else { say(table(head, items.iter().map(cells))) }
}

/// An instant as JSON has it.
pub(super) fn time(at: Timestamp) -> String {
    at.to_string()
}

/// Rows under a header line.
fn table<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    aligned(iter::once(head.map(str::to_owned)).chain(rows))
}

/// Lines of aligned columns, two spaces apart. An empty cell is a dash, so that columns can be
/// counted.
pub(super) fn aligned<const N: usize>(rows: impl Iterator<Item = [String; N]>) -> String {
    let rows: Vec<[String; N]> = rows.map(|row| row.map(|cell| plain(&cell))).collect();
    let widths = rows.iter().fold([0; N], |mut widths, row| {
        for (width, cell) in iter::zip(&mut widths, row) {
            *width = cell.chars().count().max(*width);
        }
        widths
    });
    let line = |row: &[String; N]| {
        let cells = iter::zip(row, widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Without what could steer a terminal: a browser says whatever it likes about itself.
fn plain(cell: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if cell.is_empty() { "-".to_owned() } else { cell.replace(steers, "\u{fffd}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let rows = [["1", "löwe", "x"], ["22", "", ""]].map(|row| row.map(str::to_owned));
        assert_eq!(
            table(["ID", "NAME", "NOTE"], rows.into_iter()),
            "ID  NAME  NOTE\n\
             1   löwe  x\n\
             22  -     -"
        );
    }

    #[test]
    fn nothing_steers_the_terminal() {
        let rows = [["\u{1b}[2J\r\nroot\u{9b}".to_owned(), "\u{202e}txt".to_owned()]];
        assert_eq!(
            table(["A", "B"], rows.into_iter()),
            "A            B\n\
             \u{fffd}[2J\u{fffd}\u{fffd}root\u{fffd}  \u{fffd}txt"
        );
    }
}
