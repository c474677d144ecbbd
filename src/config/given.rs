//! A value as somebody wrote it, and the readers that turn it into a typed one.
//!
//! A reader's error says what is wrong in words of its own and never repeats the value: it may be a
//! secret.

use std::fmt::{self, Display};

use toml::Value;

/// A value from the file with its TOML type, or text from the environment or a secret's file.
pub(super) enum Given {
    Toml(Value),
    Text(String),
}

const AN_ARRAY: &str = "an array such as `[\"a\", \"b\"]`";

impl Given {
    pub(super) fn text(&self) -> Result<&str, String> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Toml(value) => value.as_str().ok_or_else(|| self.not("a string")),
        }
    }

    pub(super) fn owned_text(&self) -> Result<String, String> {
        self.text().map(str::to_owned)
    }

    pub(super) fn flag(&self) -> Result<bool, String> {
        match self {
            Self::Text(text) => text.parse().ok(),
            Self::Toml(value) => value.as_bool(),
        }
        .ok_or_else(|| self.not("a boolean"))
    }

    pub(super) fn number<N: TryFrom<i64>>(&self) -> Result<N, String> {
        let number = match self {
            Self::Text(text) => text.parse::<i64>().ok(),
            Self::Toml(value) => value.as_integer(),
        };
        let number = number.ok_or_else(|| self.not("a whole number"))?;
        N::try_from(number).map_err(|_| "out of range".to_owned())
    }

    /// A text that the type itself knows how to read.
    pub(super) fn parsed<T, E: Display>(
        &self,
        parse: fn(&str) -> Result<T, E>,
    ) -> Result<T, String> {
        parse(self.text()?).map_err(|error| error.to_string())
    }

    /// A size; plain bytes may be a TOML integer.
    pub(super) fn size(&self) -> Result<usize, String> {
        match self {
            Self::Toml(Value::Integer(_)) => self.number(),
            Self::Toml(_) | Self::Text(_) => self.parsed(super::units::size),
        }
    }

    /// A TOML array; as text also its items with commas or line ends between them.
    pub(super) fn list<T>(
        &self,
        item: impl Fn(&Given) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        let items: Vec<Self> = match self {
            Self::Toml(Value::Array(items)) => items.iter().cloned().map(Self::Toml).collect(),
            Self::Toml(_) => return Err(self.not(AN_ARRAY)),
            Self::Text(text) if text.trim().is_empty() => Vec::new(),
            Self::Text(text) if text.trim_start().starts_with('[') => {
                let array = text.parse::<Value>().map_err(|_| self.not(AN_ARRAY))?;
                return Self::Toml(array).list(item);
            }
            Self::Text(text) => {
                text.split([',', '\n']).map(|part| Self::Text(part.trim().to_owned())).collect()
            }
        };
        let numbered = items.iter().enumerate();
        numbered
            .map(|(at, given)| item(given).map_err(|error| format!("item {}: {error}", at + 1)))
            .collect()
    }

    fn not(&self, expected: &str) -> String {
        match self {
            Self::Text(_) => format!("not {expected}"),
            Self::Toml(value) => format!("not {expected}: its TOML type is {}", value.type_str()),
        }
    }
}

/// As it would be written in TOML; control characters escaped, so no value fakes a log line.
impl Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Toml(Value::String(text)) => write!(f, "{text:?}"),
            Self::Toml(Value::Integer(number)) => number.fmt(f),
            Self::Toml(Value::Float(number)) => number.fmt(f),
            Self::Toml(Value::Boolean(flag)) => flag.fmt(f),
            Self::Toml(Value::Datetime(time)) => time.fmt(f),
            Self::Toml(Value::Array(items)) => {
                f.write_str(&show_list(items, |item| Self::Toml(item.clone()).to_string()))
            }
            Self::Toml(Value::Table(_)) => f.write_str("{…}"),
        }
    }
}

/// Stores what was read; on an error the slot keeps what it has.
pub(super) fn put<T>(slot: &mut T, read: Result<T, String>) -> Result<(), String> {
    *slot = read?;
    Ok(())
}

/// A list as [`Given::list`] reads it.
pub(super) fn show_list<T>(items: &[T], show: impl Fn(&T) -> String) -> String {
    format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Given {
        Given::Text(text.to_owned())
    }

    fn toml(text: &str) -> Given {
        Given::Toml(text.parse().unwrap())
    }

    #[test]
    fn lists() {
        for (given, expected) in [
            (text(""), Some(vec![])),
            (text(" "), Some(vec![])),
            (text("a"), Some(vec!["a"])),
            (text("a, b"), Some(vec!["a", "b"])),
            (text("a\nb"), Some(vec!["a", "b"])),
            (text(r#"["a", 'b']"#), Some(vec!["a", "b"])),
            (text("a,,b"), Some(vec!["a", "", "b"])),
            (toml(r#"["a", "b"]"#), Some(vec!["a", "b"])),
            (toml(r#""a, b""#), None),
            (text("[\"a\""), None),
            (text("[1]"), None),
            (text("[\"a\"]\nb = 1"), None),
        ] {
            let expected = expected.map(|list| list.into_iter().map(str::to_owned).collect());
            assert_eq!(given.list(Given::owned_text).ok(), expected, "{given}");
        }
    }

    #[test]
    fn types_are_kept_apart() {
        assert_eq!(text("7").number(), Ok(7_u32));
        assert_eq!(toml("7").number(), Ok(7_u32));
        assert_eq!(toml("-1").number::<u32>().unwrap_err(), "out of range");
        assert_eq!(
            toml("\"7\"").number::<u32>().unwrap_err(),
            "not a whole number: its TOML type is string"
        );
        assert_eq!(text("seven").number::<u32>().unwrap_err(), "not a whole number");
        assert_eq!((text("true").flag(), toml("false").flag()), (Ok(true), Ok(false)));
        assert!(text("yes").flag().is_err() && text("").flag().is_err());
        assert!(toml("\"true\"").flag().is_err() && toml("1").text().is_err());
        assert_eq!((toml("65536").size(), toml("\"64KiB\"").size()), (Ok(65536), Ok(65536)));
        assert!(toml("-1").size().is_err() && toml("1.5").size().is_err());
    }

    #[test]
    fn values_show_on_one_line() {
        for (given, shown) in [
            (text("a\nb"), r#""a\nb""#),
            (toml("['a', 1, 2.5, true, 1979-05-27]"), r#"["a", 1, 2.5, true, 1979-05-27]"#),
            (toml("{ a = 1 }"), "{…}"),
        ] {
            assert_eq!(given.to_string(), shown);
        }
    }
}
