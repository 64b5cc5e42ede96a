//! Work on many things at once, with a result that does not depend on who was faster.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Fewer things than this are not worth a second thread.
const WORTH_A_THREAD: usize = 24;
/// How many things a thread takes at a time.
const HANDFUL: usize = 4;

/// The results of `work` on every item, in the order of the items. Each thread works with a state of
/// its own, made by `state`, which must not change the results.
///
/// # Panics
/// When `work` does.
pub(crate) fn in_parallel<T: Sync, S, R: Send>(
    items: &[T],
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &T) -> R + Sync,
) -> Vec<R> {
    shared_out(items, helpers(items.len()), HANDFUL, state, work)
}

/// The same for a few items of which each is much work.
///
/// # Panics
/// When `work` does.
pub(crate) fn each_in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let helpers = if items.len() < 2 { 0 } else { cores().min(items.len()) - 1 };
    shared_out(items, helpers, 1, || (), |(), item| work(item))
}

fn shared_out<T: Sync, S, R: Send>(
    items: &[T],
    helpers: usize,
    handful: usize,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &T) -> R + Sync,
) -> Vec<R> {
    if helpers == 0 {
        let mut state = state();
        return items.iter().map(|item| work(&mut state, item)).collect();
    }
    let next = AtomicUsize::new(0);
    let share = || {
        let mut state = state();
        let mut done = Vec::new();
        loop {
            let from = next.fetch_add(handful, Ordering::Relaxed);
            let Some(items) = items.get(from..items.len().min(from + handful)).filter(|h| !h.is_empty())
            else {
                return done;
            };
            done.push((from, items.iter().map(|item| work(&mut state, item)).collect::<Vec<R>>()));
        }
    };
    let mut done = thread::scope(|scope| {
        let threads: Vec<_> = (0..helpers).map(|_| scope.spawn(share)).collect();
        let mut done = share();
        for thread in threads {
            done.extend(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(from, _)| *from);
    done.into_iter().flat_map(|(_, results)| results).collect()
}

/// How many threads help with so many things. Asking for the number of cores costs more than a small
/// app, so it is only asked when it matters.
fn helpers(items: usize) -> usize {
    if items < WORTH_A_THREAD {
        return 0;
    }
    cores().min(items / (WORTH_A_THREAD / 2)).saturating_sub(1)
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_the_items() {
        for many in [0, 1, WORTH_A_THREAD - 1, WORTH_A_THREAD, 1000] {
            let items: Vec<usize> = (0..many).collect();
            let doubled = in_parallel(&items, || (), |(), item| item * 2);
            assert!(doubled.iter().zip(&items).all(|(doubled, item)| *doubled == item * 2));
            assert_eq!(doubled.len(), many);
        }
    }

    #[test]
    fn a_thread_keeps_its_state() {
        let items = vec![(); 1000];
        let counts = in_parallel(
            &items,
            || 0,
            |seen: &mut usize, ()| {
                *seen += 1;
                *seen
            },
        );
        let firsts = counts.iter().filter(|count| **count == 1).count();
        assert!((1..=thread::available_parallelism().map_or(1, NonZero::get)).contains(&firsts));
    }

    #[test]
    #[should_panic(expected = "item 500")]
    fn a_panic_comes_through() {
        let items: Vec<usize> = (0..1000).collect();
        in_parallel(&items, || (), |(), item| assert!(*item != 500, "item {item}"));
    }
}
