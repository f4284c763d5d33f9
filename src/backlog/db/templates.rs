//! A product's own ways of putting an item.

use sqlx::{PgConnection, PgExecutor};

use crate::actor::Tenant;
use crate::backlog::domain::{Breadth, TemplateName};
use crate::ids::{ProductId, TemplateId};

/// A template.
#[derive(Debug, Clone)]
pub struct TemplateRow {
    /// Its id.
    pub id: TemplateId,
    /// What it is called.
    pub name: String,
    /// The beginning of the title.
    pub title: String,
    /// What to fill in.
    pub why: String,
    /// How broad it is.
    pub breadth: Breadth,
}

/// The templates of a product by name.
pub async fn templates(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
) -> sqlx::Result<Vec<TemplateRow>> {
    sqlx::query_as!(
        TemplateRow,
        r#"
        select id as "id: TemplateId", name, title, why, breadth
        from backlog_template
        where organization_id = $1 and product_id = $2
        order by lower(name), id
        "#,
        tenant.organization_id().0,
        product.0,
    )
    .fetch_all(db)
    .await
}

/// Adds a template.
pub async fn insert_template(
    tx: &mut PgConnection,
    tenant: Tenant,
    product: ProductId,
    id: TemplateId,
    name: &TemplateName,
    (title, why, breadth): (&str, &str, Breadth),
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into backlog_template (organization_id, id, product_id, name, title, why, breadth)
        values ($1, $2, $3, $4, $5, $6, $7)
        "#,
        tenant.organization_id().0,
        id.0,
        product.0,
        name.as_str(),
        title,
        why,
        breadth.word(),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Removes a template; answers its name.
pub async fn delete_template(
    tx: &mut PgConnection,
    tenant: Tenant,
    product: ProductId,
    id: TemplateId,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "delete from backlog_template where organization_id = $1 and product_id = $2 and id = $3 returning name",
        tenant.organization_id().0,
        product.0,
        id.0,
    )
    .fetch_optional(tx)
    .await
}
