//! A queue of a machine's outputs that have not been polled yet.

use smallvec::SmallVec;

/// A machine's outputs in order. One fits in place; a burst goes to the heap and gives it back once drained,
/// so that an idle machine holds no memory beside its own.
#[derive(Clone, Debug)]
pub struct Outputs<T> {
    waiting: SmallVec<[Option<T>; 1]>,
    next: usize,
}

impl<T> Default for Outputs<T> {
    fn default() -> Self {
        Self { waiting: SmallVec::new(), next: 0 }
    }
}

impl<T> Outputs<T> {
    /// Adds one at the end.
    pub fn push(&mut self, output: T) {
        self.waiting.push(Some(output));
    }

    /// Takes the first.
    pub fn poll(&mut self) -> Option<T> {
        match self.waiting.get_mut(self.next) {
            Some(output) => {
                self.next += 1;
                output.take()
            }
            None => {
                self.next = 0;
                self.waiting.clear();
                self.waiting.shrink_to_fit();
                None
            }
        }
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
