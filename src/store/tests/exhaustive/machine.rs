//! The machine of sync-semantics.md as an explicit-state model: two processes, two instances, every interleaving.
//! A step is one transaction or one event of the world. It shares no code with the room.
//!
//! A run's number rides along with every piece of work and is read by no guard, so that work of an older run is
//! recognised even where a mutant uses its epoch again.

/// Members of the scope.
pub const MEMBERS: [usize; 2] = [0, 1];
/// Processes.
pub const PROCESSES: [usize; 2] = [0, 1];
/// The owner of a scope whose process has died; it never lives.
pub const GONE: usize = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Member {
    NotStarted,
    Syncing,
    Failed,
    Synced,
    Interrupted,
}

use Member::{Failed, Interrupted, NotStarted, Synced, Syncing};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    Syncing,
    Synced,
    Failed,
    Interrupted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scope {
    pub phase: Phase,
    pub epoch: u8,
    pub owner: usize,
    /// Whether it has members at all.
    pub tracks: bool,
    pub members: [(Member, u8); 2],
    pub counts: [i8; 5],
    /// Runs in place of times: a run's number when it started, failed, synced; 0 for never.
    pub started: u8,
    pub failed: u8,
    pub synced: u8,
    pub run: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token {
    pub owner: usize,
    pub epoch: u8,
    pub member: usize,
    pub attempt: u8,
    pub run: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct State {
    pub scope: Option<Scope>,
    pub next_run: u8,
    pub live: [bool; 2],
    /// Work at large, a bit for each token.
    flight: u128,
    /// Processes that have read that they may start.
    pending: [bool; 2],
    /// The run whose rows a member's table shows.
    pub data: [u8; 2],
    /// A member's row in `_syncStatus`.
    pub status: [Option<Member>; 2],
    broken: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    Reboot(usize),
    Kill(usize),
    ReadGuard(usize),
    Restart(usize),
    Guarded(usize),
    Resume(usize),
    Recover(usize),
    Expire(usize),
    Stop(usize),
    Begin { by: usize, member: usize },
    Deadline { by: usize, member: usize },
    End { token: Token, ok: bool, late: bool },
    Delete(usize),
    Skip(usize),
    Busy(usize),
    Empty(usize),
    Quiesce(usize),
    DeleteStatus { by: usize, member: usize },
}

/// A protection that is switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    Toctou,
    NoEpochFence,
    NoAttemptFence,
    NoDataFence,
    IncrementedCounts,
    EpochReuse,
    NoRecovery,
    EmptyStaysOpen,
    QuiesceKeepsWork,
    SkipTakesOver,
    StatusIsForgotten,
}

/// What is looked at: how far, how much, and with which protection off.
#[derive(Debug, Clone, Copy)]
pub struct Machine {
    pub runs: u8,
    pub attempts: u8,
    /// With `ifRunning`, empty scopes, quiesce and members that begin again; without resume, which the table of
    /// events does not have. An owner is then one life of a process.
    pub whole: bool,
    /// With the members' rows in `_syncStatus` and their deletion.
    pub statuses: bool,
    pub mutant: Option<Mutant>,
}

impl State {
    pub fn initial() -> Self {
        Self {
            scope: None,
            next_run: 1,
            live: [true; 2],
            flight: 0,
            pending: [false; 2],
            data: [0; 2],
            status: [None; 2],
            broken: None,
        }
    }

    fn is_live(&self, owner: usize) -> bool {
        self.live.get(owner).copied().unwrap_or(false)
    }

    fn tokens(self) -> impl Iterator<Item = Token> {
        (0..128).filter(move |bit| self.flight & (1 << bit) != 0).map(Token::of_bit)
    }

    /// Whether somebody could mend what a dead owner left, and nobody does.
    pub fn is_left_alone(&self, steps: &[(Step, Self)]) -> bool {
        self.scope.is_some_and(|scope| scope.phase == Phase::Syncing && !self.is_live(scope.owner))
            && self.live.contains(&true)
            && !steps.iter().any(|(step, _)| matches!(step, Step::Recover(_)))
    }

    /// A broken promise, if there is one.
    pub fn check(&self) -> Option<&'static str> {
        if self.broken.is_some() {
            return self.broken;
        }
        let statuses = self.status.iter().zip(MEMBERS).any(|(status, k)| {
            let at_work = |scope: Scope| scope.phase == Phase::Syncing && scope.members[k].0 == Syncing;
            *status == Some(Syncing) && !self.scope.is_some_and(at_work)
        });
        if statuses {
            return Some("a status says syncing and nobody will ever end it");
        }
        self.scope.and_then(|scope| scope.check())
    }
}

impl Token {
    fn bit(self) -> u128 {
        let Self { owner, epoch, member, attempt, run } = self;
        1 << (owner
            + 2 * member
            + 4 * usize::from(attempt - 1)
            + 8 * usize::from(epoch)
            + 32 * usize::from(run))
    }

    fn of_bit(bit: usize) -> Self {
        let part = |shift: usize, size: usize| (bit >> shift) % size;
        let small = |number: usize| u8::try_from(number).unwrap();
        Self {
            owner: part(0, 2),
            member: part(1, 2),
            attempt: small(part(2, 2)) + 1,
            epoch: small(part(3, 4)),
            run: small(part(5, 4)),
        }
    }
}

impl Scope {
    fn recount(&self) -> [i8; 5] {
        let mut counts = [0; 5];
        if self.tracks {
            self.members.iter().for_each(|(member, _)| counts[*member as usize] += 1);
        }
        counts
    }

    fn total(&self) -> i8 {
        if self.tracks { 2 } else { 0 }
    }

    fn check(&self) -> Option<&'static str> {
        let counts = self.counts;
        let final_phase = matches!(self.phase, Phase::Failed | Phase::Synced);
        let open_or_cut = counts[0] + counts[1] + counts[4] > 0;
        let rules = [
            (counts.iter().sum::<i8>() != self.total(), "I1 the counts do not add up"),
            (counts != self.recount(), "I2 the counts are not those of the members"),
            (self.phase != Phase::Interrupted && counts[4] > 0, "I3 interrupted members outside interrupted"),
            (self.phase == Phase::Syncing && counts[0] + counts[1] == 0, "I4 syncing but nothing open"),
            (
                final_phase && (open_or_cut || (self.phase == Phase::Synced) != (counts[2] == 0)),
                "I5 the final state does not match the counts",
            ),
            (self.phase != Phase::Syncing && counts[1] > 0, "I6 members at work outside syncing"),
            (
                self.started != self.run
                    || (self.phase == Phase::Failed && self.failed != self.run)
                    || (self.phase == Phase::Synced && self.synced != self.run),
                "I7 times not of this run",
            ),
            (self.failed == self.run && self.synced == self.run, "I8 one run both failed and synced"),
        ];
        rules.iter().find(|(broken, _)| *broken).map(|(_, rule)| *rule)
    }

    fn with_member(mut self, k: usize, member: Member, attempt: u8, how: Counting) -> Self {
        let before = self.members[k].0;
        self.members[k] = (member, attempt);
        match how {
            Counting::Anew => self.counts = self.recount(),
            Counting::ByOne => {
                self.counts[before as usize] -= 1;
                self.counts[member as usize] += 1;
            }
        }
        self
    }

    /// Events 7, 8 and 9.
    pub fn interrupted(mut self) -> Self {
        for member in self.members.iter_mut().filter(|member| member.0 == Syncing) {
            member.0 = Interrupted;
        }
        self.phase = Phase::Interrupted;
        self.counts = self.recount();
        self
    }

    /// Events 4, 5 and 6, for the token of a current attempt.
    pub fn ended(self, k: usize, ok: bool) -> Self {
        self.ended_counting(k, ok, Counting::Anew)
    }

    fn ended_counting(self, k: usize, ok: bool, how: Counting) -> Self {
        let end = if ok { Synced } else { Failed };
        let mut after = self.with_member(k, end, self.members[k].1, how);
        if after.members.iter().any(|(member, _)| matches!(member, NotStarted | Syncing)) {
            after.phase = Phase::Syncing;
        } else if after.members.iter().any(|(member, _)| *member == Failed) {
            (after.phase, after.failed) = (Phase::Failed, after.run);
        } else {
            (after.phase, after.synced) = (Phase::Synced, after.run);
        }
        after
    }

    /// Event 2.
    pub fn begun(self, k: usize) -> Self {
        self.with_member(k, Syncing, self.members[k].1 + 1, Counting::Anew)
    }

    /// Whether a token of that epoch and attempt is heard.
    pub fn admits(&self, epoch: u8, k: usize, attempt: u8) -> bool {
        self.phase == Phase::Syncing
            && self.tracks
            && self.epoch == epoch
            && self.members[k] == (Syncing, attempt)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counting {
    Anew,
    ByOne,
}

/// Collects the steps out of one state.
struct Out {
    machine: Machine,
    from: State,
    steps: Vec<(Step, State)>,
}

impl Machine {
    /// Every step that is possible, with what it leads to.
    pub fn steps(self, from: &State) -> Vec<(Step, State)> {
        let mut out = Out { machine: self, from: *from, steps: Vec::with_capacity(16) };
        PROCESSES.iter().for_each(|process| out.process(*process));
        from.tokens().filter(|token| from.live[token.owner]).for_each(|token| out.arrivals(token));
        out.steps
    }

    fn lacks(self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    fn counting(self) -> Counting {
        if self.lacks(Mutant::IncrementedCounts) { Counting::ByOne } else { Counting::Anew }
    }

    /// Events 1 and 1b.
    pub fn started(self, before: Option<&Scope>, by: usize, run: u8, tracks: bool) -> Scope {
        let epoch = match before {
            _ if !self.lacks(Mutant::EpochReuse) => run,
            None => 1,
            Some(scope) => scope.epoch + 1,
        };
        let (failed, synced) = before.map_or((0, 0), |scope| (scope.failed, scope.synced));
        let stays_open = tracks || self.lacks(Mutant::EmptyStaysOpen);
        let mut scope = Scope {
            phase: if stays_open { Phase::Syncing } else { Phase::Synced },
            epoch,
            owner: by,
            tracks,
            members: [(NotStarted, 0); 2],
            counts: [0; 5],
            started: run,
            failed,
            synced: if stays_open { synced } else { run },
            run,
        };
        scope.counts = scope.recount();
        scope
    }
}

impl Out {
    fn to(&mut self, step: Step, state: State) {
        self.steps.push((step, state));
    }

    fn process(&mut self, o: usize) {
        if !self.from.live[o] {
            let mut state = self.from;
            state.live[o] = true;
            return self.to(Step::Reboot(o), state);
        }
        self.starts(o);
        self.kill(o);
        let Some(scope) = self.from.scope else { return };
        if scope.phase == Phase::Syncing {
            self.mending(o, scope);
            if scope.owner == o {
                self.ownership(o, scope);
            }
        }
        if self.machine.statuses {
            self.deletions_of_statuses(o);
        }
        let cut = self.cut_statuses();
        self.to(Step::Delete(o), State { scope: None, status: cut, ..self.from });
    }

    /// What the statuses of work say that was cut off.
    fn cut_statuses(&self) -> [Option<Member>; 2] {
        if self.machine.lacks(Mutant::StatusIsForgotten) {
            return self.from.status;
        }
        self.from.status.map(|status| if status == Some(Syncing) { Some(Interrupted) } else { status })
    }

    fn starts(&mut self, o: usize) {
        let whole = self.machine.whole;
        let syncing = self.from.scope.filter(|scope| scope.phase == Phase::Syncing);
        self.start(o, Step::Restart(o), true);
        if whole {
            self.start(o, Step::Empty(o), false);
        }
        let stopped = |scope: &Scope| matches!(scope.phase, Phase::Interrupted | Phase::Failed);
        if !whole && self.from.scope.as_ref().is_some_and(stopped) {
            self.start(o, Step::Resume(o), true);
        }
        if self.machine.lacks(Mutant::Toctou) {
            if !self.from.pending[o] && syncing.is_none() {
                let mut state = self.from;
                state.pending[o] = true;
                self.to(Step::ReadGuard(o), state);
            }
            if self.from.pending[o] {
                self.start(o, Step::Guarded(o), true);
            }
        } else if syncing.is_none() {
            self.start(o, Step::Guarded(o), true);
        }
        if whole && syncing.is_some_and(|scope| self.from.is_live(scope.owner)) {
            if self.machine.lacks(Mutant::SkipTakesOver) {
                self.start(o, Step::Skip(o), true);
            } else {
                self.to(Step::Skip(o), self.from);
            }
            self.to(Step::Busy(o), self.from);
        }
    }

    fn start(&mut self, o: usize, step: Step, tracks: bool) {
        let from = self.from;
        if from.next_run > self.machine.runs {
            return;
        }
        let before = from.scope;
        let mut scope = self.machine.started(before.as_ref(), o, from.next_run, tracks);
        if let (Step::Resume(_), Some(before)) = (step, before) {
            let carried = |member: (Member, u8)| (if member.0 == Synced { Synced } else { NotStarted }, 0);
            scope.members = before.members.map(carried);
            scope.counts = scope.recount();
        }
        let syncing = before.filter(|scope| scope.phase == Phase::Syncing);
        if let (Some(before), true) = (syncing, self.machine.lacks(Mutant::IncrementedCounts)) {
            scope.counts = [2, before.counts[1], before.counts[2], before.counts[3], 0];
        }
        let taken_over = syncing.is_some_and(|scope| from.is_live(scope.owner));
        let broken = match step {
            Step::Guarded(_) if taken_over => Some("two starts of one guard"),
            Step::Skip(_) if taken_over => Some("a start that skips took over"),
            _ => None,
        };
        let mut pending = from.pending;
        pending[o] = false;
        let status = self.cut_statuses();
        let next_run = from.next_run + 1;
        self.to(step, State { scope: Some(scope), next_run, pending, status, broken, ..from });
    }

    fn kill(&mut self, o: usize) {
        let mut state = self.from;
        state.live[o] = false;
        state.pending[o] = false;
        for token in self.from.tokens().filter(|token| token.owner == o) {
            state.flight &= !token.bit();
        }
        if let Some(scope) = state.scope.as_mut().filter(|scope| self.machine.whole && scope.owner == o) {
            scope.owner = GONE;
        }
        self.to(Step::Kill(o), state);
    }

    /// Event 8.
    fn mending(&mut self, o: usize, scope: Scope) {
        let owner_lives = self.from.is_live(scope.owner);
        let state = State { scope: Some(scope.interrupted()), status: self.cut_statuses(), ..self.from };
        if !owner_lives && !self.machine.lacks(Mutant::NoRecovery) {
            self.to(Step::Recover(o), state);
        }
        if owner_lives && scope.owner != o {
            // Merely suspended: it keeps its tokens and may come back with them.
            self.to(Step::Expire(o), state);
        }
    }

    fn ownership(&mut self, o: usize, scope: Scope) {
        let stopped = State { scope: Some(scope.interrupted()), status: self.cut_statuses(), ..self.from };
        self.to(Step::Stop(o), stopped);
        if self.machine.whole {
            let mut quiet = stopped;
            if self.machine.lacks(Mutant::QuiesceKeepsWork) {
                quiet.scope = Some(Scope { phase: Phase::Interrupted, ..scope });
            }
            self.to(Step::Quiesce(o), quiet);
        }
        for k in MEMBERS {
            self.begin(o, k, scope);
            self.deadline(o, k, scope);
        }
    }

    fn begin(&mut self, o: usize, k: usize, scope: Scope) {
        let (member, attempt) = scope.members[k];
        let again = member == Failed || (self.machine.whole && matches!(member, Synced | Syncing));
        if member != NotStarted && !(again && attempt < self.machine.attempts) {
            return;
        }
        let after = scope.with_member(k, Syncing, attempt + 1, self.machine.counting());
        let token = Token { owner: o, epoch: scope.epoch, member: k, attempt: attempt + 1, run: scope.run };
        let mut state = State { scope: Some(after), flight: self.from.flight | token.bit(), ..self.from };
        if self.machine.statuses {
            state.status[k] = Some(Syncing);
        }
        self.to(Step::Begin { by: o, member: k }, state);
    }

    /// The instance has failed, its request is still on the wire.
    fn deadline(&mut self, o: usize, k: usize, scope: Scope) {
        let others_open = matches!(scope.members[1 - k].0, NotStarted | Syncing);
        if scope.members[k].0 != Syncing || !others_open {
            return;
        }
        let after = scope.with_member(k, Failed, scope.members[k].1, self.machine.counting());
        let status = self.ended_status(k, Failed);
        let step = Step::Deadline { by: o, member: k };
        self.to(step, State { scope: Some(after), status, ..self.from });
    }

    fn ended_status(&self, k: usize, end: Member) -> [Option<Member>; 2] {
        let mut status = self.from.status;
        status[k] = status[k].map(|_| end);
        status
    }

    fn deletions_of_statuses(&mut self, o: usize) {
        let from = self.from;
        for k in MEMBERS.into_iter().filter(|k| from.status[*k].is_some()) {
            let mut state = from;
            state.status[k] = None;
            self.to(Step::DeleteStatus { by: o, member: k }, state);
        }
    }

    /// An answer comes in, in time or late.
    fn arrivals(&mut self, token: Token) {
        for ok in [true, false] {
            let heard = self.is_heard(token);
            let applied = ok && (heard || self.machine.lacks(Mutant::NoDataFence));
            let mut state = State { flight: self.from.flight & !token.bit(), ..self.from };
            let running = self.from.scope.filter(|scope| scope.phase == Phase::Syncing);
            if applied {
                state.data[token.member] = token.run;
                if running.is_none_or(|scope| scope.run != token.run) {
                    state.broken = Some("late data was applied");
                }
            }
            if let (true, Some(scope)) = (heard, running) {
                if scope.run != token.run {
                    state.broken = Some("the end of an older run was counted");
                } else if scope.members[token.member] != (Syncing, token.attempt) {
                    state.broken = Some("the end of an older attempt was counted");
                }
                state.scope = Some(scope.ended_counting(token.member, ok, self.machine.counting()));
                state.status = self.ended_status(token.member, if ok { Synced } else { Failed });
            }
            self.to(Step::End { token, ok, late: !heard }, state);
        }
    }

    fn is_heard(&self, token: Token) -> bool {
        let Some(scope) = self.from.scope.filter(|scope| scope.phase == Phase::Syncing) else { return false };
        let (member, _) = scope.members[token.member];
        if self.machine.lacks(Mutant::NoEpochFence) {
            return matches!(member, Syncing | NotStarted);
        }
        if self.machine.lacks(Mutant::NoAttemptFence) {
            return scope.epoch == token.epoch && member == Syncing;
        }
        scope.admits(token.epoch, token.member, token.attempt)
    }
}
