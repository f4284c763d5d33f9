//! The constellation: one picture of an organization, as a map, a list and a matrix of the same data.
//!
//! - The server draws it. The same organization gives the same picture, and one squad more moves the others little.
//! - Up to 24 squads stand on one orbit, each by its name. Past that the map shows areas, each of which opens
//!   (`?area=…`) with its own squads and the core teams they are tied to.
//! - What is not known is drawn as not known, never as good.
//! - Every node is a link whose name begins with what is written at it; the table below says the same.
//!
//! | to read about | open |
//! |---|---|
//! | squads, core teams, products, ties, areas | `domain.rs` |
//! | areas by the beginnings of names | `beginnings.rs` |
//! | where everything stands | `layout/` |
//! | the picture in SVG | `map.rs`, `templates/constellation/map.html` |
//! | the list and the matrix | `table.rs` |
//! | the colours of a health dimension | `tint.rs` |
//! | reading an organization | `db.rs` |
//! | the page | `web.rs`, `templates/constellation/show.html` |

mod beginnings;
mod db;
mod domain;
mod layout;
mod map;
mod table;
mod tint;
mod web;

pub use db::load;
pub use domain::*;
pub use map::{Map, MapCard, card};
pub use web::routes;

/// The address of the map.
pub fn url(organization: &str) -> String {
    format!("/o/{organization}/constellation")
}

/// The address of one area.
pub fn area_url(organization: &str, area: &str) -> String {
    let area = percent_encoding::utf8_percent_encode(area, percent_encoding::NON_ALPHANUMERIC);
    format!("{}?area={area}", url(organization))
}

/// The same address in the same colours.
fn coloured(mut address: String, colour: &str) -> String {
    if !colour.is_empty() {
        address.push(if address.contains('?') { '&' } else { '?' });
        address.push_str("colour=");
        address.push_str(colour);
    }
    address
}
