//! Durations and sizes: a whole number and a unit.

use std::time::Duration;

type Unit = (&'static str, u64);

/// In milliseconds, the largest first.
const DURATIONS: &[Unit] =
    &[("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// In bytes, the largest first.
const SIZES: &[Unit] = &[("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("", 1)];

/// A hundred years: far enough, and no sum of instant and duration leaves 64-bit milliseconds.
const LONGEST: u64 = 36_500 * 86_400_000;

/// Reads `30d`, `1h`, `4m`, `240s` or `500ms`.
///
/// # Errors
/// What to write instead.
pub fn duration(text: &str) -> Result<Duration, String> {
    read(text, DURATIONS)
        .filter(|millis| *millis <= LONGEST)
        .map(Duration::from_millis)
        .ok_or_else(|| "not a duration such as `240s`, `4m`, `1h`, `30d` or `500ms`".to_owned())
}

/// Reads `64KiB`, `1 MiB` or plain bytes.
pub(super) fn size(text: &str) -> Result<usize, String> {
    read(text, SIZES)
        .and_then(|bytes| usize::try_from(bytes).ok())
        .ok_or_else(|| "not a size such as `64KiB`, `1MiB` or `65536`".to_owned())
}

/// Writes a duration so that [`duration`] reads it again, to the millisecond.
pub(super) fn show_duration(duration: Duration) -> String {
    u64::try_from(duration.as_millis())
        .map_or_else(|_| format!("{duration:?}"), |n| show(n, DURATIONS))
}

/// Writes a size so that [`size`] reads it again.
pub(super) fn show_size(bytes: usize) -> String {
    u64::try_from(bytes).map_or_else(|_| bytes.to_string(), |n| show(n, SIZES))
}

fn read(text: &str, units: &[Unit]) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let unit = unit.strip_prefix(' ').unwrap_or(unit);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    digits.parse::<u64>().ok()?.checked_mul(*factor)
}

/// In the largest unit that leaves no fraction.
fn show(number: u64, units: &[Unit]) -> String {
    units
        .iter()
        .find(|(_, factor)| number != 0 && number.is_multiple_of(*factor))
        .or(units.last())
        .map(|(name, factor)| format!("{}{name}", number / factor))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, millis, shown) in [
            ("0s", 0, "0ms"),
            ("500ms", 500, "500ms"),
            ("1500ms", 1500, "1500ms"),
            ("240s", 240_000, "4m"),
            ("90 s", 90_000, "90s"),
            ("60m", 3_600_000, "1h"),
            ("7d", 604_800_000, "7d"),
            ("36500d", LONGEST.into(), "36500d"),
        ] {
            let read = duration(text).unwrap();
            assert_eq!((read.as_millis(), show_duration(read).as_str()), (millis, shown), "{text}");
            assert_eq!(duration(shown), Ok(read));
        }
    }

    #[test]
    fn sizes() {
        for (text, bytes, shown) in [
            ("0", 0, "0"),
            ("1000", 1000, "1000"),
            ("65536", 65536, "64KiB"),
            ("64KiB", 65536, "64KiB"),
            ("64 KiB", 65536, "64KiB"),
            ("1024KiB", 1 << 20, "1MiB"),
        ] {
            let read = size(text).unwrap();
            assert_eq!((read, show_size(read).as_str()), (bytes, shown), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "", "s", "4", "-4s", "+4s", "4S", "4.5s", "4  s", " 4s", "4s ", "4m 3s", "٤s", "36501d",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
        for text in ["", "KiB", "64kib", "64KB", "-1", "1.5MiB", "64  KiB", "17179869184GiB"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
