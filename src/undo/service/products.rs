//! The inverse of what begins or ends a squad's service of a product, or a hat of its group.

use sqlx::PgPool;

use super::super::db::Event;
use super::must_be_newest;
use crate::actor::Actor;
use crate::error::Result;
use crate::ids::{MemberId, ProductId, ServiceId, TeamId, WornId};
use crate::products::{GroupHat, WipLimit, service as products};

/// Whether a squad serves a product. It comes back with the limits of then.
pub async fn service(pool: &PgPool, actor: &Actor, event: &Event) -> Result<()> {
    let (product, team) = (event.subject(0)?, event.subject(1)?);
    let kinds = [
        "product_squad_added",
        "product_squad_removed",
        "product_limits_set",
        "product_ended",
        "squad_dissolved",
    ];
    must_be_newest(pool, actor, event, &kinds, (&[product, team], &[])).await?;
    if event.before.is_none() {
        let service = ServiceId(event.subject(2)?);
        // As it was made: its limits would have been changed since.
        return products::stop_serving(pool, actor, service, 1).await;
    }
    let limits: (WipLimit, WipLimit) = (event.was("wip_limit")?, event.was("learning_limit")?);
    products::serve(pool, actor, ProductId(product), TeamId(team), limits).await.map(drop)
}

/// Whether somebody wears a hat for a product group.
pub async fn hat(pool: &PgPool, actor: &Actor, event: &Event) -> Result<()> {
    let (product, member) = (event.subject(0)?, event.subject(1)?);
    let kinds =
        ["product_hat_given", "product_hat_laid_down", "product_ended", "member_deactivated"];
    must_be_newest(pool, actor, event, &kinds, (&[product, member], &[])).await?;
    if event.before.is_none() {
        return products::lay_down_hat(pool, actor, WornId(event.subject(2)?)).await;
    }
    let hat: GroupHat = event.was("hat")?;
    products::give_hat(pool, actor, ProductId(product), hat, MemberId(member)).await.map(drop)
}
