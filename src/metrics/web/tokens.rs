//! Making a token, which is shown once, and revoking it.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::check_in::NoFields;
use super::show::ShowPage;
use super::{MetricPath, find_metric, metric_url, squad_url};
use crate::AppState;
use crate::error::{Error, Result};
use crate::ids::{MetricId, MetricTokenId};
use crate::metrics::check_in::TokenName;
use crate::metrics::db::Metric;
use crate::metrics::service::{self, KEEPERS};
use crate::missions::{SquadAt, SquadHead};
use crate::web::shell::{Section, Shell};
use crate::web::{Form, FormErrors, Path, flash, page, refused};

// POST /o/{org}/squads/{squad}/metrics/{metric}/tokens

/// What a token is for.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenForm {
    name: String,
}

/// A token that is shown once, to be copied.
#[derive(Template)]
#[template(path = "metrics/token.html")]
struct TokenPage {
    shell: Shell,
    squad: SquadHead,
    squad_url: String,
    squads_url: String,
    url: String,
    metric: Metric,
    name: TokenName,
    token: String,
    /// A call that works.
    example: String,
}

pub async fn make(
    at: SquadAt,
    State(state): State<AppState>,
    Path((_, _, metric)): MetricPath,
    Form(form): Form<TokenForm>,
) -> Result<Response> {
    let SquadAt { visitor, squad } = at;
    if !squad.is_member {
        return Err(Error::Forbidden(KEEPERS.into()));
    }
    let metric = find_metric(&state.pool, &visitor, &squad, metric).await?;
    let mut errors = FormErrors::default();
    if let Some(name) = errors.check("name", TokenName::parse(&form.name)) {
        let url = metric_url(&visitor.slug, &squad.slug, metric.id);
        match service::make_token(&state.pool, &visitor.actor, metric.id, &name).await {
            Ok(Some(token)) => {
                let address = format!(
                    "{}/api/v1/metrics/{}/check-ins",
                    state.config.public_origin(),
                    metric.id
                );
                let example = format!(
                    "curl {address} -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' -H \"Idempotency-Key: $(date +%F)-{}\" -d '{{\"value\": 94.2}}'",
                    metric.id
                );
                let shown = TokenPage {
                    shell: visitor.shell(Section::Squads),
                    squads_url: format!("/o/{}/squads", visitor.slug),
                    squad_url: squad_url(&visitor.slug, &squad.slug),
                    squad,
                    url,
                    metric,
                    name,
                    token,
                    example,
                };
                return page(&shown).map(without_referrer);
            }
            Ok(None) => {
                let text = "The token was shown already. Revoke it and make a new one if you have not copied it.";
                return Ok(flash::redirect_bad(&url, text));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    let mut shown = ShowPage::load(&state.pool, visitor, squad, metric).await?;
    shown.token_name = form.name;
    shown.errors = errors.clone();
    refused(&errors, &shown)
}

/// The page that holds a token tells no other page where it was.
fn without_referrer(mut response: Response) -> Response {
    let value = HeaderValue::from_static("no-referrer");
    response.headers_mut().insert(header::REFERRER_POLICY, value);
    response
}

// POST /o/{org}/squads/{squad}/metrics/{metric}/tokens/{metric_token}/revoke

pub async fn revoke(
    at: SquadAt,
    State(pool): State<PgPool>,
    Path((_, _, metric, token)): Path<(String, String, MetricId, MetricTokenId)>,
    Form(NoFields {}): Form<NoFields>,
) -> Result<Response> {
    let SquadAt { visitor, squad } = at;
    let metric = find_metric(&pool, &visitor, &squad, metric).await?;
    service::revoke_token(&pool, &visitor.actor, metric.id, token).await?;
    let url = metric_url(&visitor.slug, &squad.slug, metric.id);
    Ok(flash::redirect(
        &format!("{url}#tokens"),
        "The token is revoked. Nothing can use it any more.",
    ))
}
