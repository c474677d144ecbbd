//! Spelling suggestions.

/// The `section.key` that takes the fewest insertions, deletions and replacements to become `word`,
/// where either part may be missing.
pub(super) fn nearest(word: &str, names: impl Iterator<Item = String>) -> Option<String> {
    names.min_by_key(|name| {
        let part = name.split('.').map(|part| distance(word, part) + 1).min();
        part.unwrap_or(usize::MAX).min(distance(word, name))
    })
}

/// Levenshtein distance in characters, one row of the table at a time.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (line, wanted) in from.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (above, found) in row.iter_mut().skip(1).zip(to.chars()) {
            let replaced = diagonal + usize::from(wanted != found);
            diagonal = *above;
            left = replaced.min(left + 1).min(diagonal + 1);
            *above = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (from, to, expected) in
            [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("né", "ne", 1)]
        {
            assert_eq!(distance(from, to), expected, "{from} {to}");
        }
    }

    #[test]
    fn the_nearest_wins() {
        for (word, name) in
            [("sever.docs", "server.docs"), ("listn", "server.listen"), ("lag", "log.level")]
        {
            let names = ["server.listen", "server.docs", "log.level"].map(str::to_owned);
            assert_eq!(nearest(word, names.into_iter()).as_deref(), Some(name), "{word}");
        }
        assert_eq!(nearest("anything", std::iter::empty()), None);
    }
}
