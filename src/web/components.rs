//! Every part of the interface in its states, at `/components` while developing.

use askama::Template;

use super::shell::Shell;

/// The reference page.
#[derive(Clone, Debug, Template)]
#[template(path = "components/page.html")]
pub struct ComponentsPage {
    pub shell: Shell,
}

/// See [`ComponentsPage`].
pub fn page(shell: Shell) -> ComponentsPage {
    ComponentsPage { shell }
}
