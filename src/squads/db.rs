//! Every SQL statement about squads, memberships, hats and skill needs.

use sqlx::PgConnection;

use crate::actor::Tenant;
use crate::ids::HatId;

/// Adds hats to the catalogue.
pub async fn insert_hats(
    tx: &mut PgConnection,
    tenant: Tenant,
    names: &[&str],
) -> sqlx::Result<()> {
    for name in names {
        sqlx::query!(
            "insert into hat (organization_id, id, name) values ($1, $2, $3)",
            tenant.organization_id().0,
            HatId::new().0,
            name,
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}
