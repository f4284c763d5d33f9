//! Areas of squads of which nothing else is known: by how their names begin, as in "sig-network-leads".

use std::collections::BTreeMap;

use super::domain::{MAX_SQUADS_ON_ORBIT, Sky};

/// Fewer squads than this are no area of their own.
const FEW: usize = 3;
/// So many words of a name are looked at.
const DEEPEST: usize = 4;

impl Sky {
    /// Divides the area `vague`, which says nothing of its squads, if it has more of them than a map shows. Squads whose
    /// names begin like few others stay in it.
    #[must_use]
    pub fn divided(mut self, vague: &str) -> Self {
        let within: Vec<usize> = (0..self.squads.len())
            .filter(|n| self.squads[*n].area.as_deref() == Some(vague))
            .collect();
        if within.len() <= MAX_SQUADS_ON_ORBIT {
            return self;
        }
        let names: Vec<String> = self.squads.iter().map(|squad| squad.name.clone()).collect();
        let mut areas = vec![];
        group(&names, &within, 1, &mut areas);
        for (name, squads) in areas {
            for squad in squads {
                self.squads[squad].area = Some(name.clone());
            }
        }
        self
    }
}

/// Notes the areas of `squads` by their first `words` words, and answers which squads are in none.
fn group(
    names: &[String],
    squads: &[usize],
    words: usize,
    areas: &mut Vec<(String, Vec<usize>)>,
) -> Vec<usize> {
    let mut alike: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut others = vec![];
    for squad in squads {
        match beginning(&names[*squad], words) {
            Some(words) => alike.entry(words.to_lowercase()).or_default().push(*squad),
            None => others.push(*squad),
        }
    }
    for alike in alike.into_values() {
        let name = beginning(&names[alike[0]], words).unwrap_or_default();
        if alike.len() < FEW {
            others.extend(alike);
        } else if alike.len() <= MAX_SQUADS_ON_ORBIT || words == DEEPEST {
            areas.push((name.to_owned(), alike));
        } else {
            let left = group(names, &alike, words + 1, areas);
            if left.len() < FEW {
                others.extend(left);
            } else {
                areas.push((format!("{name}, others"), left));
            }
        }
    }
    others
}

/// The first `words` words of a name, and none where it has fewer.
fn beginning(name: &str, words: usize) -> Option<&str> {
    let mut within = false;
    let mut count = 0;
    for (at, letter) in name.char_indices() {
        if within && !letter.is_alphanumeric() {
            count += 1;
            if count == words {
                return Some(&name[..at]);
            }
        }
        within = letter.is_alphanumeric();
    }
    (within && count + 1 == words).then_some(name)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::domain::Star;
    use super::*;
    use crate::ids::TeamId;

    fn areas(names: &[String]) -> Vec<(String, usize)> {
        let star = |(n, name): (usize, &String)| Star {
            id: TeamId(Uuid::from_u128(n as u128)),
            name: name.clone(),
            slug: String::new(),
            members: 6,
            is_active: true,
            area: Some("Own pattern".to_owned()),
            tally: crate::design::Tally::default(),
            ring: vec![],
            tint: None,
        };
        let squads = names.iter().enumerate().map(star).collect();
        let sky = Sky { squads, ..Sky::default() }.sorted().divided("Own pattern");
        sky.areas().into_iter().map(|area| (area.name, area.squads.len())).collect()
    }

    fn named(beginning: &str, n: usize) -> impl Iterator<Item = String> {
        (0..n).map(move |n| format!("{beginning}-{n}"))
    }

    #[test]
    fn a_beginning_ends_with_a_word() {
        let name = "sig-network leads";
        assert_eq!(beginning(name, 1), Some("sig"));
        assert_eq!(beginning(name, 2), Some("sig-network"));
        assert_eq!(beginning(name, 3), Some(name));
        assert_eq!(beginning(name, 4), None);
        assert_eq!(beginning("Ærø", 1), Some("Ærø"));
        assert_eq!(beginning("", 1), None);
    }

    #[test]
    fn names_that_begin_alike_are_an_area_and_few_of_them_are_none() {
        let names: Vec<_> = named("sig-docs", 20)
            .chain(named("sig-node", 5))
            .chain(named("sig-a", 1))
            .chain([("wg", 3), ("bot", 2)].into_iter().flat_map(|(name, n)| named(name, n)))
            .collect();
        let expected = [("Own pattern", 3), ("sig-docs", 20), ("sig-node", 5), ("wg", 3)];
        assert_eq!(areas(&names), expected.map(|(name, n)| (name.to_owned(), n)));
    }

    #[test]
    fn what_is_left_of_a_large_group_stays_together() {
        let names: Vec<_> =
            named("sig-docs", 22).chain(["sig-a", "sig-b", "sig-c"].map(Into::into)).collect();
        let expected = [("sig, others", 3), ("sig-docs", 22)];
        assert_eq!(areas(&names), expected.map(|(name, n)| (name.to_owned(), n)));
    }

    #[test]
    fn twenty_four_stay_together() {
        let names: Vec<_> = named("sig-docs", 24).collect();
        assert_eq!(areas(&names), [("Own pattern".to_owned(), 24)]);
    }
}
