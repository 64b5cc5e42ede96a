//! Groups of things that lead to one another in a circle.

/// The strongly connected parts of a graph that have a circle in them (Tarjan), each sorted. `next[n]` are
/// the nodes that `n` leads to. Takes time in proportion to nodes and edges, and no stack.
pub(super) fn circles(next: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut search =
        Search { next, seen: vec![None; next.len()], open: Vec::new(), found: Vec::new(), count: 0 };
    for start in 0..next.len() {
        if search.seen[start].is_none() {
            search.run(start);
        }
    }
    search.found
}

struct Search<'g> {
    next: &'g [Vec<usize>],
    seen: Vec<Option<Seen>>,
    /// Nodes whose part is not known yet.
    open: Vec<usize>,
    found: Vec<Vec<usize>>,
    count: usize,
}

#[derive(Clone, Copy)]
struct Seen {
    number: usize,
    /// The smallest number that can be reached.
    low: usize,
    is_open: bool,
}

impl Search<'_> {
    fn run(&mut self, start: usize) {
        let mut path = vec![(start, 0)];
        self.enter(start);
        while let Some((node, at)) = path.pop() {
            let Some(&to) = self.next[node].get(at) else {
                let low = self.leave(node);
                if let Some((before, _)) = path.last() {
                    self.lower(*before, low);
                }
                continue;
            };
            path.push((node, at + 1));
            match self.seen[to] {
                None => {
                    self.enter(to);
                    path.push((to, 0));
                }
                Some(seen) if seen.is_open => self.lower(node, seen.number),
                Some(_) => {}
            }
        }
    }

    fn enter(&mut self, node: usize) {
        self.seen[node] = Some(Seen { number: self.count, low: self.count, is_open: true });
        self.count += 1;
        self.open.push(node);
    }

    fn lower(&mut self, node: usize, low: usize) {
        if let Some(seen) = &mut self.seen[node] {
            seen.low = seen.low.min(low);
        }
    }

    /// Closes the part that begins at a node, if one does, and says how far back the node reaches.
    fn leave(&mut self, node: usize) -> usize {
        let Some(Seen { number, low, .. }) = self.seen[node] else { return usize::MAX };
        if number == low {
            let from = self.open.iter().rposition(|open| *open == node).unwrap_or_default();
            let mut part = self.open.split_off(from);
            for member in &part {
                if let Some(seen) = &mut self.seen[*member] {
                    seen.is_open = false;
                }
            }
            if part.len() > 1 || self.next[node].contains(&node) {
                part.sort_unstable();
                self.found.push(part);
            }
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use super::circles;

    #[test]
    fn parts_with_a_circle_are_found_and_others_are_not() {
        assert_eq!(circles(&[vec![1], vec![2], vec![]]), Vec::<Vec<usize>>::new());
        assert_eq!(circles(&[vec![0]]), [[0]]);
        assert_eq!(circles(&[vec![1], vec![2, 0], vec![3], vec![2]]), [[2, 3], [0, 1]]);
        // A circle that closes over a node that is left already.
        assert_eq!(circles(&[vec![1, 2], vec![0], vec![3], vec![1]]), [[0, 1, 2, 3]]);
    }

    #[test]
    fn a_long_way_round_needs_no_stack() {
        let long = 100_000;
        let next: Vec<Vec<usize>> = (0..long).map(|n| vec![(n + 1) % long]).collect();
        assert_eq!(circles(&next)[0].len(), long);
    }
}
