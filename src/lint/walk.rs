//! The one walk over the files of an app that brings every rule what it asks for.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::cx::{Cx, Place};
use super::facts::Facts;
use super::log::{Log, Mark};
use super::query::Statement;
use super::rule::{Branch, Check, Rule};
use crate::action::ActionNode;
use crate::app::{
    Datasource, FileKind, Found, Function, Holds, Loaded, Placed, Reference, Screen, Source, in_parallel,
};
use crate::diag::{Diagnostic, FileId, RuleInfo};
use crate::expr::is_expression;
use crate::syntax::{Kind, Node};

/// Something whose checks are run together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Unit {
    /// The look of one rule, by its place among those at work, at the whole app.
    App(usize),
    /// What stands in a file.
    File(FileId),
}

/// What the checks of a unit found.
pub(super) struct Look {
    pub found: Vec<Diagnostic>,
    /// The questions about the rest of the app that they asked.
    pub asked: Box<[Mark]>,
}

/// The rules at work, and what they look at.
pub(super) struct Walker {
    pub rules: Vec<&'static Rule>,
    hooks: Hooks,
}

impl Walker {
    pub fn new(rules: Vec<&'static Rule>) -> Self {
        Self { hooks: Hooks::of(&rules), rules }
    }

    /// Everything there is to look at.
    pub fn units(&self, loaded: &Loaded) -> Vec<Unit> {
        let apps = (0..self.hooks.app.len()).map(Unit::App);
        apps.chain(loaded.sources.iter().map(|source| Unit::File(source.file))).collect()
    }

    /// The checks of some units, in their order; `log` makes what remembers their questions.
    pub fn look(&self, facts: &Facts<'_>, units: &[Unit], log: impl Fn() -> Log + Sync) -> Vec<Look> {
        let Some(first) = self.rules.first() else {
            let nothing = |_: &Unit| Look { found: Vec::new(), asked: Box::default() };
            return units.iter().map(nothing).collect();
        };
        let eyes = || Walk { facts, hooks: &self.hooks, cx: Cx::new(facts, &first.info, log()) };
        in_parallel(units, eyes, |walk, unit| walk.unit(*unit))
    }

    /// The same, with what a panic says in place of a look that broke off.
    pub fn try_look(&self, facts: &Facts<'_>, units: &[Unit]) -> Vec<Result<Look, String>> {
        let Some(first) = self.rules.first() else {
            return self.look(facts, units, Log::keeping).into_iter().map(Ok).collect();
        };
        let eyes = || Walk { facts, hooks: &self.hooks, cx: Cx::new(facts, &first.info, Log::keeping()) };
        in_parallel(units, eyes, |walk, unit| {
            let look = catch_unwind(AssertUnwindSafe(|| walk.unit(*unit)));
            look.map_err(|panic| {
                let rule = walk.cx.rule.id;
                // What was at work is in no state to be used again.
                *walk = eyes();
                format!("the rule `{rule}` broke off: {}", words(&*panic))
            })
        })
    }
}

type Hook<F> = Vec<(&'static RuleInfo, F)>;

/// The checks of all rules by what they look at.
#[derive(Default)]
struct Hooks {
    app: Hook<fn(&mut Cx<'_>)>,
    reference: Hook<fn(&mut Cx<'_>, &crate::app::Reference)>,
    root_action: Hook<fn(&mut Cx<'_>, &Place<'_>, &Placed)>,
    action: Hook<fn(&mut Cx<'_>, &Place<'_>, &ActionNode)>,
    expression: Hook<fn(&mut Cx<'_>, &Place<'_>, &Found)>,
    datasource: Hook<fn(&mut Cx<'_>, &Place<'_>, &Datasource)>,
    function: Hook<fn(&mut Cx<'_>, &Place<'_>, &Function)>,
    screen: Hook<fn(&mut Cx<'_>, &Place<'_>, &Screen)>,
    file: Hook<fn(&mut Cx<'_>, &Place<'_>)>,
    statement: Hook<fn(&mut Cx<'_>, &Statement<'_>)>,
    object: Hook<fn(&mut Cx<'_>, &Place<'_>, &Branch<'_>)>,
    text: Hook<super::rule::TextCheck>,
}

impl Hooks {
    fn of(rules: &[&'static Rule]) -> Self {
        let mut hooks = Self::default();
        for rule in rules {
            for check in rule.checks {
                hooks.add(&rule.info, *check);
            }
        }
        hooks
    }

    /// Whether no rule wants to see what stands in a tree.
    fn look_nowhere_in_trees(&self) -> bool {
        self.text.is_empty() && self.statement.is_empty() && self.object.is_empty()
    }

    fn add(&mut self, rule: &'static RuleInfo, check: Check) {
        match check {
            Check::App(run) => self.app.push((rule, run)),
            Check::Reference(run) => self.reference.push((rule, run)),
            Check::RootAction(run) => self.root_action.push((rule, run)),
            Check::Action(run) => self.action.push((rule, run)),
            Check::Expression(run) => self.expression.push((rule, run)),
            Check::Datasource(run) => self.datasource.push((rule, run)),
            Check::Function(run) => self.function.push((rule, run)),
            Check::Screen(run) => self.screen.push((rule, run)),
            Check::File(run) => self.file.push((rule, run)),
            Check::Statement(run) => self.statement.push((rule, run)),
            Check::Object(run) => self.object.push((rule, run)),
            Check::Text(run) => self.text.push((rule, run)),
        }
    }
}

/// What a panic says.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

struct Walk<'a> {
    facts: &'a Facts<'a>,
    hooks: &'a Hooks,
    cx: Cx<'a>,
}

impl<'a> Walk<'a> {
    fn unit(&mut self, unit: Unit) -> Look {
        let file = match unit {
            Unit::App(at) => {
                let (rule, run) = self.hooks.app[at];
                self.cx.rule = rule;
                run(&mut self.cx);
                None
            }
            Unit::File(file) => {
                if let Some(source) = self.facts.loaded.source(file) {
                    self.file(source);
                }
                Some(file)
            }
        };
        let (found, asked) = self.cx.take(file);
        Look { found, asked }
    }

    fn file(&mut self, source: &'a Source) {
        let loaded = self.facts.loaded;
        let mut screens = Vec::new();
        for part in loaded.parts(source) {
            let references: Vec<&Reference> = self.cx.project.index.references_in(part).collect();
            for reference in references {
                for (rule, run) in &self.hooks.reference {
                    self.cx.rule = rule;
                    run(&mut self.cx, reference);
                }
            }
            let place = |id: &'a str, screen| Place { source, id, screen, kind: part.kind };
            match &part.holds {
                Holds::Screen(screen) => {
                    screens.push((part.kind, screen.as_ref()));
                    self.screen(&place(&screen.id, Some(screen)), screen);
                }
                Holds::Action(global) => {
                    let place = place(&part.id, None);
                    self.actions(&place, std::slice::from_ref(&global.placed));
                    self.expressions(&place, &global.expressions);
                }
                Holds::Datasource(datasource) => {
                    let place = place(&datasource.id, None);
                    self.datasource(&place, datasource);
                    self.expressions(&place, &datasource.expressions);
                }
                Holds::Function(function) => self.function(&place(&function.id, None), function),
                Holds::Database(_) | Holds::Other => {}
            }
        }
        self.tree(source, &screens);
    }

    fn function(&mut self, place: &Place<'a>, function: &'a Function) {
        for (rule, run) in &self.hooks.function {
            self.cx.rule = rule;
            run(&mut self.cx, place, function);
        }
        self.expressions(place, &function.expressions);
    }

    fn screen(&mut self, place: &Place<'a>, screen: &'a Screen) {
        for (rule, run) in &self.hooks.screen {
            self.cx.rule = rule;
            run(&mut self.cx, place, screen);
        }
        self.actions(place, &screen.actions);
        screen.datasources.values().for_each(|datasource| self.datasource(place, datasource));
        self.expressions(place, &screen.expressions);
    }

    fn actions(&mut self, place: &Place<'a>, actions: &'a [Placed]) {
        for placed in actions {
            for (rule, run) in &self.hooks.root_action {
                self.cx.rule = rule;
                run(&mut self.cx, place, placed);
            }
            placed.action.visit(&mut |action| {
                for (rule, run) in &self.hooks.action {
                    self.cx.rule = rule;
                    run(&mut self.cx, place, action);
                }
            });
        }
    }

    fn datasource(&mut self, place: &Place<'a>, datasource: &Datasource) {
        for (rule, run) in &self.hooks.datasource {
            self.cx.rule = rule;
            run(&mut self.cx, place, datasource);
        }
    }

    fn expressions(&mut self, place: &Place<'a>, expressions: &[Found]) {
        for found in expressions {
            for (rule, run) in &self.hooks.expression {
                self.cx.rule = rule;
                run(&mut self.cx, place, found);
            }
        }
    }

    fn tree(&mut self, source: &'a Source, screens: &[(FileKind, &'a Screen)]) {
        // A file that holds a whole app is on no screen.
        let is_app = source.kind == FileKind::SingleFile;
        let screen = screens.first().map(|(_, screen)| *screen).filter(|_| !is_app);
        let place = Place { source, id: &source.id, screen, kind: source.kind };
        for (rule, run) in &self.hooks.file {
            self.cx.rule = rule;
            run(&mut self.cx, &place);
        }
        if self.hooks.look_nowhere_in_trees() {
            return;
        }
        if is_app {
            self.app_in_one(source, screens);
        } else if has_texts(source.kind) {
            self.node(&place, None, &source.tree.root, &mut Vec::new());
        }
    }

    /// Each part of an app in one file as if it were a file of its own.
    fn app_in_one(&mut self, source: &'a Source, screens: &[(FileKind, &'a Screen)]) {
        let screen = |kind: FileKind, id: &str| {
            let of = |(own, screen): &&(FileKind, &'a Screen)| *own == kind && screen.id == id;
            screens.iter().find(of).map(|(_, screen)| *screen)
        };
        let root = &source.tree.root;
        let kind = FileKind::Index;
        let home = Place { source, id: "", screen: screen(kind, ""), kind };
        self.object(&home, &Branch::new(root, None, &[]));
        let mut outer = vec![(None, root)];
        for section in root.entries() {
            let key = &*section.key.text;
            let Some(kind) = FileKind::of_section(key) else {
                if key != "assets" {
                    self.node(&home, Some(key), &section.value, &mut outer);
                }
                continue;
            };
            outer.push((Some(key), &section.value));
            for part in section.value.entries().iter().filter(|_| has_texts(kind)) {
                let id = &*part.key.text;
                let place = Place { source, id, screen: screen(kind, id), kind };
                self.node(&place, Some(id), &part.value, &mut outer);
            }
            outer.pop();
        }
    }

    fn object(&mut self, place: &Place<'a>, branch: &Branch<'_>) {
        for (rule, run) in &self.hooks.object {
            self.cx.rule = rule;
            run(&mut self.cx, place, branch);
        }
        if self.hooks.statement.is_empty() {
            return;
        }
        for statement in Statement::within(&self.cx, place, branch) {
            for (rule, run) in &self.hooks.statement {
                self.cx.rule = rule;
                run(&mut self.cx, &statement);
            }
        }
    }

    fn node(
        &mut self,
        place: &Place<'a>,
        key: Option<&'a str>,
        node: &'a Node,
        outer: &mut Vec<(Option<&'a str>, &'a Node)>,
    ) {
        match &node.kind {
            Kind::Object(entries) => {
                self.object(place, &Branch::new(node, key, outer));
                outer.push((key, node));
                for entry in entries {
                    self.node(place, Some(&entry.key.text), &entry.value, outer);
                }
                outer.pop();
            }
            Kind::Array(items) => items.iter().for_each(|item| self.node(place, key, item, outer)),
            Kind::String(scalar) if scalar.text.contains(['@', '$']) && !is_expression(&scalar.text) => {
                for (rule, run) in &self.hooks.text {
                    self.cx.rule = rule;
                    run(&mut self.cx, place, key, node, scalar);
                }
            }
            _ => {}
        }
    }
}

/// Kinds of files with parts of the app, in which texts may have been meant as expressions.
fn has_texts(kind: FileKind) -> bool {
    !matches!(kind, FileKind::Settings | FileKind::Translation | FileKind::Icons | FileKind::Images)
}
