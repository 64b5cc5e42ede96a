//! Plants a mistake in an app, in memory, and looks at what is said about it.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::bed::{CLOSE, Change, OPEN, Site, Soil};
use super::{Plant, table::Harvest};
use crate::app::{AppPath, Inputs, Loaded, discover, load};
use crate::diag::{Diagnostic, Files, Group, RuleInfo};
use crate::lint::{Request, check};

/// How many sites of an app are tried for each plant.
const SITES: usize = 3;
/// The rule that looks at what the rest of the app leaves over.
const TIDYING: &str = "unused-definition";

/// Apps that are looked at as one.
pub(super) struct App {
    pub name: String,
    places: Vec<AppPath>,
}

/// The apps at hand: our own, and those of the corpus when it is there.
pub(super) fn apps() -> &'static [App] {
    static APPS: OnceLock<Vec<App>> = OnceLock::new();
    APPS.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut folders = vec![root.join("tests/lint/correct-app"), root.join("examples/quickstart")];
        if let Ok(entries) = fs::read_dir(root.join("../shared/corpus")) {
            let mut corpus: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
            corpus.sort();
            folders.extend(corpus.into_iter().filter(|path| path.is_dir()));
        }
        folders.into_iter().map(|folder| App::at(&folder.canonicalize().unwrap())).collect()
    })
}

impl App {
    /// Its apps as they are.
    pub fn fields(&self) -> Vec<Field<'_>> {
        self.places.iter().map(Field::new).collect()
    }

    fn at(folder: &Path) -> Self {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        Self { name, places: discover(&[folder.to_path_buf()], folder).unwrap() }
    }
}

/// Plants a mistake at some of its sites, one after the other.
pub(super) fn sow(plant: &Plant, fields: &[Field<'_>]) -> Harvest {
    let mut harvest = Harvest::default();
    let sites: Vec<(&Field, Site)> = fields
        .iter()
        .flat_map(|field| (plant.sites)(&field.soil()).into_iter().map(move |site| (field, site)))
        .collect();
    for (field, site) in spread(&sites) {
        harvest.planted += 1;
        match field.grow(plant.rule, site) {
            Ok(()) => harvest.caught += 1,
            Err(miss) => harvest.misses.push(miss),
        }
    }
    harvest
}

/// The first, the last and some between them.
fn spread<T>(all: &[T]) -> impl Iterator<Item = &T> {
    let count = all.len().min(SITES);
    (0..count).map(move |n| &all[n * (all.len() - 1) / (count - 1).max(1)])
}

/// One app as it is before anything is planted.
pub(super) struct Field<'a> {
    place: &'a AppPath,
    loaded: Loaded,
    files: Files,
    found: Vec<Diagnostic>,
}

impl<'a> Field<'a> {
    fn new(place: &'a AppPath) -> Self {
        let (loaded, files, found) = lint(place, BTreeMap::new());
        Self { place, loaded, files, found }
    }

    fn soil(&self) -> Soil<'_> {
        Soil { loaded: &self.loaded, texts: &self.files }
    }

    /// Whether the mistake is found, alone and at its place; otherwise what is said in its stead.
    fn grow(&self, rule: &str, site: &Site) -> Result<(), String> {
        let mut grown = Grown::default();
        for (path, edits) in by_file(site) {
            grown.file(path, self.text(path), &edits);
        }
        grown.expect(site);
        let (path, range) = grown.expected.clone().expect("a plant marks the place with « and »");
        let (loaded, files, found) = lint(self.place, grown.texts.clone());
        let seen = sightings(&loaded, &files, &found);
        let wanted = Sighting { path, range, rule: rule.to_owned(), message: String::new() };
        let (mut new, mut lost) = self.difference(&grown, seen);
        // What is planted may stand unused, and nothing is tidied up while there are mistakes.
        let tidying = |one: &Sighting| one.rule == TIDYING && rule != TIDYING;
        new.retain(|one| !tidying(one));
        lost.retain(|one| !tidying(one));
        // Where a file does not say what it means, others rightly say less.
        let causes_doubt = |info: &RuleInfo| matches!(info.group, Group::Syntax | Group::Schema);
        if crate::lint::rule(rule).is_some_and(causes_doubt) {
            lost.clear();
        }
        if lost.is_empty() && new.len() == 1 && new[0].is_at(&wanted) {
            return Ok(());
        }
        let say =
            |found: &[Sighting]| found.iter().map(|one| one.say(self, &grown)).collect::<Vec<_>>().join("; ");
        let lost = if lost.is_empty() { String::new() } else { format!("; lost {}", say(&lost)) };
        Err(format!(
            "{} found {}{lost}",
            wanted.say(self, &grown),
            if new.is_empty() { "nothing".into() } else { say(&new) }
        ))
    }

    fn text(&self, path: &Path) -> &str {
        let source = self.loaded.sources.iter().find(|source| source.path == path);
        source.map_or("", |source| self.files.get(source.file).text())
    }

    /// The findings that are new, and those that are gone though nothing was changed there.
    fn difference(&self, grown: &Grown, mut seen: Vec<Sighting>) -> (Vec<Sighting>, Vec<Sighting>) {
        let mut lost = Vec::new();
        let mut touched = Vec::new();
        for mut old in sightings(&self.loaded, &self.files, &self.found) {
            let (start, is_touched) = grown.moved(&old.path, &old.range);
            old.range = start..start + old.range.len();
            match seen
                .iter()
                .position(|new| new.rule == old.rule && new.path == old.path && new.range == old.range)
            {
                Some(at) => drop(seen.remove(at)),
                None if is_touched => touched.push(old),
                None => lost.push(old),
            }
        }
        for old in touched {
            if let Some(at) = seen.iter().position(|new| new.rule == old.rule && new.message == old.message) {
                seen.remove(at);
            }
        }
        (seen, lost)
    }
}

/// A finding by its place on disk.
struct Sighting {
    path: PathBuf,
    range: Range<usize>,
    rule: String,
    message: String,
}

impl Sighting {
    fn is_at(&self, wanted: &Self) -> bool {
        self.rule == wanted.rule && self.path == wanted.path && self.range == wanted.range
    }

    /// `jigs/home.jigx:3:4 [rule] message`
    fn say(&self, field: &Field<'_>, grown: &Grown) -> String {
        let text = grown.texts.get(&self.path).map_or_else(|| field.text(&self.path), String::as_str);
        let mut files = Files::new();
        let file = files.add("", text);
        let place = |at: usize| files.get(file).position(u32::try_from(at).unwrap());
        let (start, end) = (place(self.range.start), place(self.range.end));
        let shown = self.path.strip_prefix(&field.loaded.project.root).unwrap_or(&self.path);
        let (rule, message) = (&self.rule, &self.message);
        let to = if start.line == end.line {
            format!("{}", end.column)
        } else {
            format!("{}:{}", end.line, end.column)
        };
        let said = format!("{}:{}:{}-{to} [{rule}] {message}", shown.display(), start.line, start.column);
        said.trim_end().replace('\\', "/")
    }
}

fn sightings(loaded: &Loaded, files: &Files, found: &[Diagnostic]) -> Vec<Sighting> {
    let paths: BTreeMap<_, _> = loaded.sources.iter().map(|source| (source.file, &source.path)).collect();
    let sighting = |one: &Diagnostic| Sighting {
        // A stray file is no source of the app and has no text.
        path: paths
            .get(&one.span.file)
            .map_or_else(|| files.get(one.span.file).path().into(), |path| (*path).clone()),
        range: one.span.range(),
        rule: one.rule.to_owned(),
        message: one.message.clone(),
    };
    found.iter().map(sighting).collect()
}

/// The texts with the mistake in them.
#[derive(Default)]
struct Grown {
    texts: BTreeMap<PathBuf, String>,
    /// The old bytes that went, and how many came in their place.
    moves: Vec<(PathBuf, Range<usize>, usize)>,
    expected: Option<(PathBuf, Range<usize>)>,
}

impl Grown {
    fn file(&mut self, path: &Path, old: &str, edits: &[&Change]) {
        let (mut text, mut at) = (String::new(), 0);
        for edit in edits {
            assert!(edit.range.start >= at, "the edits of a plant overlap");
            text.push_str(&old[at..edit.range.start]);
            at = edit.range.end;
            let before = text.len();
            let open = edit.text.find(OPEN).map(|at| before + at);
            let close = edit.text.find(CLOSE).map(|at| before + at - OPEN.len_utf8());
            if let (Some(open), Some(close)) = (open, close) {
                assert!(self.expected.is_none(), "a plant marks one place");
                self.expected = Some((path.to_path_buf(), open..close));
            }
            text.push_str(&edit.text.replace([OPEN, CLOSE], ""));
            self.moves.push((path.to_path_buf(), edit.range.clone(), text.len() - before));
        }
        text.push_str(&old[at..]);
        self.texts.insert(path.to_path_buf(), text);
    }

    /// Finds the place that stays as it is among the new texts.
    fn expect(&mut self, site: &Site) {
        if let Some((path, range)) = &site.expected {
            let (start, _) = self.moved(path, range);
            self.expected = Some((path.clone(), start..start + range.len()));
        }
    }

    /// Where old bytes are now, and whether something at them was changed.
    fn moved(&self, path: &Path, range: &Range<usize>) -> (usize, bool) {
        let (mut start, mut touched) = (range.start, false);
        for (_, gone, came) in self.moves.iter().filter(|(file, ..)| file == path) {
            touched |= gone.start <= range.end && range.start <= gone.end;
            if gone.end <= range.start {
                start = start + came - gone.len();
            }
        }
        (start, touched)
    }
}

fn by_file(site: &Site) -> BTreeMap<&Path, Vec<&Change>> {
    let mut files: BTreeMap<&Path, Vec<&Change>> = BTreeMap::new();
    for edit in &site.edits {
        files.entry(&edit.path).or_default().push(edit);
    }
    files.values_mut().for_each(|edits| edits.sort_by_key(|edit| edit.range.start));
    files
}

fn lint(place: &AppPath, overlay: BTreeMap<PathBuf, String>) -> (Loaded, Files, Vec<Diagnostic>) {
    let mut files = Files::new();
    let loaded = load(&Inputs { app: place, overlay, env: &|_| None }, &mut files).unwrap();
    let found = check(&loaded, &files, &Request::default());
    (loaded, files, found)
}

#[cfg(test)]
mod tests {
    use super::super::bed::Spot;
    use super::*;

    /// What planting makes of a file, with the marks where a finding is expected.
    fn planted(text: &str, pointer: &str, make: impl Fn(&Spot<'_>) -> Option<Site>) -> String {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("index.jigx"), text).unwrap();
        let app = App::at(&folder.path().canonicalize().unwrap());
        let field = Field::new(&app.places[0]);
        let spot = field.soil().root(&field.loaded.sources[0]).at(pointer).unwrap();
        let site = make(&spot).unwrap();
        let mut grown = Grown::default();
        for (path, edits) in by_file(&site) {
            grown.file(path, field.text(path), &edits);
        }
        grown.expect(&site);
        let mut made = grown.texts.into_values().next().unwrap();
        let (_, range) = grown.expected.unwrap_or_default();
        if !range.is_empty() {
            made.insert(range.end, CLOSE);
            made.insert(range.start, OPEN);
        }
        made
    }

    #[test]
    fn values_keys_and_items_are_changed_in_the_style_of_the_file() {
        let text = "name: a\nlist:\n  - type: x # one\n    to: [p, q]\n  - type: y\n    deep: { k: v }\n";
        let made = |pointer: &str, make: fn(&Spot<'_>) -> Option<Site>| planted(text, pointer, make);
        let list = "list:\n  - type: x # one\n    to: [p, q]\n  - type: y\n    deep: { k: v }\n";
        assert_eq!(made("/name", |spot| spot.replace("«b»")), format!("name: «b»\n{list}"));
        assert_eq!(made("/name", |spot| spot.parent()?.rename("name", "«n»")), format!("«n»: a\n{list}"));
        assert_eq!(made("", |spot| spot.remove("name")), list);
        assert_eq!(made("", |spot| spot.remove("list")), "name: a\n");
        assert_eq!(made("", |spot| spot.append("z: 1")), format!("name: a\n{list}z: 1\n"));
        let item = made("/list/0", |spot| spot.insert("a:\n  b: «1»"));
        assert!(item.contains("  - a:\n      b: «1»\n    type: x # one"), "{item}");
        let item = made("/list", |spot| spot.push("type: «z»\nk: v"));
        assert!(item.ends_with("    deep: { k: v }\n  - type: «z»\n    k: v\n"), "{item}");
        assert!(made("/list/0/to", |spot| spot.push("«r»")).contains("[p, q, «r»]"));
        assert!(made("/list/1/deep", |spot| spot.insert("j: «u»")).contains("{ j: «u», k: v }"));
        assert!(
            made("/list", |spot| spot.remove_item(0)).ends_with("list:\n  - type: y\n    deep: { k: v }\n")
        );
        assert!(made("/list", |spot| spot.remove_item(1)).ends_with("    to: [p, q]\n"));
        assert!(made("/list/1/deep", |spot| spot.replace_in("v", "w")).contains("{ k: w }"));
    }

    #[test]
    fn places_that_stay_are_known_where_they_are_afterwards() {
        let text = "title: a\nonLoad:\n  type: action.go-to\n  options: { linkTo: b }\n";
        let insert = |spot: &Spot<'_>| spot.insert("isSequential: true");
        let made = planted(text, "/onLoad", |spot| Some(insert(spot)?.expect(&spot.at("/type")?)));
        assert!(made.contains("  isSequential: true\n  type: «action.go-to»\n"), "{made}");
        let made = planted(text, "/onLoad", |spot| Some(insert(spot)?.expect_key(spot, "options")));
        assert!(made.contains("  «options»: {"), "{made}");
        let both = planted(text, "/onLoad", |spot| {
            let title = spot.soil.expressions().count() == 0;
            let link = spot.at("/options/linkTo")?;
            if title {
                Some(spot.parent()?.rename("title", "name")?.and(link.replace("«c»")?))
            } else {
                None
            }
        });
        assert!(both.starts_with("name: a\n") && both.ends_with("{ linkTo: «c» }\n"), "{both}");
        let made = planted(text, "/onLoad", |spot| Some(insert(spot)?.expect_span(spot, spot.node.span)));
        assert!(made.contains("«type: action.go-to\n"), "{made}");
    }

    #[test]
    fn a_site_is_tried_at_both_ends_and_between() {
        assert_eq!(spread(&[1, 2, 3, 4, 5, 6, 7]).copied().collect::<Vec<_>>(), [1, 4, 7]);
        assert_eq!(spread(&[1, 2]).copied().collect::<Vec<_>>(), [1, 2]);
        assert_eq!(spread(&[1]).copied().collect::<Vec<_>>(), [1]);
        assert_eq!(spread::<u8>(&[]).count(), 0);
    }

    #[test]
    fn a_mistake_that_nobody_finds_or_that_lies_elsewhere_is_a_miss() {
        let app = &apps()[0];
        let field = Field::new(&app.places[0]);
        let harmless = field.soil().new_file(
            "datasources/a-new-one.jigx",
            "type: datasource.static\noptions:\n  data:\n    - «id»: 1\n",
        );
        let miss = field.grow("unknown-jig", &harmless).unwrap_err();
        assert!(miss.contains("datasources/a-new-one.jigx:4:7-9 [unknown-jig] found "), "{miss}");
    }
}
