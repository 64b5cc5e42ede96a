//! Work on many things at once, with a result that does not depend on who was faster.

use std::num::NonZero;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering};
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
    // Asking for cores costs more than a small app, so it is only asked when it matters.
    let helpers = if items.len() < WORTH_A_THREAD { 0 } else { items.len() / (WORTH_A_THREAD / 2) - 1 };
    shared_out(items, helpers, HANDFUL, state, work)
}

/// The same for a few items of which each is much work.
///
/// # Panics
/// When `work` does.
pub(crate) fn each_in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    shared_out(items, items.len().saturating_sub(1), 1, || (), |(), item| work(item))
}

/// At most so many threads help with the work, as far as cores are idle.
fn shared_out<T: Sync, S, R: Send>(
    items: &[T],
    helpers: usize,
    handful: usize,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &T) -> R + Sync,
) -> Vec<R> {
    let helpers = Core::take(helpers);
    if helpers.is_empty() {
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
    let help = |core: Core| {
        let done = share();
        drop(core);
        done
    };
    let mut done = thread::scope(|scope| {
        let help = &help;
        let threads: Vec<_> = helpers.into_iter().map(|core| scope.spawn(move || help(core))).collect();
        let mut done = share();
        let waiting = Waiting::begin();
        for thread in threads {
            done.extend(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        drop(waiting);
        done
    });
    done.sort_unstable_by_key(|(from, _)| *from);
    done.into_iter().flat_map(|(_, results)| results).collect()
}

/// How many threads help, in all of the process, for its cores are shared by all: work inside of other
/// work, as when several apps are looked at together, finds no core idle until the others are done.
static HELPING: AtomicIsize = AtomicIsize::new(0);

/// A core that a helper keeps busy.
struct Core(());

impl Core {
    /// As many as are idle, at most so many; one is the caller's own.
    fn take(most: usize) -> Vec<Self> {
        if most == 0 {
            return Vec::new();
        }
        let most = isize::try_from(most).unwrap_or(isize::MAX);
        let idle = |helping: isize| (*CORES - 1 - helping).clamp(0, most);
        let taken = HELPING.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| Some(now + idle(now)));
        (0..taken.map_or(0, idle)).map(|_| Self(())).collect()
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        HELPING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// While a thread waits for its helpers, they may use its core.
struct Waiting(());

impl Waiting {
    fn begin() -> Self {
        HELPING.fetch_sub(1, Ordering::Relaxed);
        Self(())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        HELPING.fetch_add(1, Ordering::Relaxed);
    }
}

static CORES: LazyLock<isize> = LazyLock::new(|| {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    isize::try_from(cores).unwrap_or(isize::MAX)
});

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
    fn work_inside_of_work_is_done_too() {
        let items: Vec<usize> = (0..100).collect();
        let all =
            |times: usize| in_parallel(&items, || (), |(), item| item * times).into_iter().sum::<usize>();
        let sums = each_in_parallel(&items, |item| all(*item));
        assert!(sums.iter().zip(&items).all(|(sum, item)| *sum == 4950 * item));
    }

    #[test]
    #[should_panic(expected = "item 500")]
    fn a_panic_comes_through() {
        let items: Vec<usize> = (0..1000).collect();
        in_parallel(&items, || (), |(), item| assert!(*item != 500, "item {item}"));
    }
}
