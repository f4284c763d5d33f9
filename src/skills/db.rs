//! Every SQL statement about skills.

use sqlx::PgConnection;

use super::domain::Capability;
use crate::actor::Tenant;
use crate::ids::SkillId;

/// Adds the four core capabilities to a new organization's catalogue.
pub async fn insert_capabilities(tx: &mut PgConnection, tenant: Tenant) -> sqlx::Result<()> {
    for capability in Capability::ALL {
        sqlx::query!(
            "insert into skill (organization_id, id, name, capability) values ($1, $2, $3, $4)",
            tenant.organization_id().0,
            SkillId::new().0,
            capability.title(),
            capability.word(),
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}
