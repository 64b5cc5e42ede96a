//! A hostile world: the real binary is killed, refused and robbed at every call by which it reaches its
//! files and its server, and what it leaves behind is held against the invariants.
//!
//! A library of ours (`tests/shim/shim.c`) stands between the binary and libc; Linux only. By default
//! a part of the cases is executed, chosen evenly; with `SYNCSCOPE_LONG=1` all of them. Every test tells
//! how many it was.

mod backend;
mod clock;
mod errors;
mod kill;
mod ledger;
mod power;
mod scene;
mod shim;
mod soak;
mod workload;

use std::io::Write;

/// Whether everything is to be executed, whatever it takes.
fn is_long() -> bool {
    std::env::var_os("SYNCSCOPE_LONG").is_some_and(|value| !value.is_empty() && value != "0")
}

/// At most `short` numbers of `1..=last`, evenly spread, in the short form; in the long one at most `long`.
fn spread(last: usize, short: usize, long: usize) -> Vec<usize> {
    let wanted = if is_long() { long } else { short }.min(last);
    (0..wanted).map(|i| 1 + i * last / wanted).collect()
}

/// Says past the test harness, which keeps the output of tests that pass to itself.
fn tell(cases: usize, what: &str) {
    let _ = writeln!(std::io::stderr(), "{cases} cases: {what}");
}

#[test]
fn a_spread_begins_at_the_first_and_has_no_number_twice() {
    assert_eq!(spread(3, 10, 10), [1, 2, 3]);
    assert_eq!(spread(10, 5, 5), [1, 3, 5, 7, 9]);
    assert!(spread(0, 5, 5).is_empty());
}
