//! The metrics of a squad.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use sqlx::PgPool;

use super::squad_url;
use crate::error::Result;
use crate::metrics::card::MetricsCard;
use crate::metrics::db;
use crate::missions::{SquadAt, SquadHead};
use crate::web::page;
use crate::web::shell::{Section, Shell};

// GET /o/{org}/squads/{squad}/metrics

#[derive(Template)]
#[template(path = "metrics/list.html")]
struct ListPage {
    shell: Shell,
    org: String,
    squad: SquadHead,
    squad_url: String,
    card: MetricsCard,
}

impl ListPage {
    fn is_too_many(&self) -> bool {
        self.card.live.len() > 7
    }
}

pub async fn show(at: SquadAt, State(pool): State<PgPool>) -> Result<Response> {
    let SquadAt { visitor, squad } = at;
    let metrics = db::list(&pool, visitor.tenant(), squad.id).await?;
    let squad_url = squad_url(&visitor.slug, &squad.slug);
    let next = format!("{squad_url}/metrics");
    let (roles, today, zone) = (visitor.roles(), visitor.today(), visitor.time_zone);
    let card = MetricsCard::of(metrics, (&visitor.slug, &next), &squad, roles, today, zone);
    let shell = visitor.shell(Section::Squads);
    page(&ListPage { shell, org: visitor.slug, squad, squad_url, card })
}
