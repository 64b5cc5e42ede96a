/// The candidate that `name` is most likely a slip of, or `None` when none is near.
///
/// Near means at most a third of the letters differ (one for short names); case and the
/// choice of `-`, `_` and `.` count little. Ties go to the first candidate.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = fold(name);
    let (letters, own) = outline(name);
    // Every single letter is one slip away from every other.
    let limit = if letters < 2 { 0 } else { (letters / 3).max(1) };
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        // Cheaper than measuring, and right: every letter more or less is a difference.
        let (count, others) = outline(candidate);
        let is_far = |one: u64, other: u64| (one & !other).count_ones() as usize > limit;
        if count.abs_diff(letters) > limit || is_far(own, others) || is_far(others, own) {
            continue;
        }
        let distance = strsim::osa_distance(&folded, &fold(candidate));
        if distance <= limit && best.is_none_or(|(d, _)| distance < d) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The candidate that `name` is surely a slip of: one letter apart, two in a long name, or written
/// with other separators or case. Stricter than [`closest`], for places where unknown names are allowed.
pub fn slip<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LONG: usize = 8;
    let found = closest(name, candidates)?;
    let limit = if name.chars().count() < LONG { 1 } else { 2 };
    (strsim::osa_distance(&fold(name), &fold(found)) <= limit).then_some(found)
}

/// `did you mean …?` for the closest candidate, ready for [`super::Diagnostic::maybe_help`].
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    closest(name, candidates).map(|found| format!("did you mean `{found}`?"))
}

/// How many letters a name has, and which, as bits: one slip changes one letter into one other at most.
fn outline(name: &str) -> (usize, u64) {
    name.chars().fold((0, 0), |(count, bits), c| (count + 1, bits | 1 << (u32::from(fold_letter(c)) % 64)))
}

fn fold(name: &str) -> String {
    name.chars().map(fold_letter).collect()
}

fn fold_letter(c: char) -> char {
    if matches!(c, '_' | '.') { '-' } else { c.to_ascii_lowercase() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_their_name() {
        let names = ["action.sync-entities", "action.start-sync-scope", "id", "isSequential"];
        let table = [
            ("action-sync-entities", Some("action.sync-entities")),
            ("action.sync_entity", Some("action.sync-entities")),
            ("Action.Start-Sync-Scope", Some("action.start-sync-scope")),
            ("isSequentail", Some("isSequential")),
            ("di", Some("id")),
            ("xy", None),
            ("title", None),
            ("", None),
        ];
        for (name, expected) in table {
            assert_eq!(closest(name, names), expected, "{name}");
        }
    }

    #[test]
    fn a_sure_slip_is_nearer_than_a_likely_one() {
        let names = ["onFocus", "component.list", "isSearchable"];
        for (name, expected) in [
            ("onFokus", Some("onFocus")),
            ("onFokuss", Some("onFocus")),
            ("onFokis", None),
            ("Component_List", Some("component.list")),
            ("isSelectable", None),
            ("isSerachabel", Some("isSearchable")),
        ] {
            assert_eq!(slip(name, names), expected, "{name}");
        }
    }

    #[test]
    fn the_nearest_wins_and_ties_go_to_the_first() {
        assert_eq!(closest("state", ["status", "states", "stats"]), Some("states"));
        assert_eq!(closest("stat", ["stab", "star"]), Some("stab"));
        assert_eq!(closest("b", ["a", "c"]), None);
        assert_eq!(closest("x", []), None);
        assert_eq!(did_you_mean("titel", ["title"]).as_deref(), Some("did you mean `title`?"));
        assert_eq!(did_you_mean("zzz", ["title"]), None);
    }
}
