//! Members: what is known of one, who may change it, and how several are written at once.

use std::collections::HashMap;
use std::fmt;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::accounts::{Email, PersonName};
use crate::actor::{Actor, Role, Roles};
use crate::ids::{MemberId, UserId};
use crate::rule::Rule;
use crate::text::text;

text!(
    /// What somebody is by craft: marketing, design, data, …. A squad needs three of them at least (S3).
    Discipline, line, "the discipline", 0, 60
);
text!(
    /// What somebody is called in their work.
    Title, line, "the title", 0, 80
);

/// The disciplines that are suggested beside those in use (DOMAIN.md, glossary).
pub const DISCIPLINES: [&str; 7] =
    ["marketing", "sales", "service", "product", "design", "data", "engineering"];

/// Where a member's clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeZone(Tz);

/// A text that is no time zone.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Choose a time zone from the list, such as Europe/Oslo.")]
pub struct BadTimeZone;

impl Rule for BadTimeZone {
    fn code(&self) -> &'static str {
        "time_zone_unknown"
    }
    fn field(&self) -> Option<&'static str> {
        Some("time_zone")
    }
}

impl TimeZone {
    /// A zone that is known.
    pub fn of(zone: Tz) -> Self {
        Self(zone)
    }

    /// The zone of a name; UTC for none.
    pub fn parse(text: &str) -> Result<Self, BadTimeZone> {
        match text.trim() {
            "" => Ok(Self(Tz::UTC)),
            name => name.parse().map(Self).map_err(|_| BadTimeZone),
        }
    }

    /// The name in the database.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The names that are suggested: places, not abbreviations.
    pub fn suggestions() -> impl Iterator<Item = &'static str> {
        let is_place = |name: &&str| name.contains('/') && !name.starts_with("Etc/");
        chrono_tz::TZ_VARIANTS.iter().map(|tz| tz.name()).filter(is_place).chain(["UTC"])
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is known of a member.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Their name.
    pub name: PersonName,
    /// How to reach them; also where an invitation goes.
    pub email: Option<Email>,
    /// What they are by craft.
    pub discipline: Discipline,
    /// What they are called.
    pub title: Title,
    /// Where their clock stands.
    pub time_zone: TimeZone,
}

/// A member who is about to change, as far as rules ask.
#[derive(Debug, Clone)]
pub struct Member {
    /// The member.
    pub id: MemberId,
    /// Their name.
    pub name: String,
    /// Their account.
    pub user: Option<UserId>,
    /// Their roles, which stay while they are deactivated.
    pub roles: Roles,
    /// Whether they have left.
    pub is_deactivated: bool,
}

/// Who may add members and edit other people's profiles, for a refusal.
pub const EDITORS: &str = "Only the member, leaders and admins edit this profile.";
/// Who may deactivate an admin, for a refusal.
pub const PEERS: &str = "Only admins deactivate and reactivate admins.";

/// Why somebody cannot be deactivated or reactivated.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeaveRefused {
    /// H11.
    #[error(
        "{0} is the last admin. An organization always has an admin: make somebody else admin first."
    )]
    LastAdmin(String),
    /// H3.
    #[error("{0} is the lead PM of {1}. A product always has a lead PM: hand it over first.")]
    LeadsProduct(String, String),
    /// It is done already.
    #[error("{0} is deactivated already.")]
    Already(String),
    /// There is nothing to bring back.
    #[error("{0} is active already.")]
    Active(String),
}

impl Rule for LeaveRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::LastAdmin(_) => "last_admin",
            Self::LeadsProduct(..) => "leads_product",
            Self::Already(_) => "member_deactivated",
            Self::Active(_) => "member_active",
        }
    }
    fn is_conflict(&self) -> bool {
        true
    }
}

impl Member {
    /// Whether `actor` may edit the profile: oneself, leaders and admins.
    pub fn may_be_edited_by(&self, actor: &Actor) -> bool {
        actor.member == self.id || actor.roles.may_design()
    }

    /// Whether `actor` may deactivate or reactivate: leaders and admins, and an admin only admins, so that nobody
    /// takes or gives more than they have.
    pub fn may_be_moved_by(&self, actor: &Actor) -> bool {
        actor.roles.may_administer() || (actor.roles.may_design() && !self.roles.has(Role::Admin))
    }

    /// Whether an organization with `admins` admins lets this member go (H11), who leads the products `led` (H3).
    pub fn may_leave(&self, admins: i32, led: &[&str]) -> Result<(), LeaveRefused> {
        if self.is_deactivated {
            return Err(LeaveRefused::Already(self.name.clone()));
        }
        let counts = self.roles.has(Role::Admin) && self.user.is_some();
        if counts && admins <= 1 {
            return Err(LeaveRefused::LastAdmin(self.name.clone()));
        }
        if !led.is_empty() {
            return Err(LeaveRefused::LeadsProduct(self.name.clone(), led.join(" and ")));
        }
        Ok(())
    }

    /// Whether this member can come back.
    pub fn may_return(&self) -> Result<(), LeaveRefused> {
        if self.is_deactivated { Ok(()) } else { Err(LeaveRefused::Active(self.name.clone())) }
    }
}

/// What came of a deactivation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// Who has left.
    pub name: String,
    /// The squads that returned to forming (H1).
    pub returned: Vec<String>,
}

/// Another member has the address.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Another member has this e-mail address. Check it, or leave it empty.")]
pub struct MemberEmailTaken;

impl Rule for MemberEmailTaken {
    fn code(&self) -> &'static str {
        "member_email_taken"
    }
    fn field(&self) -> Option<&'static str> {
        Some("email")
    }
    fn is_conflict(&self) -> bool {
        true
    }
}

/// So many members are added at once at most; more come by the import.
pub const SEVERAL_MAX: usize = 200;

/// Why several members were not added: line by line.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SeveralRefused(String);

impl Rule for SeveralRefused {
    fn code(&self) -> &'static str {
        "members_refused"
    }
    fn field(&self) -> Option<&'static str> {
        Some("lines")
    }
}

/// How much of a line is quoted.
const QUOTED: usize = 60;

/// "Line 2 (“, bo@example.org”): Fill in the name."
fn about(number: usize, line: &str, why: &str) -> String {
    let short: String = line.trim().chars().take(QUOTED).collect();
    let dots = if line.trim().chars().count() > QUOTED { "…" } else { "" };
    format!("Line {number} (“{short}{dots}”): {why}")
}

impl SeveralRefused {
    /// One sentence for each line, which quotes it.
    pub fn of(mut lines: Vec<(usize, String, String)>) -> Self {
        lines.sort();
        let said: Vec<_> =
            lines.iter().map(|(number, line, why)| about(*number, line, why)).collect();
        Self(format!("{} Nobody was added.", said.join(" ")))
    }
}

/// Names that somebody has already, in the organization or further up in the text: they may be another person's, and
/// more often they are one person twice.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Namesakes {
    /// One member was to be added.
    #[error("A member has this name already. Tick the box if this is somebody else.")]
    One,
    /// Several were: line by line.
    #[error("{0} Nobody was added yet: take out who is there already, or tick the box.")]
    Several(String),
}

impl Rule for Namesakes {
    fn code(&self) -> &'static str {
        "members_namesakes"
    }
    fn field(&self) -> Option<&'static str> {
        Some("namesakes")
    }
}

/// A name as it is compared.
pub fn folded(profile: &Profile) -> String {
    profile.name.as_str().to_lowercase()
}

/// The names of `lines` as they are compared.
pub fn names(lines: &[Numbered]) -> Vec<String> {
    lines.iter().map(|(_, profile)| folded(profile)).collect()
}

/// Refuses names that are among `there`, or twice among `lines`.
pub fn refuse_namesakes(lines: &[Numbered], there: &[String]) -> Result<(), Namesakes> {
    let mut first: HashMap<String, usize> = HashMap::new();
    let mut said = vec![];
    for (number, profile) in lines {
        let name = folded(profile);
        let before = *first.entry(name.clone()).or_insert(*number);
        if before != *number {
            said.push(about(
                *number,
                &profile.line(),
                &format!("the same name as in line {before}."),
            ));
        } else if there.contains(&name) {
            said.push(about(*number, &profile.line(), "a member has this name already."));
        }
    }
    if said.is_empty() { Ok(()) } else { Err(Namesakes::Several(said.join(" "))) }
}

impl Profile {
    /// Name and address as a line of several members.
    pub fn line(&self) -> String {
        match &self.email {
            Some(email) => format!("{}, {email}", self.name),
            None => self.name.to_string(),
        }
    }
}

/// A member of the text, with the number of the line.
pub type Numbered = (usize, Profile);

/// Reads "Name, e-mail, discipline, title", one member a line, of which only the name is needed. What a spreadsheet
/// copies is parted by tabs, and those are taken too.
pub fn parse_several(text: &str, time_zone: TimeZone) -> Result<Vec<Numbered>, SeveralRefused> {
    let mut errors = vec![];
    let mut members = vec![];
    let mut addresses: HashMap<Email, usize> = HashMap::new();
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        match parse_line(line, time_zone) {
            Err(why) => errors.push((number, line.to_owned(), why)),
            Ok(profile) => {
                let first = profile.email.clone().map(|it| *addresses.entry(it).or_insert(number));
                match first.filter(|first| *first != number) {
                    Some(first) => {
                        let why = format!("The e-mail address is that of line {first}.");
                        errors.push((number, line.to_owned(), why));
                    }
                    None => members.push((number, profile)),
                }
            }
        }
    }
    if members.len() > SEVERAL_MAX {
        let why = format!("At most {SEVERAL_MAX} members at once. Use the import for more.");
        let (number, profile) = &members[SEVERAL_MAX];
        errors.push((*number, profile.line(), why));
    }
    if errors.is_empty() && members.is_empty() {
        return Err(SeveralRefused("Write at least one name.".to_owned()));
    }
    if errors.is_empty() { Ok(members) } else { Err(SeveralRefused::of(errors)) }
}

fn parse_line(line: &str, time_zone: TimeZone) -> Result<Profile, String> {
    let mark = if line.contains('\t') { '\t' } else { ',' };
    let mut parts = line.splitn(4, mark).map(str::trim);
    let mut next = || parts.next().unwrap_or_default();
    let name = PersonName::parse(next()).map_err(|error| error.to_string())?;
    let email = parse_email(next()).map_err(|error| error.to_string())?;
    let discipline = Discipline::parse(next()).map_err(|error| error.to_string())?;
    let title = Title::parse(next()).map_err(|error| error.to_string())?;
    Ok(Profile { name, email, discipline, title, time_zone })
}

/// An address, or none for an empty text.
pub fn parse_email(text: &str) -> Result<Option<Email>, crate::accounts::BadEmail> {
    if text.trim().is_empty() { Ok(None) } else { Email::parse(text).map(Some) }
}

/// The share of a member's time that no team has, in percent; over 100 % nothing is free.
pub fn free_share(allocated: i64) -> i64 {
    (100 - allocated).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn several(text: &str) -> Result<Vec<Numbered>, SeveralRefused> {
        parse_several(text, TimeZone(Tz::UTC))
    }

    fn member(roles: &[&str], user: bool) -> Member {
        Member {
            id: MemberId::new(),
            name: "Ada".to_owned(),
            user: user.then(UserId::new),
            roles: Roles::parse(roles).unwrap(),
            is_deactivated: false,
        }
    }

    #[test]
    fn a_line_needs_only_a_name() {
        let all = several("Ada Lovelace\n\n Bo , BO@Example.org, design, Lead, of all \n").unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].1.name.as_str(), &all[0].1.email), ("Ada Lovelace", &None));
        assert_eq!(all[1].0, 3, "the number is the line's in the text");
        assert_eq!(all[1].1.email.as_ref().unwrap().as_str(), "bo@example.org");
        assert_eq!(all[1].1.title.as_str(), "Lead, of all");
    }

    #[test]
    fn a_spreadsheet_copies_tabs() {
        let all = several("Lovelace, Ada\tada@example.org\tdata").unwrap();
        assert_eq!(all[0].1.name.as_str(), "Lovelace, Ada");
        assert_eq!(all[0].1.discipline.as_str(), "data");
    }

    #[test]
    fn each_wrong_line_is_named() {
        let refused =
            several("Ada, ada@example.org\n, bo@example.org\nCy, ada@example.org\nDi, nowhere");
        assert_eq!(
            refused.unwrap_err().to_string(),
            "Line 2 (“, bo@example.org”): Fill in the name. \
             Line 3 (“Cy, ada@example.org”): The e-mail address is that of line 1. \
             Line 4 (“Di, nowhere”): Write an e-mail address like name@example.org. Nobody was added."
        );
        assert_eq!(several(" \n ").unwrap_err().to_string(), "Write at least one name.");
    }

    #[test]
    fn a_name_without_a_letter_is_refused_with_its_line() {
        assert_eq!(
            several("Ada\n;;;").unwrap_err().to_string(),
            "Line 2 (“;;;”): Write the name with letters. Nobody was added."
        );
        let long = several(&"x".repeat(200)).unwrap_err().to_string();
        assert!(long.contains(&format!("(“{}…”)", "x".repeat(60))), "{long}");
    }

    #[test]
    fn names_that_are_there_twice_ask_first() {
        let lines = several("Ada Lovelace\nBo, bo@example.org\nADA  lovelace").unwrap();
        assert_eq!(refuse_namesakes(&lines[..2], &[]), Ok(()));
        assert_eq!(
            refuse_namesakes(&lines, &["bo".to_owned()]).unwrap_err().to_string(),
            "Line 2 (“Bo, bo@example.org”): a member has this name already. \
             Line 3 (“ADA lovelace”): the same name as in line 1. \
             Nobody was added yet: take out who is there already, or tick the box."
        );
    }

    #[test]
    fn two_hundred_at_once_and_not_one_more() {
        assert_eq!(several(&"Ada\n".repeat(200)).unwrap().len(), 200);
        assert!(
            several(&"Ada\n".repeat(201))
                .unwrap_err()
                .to_string()
                .starts_with("Line 201 (“Ada”): At most")
        );
    }

    #[test]
    fn the_last_admin_stays() {
        assert!(matches!(
            member(&["admin"], true).may_leave(1, &[]),
            Err(LeaveRefused::LastAdmin(_))
        ));
        assert_eq!(member(&["admin"], true).may_leave(2, &[]), Ok(()));
        assert_eq!(member(&["leader"], true).may_leave(1, &[]), Ok(()));
        assert_eq!(
            member(&["admin"], false).may_leave(1, &[]),
            Ok(()),
            "one who cannot sign in yet"
        );
        let refused = member(&["leader"], true).may_leave(1, &["Norvik App", "Norvik Web"]);
        let said = refused.unwrap_err().to_string();
        assert!(said.ends_with("lead PM of Norvik App and Norvik Web. A product always has a lead PM: hand it over first."));
    }

    #[test]
    fn a_time_zone_is_one_that_exists() {
        assert_eq!(TimeZone::parse("Europe/Oslo").unwrap().name(), "Europe/Oslo");
        assert_eq!(TimeZone::parse(" ").unwrap().name(), "UTC");
        assert_eq!(TimeZone::parse("Europe/Atlantis"), Err(BadTimeZone));
        assert!(TimeZone::suggestions().any(|name| name == "Asia/Kathmandu"));
    }

    #[test]
    fn nothing_is_free_over_100_percent() {
        assert_eq!((free_share(0), free_share(100), free_share(120)), (100, 0, 0));
    }
}
