//! A part of the app that nothing uses.

use std::collections::{HashMap, HashSet};

use crate::action::UseKind;
use crate::app::FileKind;
use crate::diag::{FileId, Group, RuleInfo, Severity, Span};
use crate::expr::is_expression;
use crate::lint::Cx;
use crate::lint::rule::{Check, Rule};
use crate::syntax::{Kind, Node};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unused-definition",
        group: Group::Data,
        severity: Severity::Info,
        summary: "a function, datasource, table, component or global action is used nowhere",
        docs: PAGE,
    },
    checks: &[Check::App(check)],
};

const PAGE: &str = "\
Finds functions, global datasources and actions, components and tables of Dynamic Data whose name stands nowhere
else in the app, while others of their kind are used.

They do no harm, but every reader of the app has to find that out anew.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
# functions/get-old-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/old-tasks
# jigs/tasks.jigx
title: Tasks
type: jig.default
onRefresh:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_REST
    entities:
      - entity: tasks
        function: get-tasks
```

```yaml right
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
# jigs/tasks.jigx
title: Tasks
type: jig.default
onRefresh:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_REST
    entities:
      - entity: tasks
        function: get-tasks
```
";

/// A part of the app that others may use by its name.
struct Part<'a> {
    what: &'static str,
    id: &'a str,
    span: Span,
}

fn check(cx: &mut Cx<'_>) {
    // An app without screens is only begun.
    if cx.project.jigs.is_empty() {
        return;
    }
    // A use may hide behind any mistake; tidying up comes after them.
    if cx.facts.loaded.diagnostics().any(|found| found.severity == Severity::Error) || has_dead_ends(cx) {
        return;
    }
    let words = Words::of(cx);
    for parts in parts(cx) {
        let is_used = |part: &Part<'_>| words.name(part.id, part.span.file);
        let (used, unused): (Vec<_>, Vec<_>) = parts.into_iter().partition(is_used);
        // An app that uses none of a kind is only begun.
        if used.is_empty() {
            continue;
        }
        for part in unused {
            let start = Span { end: part.span.start, ..part.span };
            let span = if part.what == "table" { part.span } else { start };
            let finding = cx
                .finding(span, format!("the {} `{}` is used nowhere", part.what, part.id))
                .help("remove it, or use it");
            cx.report(finding);
        }
    }
}

/// Whether something names a part of the app that is not there: it may mean one that seems unused.
fn has_dead_ends(cx: &Cx<'_>) -> bool {
    let index = &cx.project.index;
    let kinds = [UseKind::Function, UseKind::Action, UseKind::Datasource, UseKind::Table];
    let used = index.references().filter(|used| kinds.contains(&used.kind) && !is_expression(&used.id));
    let mut dead = used.filter(|used| index.definitions(used.kind, &used.id).is_empty());
    if dead.next().is_some() {
        return true;
    }
    let screens = cx.project.screens().flat_map(|screen| &screen.expressions);
    let mut read = screens.flat_map(|found| found.expression.references().below(&["datasources"]));
    read.any(|path| {
        let id = path.segments.get(1).and_then(|segment| segment.name.as_deref());
        id.is_some_and(|id| index.definitions(UseKind::Datasource, id).is_empty())
    })
}

/// Everything that can be used by name, by kind. A single file names its parts by keys.
fn parts<'a>(cx: &Cx<'a>) -> Vec<Vec<Part<'a>>> {
    let project = cx.project;
    let of = |what, id: &'a String, span| Part { what, id: id.as_str(), span };
    // Without any action nothing can call them yet.
    let called = project.root_actions().next().is_some();
    let functions = project
        .functions
        .values()
        .filter(|_| called)
        .map(|function| of("function", &function.id, function.span));
    let datasources = project.datasources.values().map(|found| of("datasource", &found.id, found.span));
    let actions = project.actions.iter().map(|(id, action)| of("action", id, action.placed.action.span));
    let components = project.components.iter().filter_map(|(id, component)| {
        let file =
            component.file.filter(|file| cx.source(*file).is_some_and(|s| s.kind == FileKind::Component))?;
        Some(of("component", id, Span::new(file, 0, 0)))
    });
    let tables = project.databases.values().flat_map(|database| &database.tables);
    let tables = tables.map(|table| of("table", &table.value, table.span));
    vec![
        functions.collect(),
        datasources.collect(),
        actions.collect(),
        components.collect(),
        tables.collect(),
    ]
}

/// Every word in the texts of the app, with the files that it stands in.
struct Words<'a> {
    once: HashMap<&'a str, FileId>,
    often: HashSet<&'a str>,
    several: bool,
}

impl<'a> Words<'a> {
    fn of(cx: &Cx<'a>) -> Self {
        let sources = &cx.facts.loaded.sources;
        let several = sources.iter().all(|source| source.kind != FileKind::SingleFile);
        let mut words = Self { once: HashMap::new(), often: HashSet::new(), several };
        for source in sources {
            words.gather(&source.tree.root, source.file);
        }
        words
    }

    /// Whether a name stands in a text of another file; in a single-file app in any text.
    fn name(&self, name: &str, file: FileId) -> bool {
        self.often.contains(name) || self.once.get(name).is_some_and(|found| !self.several || *found != file)
    }

    fn gather(&mut self, node: &'a Node, file: FileId) {
        match &node.kind {
            Kind::String(scalar) => self.text(&scalar.text, file),
            Kind::Object(entries) => entries.iter().for_each(|entry| self.gather(&entry.value, file)),
            Kind::Array(items) => items.iter().for_each(|item| self.gather(item, file)),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) => {}
        }
    }

    /// The whole text, its words, and the parts of words at dots and slashes.
    fn text(&mut self, text: &'a str, file: FileId) {
        self.add(text.trim(), file);
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '$');
        for word in text.split(|c| !is_part(c)) {
            self.add(word, file);
            word.split(['.', '/', '$']).for_each(|part| self.add(part, file));
        }
    }

    fn add(&mut self, word: &'a str, file: FileId) {
        if word.is_empty() || self.often.contains(word) {
            return;
        }
        match self.once.get(word) {
            Some(first) if *first != file => {
                self.once.remove(word);
                self.often.insert(word);
            }
            Some(_) => {}
            None => {
                self.once.insert(word, file);
            }
        }
    }
}
