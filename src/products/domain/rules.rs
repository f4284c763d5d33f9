//! Who may do what to a product, and what is refused.

use crate::actor::Roles;
use crate::ids::{MemberId, ProductId, TeamId};
use crate::rule::Rule;

/// Who may change a product group, for a refusal.
pub const DESIGNERS: &str = "Only leaders and admins design products and their groups.";
/// Who may tend it, for a refusal.
pub const TENDERS: &str = "Only the product's lead PM, leaders and admins do this.";
/// Who may delegate, for a refusal.
pub const LEADS: &str = "Only the product's lead PM lets an apprentice order the backlog.";

/// Why something cannot be as asked. Each says the way on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProductRefused {
    /// Another product has the name.
    #[error("Another product is called {0}. Choose another name.")]
    NameTaken(String),
    /// No key.
    #[error("Write 2 to 5 letters from A to Z, such as NA: the items are then NA-1, NA-2, ….")]
    BadKey,
    /// Another product has or had it.
    #[error("Another product's items begin with {0}. Choose other letters.")]
    KeyTaken(String),
    /// There are items already.
    #[error(
        "The letters stay as they are: {0} items have them in their keys, and people know them by it."
    )]
    KeyInUse(i32),
    /// Nobody was chosen.
    #[error("Choose a member.")]
    NobodyChosen,
    /// The chosen member has left.
    #[error("{0} is deactivated. Choose somebody else, or reactivate them first.")]
    Deactivated(String),
    /// There is nothing to hand over.
    #[error("{0} leads this product already.")]
    LeadsAlready(String),
    /// H3.
    #[error(
        "{member} is an apprentice at {product}, and an apprentice never leads the same product. End the apprenticeship with its outcome first, or choose somebody else."
    )]
    LeadIsApprentice {
        /// Who.
        member: String,
        /// Where.
        product: String,
    },
    /// H3, from the other side.
    #[error(
        "{member} leads {product} and cannot be their own apprentice. Hand the product over first, or choose somebody else."
    )]
    ApprenticeIsLead {
        /// Who.
        member: String,
        /// Where.
        product: String,
    },
    /// Twice.
    #[error("{member} is an apprentice at {product} already.")]
    ApprenticeAlready {
        /// Who.
        member: String,
        /// Where.
        product: String,
    },
    /// It has ended.
    #[error("The apprenticeship of {0} has ended.")]
    ApprenticeshipEnded(String),
    /// No outcome.
    #[error("Say what came of it.")]
    NoOutcome,
    /// No squad was chosen.
    #[error("Choose a squad.")]
    NoSquad,
    /// A core team.
    #[error("{0} is a core team: it offers services to squads and pulls no items. Choose a squad.")]
    NotASquad(String),
    /// It is no more.
    #[error("{0} is dissolved. Choose a squad that is there.")]
    Dissolved(String),
    /// Twice.
    #[error("{squad} serves {product} already.")]
    ServesAlready {
        /// Which squad.
        squad: String,
        /// What.
        product: String,
    },
    /// It is over.
    #[error("{squad} does not serve {product} any more.")]
    ServesNoMore {
        /// Which squad.
        squad: String,
        /// What.
        product: String,
    },
    /// No limit.
    #[error("Write a whole number from 1 to 20.")]
    BadLimit(&'static str),
    /// No policy.
    #[error("Choose what happens at the limit.")]
    NoPolicy,
    /// No hat.
    #[error("Choose a hat: analyst or coach.")]
    NoHat,
    /// The coach hat is for coaches.
    #[error(
        "{0} does not have the role of a coach. Choose a coach, or ask an admin to give them the role first."
    )]
    NoCoach(String),
    /// Twice.
    #[error("{0} wears this hat already.")]
    WornAlready(String),
    /// It is over.
    #[error("{0} does not wear this hat any more.")]
    WornNoMore(String),
    /// The product has ended.
    #[error("{0} has ended. Its history stays; nothing of it can be changed.")]
    Ended(String),
}

impl Rule for ProductRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::NameTaken(_) => "product_name_taken",
            Self::BadKey => "product_key_invalid",
            Self::KeyTaken(_) => "product_key_taken",
            Self::KeyInUse(_) => "product_key_in_use",
            Self::NobodyChosen => "member_missing",
            Self::Deactivated(_) => "member_deactivated",
            Self::LeadsAlready(_) => "leads_already",
            Self::LeadIsApprentice { .. } | Self::ApprenticeIsLead { .. } => "apprentice_is_lead",
            Self::ApprenticeAlready { .. } => "apprentice_already",
            Self::ApprenticeshipEnded(_) => "apprenticeship_ended",
            Self::NoOutcome => "outcome_missing",
            Self::NoSquad => "squad_missing",
            Self::NotASquad(_) => "core_team_serves_none",
            Self::Dissolved(_) => "team_dissolved",
            Self::ServesAlready { .. } => "serves_already",
            Self::ServesNoMore { .. } => "serves_no_more",
            Self::BadLimit(_) => "wip_limit_invalid",
            Self::NoPolicy => "wip_policy_missing",
            Self::NoHat => "group_hat_missing",
            Self::NoCoach(_) => "coach_without_role",
            Self::WornAlready(_) => "hat_worn_already",
            Self::WornNoMore(_) => "hat_worn_no_more",
            Self::Ended(_) => "product_ended",
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::NameTaken(_) => Some("name"),
            Self::BadKey | Self::KeyTaken(_) | Self::KeyInUse(_) => Some("prefix"),
            Self::NobodyChosen
            | Self::Deactivated(_)
            | Self::LeadsAlready(_)
            | Self::LeadIsApprentice { .. }
            | Self::ApprenticeIsLead { .. }
            | Self::ApprenticeAlready { .. }
            | Self::NoCoach(_)
            | Self::WornAlready(_) => Some("member"),
            Self::NoOutcome => Some("outcome"),
            Self::NoSquad
            | Self::NotASquad(_)
            | Self::Dissolved(_)
            | Self::ServesAlready { .. } => Some("squad"),
            Self::BadLimit(field) => Some(field),
            Self::NoPolicy => Some("policy"),
            Self::NoHat => Some("hat"),
            Self::ApprenticeshipEnded(_)
            | Self::ServesNoMore { .. }
            | Self::WornNoMore(_)
            | Self::Ended(_) => None,
        }
    }

    fn is_conflict(&self) -> bool {
        !matches!(
            self,
            Self::BadKey
                | Self::NobodyChosen
                | Self::NoOutcome
                | Self::NoSquad
                | Self::BadLimit(_)
                | Self::NoPolicy
                | Self::NoHat
        )
    }
}

/// A product, loaded under its lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// Its name.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
    /// What it is.
    pub description: String,
    /// What the keys of its items begin with.
    pub key: String,
    /// Who leads it: exactly one (H3).
    pub lead: MemberId,
    /// Its WIP policy's word.
    pub policy: String,
    /// How many items it has had.
    pub items: i32,
    /// Whether it has ended.
    pub is_ended: bool,
    /// Its version.
    pub version: i32,
}

/// A member who is about to take something on, held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub id: MemberId,
    /// Their name.
    pub name: String,
    /// Whether they have left.
    pub is_deactivated: bool,
    /// Whether they have the role of a coach.
    pub is_coach: bool,
}

/// A team that is about to serve, held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// A squad; a core team otherwise.
    pub is_squad: bool,
    /// Whether it is no more.
    pub is_dissolved: bool,
}

impl Product {
    /// Whether anything of it may still be changed.
    pub fn may_change(&self) -> Result<(), ProductRefused> {
        if self.is_ended { Err(ProductRefused::Ended(self.name.clone())) } else { Ok(()) }
    }

    /// Whether a member may take care of how it works: its WIP policy and limits, its apprenticeships.
    pub fn may_be_tended_by(&self, member: MemberId, roles: Roles) -> bool {
        may_tend(self.lead, member, roles)
    }

    /// Whether its items may begin with other letters: not once there are any.
    pub fn may_take_key(&self, key: &str) -> Result<(), ProductRefused> {
        if self.items > 0 && self.key != key {
            return Err(ProductRefused::KeyInUse(self.items));
        }
        Ok(())
    }

    /// Whether somebody may lead it from now on, in one step (H3).
    pub fn may_be_handed_to(
        &self,
        person: &Person,
        is_apprentice: bool,
    ) -> Result<(), ProductRefused> {
        self.may_change()?;
        if self.lead == person.id {
            return Err(ProductRefused::LeadsAlready(person.name.clone()));
        }
        person.may_take_on()?;
        if is_apprentice {
            let (member, product) = (person.name.clone(), self.name.clone());
            return Err(ProductRefused::LeadIsApprentice { member, product });
        }
        Ok(())
    }

    /// Whether somebody may learn here, with its lead PM as the master (H3).
    pub fn may_teach(&self, person: &Person, is_apprentice: bool) -> Result<(), ProductRefused> {
        self.may_change()?;
        person.may_take_on()?;
        let (member, product) = (person.name.clone(), self.name.clone());
        if self.lead == person.id {
            return Err(ProductRefused::ApprenticeIsLead { member, product });
        }
        if is_apprentice {
            return Err(ProductRefused::ApprenticeAlready { member, product });
        }
        Ok(())
    }

    /// Whether a team may serve it: a squad that is there.
    pub fn may_be_served_by(&self, team: &Team) -> Result<(), ProductRefused> {
        self.may_change()?;
        if !team.is_squad {
            return Err(ProductRefused::NotASquad(team.name.clone()));
        }
        if team.is_dissolved {
            return Err(ProductRefused::Dissolved(team.name.clone()));
        }
        Ok(())
    }

    /// Whether somebody may wear a hat for its group.
    pub fn may_give(&self, hat: super::GroupHat, person: &Person) -> Result<(), ProductRefused> {
        self.may_change()?;
        person.may_take_on()?;
        if hat == super::GroupHat::Coach && !person.is_coach {
            return Err(ProductRefused::NoCoach(person.name.clone()));
        }
        Ok(())
    }
}

/// Whether a member may take care of how a product works that `lead` leads.
pub fn may_tend(lead: MemberId, member: MemberId, roles: Roles) -> bool {
    lead == member || roles.may_design()
}

impl Person {
    /// Whether they are there.
    pub fn may_take_on(&self) -> Result<(), ProductRefused> {
        if self.is_deactivated {
            return Err(ProductRefused::Deactivated(self.name.clone()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::GroupHat;
    use super::*;
    use crate::actor::Role;

    fn product() -> Product {
        Product {
            id: ProductId::new(),
            name: "Norvik App".to_owned(),
            slug: "norvik-app".to_owned(),
            description: String::new(),
            key: "NA".to_owned(),
            lead: MemberId::new(),
            policy: "block".to_owned(),
            items: 0,
            is_ended: false,
            version: 1,
        }
    }

    fn person(name: &str) -> Person {
        let (id, name) = (MemberId::new(), name.to_owned());
        Person { id, name, is_deactivated: false, is_coach: false }
    }

    fn code<T: std::fmt::Debug>(refused: Result<T, ProductRefused>) -> &'static str {
        refused.unwrap_err().code()
    }

    #[test]
    fn a_product_is_handed_to_somebody_else_who_is_there_and_no_apprentice_of_it() {
        let product = product();
        let sato = person("Hana Sato");
        assert_eq!(product.may_be_handed_to(&sato, false), Ok(()));
        let refused = product.may_be_handed_to(&sato, true).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "Hana Sato is an apprentice at Norvik App, and an apprentice never leads the same product. End the apprenticeship with its outcome first, or choose somebody else."
        );
        let gone = Person { is_deactivated: true, ..sato.clone() };
        assert_eq!(code(product.may_be_handed_to(&gone, false)), "member_deactivated");
        let led = Product { lead: sato.id, ..product.clone() };
        assert_eq!(code(led.may_be_handed_to(&sato, false)), "leads_already");
        let ended = Product { is_ended: true, ..product };
        assert_eq!(code(ended.may_be_handed_to(&sato, false)), "product_ended");
    }

    #[test]
    fn the_lead_pm_is_nobodys_apprentice_at_their_own_product() {
        let product = product();
        let okafor = person("Samuel Okafor");
        assert_eq!(product.may_teach(&okafor, false), Ok(()));
        assert_eq!(code(product.may_teach(&okafor, true)), "apprentice_already");
        let led = Product { lead: okafor.id, ..product };
        assert_eq!(code(led.may_teach(&okafor, false)), "apprentice_is_lead");
    }

    #[test]
    fn only_squads_that_are_there_serve() {
        let team = |is_squad, is_dissolved| Team {
            id: TeamId::new(),
            name: "Fair Bills".to_owned(),
            is_squad,
            is_dissolved,
        };
        let product = product();
        assert_eq!(product.may_be_served_by(&team(true, false)), Ok(()));
        assert_eq!(code(product.may_be_served_by(&team(false, false))), "core_team_serves_none");
        assert_eq!(code(product.may_be_served_by(&team(true, true))), "team_dissolved");
    }

    #[test]
    fn the_coach_hat_is_for_coaches() {
        let product = product();
        let abara = person("Ruth Abara");
        assert_eq!(product.may_give(GroupHat::Analyst, &abara), Ok(()));
        assert_eq!(code(product.may_give(GroupHat::Coach, &abara)), "coach_without_role");
        let coach = Person { is_coach: true, ..abara };
        assert_eq!(product.may_give(GroupHat::Coach, &coach), Ok(()));
    }

    #[test]
    fn the_letters_of_a_key_stay_once_there_are_items() {
        let product = product();
        assert_eq!(product.may_take_key("NX"), Ok(()));
        let used = Product { items: 1, ..product };
        assert_eq!(used.may_take_key("NA"), Ok(()));
        assert_eq!(code(used.may_take_key("NX")), "product_key_in_use");
    }

    #[test]
    fn the_lead_pm_and_designers_tend_a_product() {
        let product = product();
        let (lead, other) = (product.lead, MemberId::new());
        let leader: Roles = [Role::Leader].into_iter().collect();
        let coach: Roles = [Role::Coach].into_iter().collect();
        assert!(product.may_be_tended_by(lead, Roles::default()));
        assert!(product.may_be_tended_by(other, leader));
        assert!(!product.may_be_tended_by(other, coach));
    }
}
