//! What every page shows around its own content: `templates/base.html` renders a [`Shell`].

use uuid::Uuid;

/// The frame of a page. The default is that of a visitor who is not signed in.
#[derive(Clone, Debug, Default)]
pub struct Shell {
    /// The chosen colours; without a choice the system decides.
    pub theme: Option<Theme>,
    /// Which entry of the navigation is the current one.
    pub section: Section,
    pub org: Option<ShellOrg>,
    pub me: Option<ShellMe>,
    /// One sentence about what has just happened.
    pub flash: Option<Flash>,
    /// Shows the pages that only an admin may open.
    pub may_administer: bool,
    /// The key that makes a form count once, for the forms of the frame itself.
    pub key: String,
    /// Adds the link to the components page.
    pub development: bool,
    /// The word in addresses of the organization that this browser looked at last.
    pub last: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    Light,
    Dark,
}

impl Theme {
    /// As in the cookie, in the form field, and in `data-theme`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Reads what [`Theme::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Light, Self::Dark].into_iter().find(|theme| theme.as_str() == text)
    }
}

/// The entries of the navigation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Section {
    MyWork,
    Home,
    Constellation,
    Finder,
    Squads,
    CoreTeams,
    Links,
    Products,
    Members,
    Skills,
    Health,
    Coaching,
    Learning,
    Activity,
    Import,
    Settings,
    Account,
    #[default]
    None,
}

/// The organization that the page belongs to.
#[derive(Clone, Debug, Default)]
pub struct ShellOrg {
    pub name: String,
    pub slug: String,
    /// The visitor's other organizations.
    pub others: Vec<OrgLink>,
    pub squads: i64,
    pub core_teams: i64,
    pub members: i64,
    /// Coaching requests that wait for a coach.
    pub coaching: i64,
}

/// One organization in the switcher.
#[derive(Clone, Debug, Default)]
pub struct OrgLink {
    pub name: String,
    pub slug: String,
}

/// The person who is signed in.
#[derive(Clone, Debug, Default)]
pub struct ShellMe {
    pub name: String,
    /// "Leader", "Coach · Fair Bills".
    pub role_line: String,
    pub member: Option<Uuid>,
}

/// A sentence shown once, after a change.
#[derive(Clone, Debug, Default)]
pub struct Flash {
    pub text: String,
    pub bad: bool,
    /// Where a POST takes the change back.
    pub undo: Option<String>,
}

impl Shell {
    /// The value of `aria-current` for an entry of the navigation; nothing for all but one.
    pub fn current(&self, section: Section) -> Option<&'static str> {
        (self.section == section && section != Section::None).then_some("page")
    }

    /// The theme that the switch offers. A system's own choice is unknown here; the script knows it.
    pub fn other_theme(&self) -> &'static str {
        match self.theme {
            Some(Theme::Dark) => Theme::Light.as_str(),
            Some(Theme::Light) | None => Theme::Dark.as_str(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_entry_is_current() {
        let shell = Shell { section: Section::Squads, ..Shell::default() };
        assert_eq!(shell.current(Section::Squads), Some("page"));
        assert_eq!(shell.current(Section::Home), None);
        assert_eq!(Shell::default().current(Section::None), None);
    }

    #[test]
    fn the_switch_offers_the_other_theme() {
        let shell = |theme| Shell { theme, ..Shell::default() };
        assert_eq!(shell(None).other_theme(), "dark");
        assert_eq!(shell(Some(Theme::Dark)).other_theme(), "light");
        assert_eq!(Theme::parse("dark"), Some(Theme::Dark));
        assert_eq!(Theme::parse("blue"), None);
    }
}
