//! Who is linked to whom, as a table.

use std::collections::HashMap;

use crate::design::{LinkDesign, LinkEnd};
use crate::ids::TeamId;

/// More teams than this are no table that anybody reads.
pub const MAX_TEAMS: usize = 40;

/// Links as rows and columns of teams.
#[derive(Debug, Default)]
pub struct Matrix {
    /// The teams, squads first, by name.
    pub teams: Vec<LinkEnd>,
    /// Each of them with its links to each of them.
    pub rows: Vec<(LinkEnd, Vec<Vec<LinkDesign>>)>,
}

impl Matrix {
    /// The teams of these links; none if there are more than [`MAX_TEAMS`].
    pub fn of(links: Vec<LinkDesign>) -> Option<Self> {
        let mut teams: HashMap<TeamId, LinkEnd> = HashMap::new();
        for end in links.iter().flat_map(|link| [&link.from, &link.to]) {
            teams.entry(end.team).or_insert_with(|| end.clone());
        }
        if teams.len() > MAX_TEAMS {
            return None;
        }
        let mut teams: Vec<_> = teams.into_values().collect();
        teams.sort_by_cached_key(|end| (!end.is_squad, end.name.to_lowercase(), end.team));
        let places: HashMap<_, _> =
            teams.iter().enumerate().map(|(place, end)| (end.team, place)).collect();
        let mut rows = vec![vec![vec![]; teams.len()]; teams.len()];
        for link in links {
            let (from, to) = (places[&link.from.team], places[&link.to.team]);
            rows[from][to].push(link);
        }
        let rows = teams.iter().cloned().zip(rows).collect();
        Some(Self { teams, rows })
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use uuid::Uuid;

    use super::*;
    use crate::design::LinkKind;
    use crate::ids::LinkId;

    fn end(n: usize, is_squad: bool) -> LinkEnd {
        LinkEnd {
            team: TeamId(Uuid::from_u128(n as u128)),
            name: format!("Team {n:02}"),
            slug: String::new(),
            is_squad,
            liaison: None,
        }
    }

    fn link(from: LinkEnd, to: LinkEnd) -> LinkDesign {
        LinkDesign {
            id: LinkId::new(),
            kind: LinkKind::Informs,
            from,
            to,
            purpose: "Outages".to_owned(),
            review_on: NaiveDate::MAX,
        }
    }

    #[test]
    fn a_cell_has_the_links_from_its_row_to_its_column() {
        let matrix = Matrix::of(vec![link(end(1, false), end(2, true))]).unwrap();
        let names: Vec<_> = matrix.teams.iter().map(|end| end.name.as_str()).collect();
        assert_eq!(names, ["Team 02", "Team 01"], "squads come first");
        assert_eq!((matrix.rows[1].1[0].len(), matrix.rows[0].1[1].len()), (1, 0));
    }

    #[test]
    fn forty_teams_are_a_table_and_forty_one_are_not() {
        let ring = |n: usize| (0..n).map(move |at| link(end(at, true), end((at + 1) % n, true)));
        assert_eq!(Matrix::of(ring(40).collect()).unwrap().rows.len(), 40);
        assert!(Matrix::of(ring(41).collect()).is_none());
    }
}
