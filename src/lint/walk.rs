//! The one walk over an app that brings every rule what it asks for.

use super::cx::{Cx, Place};
use super::facts::Facts;
use super::rule::{Branch, Check, Rule};
use crate::action::ActionNode;
use crate::app::{Datasource, FileKind, Found, Function, Loaded, Placed, Screen, Source};
use crate::diag::{Diagnostic, Files, RuleInfo};
use crate::expr::is_expression;
use crate::syntax::{Kind, Node};

/// Runs the checks of `rules` and adds what they find.
pub(super) fn walk(loaded: &Loaded, files: &Files, rules: &[&'static Rule], found: &mut Vec<Diagnostic>) {
    let Some(first) = rules.first() else { return };
    let facts = Facts::new(loaded, files, rules);
    let mut walk = Walk { facts: &facts, hooks: Hooks::of(rules), cx: Cx::new(&facts, &first.info) };
    walk.app(loaded);
    found.append(&mut walk.cx.into_found());
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
            Check::Object(run) => self.object.push((rule, run)),
            Check::Text(run) => self.text.push((rule, run)),
        }
    }
}

struct Walk<'a> {
    facts: &'a Facts<'a>,
    hooks: Hooks,
    cx: Cx<'a>,
}

impl<'a> Walk<'a> {
    fn app(&mut self, loaded: &'a Loaded) {
        let project = &loaded.project;
        for (rule, run) in &self.hooks.app {
            self.cx.rule = rule;
            run(&mut self.cx);
        }
        for reference in project.index.references() {
            for (rule, run) in &self.hooks.reference {
                self.cx.rule = rule;
                run(&mut self.cx, reference);
            }
        }
        self.screen(&project.home, FileKind::Index);
        project.jigs.values().for_each(|jig| self.screen(jig, FileKind::Jig));
        project.components.values().for_each(|component| self.screen(component, FileKind::Component));
        self.global(loaded);
        loaded.sources.iter().for_each(|source| self.file(source));
    }

    fn global(&mut self, loaded: &'a Loaded) {
        for (id, global) in &loaded.project.actions {
            let Some(source) = self.facts.source(global.placed.file) else { continue };
            let place = Place { source, id, screen: None, kind: FileKind::Action };
            self.actions(&place, std::slice::from_ref(&global.placed));
            self.expressions(&place, &global.expressions);
        }
        for datasource in loaded.project.datasources.values() {
            let Some(source) = self.facts.source(datasource.file) else { continue };
            let place = Place { source, id: &datasource.id, screen: None, kind: FileKind::Datasource };
            self.datasource(&place, datasource);
            self.expressions(&place, &datasource.expressions);
        }
        for function in loaded.project.functions.values() {
            let Some(source) = self.facts.source(function.file) else { continue };
            let place = Place { source, id: &function.id, screen: None, kind: FileKind::Function };
            for (rule, run) in &self.hooks.function {
                self.cx.rule = rule;
                run(&mut self.cx, &place, function);
            }
            self.expressions(&place, &function.expressions);
        }
    }

    fn screen(&mut self, screen: &'a Screen, kind: FileKind) {
        let Some(source) = screen.file.and_then(|file| self.facts.source(file)) else { return };
        let place = Place { source, id: &screen.id, screen: Some(screen), kind };
        for (rule, run) in &self.hooks.screen {
            self.cx.rule = rule;
            run(&mut self.cx, &place, screen);
        }
        self.actions(&place, &screen.actions);
        screen.datasources.values().for_each(|datasource| self.datasource(&place, datasource));
        self.expressions(&place, &screen.expressions);
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

    fn file(&mut self, source: &'a Source) {
        let screen = self.facts.screen(source.file);
        let place = Place { source, id: &source.id, screen, kind: source.kind };
        for (rule, run) in &self.hooks.file {
            self.cx.rule = rule;
            run(&mut self.cx, &place);
        }
        if has_texts(source.kind) && !(self.hooks.text.is_empty() && self.hooks.object.is_empty()) {
            self.node(&place, None, &source.tree.root, &mut Vec::new());
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
                let branch = Branch { node, key, outer };
                for (rule, run) in &self.hooks.object {
                    self.cx.rule = rule;
                    run(&mut self.cx, place, &branch);
                }
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
