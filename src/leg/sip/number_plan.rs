//! Which numbers reach the bridge, and in which languages they are answered. The directory has them; they are looked up in a
//! copy, so that no INVITE waits for a database.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::control::policy::ServiceNumber;

/// The service numbers, as they are now; copies share them.
#[derive(Clone, Debug, Default)]
pub struct NumberPlan {
    numbers: Arc<RwLock<BTreeMap<String, Arc<ServiceNumber>>>>,
}

impl NumberPlan {
    /// From now on there are these numbers.
    pub fn set(&self, numbers: impl IntoIterator<Item = (String, ServiceNumber)>) {
        let numbers = numbers.into_iter().map(|(number, languages)| (number, Arc::new(languages))).collect();
        *self.numbers.write().unwrap_or_else(PoisonError::into_inner) = numbers;
    }

    /// Returns the service number that is dialled so. While there are none at all, whatever is dialled reaches the bridge, in
    /// the default language.
    #[must_use]
    pub fn find(&self, dialled: &str) -> Option<Arc<ServiceNumber>> {
        let numbers = self.numbers.read().unwrap_or_else(PoisonError::into_inner);
        if numbers.is_empty() { Some(Arc::default()) } else { numbers.get(dialled).map(Arc::clone) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::call::Language;

    #[test]
    fn without_numbers_all_reach_the_bridge() {
        let plan = NumberPlan::default();
        assert_eq!(plan.find("bridge").as_deref(), Some(&ServiceNumber::default()));
        let german = ServiceNumber { primary: Language::DeDe, ..ServiceNumber::default() };
        plan.set([("+4930901820".to_owned(), german.clone())]);
        assert_eq!(plan.find("+4930901820").as_deref(), Some(&german));
        assert_eq!(plan.find("bridge"), None);
    }
}
