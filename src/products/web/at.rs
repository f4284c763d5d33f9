//! The product of an address: who asks for it, and what every page about it shows.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use sqlx::PgPool;

use super::ways::{Ways, way};
use crate::AppState;
use crate::error::{Error, Result};
use crate::ids::{MemberId, ProductId};
use crate::organizations::Visitor;
use crate::products::db::{self, Address, Apprentice, Group, Serving};
use crate::products::domain::{DESIGNERS, ProductRefused, TENDERS, WayOut, may_tend, pulled_by};
use crate::products::{list_url, url};
use crate::web::shell::{Section, Shell};
use crate::web::{moved, path_part};

/// The product in the address and who asks for it; 404 if there is none in their organization. A page at an address
/// that the product had before its rename, or at its id, leads to the present one.
#[derive(Debug, Clone)]
pub struct At {
    /// Who asks.
    pub visitor: Visitor,
    /// The product.
    pub id: ProductId,
    /// Its word in addresses.
    pub slug: String,
}

impl FromRequestParts<AppState> for At {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let (visitor, found) = find(parts, state).await.map_err(IntoResponse::into_response)?;
        match moved(parts, &found.slug) {
            Some(there) => Err(there),
            None => Ok(Self { visitor, id: found.id, slug: found.slug }),
        }
    }
}

async fn find(parts: &mut Parts, state: &AppState) -> Result<(Visitor, Address)> {
    let visitor = Visitor::from_request_parts(parts, state).await?;
    let word = path_part(parts, state, "product").await?;
    let found = db::find_address(&state.pool, visitor.tenant(), &word).await?;
    Ok((visitor, found.ok_or(Error::NotFound)?))
}

impl At {
    /// The address of the product, or of a page below it: `at.url("/group")`.
    pub fn url(&self, below: &str) -> String {
        format!("{}{below}", url(&self.visitor.slug, &self.slug))
    }

    /// Loads what the pages show.
    pub async fn head(&self, pool: &PgPool) -> Result<Head> {
        let group = db::find(pool, self.visitor.tenant(), self.id).await?.ok_or(Error::NotFound)?;
        Ok(Head::new(&self.visitor, group))
    }

    /// The same for a page that changes the group: only for those who design, and while the product goes on.
    pub async fn designed(&self, pool: &PgPool) -> Result<Head> {
        if !self.visitor.roles().may_design() {
            return Err(Error::Forbidden(DESIGNERS.into()));
        }
        let head = self.head(pool).await?;
        head.must_go_on()?;
        Ok(head)
    }

    /// The same for a page that the lead PM has as well.
    pub async fn tended(&self, pool: &PgPool) -> Result<Head> {
        let head = self.head(pool).await?;
        if !may_tend(head.group.lead, self.visitor.actor.member, self.visitor.roles()) {
            return Err(Error::Forbidden(TENDERS.into()));
        }
        head.must_go_on()?;
        Ok(head)
    }
}

/// What every page about a product shows around its own content.
pub struct Head {
    /// The frame.
    pub shell: Shell,
    /// The product with its group.
    pub group: Group,
    /// Whether the visitor may change the group.
    pub may_design: bool,
    /// Whether the visitor may take care of how it works.
    pub may_tend: bool,
    /// Whether the visitor leads it.
    pub is_lead: bool,
    organization: String,
    visitor: MemberId,
}

impl Head {
    /// The frame of a page about a product.
    pub fn new(visitor: &Visitor, group: Group) -> Self {
        let goes_on = group.ended_at.is_none();
        let (member, roles) = (visitor.actor.member, visitor.roles());
        Self {
            shell: visitor.shell(Section::Products),
            may_design: goes_on && roles.may_design(),
            may_tend: goes_on && may_tend(group.lead, member, roles),
            is_lead: goes_on && group.lead == member,
            organization: visitor.slug.clone(),
            visitor: member,
            group,
        }
    }

    fn must_go_on(&self) -> Result<(), ProductRefused> {
        match self.group.ended_at {
            Some(_) => Err(ProductRefused::Ended(self.group.name.clone())),
            None => Ok(()),
        }
    }

    /// The address of the product, or of a page below it.
    pub fn url(&self, below: &str) -> String {
        format!("{}{below}", url(&self.organization, &self.group.slug))
    }

    /// The product's name.
    pub fn name(&self) -> &str {
        &self.group.name
    }

    /// How many squads serve it.
    pub fn squads(&self) -> usize {
        self.group.squads.len()
    }

    /// Whether it is no more.
    pub fn is_ended(&self) -> bool {
        self.group.ended_at.is_some()
    }

    /// Where a way out leads; none where the visitor may not go it.
    pub fn way(&self, way_out: &WayOut) -> Option<(String, String)> {
        match way_out {
            WayOut::MakePlan(member) => self
                .is_lead
                .then(|| (self.learning_url(member, "/plan"), "Make the plan".to_owned())),
            WayOut::LogPractice(member) | WayOut::LogCall(member) => {
                let (below, label) = if self.is_apprentice(member) {
                    ("/log", "Log practice")
                } else {
                    ("", "Look at the plan")
                };
                Some((self.learning_url(member, below), label.to_owned()))
            }
            _ => {
                let ways = Ways::new(&self.organization, &self.group.slug);
                way(&ways, self.may_design, &self.group.squads, way_out)
            }
        }
    }

    /// The address of the list.
    pub fn list_url(&self) -> String {
        list_url(&self.organization)
    }

    /// The address of a squad's page, or of one below it.
    pub fn squad_url(&self, slug: &str, below: &str) -> String {
        format!("{}{below}", crate::squads::url(&self.organization, slug))
    }

    /// The address of what is done to an apprenticeship.
    pub fn apprentice_url(&self, one: &Apprentice, below: &str) -> String {
        self.url(&format!("/apprentices/{}/{below}", one.id))
    }

    /// The address of the learning plan of an apprentice.
    pub fn learning_url(&self, member: &MemberId, below: &str) -> String {
        Ways::new(&self.organization, &self.group.slug).learning_url(*member, below)
    }

    /// Whether the visitor is this apprentice.
    pub fn is_apprentice(&self, member: &MemberId) -> bool {
        self.visitor == *member
    }

    /// The address of the limits of a squad.
    pub fn service_url(&self, one: &Serving) -> String {
        self.url(&format!("/squads/{}", one.id))
    }

    /// The line below the name.
    pub fn line(&self) -> String {
        pulled_by(self.squads())
    }
}
