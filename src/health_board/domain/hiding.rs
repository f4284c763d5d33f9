//! What has to be hidden with what is hidden, so that no sum tells it (H6).

use std::collections::{BTreeMap, BTreeSet};

/// The places that have to be hidden if those in `hidden` are, every other place is shown, and `sums` are shown too, each the sum over its
/// places; and the sums that cannot be shown at all, by their places in `sums`.
///
/// What is shown can be subtracted from a sum, so a sum tells what the sum of its hidden places is. A place is told if it can be computed
/// from such sums: from one with a single hidden place, or from several by adding and subtracting. For each that is told, another
/// place of a sum with it is hidden too; where all of them are hidden already, the sum is left out.
pub fn complement(
    sums: &[Vec<usize>],
    hidden: &BTreeSet<usize>,
) -> (BTreeSet<usize>, BTreeSet<usize>) {
    let (mut hidden, mut out) = (hidden.clone(), BTreeSet::new());
    loop {
        let shown: Vec<_> = (0..sums.len()).filter(|n| !out.contains(n)).collect();
        let of_hidden = |n: &usize| -> BTreeSet<usize> {
            sums[*n].iter().filter(|place| hidden.contains(place)).copied().collect()
        };
        let left: Vec<_> = shown.iter().map(of_hidden).filter(|sum| !sum.is_empty()).collect();
        let Some(told) = told(&left) else { return (hidden, out) };
        let with_it: Vec<_> = shown.into_iter().filter(|n| sums[*n].contains(&told)).collect();
        let others = with_it.iter().flat_map(|n| &sums[*n]);
        match others.copied().filter(|place| !hidden.contains(place)).min() {
            Some(other) => _ = hidden.insert(other),
            None => out.extend(with_it),
        }
    }
}

/// The first place that can be computed from sums: elimination until each sum begins with a place that no other has.
fn told(sums: &[BTreeSet<usize>]) -> Option<usize> {
    let places: BTreeSet<usize> = sums.iter().flatten().copied().collect();
    let mut rows: Vec<BTreeMap<usize, i128>> =
        sums.iter().map(|sum| sum.iter().map(|place| (*place, 1)).collect()).collect();
    let mut done = 0;
    for place in places {
        let Some(found) = (done..rows.len()).find(|n| rows[*n].contains_key(&place)) else {
            continue;
        };
        rows.swap(done, found);
        let pivot = rows[done].clone();
        for (n, row) in rows.iter_mut().enumerate() {
            if n != done {
                eliminate(row, &pivot, place);
            }
        }
        done += 1;
    }
    let single = rows.iter().filter(|row| row.len() == 1);
    single.filter_map(|row| row.keys().next().copied()).min()
}

/// Takes `pivot` from a row as often as makes `place` vanish, in whole numbers.
fn eliminate(row: &mut BTreeMap<usize, i128>, pivot: &BTreeMap<usize, i128>, place: usize) {
    let Some(times) = row.get(&place).copied() else { return };
    let by = pivot[&place];
    for n in row.values_mut() {
        *n *= by;
    }
    for (place, n) in pivot {
        *row.entry(*place).or_default() -= n * times;
    }
    row.retain(|_, n| *n != 0);
    // Small numbers stay small.
    let common = row.values().fold(0, |a: i128, b| gcd(a, *b));
    for n in row.values_mut() {
        *n /= common;
    }
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a.abs() } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(places: &[usize]) -> BTreeSet<usize> {
        places.iter().copied().collect()
    }

    #[test]
    fn one_hidden_in_a_sum_that_is_shown_is_two() {
        let (hidden, out) = complement(&[vec![0, 1, 2, 3]], &set(&[2]));
        assert_eq!((hidden, out), (set(&[0, 2]), set(&[])));
    }

    #[test]
    fn a_sum_over_what_is_shown_hides_nothing_else() {
        let (hidden, out) = complement(&[vec![0, 1, 3]], &set(&[2]));
        assert_eq!((hidden, out), (set(&[2]), set(&[])));
    }

    #[test]
    fn two_sums_that_differ_by_one_tell_that_one() {
        // Each sum has two hidden places or more, and their difference has one.
        let sums = [vec![0, 1, 2, 3, 4], vec![0, 1, 3, 4]];
        let (hidden, out) = complement(&sums, &set(&[2, 3, 4]));
        assert!(out.contains(&0) && hidden.contains(&2), "{hidden:?} {out:?}");
    }

    #[test]
    fn a_sum_over_one_alone_is_left_out() {
        assert_eq!(complement(&[vec![4]], &set(&[4])), (set(&[4]), set(&[0])));
    }

    /// Whether two worlds with the same shown places and sums differ in a place, for each hidden one: looked for among all small worlds.
    fn is_told(
        sums: &[Vec<usize>],
        out: &BTreeSet<usize>,
        hidden: &BTreeSet<usize>,
        place: usize,
    ) -> bool {
        let hidden: Vec<_> = hidden.iter().copied().collect();
        // A difference of two worlds: −2 to 2 at each hidden place, nought in every sum.
        let mut difference = vec![-2_i32; hidden.len()];
        loop {
            let at = |place: &usize| {
                hidden.iter().position(|one| one == place).map_or(0, |n| difference[n])
            };
            let fits = (0..sums.len())
                .filter(|n| !out.contains(n))
                .all(|n| sums[n].iter().map(at).sum::<i32>() == 0);
            if fits && at(&place) != 0 {
                return false;
            }
            let Some(next) = difference.iter().position(|n| *n < 2) else { return true };
            difference[next] += 1;
            difference[..next].fill(-2);
        }
    }

    proptest! {
        #[test]
        fn no_set_of_shown_sums_determines_a_hidden_cell(
            sums in prop::collection::vec(prop::collection::btree_set(0_usize..6, 1..6), 0..4),
            hidden in prop::collection::btree_set(0_usize..6, 0..4),
        ) {
            let sums: Vec<Vec<usize>> = sums.into_iter().map(|sum| sum.into_iter().collect()).collect();
            let (all, out) = complement(&sums, &hidden);
            prop_assert!(all.is_superset(&hidden));
            for place in &all {
                prop_assert!(!is_told(&sums, &out, &all, *place), "{place} of {all:?} by {sums:?} without {out:?}");
            }
        }

        #[test]
        fn nothing_more_is_hidden_where_no_sum_has_what_is_hidden(
            shown in prop::collection::btree_set(0_usize..6, 0..6),
            hidden in prop::collection::btree_set(6_usize..9, 0..3),
        ) {
            let sum: Vec<usize> = shown.into_iter().collect();
            prop_assert_eq!(complement(&[sum], &hidden), (hidden, BTreeSet::new()));
        }
    }
}
