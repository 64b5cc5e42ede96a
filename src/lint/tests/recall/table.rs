//! The table rule × app, as it is found and as it is pinned.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// What came of one plant in one app.
#[derive(Default)]
pub(super) struct Harvest {
    pub planted: usize,
    pub caught: usize,
    /// What was said instead.
    pub misses: Vec<String>,
}

/// Harvests by rule and app.
pub(super) struct Table {
    apps: Vec<String>,
    rows: BTreeMap<String, BTreeMap<String, Harvest>>,
}

impl Table {
    pub fn new(apps: Vec<String>) -> Self {
        Self { apps, rows: BTreeMap::new() }
    }

    pub fn add(&mut self, rule: &str, app: &str, harvest: Harvest) {
        let cell = self.rows.entry(rule.to_owned()).or_default().entry(app.to_owned()).or_default();
        cell.planted += harvest.planted;
        cell.caught += harvest.caught;
        cell.misses.extend(harvest.misses);
    }

    /// Fails when the table is not the one in the file; apps that are not at hand are left out.
    /// `UPDATE_RECALL=1` writes the file.
    pub fn compare(&self, path: &Path) {
        let found = self.text();
        let pinned = fs::read_to_string(path).unwrap_or_default();
        if std::env::var_os("UPDATE_RECALL").is_some() {
            let known = pinned.lines().next().map_or(0, |line| line.split_whitespace().count());
            assert!(known <= self.apps.len() + 1, "apps of the table are not at hand");
            fs::write(path, &found).unwrap();
            return;
        }
        let (expected, actual) = (self.facts(&pinned), self.facts(&found));
        assert!(expected == actual, "{} is not what is found now:\n{found}", path.display());
    }

    fn text(&self) -> String {
        let width = self.rows.keys().map(String::len).max().unwrap_or(0).max(4);
        let mut out = format!("{:width$}", "rule");
        self.apps.iter().for_each(|app| write!(out, "  {app}").unwrap());
        out.push('\n');
        for (rule, cells) in &self.rows {
            write!(out, "{rule:width$}").unwrap();
            for app in &self.apps {
                let cell = cells.get(app).filter(|cell| cell.planted > 0);
                let cell = cell.map_or("-".to_owned(), |cell| format!("{}/{}", cell.caught, cell.planted));
                write!(out, "  {cell:len$}", len = app.len()).unwrap();
            }
            out.truncate(out.trim_end().len());
            out.push('\n');
        }
        for (rule, cells) in &self.rows {
            for (app, cell) in cells {
                cell.misses.iter().for_each(|miss| writeln!(out, "! {rule} {app} {miss}").unwrap());
            }
        }
        out
    }

    /// The cells and misses of a text, by what they are about; those of apps not at hand are left out.
    fn facts(&self, text: &str) -> Vec<(String, String, String)> {
        let mut lines = text.lines();
        let header: Vec<&str> = lines.next().unwrap_or_default().split_whitespace().skip(1).collect();
        let mut facts = Vec::new();
        for line in lines {
            if let Some(miss) = line.strip_prefix("! ") {
                let mut parts = miss.splitn(3, ' ').map(str::to_owned);
                let mut part = || parts.next().unwrap_or_default();
                facts.push((part(), part(), part()));
                continue;
            }
            let mut cells = line.split_whitespace();
            let rule = cells.next().unwrap_or_default();
            facts.extend(
                header.iter().zip(cells).map(|(app, cell)| (rule.into(), (*app).into(), cell.into())),
            );
        }
        facts.retain(|(_, app, _)| self.apps.contains(app));
        facts
    }
}
