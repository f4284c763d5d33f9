//! The picture for skies of every size.

use proptest::prelude::*;

use super::*;
use crate::constellation::domain::{CoreTeam, Link, Product, Star, Tie};
use crate::design::Tally;
use crate::ids::TeamId;
use uuid::Uuid;

const LONG: [&str; 8] = [
    "Kundenservice für gewerbliche Großabnehmer Region Nord",
    "Obsługa klientów biznesowych województwa mazowieckiego",
    "Move-in Made Easy",
    "Wärmepumpen und Photovoltaik Komplettpakete",
    "Heat Pump Care",
    "Household energy savings advice for tenants",
    "Donaudampfschifffahrtsgesellschaft",
    "EV at Home",
];

fn id(n: usize) -> TeamId {
    TeamId(Uuid::from_u128(u128::try_from(n).unwrap()))
}

fn sky(squads: usize, areas: usize, core: usize, ties: usize) -> Sky {
    let star = |n: usize| Star {
        id: id(n),
        name: format!("{} {n}", LONG[n % LONG.len()]),
        slug: format!("s{n}"),
        members: n % 12,
        is_active: !n.is_multiple_of(5),
        area: Some(format!("Area with a rather long name {}", n % areas.max(1))),
        tally: Tally { advice: n % 4, ..Tally::default() },
        ring: vec![],
        tint: None,
    };
    let core_team = |n: usize| CoreTeam {
        id: id(100_000 + n),
        name: format!("Platform services {n}"),
        slug: format!("c{n}"),
        members: 4,
    };
    let links = (0..ties).map(|n| Link {
        from: id(n % squads.max(1)),
        to: if n % 2 == 0 {
            id(100_000 + n % core.max(1))
        } else {
            id((n * 7 + 3) % squads.max(1))
        },
        kind: Tie::ALL[n % 5],
    });
    Sky {
        squads: (0..squads).map(star).collect(),
        core_teams: (0..core).map(core_team).collect(),
        products: vec![],
        links: links.collect(),
        ..Sky::default()
    }
    .sorted()
}

fn assert_labels_apart(picture: &Picture) {
    let labels: Vec<_> = picture
        .nodes
        .iter()
        .map(|node| &node.label)
        .filter(|label| !label.lines.is_empty())
        .collect();
    for (n, a) in labels.iter().enumerate() {
        for b in &labels[n + 1..] {
            let (p, q) = (a.bounds, b.bounds);
            let apart = p[0] >= q[2] || q[0] >= p[2] || p[1] >= q[3] || q[1] >= p[3];
            assert!(apart, "{:?} covers {:?}", a.lines, b.lines);
        }
    }
}

fn assert_inside(picture: &Picture) {
    for node in &picture.nodes {
        let Point { x, y } = node.at;
        assert!(x - node.r >= 0.0 && x + node.r <= WIDTH, "{node:?}");
        assert!(y - node.r >= 0.0 && y + node.r <= picture.height, "{node:?}");
        assert!(node.r.is_finite());
    }
    for line in &picture.lines {
        for point in [line.from, line.bend, line.to] {
            assert!(point.x.is_finite() && point.y.is_finite());
        }
    }
}

fn assert_nodes_apart(picture: &Picture) {
    for (n, a) in picture.nodes.iter().enumerate() {
        for b in &picture.nodes[n + 1..] {
            assert!(a.at.distance(b.at) >= a.r + b.r, "{a:?} {b:?}");
        }
    }
}

#[test]
fn names_never_cover_one_another() {
    for squads in [1, 8, 24, 25, 40, 200] {
        let sky = sky(squads, 7, 5, squads * 2);
        let picture = draw(&sky);
        assert_labels_apart(&picture);
        assert_nodes_apart(&picture);
        let of_area = draw_area(&sky);
        assert_labels_apart(&of_area);
        assert_nodes_apart(&of_area);
        assert_inside(&of_area);
    }
}

#[test]
fn every_squad_on_the_orbit_has_a_name_however_long() {
    for squads in [8, 12, 13, 24] {
        let picture = draw(&sky(squads, 1, 5, 0));
        let nameless = picture.nodes.iter().filter(|node| node.label.lines.is_empty()).count();
        assert_eq!(nameless, 0, "of {squads}");
    }
}

#[test]
fn twenty_four_squads_are_drawn_and_twenty_five_are_areas() {
    let of = |squads| draw(&sky(squads, 5, 0, 0)).nodes.len();
    assert_eq!((of(24), of(25)), (24, 5));
}

#[test]
fn in_a_large_area_those_who_are_tied_are_neighbours_and_no_line_crosses_the_field() {
    let mut sky = sky(60, 1, 2, 0);
    let link = |from, to| Link { from: id(from), to: id(to), kind: Tie::HandsOver };
    sky.links = vec![link(0, 59), link(59, 30), link(7, 100_000)];
    for n in 0..20 {
        sky.links.push(link(n * 3 % 60, (n * 17 + 5) % 60));
    }
    let sky = sky.sorted();
    let picture = draw_area(&sky);
    let squads = picture.nodes.iter().filter(|node| matches!(node.what, What::Squad(_)));
    assert_eq!(squads.count(), 60);
    assert!(!picture.lines.is_empty());
    assert!(picture.lines.iter().all(|line| line.from.distance(line.to) < 90.0));
    assert_nodes_apart(&picture);
    assert_eq!(draw_area(&sky), picture);
}

#[test]
fn many_areas_stand_in_rows() {
    let picture = draw(&sky(400, 80, 20, 500));
    assert_inside(&picture);
    assert_labels_apart(&picture);
    assert_nodes_apart(&picture);
    assert_eq!(picture.nodes.len(), 81);
}

#[test]
fn one_more_squad_moves_the_others_by_less_than_one_place() {
    for n in [3, 7, 11] {
        let before = sky(n, 1, 3, 0);
        let mut more = before.clone();
        let extra = Star { id: id(9999), name: "Hedgehogs".into(), ..before.squads[0].clone() };
        more.squads.push(extra);
        let (old, new) = (draw(&before), draw(&more.clone().sorted()));
        let one_place = old.nodes[0]
            .at
            .distance(old.nodes[1].at)
            .max(old.nodes[1].at.distance(old.nodes[2].at))
            * 1.4;
        let sorted = more.sorted();
        for node in &old.nodes {
            let What::Squad(i) = node.what else { continue };
            let same = |other: &&Node| matches!(other.what, What::Squad(j) if sorted.squads[j].id == before.squads[i].id);
            let there = new.nodes.iter().find(same).unwrap();
            assert!(there.at.distance(node.at) <= one_place, "{} of {n}", before.squads[i].name);
        }
    }
}

#[test]
fn a_product_has_the_sector_of_its_squads() {
    let mut sky = sky(8, 1, 0, 0);
    let of = |n: usize, squads: &[usize]| Product {
        id: Uuid::from_u128(7_000_000 + u128::try_from(n).unwrap()),
        name: format!("Product {n}"),
        slug: format!("p{n}"),
        lead: String::new(),
        squads: squads.iter().map(|squad| id(*squad)).collect(),
    };
    sky.products = vec![of(0, &[0, 2, 4]), of(1, &[1, 3, 5]), of(2, &[])];
    let sky = sky.sorted();
    let picture = draw(&sky);
    assert_inside(&picture);
    assert_nodes_apart(&picture);
    let at = |what: What| picture.nodes.iter().find(|node| node.what == what).unwrap().at;
    for (n, squad) in sky.squads.iter().enumerate() {
        let Some(own) = sky.products.iter().position(|product| product.squads.contains(&squad.id))
        else {
            continue;
        };
        let other = 1 - own;
        assert!(
            at(What::Squad(n)).distance(at(What::Product(own)))
                < at(What::Squad(n)).distance(at(What::Product(other)))
        );
    }
    assert_eq!(picture.lines.len(), 6);
}

prop_compose! {
    fn any_sky()(
        squads in prop::collection::vec((any::<u16>(), ".{0,60}", 0_usize..15, prop::option::of("[a-d ]{0,40}")), 0..70),
        core in prop::collection::vec((any::<u16>(), ".{0,40}"), 0..16),
        products in prop::collection::vec((".{0,40}", prop::collection::vec(any::<u16>(), 0..6)), 0..5),
        links in prop::collection::vec((any::<u16>(), any::<u16>(), 0_usize..6), 0..90),
    ) -> Sky {
        let mut squads: Vec<_> = squads.into_iter().map(|(n, name, members, area)| Star {
            id: id(usize::from(n)), slug: n.to_string(), name, members, area, is_active: members > 5,
            tally: Tally { advice: members, ..Tally::default() }, ring: vec![], tint: None,
        }).collect();
        squads.sort_by_key(|squad| squad.id);
        squads.dedup_by_key(|squad| squad.id);
        let mut core_teams: Vec<_> = core.into_iter().map(|(n, name)| CoreTeam {
            id: id(100_000 + usize::from(n)), slug: n.to_string(), name, members: 3,
        }).collect();
        core_teams.sort_by_key(|team| team.id);
        core_teams.dedup_by_key(|team| team.id);
        let ids: Vec<TeamId> = squads.iter().map(|squad| squad.id).chain(core_teams.iter().map(|team| team.id)).collect();
        let pick = |n: u16| if ids.is_empty() { id(usize::from(n)) } else { ids[usize::from(n) % ids.len()] };
        let products = products.into_iter().enumerate().map(|(n, (name, of))| Product {
            id: id(200_000 + n).0, slug: n.to_string(), lead: String::new(), name, squads: of.into_iter().map(pick).collect(),
        }).collect();
        let links = links.into_iter().map(|(a, b, kind)| Link { from: pick(a), to: pick(b), kind: Tie::ALL[kind] }).collect();
        Sky { squads, core_teams, products, links, ..Sky::default() }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_sky_is_drawn_inside_of_its_picture(sky in any_sky()) {
        let sky = sky.sorted();
        for picture in [draw(&sky), draw_area(&sky)] {
            assert_inside(&picture);
            assert_labels_apart(&picture);
        }
    }

    #[test]
    fn the_order_of_input_does_not_matter(sky in any_sky(), turn in 0_usize..50) {
        let mut other = sky.clone();
        other.squads.reverse();
        other.core_teams.reverse();
        other.products.reverse();
        other.links.reverse();
        if !other.squads.is_empty() {
            let n = other.squads.len();
            other.squads.rotate_left(turn % n);
        }
        let (sky, other) = (sky.sorted(), other.sorted());
        prop_assert_eq!(draw(&sky), draw(&other));
        prop_assert_eq!(draw_area(&sky), draw_area(&other));
    }
}
