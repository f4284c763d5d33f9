//! What was made, and how it is printed.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};

use crate::ids::MemberId;

/// What was made.
#[derive(Debug, Default)]
pub struct Made {
    /// The organizations, in the order of their making.
    pub organizations: Vec<MadeOrganization>,
}

/// One organization.
#[derive(Debug)]
pub struct MadeOrganization {
    /// Its ids, slugs and names, as they are printed.
    pub summary: Value,
    /// Who signs in.
    pub accounts: Vec<Account>,
    /// The slug of the squad that the `member` account belongs to.
    pub member_squad: Option<String>,
}

/// Somebody who signs in.
#[derive(Debug, Clone, Serialize)]
pub struct Account {
    /// admin, leader, coach, member; outsider for a user of another organization.
    pub role: &'static str,
    /// The address to sign in with.
    pub email: String,
    /// The password.
    pub password: String,
    /// Who they are in their organization.
    pub member_id: MemberId,
}

impl Made {
    /// One object with everything.
    pub fn json(&self) -> Value {
        let organizations = self.organizations.iter().map(|made| {
            let mut all = made.summary.clone();
            all["accounts"] = json!(made.accounts);
            all["member_squad"] = json!(made.member_squad);
            all
        });
        json!({"organizations": organizations.collect::<Vec<_>>()})
    }

    /// Prints organizations, accounts with passwords, and ids.
    pub fn print(&self, json: bool) {
        if json {
            println!("{}", self.json());
        } else {
            print!("{}", self.text());
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for made in &self.organizations {
            let of = |key: &str| made.summary[key].as_array().map_or(0, Vec::len);
            let _ = writeln!(
                text,
                "{} at /o/{}: {} members, {} squads, {} core teams",
                made.summary["name"].as_str().unwrap_or_default(),
                made.summary["slug"].as_str().unwrap_or_default(),
                made.summary["member_count"],
                of("squads"),
                of("core_teams"),
            );
            for account in &made.accounts {
                let Account { role, email, password, .. } = account;
                let _ = writeln!(text, "  {role:9} {email:44} {password}");
            }
        }
        text
    }
}
