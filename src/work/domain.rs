//! The list: what stands on it, and in which order.

/// More would be a list to work off for a week.
pub const MAX: usize = 10;

/// How near a thing is to the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Near {
    /// Somebody waits for this person.
    Waits,
    /// It is due.
    Due,
    /// Their squad waits, or lacks something that it needs to be a squad.
    Squad,
    /// It can be done, when there is time.
    Can,
    /// It may be thought of.
    Think,
}

/// The first of all things by how near they are, as they came among equals; and how many more there are.
pub fn first<T>(mut things: Vec<(Near, T)>) -> (Vec<T>, usize) {
    things.sort_by_key(|(near, _)| *near);
    let more = things.len().saturating_sub(MAX);
    (things.into_iter().take(MAX).map(|(_, thing)| thing).collect(), more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_comes_first_and_ten_are_the_most() {
        let mut all: Vec<_> = (0..12).map(|n| (Near::Think, n)).collect();
        all.push((Near::Due, 100));
        all.push((Near::Waits, 200));
        all.push((Near::Due, 101));
        let (shown, more) = first(all);
        assert_eq!(shown, [200, 100, 101, 0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(more, 5);
        assert_eq!(first(vec![(Near::Can, 1)]), (vec![1], 0));
    }
}
