//! Numbers, sizes and times as people read them.

use std::time::Duration;

/// `1,204`
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 row`, `2 rows`
pub(super) fn counted(number: u64, one: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {one}{ending}", count(number))
}

/// `17 B`, `2.4 KiB`, `31 MiB`
pub(super) fn bytes(number: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if number < 1024 {
        return format!("{number} B");
    }
    #[allow(clippy::cast_precision_loss)] // shown with two digits
    let mut size = number as f64 / 1024.0;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    if size < 10.0 { format!("{size:.1} {}", UNITS[unit]) } else { format!("{size:.0} {}", UNITS[unit]) }
}

/// `12 ms`, `3.4 s`, `2 min 5 s`, `1 h 2 min`, `3 d`
pub(super) fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0 => format!("{ms} ms"),
        1..60 => format!("{seconds}.{} s", ms % 1000 / 100),
        60..3600 => joined(seconds / 60, "min", seconds % 60, "s"),
        3600..86_400 => joined(seconds / 3600, "h", seconds % 3600 / 60, "min"),
        _ => joined(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
    }
}

/// `3.4 s ago`, or `never`; a time to come (another machine's clock) is `just now`.
pub(super) fn ago(then: Option<i64>, now: i64) -> String {
    let Some(then) = then else { return "never".to_owned() };
    match u64::try_from(now.saturating_sub(then)) {
        Ok(ms) if ms >= 1000 => format!("{} ago", duration(ms)),
        _ => "just now".to_owned(),
    }
}

/// The time between two moments; nothing when one is missing or the clock was set back.
pub(super) fn between(start: Option<i64>, end: Option<i64>) -> Option<u64> {
    u64::try_from(end?.saturating_sub(start?)).ok()
}

/// `2025-06-15 12:00:00Z` from epoch milliseconds.
pub(super) fn moment(ms: i64) -> String {
    let stamp = jiff::Timestamp::from_millisecond(ms);
    stamp.map_or_else(|_| ms.to_string(), |stamp| stamp.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
}

/// `12:03:11`, on the clock of this machine, from epoch milliseconds.
pub(super) fn time_of_day(ms: i64) -> String {
    let stamp = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    stamp.to_zoned_datetime(jiff::tz::TimeZone::system()).strftime("%H:%M:%S").to_string()
}

/// Reads `250ms`, `30s`, `5m`, ….
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let read = humantime::parse_duration(text);
    read.map_err(|_| "expected a number and a unit, such as `250ms`, `30s` or `5m`".to_owned())
}

fn joined(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 {
        format!("{large} {large_unit}")
    } else {
        format!("{large} {large_unit} {small} {small_unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_digits() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0, 1, 2].map(|n| counted(n, "row")), ["0 rows", "1 row", "2 rows"]);
    }

    #[test]
    fn scales_sizes() {
        assert_eq!(
            [0, 1023, 1024, 1536, 20_480, 5 << 30].map(bytes),
            ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "20 KiB", "5.0 GiB"]
        );
    }

    #[test]
    fn scales_durations() {
        let cases =
            [(0, "0 ms"), (999, "999 ms"), (1_250, "1.2 s"), (59_999, "59.9 s"), (65_000, "1 min 5 s")];
        for (ms, shown) in cases.into_iter().chain([(7_200_000, "2 h"), (90_000_000, "1 d 1 h")]) {
            assert_eq!(duration(ms), shown);
        }
    }

    #[test]
    fn tells_how_long_ago() {
        assert_eq!(ago(None, 5), "never");
        assert_eq!(ago(Some(10), 5), "just now");
        assert_eq!(ago(Some(0), 90_000), "1 min 30 s ago");
        assert_eq!(between(Some(5), Some(2)), None);
        assert_eq!(moment(0), "1970-01-01 00:00:00Z");
    }
}
