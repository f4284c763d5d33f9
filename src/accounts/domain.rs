//! What a password must be, how long a session lives, how long a wrong password delays.

use chrono::{DateTime, TimeDelta, Utc};

use crate::rule::Rule;
use crate::text::text;

text!(
    /// The name of a person.
    PersonName, name, "the name", 1, 120
);

/// A session's row is touched at most this often (RELIABILITY R12).
pub const SEEN_EVERY: TimeDelta = TimeDelta::minutes(5);

/// How long a session lives: without use, and at all (ASVS 7.3: 8 h and 14 d; admins 1 h and 12 h).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// Without use.
    pub idle: TimeDelta,
    /// At all.
    pub absolute: TimeDelta,
}

impl Lifetime {
    /// For a user who is admin of an organization, or is not.
    pub fn of(is_admin: bool) -> Self {
        if is_admin {
            Self { idle: TimeDelta::hours(1), absolute: TimeDelta::hours(12) }
        } else {
            Self { idle: TimeDelta::hours(8), absolute: TimeDelta::days(14) }
        }
    }
}

/// An address for signing in and for invitations: trimmed, in lower case.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    sqlx::Type,
    serde::Serialize,
    serde::Deserialize,
)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct Email(String);

/// Why an address was refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Write an e-mail address like name@example.org.")]
pub struct BadEmail;

impl Rule for BadEmail {
    fn code(&self) -> &'static str {
        "email_unreadable"
    }
    fn field(&self) -> Option<&'static str> {
        Some("email")
    }
}

impl Email {
    /// Trims and checks what was typed. What is really reachable only a letter can tell.
    pub fn parse(text: &str) -> Result<Self, BadEmail> {
        let text = text.trim().to_lowercase();
        let (local, host) = text.rsplit_once('@').ok_or(BadEmail)?;
        let is_readable = !local.is_empty()
            && host.contains('.')
            && !host.starts_with('.')
            && !host.ends_with('.')
            && text.len() <= 254
            && !text
                .chars()
                .any(|c| c.is_whitespace() || c.is_control() || "<>,;:\"()[]\\".contains(c))
            && !local.contains('@');
        if is_readable { Ok(Self(text)) } else { Err(BadEmail) }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`.
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }
}

impl std::fmt::Display for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Fewest characters of a password, and of that of an admin or leader (ASVS 6.2.1).
pub const PASSWORD_MIN: usize = 8;
/// Fewest characters for those who can change what others see.
pub const PASSWORD_MIN_TRUSTED: usize = 12;
/// Most characters: nobody is cut off, and nobody keeps the server busy.
pub const PASSWORD_MAX: usize = 200;

/// Why a password was refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    /// Too few characters.
    #[error("Use at least {0} characters. A sentence is fine.")]
    TooShort(usize),
    /// Too many characters.
    #[error("Use at most {PASSWORD_MAX} characters.")]
    TooLong,
    /// On the lists that attackers try first, or made of the person's own words.
    #[error(
        "This password is easy to guess. Use a few words that have nothing to do with you or Trellis."
    )]
    Guessable,
}

impl Rule for BadPassword {
    fn code(&self) -> &'static str {
        match self {
            Self::TooShort(_) => "password_too_short",
            Self::TooLong => "password_too_long",
            Self::Guessable => "password_guessable",
        }
    }
    fn field(&self) -> Option<&'static str> {
        Some("password")
    }
}

/// Checks a new password. `is_trusted` for admins and leaders; `own_words` are those that an attacker tries first:
/// the address, the name, the organization.
pub fn check_password(
    password: &str,
    is_trusted: bool,
    own_words: &[&str],
) -> Result<(), BadPassword> {
    let least = if is_trusted { PASSWORD_MIN_TRUSTED } else { PASSWORD_MIN };
    let length = password.chars().count();
    if length < least {
        return Err(BadPassword::TooShort(least));
    }
    if length > PASSWORD_MAX {
        return Err(BadPassword::TooLong);
    }
    let mut words = vec!["trellis", "squad"];
    words.extend(own_words.iter().filter(|word| word.chars().count() >= 3));
    // zxcvbn looks at the first 100 characters, which is where a guess would begin.
    if zxcvbn::zxcvbn(password, &words).score() < zxcvbn::Score::Two {
        return Err(BadPassword::Guessable);
    }
    Ok(())
}

/// Wrong passwords that cost nothing.
pub const FREE_FAILURES: i32 = 10;
/// Wrong passwords that are counted at most: the delay is at its longest by then.
pub const MOST_FAILURES: i32 = 20;
/// In this time as many are forgotten, evenly, and whether anybody signed in or not: what an address has an account
/// for, and whether its owner comes and goes, cannot be read off the count.
pub const FAILURES_FORGOTTEN: TimeDelta = TimeDelta::days(1);

/// The wrong passwords that were sent for an address, whether it has an account or not (ASVS 6.3.8).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Failures {
    /// How many after the last one.
    pub count: f64,
    /// When the last one was.
    pub last: DateTime<Utc>,
}

impl Failures {
    /// Until when the address takes no password from an unknown browser.
    pub fn delay(self) -> Option<DateTime<Utc>> {
        #[expect(clippy::cast_possible_truncation, reason = "at most MOST_FAILURES")]
        delay_until(self.count as i32, self.last)
    }

    /// With one more, after those that are forgotten by then.
    #[must_use]
    pub fn and_one(self, now: DateTime<Utc>) -> Self {
        let most = f64::from(MOST_FAILURES);
        let passed = (now - self.last).as_seconds_f64() / FAILURES_FORGOTTEN.as_seconds_f64();
        let left = (self.count - most * passed.max(0.0)).max(0.0);
        Self { count: (left + 1.0).min(most), last: now.max(self.last) }
    }
}

/// Until when an address takes no password from an unknown browser after `failures`: 1 s after the tenth,
/// doubling, 5 minutes at most; never a lock (RELIABILITY R9).
pub fn delay_until(failures: i32, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let beyond = u32::try_from(failures - FREE_FAILURES).ok()?;
    let seconds = 2_i64.saturating_pow(beyond).min(300);
    Some(now + TimeDelta::seconds(seconds))
}

/// Why somebody could not sign in.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInRefused {
    /// Address unknown or password wrong: one answer for both.
    #[error("Address and password do not match. Check both and try again.")]
    NoMatch,
    /// Too many wrong passwords for this address.
    #[error("There were many wrong passwords for this account. Wait {0} seconds and try again.")]
    Delayed(i64),
}

impl Rule for SignInRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::NoMatch => "sign_in_no_match",
            Self::Delayed(_) => "sign_in_delayed",
        }
    }
    fn field(&self) -> Option<&'static str> {
        Some("password")
    }
}

/// The current password that was asked for again is another one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("This is not your current password.")]
pub struct WrongPassword;

impl Rule for WrongPassword {
    fn code(&self) -> &'static str {
        "password_wrong"
    }
    fn field(&self) -> Option<&'static str> {
        Some("current")
    }
}

/// Whether a password has too few characters for somebody who can change what others see. It was long enough when it
/// was chosen; since then its owner has become more.
pub fn is_short_for_trusted(password: &str) -> bool {
    password.chars().count() < PASSWORD_MIN_TRUSTED
}

/// How long a link lives that resets a password (RELIABILITY R10).
pub const RESET_LIFETIME: TimeDelta = TimeDelta::minutes(30);

/// A password that no admin of one organization may reset, because it opens others too.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "This account belongs to another organization too, so no admin of one of them can reset its password. \
     Its owner can change it under their name, while signed in."
)]
pub struct BelongsElsewhere;

impl Rule for BelongsElsewhere {
    fn code(&self) -> &'static str {
        "account_belongs_elsewhere"
    }
    fn is_conflict(&self) -> bool {
        true
    }
}

/// A link that does nothing any more.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("This link was used already or is too old. Ask for a new one.")]
pub struct LinkSpent;

impl Rule for LinkSpent {
    fn code(&self) -> &'static str {
        "link_spent"
    }
}

/// An address that signs in already.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Somebody signs in with this address already. Sign in with it instead.")]
pub struct EmailTaken;

impl Rule for EmailTaken {
    fn code(&self) -> &'static str {
        "email_taken"
    }
    fn field(&self) -> Option<&'static str> {
        Some("email")
    }
    fn is_conflict(&self) -> bool {
        true
    }
}

/// The browser and the system that a User-Agent header names, as a person calls them: "Firefox on Linux".
pub fn browser_words(user_agent: &str) -> String {
    let named = |names: &[(&str, &'static str)]| {
        names.iter().find(|(sign, _)| user_agent.contains(sign)).map(|(_, name)| *name)
    };
    // Most browsers claim to be Chrome or Safari too, so the order matters.
    let browser = named(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Vivaldi", "Vivaldi"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS", "Firefox"),
        ("CriOS", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = named(&[
        ("iPhone", "an iPhone"),
        ("iPad", "an iPad"),
        ("Android", "Android"),
        ("CrOS", "ChromeOS"),
        ("Windows", "Windows"),
        ("Mac OS X", "a Mac"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, Some(system)) => format!("A browser on {system}"),
        (None, None) => "Another program".to_owned(),
    }
}

/// Checks a new password of somebody with an address, a name and organizations: what somebody would try first who
/// knows them is refused too.
pub fn check_password_of<'a>(
    password: &str,
    is_trusted: bool,
    email: &'a str,
    names: impl IntoIterator<Item = &'a str>,
) -> Result<(), BadPassword> {
    let local = email.rsplit_once('@').map_or(email, |(local, _)| local);
    let mut words = vec![];
    for text in [local, email].into_iter().chain(names) {
        words.push(text.to_owned());
        let parts = text.split(|c: char| !c.is_alphanumeric());
        words.extend(parts.clone().map(ToOwned::to_owned));
        words.push(parts.collect());
    }
    check_password(password, is_trusted, &words.iter().map(String::as_str).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_trimmed_and_lowered() {
        assert_eq!(Email::parse("  Ada@Example.ORG ").unwrap().as_str(), "ada@example.org");
        for bad in [
            "",
            "ada",
            "ada@",
            "@example.org",
            "ada@host",
            "a b@example.org",
            "a\r\n@example.org",
            "a@b@example.org",
        ] {
            assert_eq!(Email::parse(bad), Err(BadEmail), "{bad:?}");
        }
    }

    #[test]
    fn a_password_has_8_characters_and_12_for_those_who_are_trusted() {
        assert_eq!(check_password("tuv0Wq!", false, &[]), Err(BadPassword::TooShort(8)));
        assert_eq!(check_password("tuv0Wq!x", false, &[]), Ok(()));
        assert_eq!(check_password("tuv0Wq!xmoss", true, &[]), Ok(()));
        assert_eq!(check_password("tuv0Wq!xmos", true, &[]), Err(BadPassword::TooShort(12)));
        assert_eq!(check_password(&"tuv0Wq!x".repeat(25), true, &[]), Ok(()));
        assert_eq!(check_password(&"tuv0Wq!xy".repeat(25), true, &[]), Err(BadPassword::TooLong));
    }

    #[test]
    fn what_attackers_try_first_is_refused() {
        for password in ["password1", "qwertyuiop", "trellis123", "norvikenergy1"] {
            assert_eq!(
                check_password(password, false, &["norvikenergy"]),
                Err(BadPassword::Guessable),
                "{password}"
            );
        }
    }

    #[test]
    fn wrong_passwords_delay_from_the_tenth_on_and_never_longer_than_5_minutes() {
        let now = DateTime::from_timestamp(0, 0).unwrap();
        let delay = |failures| delay_until(failures, now).map(|until| (until - now).num_seconds());
        assert_eq!(delay(9), None);
        assert_eq!(delay(10), Some(1));
        assert_eq!(delay(13), Some(8));
        assert_eq!(delay(1000), Some(300));
    }

    #[test]
    fn wrong_passwords_are_forgotten_evenly_and_all_within_a_day() {
        let start = DateTime::from_timestamp(0, 0).unwrap();
        let full = (0..30).fold(Failures { count: 0.0, last: start }, |it, _| it.and_one(start));
        let count = |it: Failures| format!("{:.3}", it.count);
        assert_eq!(count(full), "20.000");
        assert_eq!(full.delay(), Some(start + TimeDelta::minutes(5)));

        let after = |period| count(full.and_one(start + period));
        assert_eq!(after(TimeDelta::hours(12)), "11.000");
        assert_eq!(after(TimeDelta::days(1)), "1.000");
        assert_eq!(after(TimeDelta::days(9)), "1.000");
        assert_eq!(after(-TimeDelta::hours(1)), "20.000", "a clock that is behind forgets nothing");
    }

    #[test]
    fn a_browser_has_a_name_that_people_know() {
        for (header, words) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Safari/604.1",
                "Safari on an iPhone",
            ),
            ("", "Another program"),
        ] {
            assert_eq!(browser_words(header), words);
        }
    }

    #[test]
    fn a_password_of_ones_own_words_is_refused() {
        let names = ["Ada Lovelace", "Norvik Energy"];
        for password in ["ada.lovelace1", "NorvikEnergy1", "norvik energy", "adalovelace12"] {
            assert_eq!(
                check_password_of(password, false, "ada.lovelace@norvik.example", names),
                Err(BadPassword::Guessable),
                "{password}"
            );
        }
    }
}
