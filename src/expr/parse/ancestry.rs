//! Whether every `%` has a step whose parent it can be (S0217 of the reference).
//!
//! The reference flattens paths into steps and lets each `%` climb them; this does the same
//! on a small shadow of the tree.

use super::super::SyntaxError;
use super::super::ast::{Bytes, Kind, Node, Pair};

/// The mistakes of all `%` in the tree.
pub(super) fn check(root: &Node) -> Vec<SyntaxError> {
    let mut climb = Climb { slots: Vec::new() };
    let mut top = climb.shadow(root);
    let seeking = top.take_seeking();
    for slot in seeking {
        climb.slots[slot].lost = true;
    }
    let lost = climb.slots.iter().filter(|slot| slot.lost);
    lost.map(|slot| SyntaxError {
        range: slot.bytes.range(),
        message: "`%` has no parent to go to here".into(),
        help: Some("`%` only follows steps of a path, as in `orders.items.(%.id)`".into()),
        repair: Vec::new(),
    })
    .collect()
}

/// One `%` on its way up.
struct Slot {
    level: i32,
    lost: bool,
    bytes: Bytes,
}

/// What the climb has to know of a node.
struct Shadow {
    form: Form,
    focus: bool,
    seeking: Vec<usize>,
}

enum Form {
    /// A name or `*`: has a parent.
    Field,
    /// A text, which becomes a name as a step.
    Text,
    Parent(usize),
    Block(Vec<Shadow>),
    Path(Vec<Shadow>),
    Other,
}

impl Shadow {
    fn new(form: Form) -> Self {
        Self { form, focus: false, seeking: Vec::new() }
    }

    /// The `%` that still climb, this one included when it is one.
    fn take_seeking(&mut self) -> Vec<usize> {
        let mut seeking = std::mem::take(&mut self.seeking);
        if let Form::Parent(slot) = self.form {
            seeking.push(slot);
        }
        seeking
    }

    fn adopt(&mut self, other: &mut Self) {
        self.seeking.append(&mut other.take_seeking());
    }

    /// What a path seeks stays with it when it grows; a single step keeps it to itself.
    fn seeking_of_path(&mut self) -> Vec<usize> {
        if matches!(self.form, Form::Path(_)) { std::mem::take(&mut self.seeking) } else { Vec::new() }
    }

    fn steps(self) -> Vec<Self> {
        match self.form {
            Form::Path(steps) => steps,
            _ => vec![self],
        }
    }

    /// The step that a postfix sign lands on.
    fn last_step(&mut self) -> &mut Self {
        if !matches!(&self.form, Form::Path(steps) if !steps.is_empty()) {
            return self;
        }
        match &mut self.form {
            Form::Path(steps) => steps.last_mut().expect("BUG: a path without steps"),
            _ => unreachable!("BUG: checked above"),
        }
    }
}

struct Climb {
    slots: Vec<Slot>,
}

impl Climb {
    fn shadow(&mut self, node: &Node) -> Shadow {
        match &node.kind {
            Kind::Name(_) => Shadow::new(Form::Path(vec![Shadow::new(Form::Field)])),
            Kind::Text(_) => Shadow::new(Form::Text),
            Kind::Wildcard => Shadow::new(Form::Field),
            Kind::Parent => {
                self.slots.push(Slot { level: 1, lost: false, bytes: node.bytes });
                Shadow::new(Form::Parent(self.slots.len() - 1))
            }
            Kind::Path(left, right) => self.path(left, right),
            Kind::Filter(of, predicate) => self.filter(of, predicate),
            Kind::Sort(of, terms) => self.sort(of, terms.iter().map(|term| &term.by)),
            Kind::Group(of, pairs) => self.group(of, pairs),
            Kind::KeepArray(of) => self.shadow(of),
            Kind::Focus(of, _) => {
                let mut result = self.shadow(of);
                result.last_step().focus = true;
                result
            }
            Kind::Index(of, _) => {
                let mut result = self.shadow(of);
                let seeking = result.seeking_of_path();
                Shadow { form: Form::Path(result.steps()), focus: false, seeking }
            }
            Kind::Block(items) => {
                let mut items: Vec<Shadow> = items.iter().map(|item| self.shadow(item)).collect();
                let seeking = items.iter_mut().flat_map(Shadow::take_seeking).collect();
                Shadow { form: Form::Block(items), focus: false, seeking }
            }
            // Their bodies climb alone; what they seek in vain gives a missing value.
            Kind::Lambda { body: of, .. } => self.opaque([&**of]),
            Kind::Transform { pattern, update, delete } => {
                self.opaque([&**pattern, update].into_iter().chain(delete.as_deref()))
            }
            Kind::Binary { op: super::super::ast::Operator::Apply, left, right } => {
                self.opaque([&**left, right])
            }
            Kind::Call(callee, arguments) => {
                self.opaque([&**callee]);
                self.around(arguments)
            }
            _ => {
                let mut children = Vec::new();
                node.for_each_child(&mut |child| children.push(child));
                self.around(children)
            }
        }
    }

    /// A node that hands on what its parts seek.
    fn around<'a>(&mut self, parts: impl IntoIterator<Item = &'a Node>) -> Shadow {
        let mut result = Shadow::new(Form::Other);
        for part in parts {
            result.adopt(&mut self.shadow(part));
        }
        result
    }

    /// A node that keeps what its parts seek to itself.
    fn opaque<'a>(&mut self, parts: impl IntoIterator<Item = &'a Node>) -> Shadow {
        for part in parts {
            self.shadow(part);
        }
        Shadow::new(Form::Other)
    }

    fn path(&mut self, left: &Node, right: &Node) -> Shadow {
        let mut left = self.shadow(left);
        let mut seeking = match left.form {
            Form::Parent(slot) => vec![slot],
            _ => left.seeking_of_path(),
        };
        let mut steps = left.steps();
        steps.append(&mut self.shadow(right).steps());
        for step in steps.iter_mut().filter(|step| matches!(step.form, Form::Text)) {
            step.form = Form::Field;
        }
        seeking.append(&mut self.resolve(&mut steps));
        Shadow { form: Form::Path(steps), focus: false, seeking }
    }

    fn filter(&mut self, of: &Node, predicate: &Node) -> Shadow {
        let mut result = self.shadow(of);
        let mut predicate = self.shadow(predicate);
        let step = result.last_step();
        // The reference overlooks a predicate that is nothing but `%`.
        let seeking = std::mem::take(&mut predicate.seeking);
        for &slot in &seeking {
            if self.slots[slot].level == 1 { self.seek(step, slot) } else { self.slots[slot].level -= 1 }
        }
        step.seeking.extend(seeking);
        result
    }

    fn sort<'a>(&mut self, of: &Node, terms: impl Iterator<Item = &'a Node>) -> Shadow {
        let mut result = self.shadow(of);
        let mut seeking = result.seeking_of_path();
        let mut steps = result.steps();
        steps.push(self.around(terms));
        seeking.append(&mut self.resolve(&mut steps));
        Shadow { form: Form::Path(steps), focus: false, seeking }
    }

    fn group(&mut self, of: &Node, pairs: &[Pair]) -> Shadow {
        let result = self.shadow(of);
        self.opaque(pairs.iter().flat_map(|(key, value)| [key, value]));
        result
    }

    /// Lets what the last step seeks climb the steps before it; gives what climbs further.
    fn resolve(&mut self, steps: &mut [Shadow]) -> Vec<usize> {
        let Some((last, before)) = steps.split_last_mut() else { return Vec::new() };
        let mut slots = last.seeking.clone();
        if let Form::Parent(slot) = last.form {
            slots.push(slot);
        }
        slots.retain(|&slot| self.climbs_out(before, slot));
        slots
    }

    /// Climbs until the level is reached; true when there are too few steps.
    fn climbs_out(&mut self, steps: &mut [Shadow], slot: usize) -> bool {
        let mut index = steps.len();
        while self.slots[slot].level > 0 && !self.slots[slot].lost {
            if index == 0 {
                return true;
            }
            index -= 1;
            // Neighbouring steps that bind the focus count once.
            while index > 0 && steps[index].focus && steps[index - 1].focus {
                index -= 1;
            }
            self.seek(&mut steps[index], slot);
        }
        false
    }

    fn seek(&mut self, step: &mut Shadow, slot: usize) {
        match &mut step.form {
            Form::Field => self.slots[slot].level -= 1,
            Form::Parent(_) => self.slots[slot].level += 1,
            Form::Block(items) => {
                if let Some(last) = items.last_mut() {
                    self.seek(last, slot);
                }
            }
            Form::Path(steps) => {
                let mut steps = steps.iter_mut().rev();
                if let Some(last) = steps.next() {
                    self.seek(last, slot);
                }
                for step in steps {
                    if self.slots[slot].level > 0 {
                        self.seek(step, slot);
                    }
                }
            }
            Form::Other | Form::Text => self.slots[slot].lost = true,
        }
    }
}
