//! What somebody's leaving the organization does to the teams that they are in.

use crate::design::MIN_MEMBERS;
use crate::ids::TeamId;

/// A team that somebody is in, with what their leaving depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The team.
    pub team: TeamId,
    /// Its name.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
    /// Whether it is a squad; else a core team.
    pub is_squad: bool,
    /// Whether it is active.
    pub is_active: bool,
    /// How many members it has.
    pub members: i64,
}

/// What somebody's leaving the organization does to one of their teams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The team.
    pub team: TeamId,
    /// Its name.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
    /// Whether it is a squad; else a core team.
    pub is_squad: bool,
    /// Members before.
    pub before: i64,
    /// Members after.
    pub after: i64,
    /// Whether an active squad falls under 6 and returns to forming (H1).
    pub returned_to_forming: bool,
}

/// What leaving all of `places` would do.
pub fn would_leave(places: &[Place]) -> Vec<Left> {
    let fewest = i64::try_from(MIN_MEMBERS).unwrap_or(i64::MAX);
    places
        .iter()
        .map(|place| Left {
            team: place.team,
            name: place.name.clone(),
            slug: place.slug.clone(),
            is_squad: place.is_squad,
            before: place.members,
            after: place.members - 1,
            returned_to_forming: place.is_squad && place.is_active && place.members - 1 < fewest,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaving_an_active_squad_of_6_returns_it_to_forming_and_of_7_does_not() {
        let place = |members, is_active, is_squad| Place {
            team: TeamId::new(),
            name: "Otters".to_owned(),
            slug: "otters".to_owned(),
            is_squad,
            is_active,
            members,
        };
        let left = would_leave(&[
            place(6, true, true),
            place(7, true, true),
            place(6, false, true),
            place(2, true, false),
        ]);
        let returned: Vec<_> = left.iter().map(|left| left.returned_to_forming).collect();
        assert_eq!(returned, [true, false, false, false]);
        assert_eq!((left[0].before, left[0].after), (6, 5));
    }
}
