//! A queue of a machine's outputs that have not been polled yet.

use smallvec::SmallVec;

/// A machine's outputs in order. One fits in place; a burst goes to the heap and gives it back once drained,
/// so that an idle machine holds no memory beside its own.
#[derive(Clone, Debug)]
pub struct Outputs<T> {
    first: Option<T>,
    burst: Option<Box<Burst<T>>>,
}

/// What came behind the first.
#[derive(Clone, Debug)]
struct Burst<T> {
    waiting: SmallVec<[Option<T>; 4]>,
    next: usize,
}

impl<T> Default for Outputs<T> {
    fn default() -> Self {
        Self { first: None, burst: None }
    }
}

impl<T> Outputs<T> {
    /// Adds one at the end.
    pub fn push(&mut self, output: T) {
        match &mut self.burst {
            Some(burst) => burst.waiting.push(Some(output)),
            None if self.first.is_none() => self.first = Some(output),
            None => {
                let mut waiting = SmallVec::new();
                waiting.push(Some(output));
                self.burst = Some(Box::new(Burst { waiting, next: 0 }));
            }
        }
    }

    /// Takes the first.
    pub fn poll(&mut self) -> Option<T> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        let burst = self.burst.as_mut()?;
        let output = burst.waiting.get_mut(burst.next).and_then(Option::take);
        burst.next += 1;
        if output.is_none() {
            self.burst = None;
        }
        output
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_come_out_once_and_in_order() {
        let mut outputs = Outputs::default();
        (1..=5).for_each(|number| outputs.push(number));
        assert_eq!(std::iter::from_fn(|| outputs.poll()).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        outputs.push(6);
        assert_eq!((outputs.poll(), outputs.poll()), (Some(6), None));
    }
}
