//! The one request behind drag, keys, menus and forms: what is done with which item. What it has to know beside that is asked for
//! on a page, which works without a script.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use sqlx::PgPool;

use super::board::{self, BoardParts, BoardQuery};
use super::{At, db};
use crate::backlog::db::{Above, InHand, Item, LaneRow, MetricOption};
use crate::backlog::domain::{
    Class, Effect, HOLDERS, ItemRefused, MAX_PASSED_OVER, NoSuchWord, ORDERERS, Outcome, PULLERS,
    Place, Stage, Step, Wanted, may_pull,
};
use crate::backlog::domain::{Verdict, may_learn, may_resume};
use crate::backlog::service;
use crate::error::{Error, Result};
use crate::ids::{MetricId, TeamId};
use crate::organizations::Visitor;
use crate::text::Reason;
use crate::web::shell::{Section, Shell};
use crate::web::{Form, FormErrors, Path, Query, flash, new_key, page, refused};

// POST /o/{org}/products/{product}/move

/// What is done, in one word: `pull:214:{squad}`, `below:214:209`, `top:214`, `return:214`. The rest comes from the page that
/// asks for it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MoveForm {
    r#do: String,
    squad: String,
    reason: String,
    effect: String,
    metric: String,
    /// "step" from the page that asks, and then its errors stand there; "item" and "work" from the item's page and from one's own work, to
    /// which the answer leads.
    from: String,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Order(Place),
    Step(Step),
}

/// A deed and its item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    deed: Deed,
    number: i32,
    squad: Option<TeamId>,
}

fn read(text: &str) -> Result<Asked, NoSuchWord> {
    let bad = || NoSuchWord("do");
    let number = |part: &str| part.parse::<i32>().map_err(|_| bad());
    let parts: Vec<&str> = text.split(':').collect();
    let order = |item: &str, place| {
        Ok(Asked { deed: Deed::Order(place), number: number(item)?, squad: None })
    };
    match *parts.as_slice() {
        ["top", item] => order(item, Place::Top),
        ["bottom", item] => order(item, Place::Bottom),
        ["above", item, other] => order(item, Place::Above(number(other)?)),
        ["below", item, other] => order(item, Place::Below(number(other)?)),
        [step, item] => {
            let step = Step::parse(step).map_err(|_| bad())?;
            Ok(Asked { deed: Deed::Step(step), number: number(item)?, squad: None })
        }
        ["pull", item, squad] => {
            let squad = Some(squad.parse().map_err(|_| bad())?);
            Ok(Asked { deed: Deed::Step(Step::Pull), number: number(item)?, squad })
        }
        _ => Err(bad()),
    }
}

fn id<T: std::str::FromStr>(text: &str) -> Result<Option<T>> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|_| Error::NotFound) }
}

/// What was done, in a sentence, and what it warns of.
async fn carry_out(
    pool: &PgPool,
    at: &At,
    step: Step,
    asked: Asked,
    form: &MoveForm,
) -> Result<String> {
    let (actor, product, number) = (&at.visitor.actor, at.product.id, asked.number);
    let key = at.product.item_key(number);
    let must = || Reason::parse(&form.reason).map_err(Error::from).map_err(on("reason"));
    let why = || -> Result<Option<Reason>> {
        if form.reason.trim().is_empty() { Ok(None) } else { must().map(Some) }
    };
    let mut warning = None;
    let said = match step {
        Step::Ready => {
            service::make_ready(pool, actor, product, number).await?;
            "is ready to be pulled"
        }
        Step::Unready => {
            service::set_back(pool, actor, product, number).await?;
            "is a proposal again"
        }
        Step::Drop => {
            service::drop_item(pool, actor, product, number, &must()?).await?;
            "is dropped"
        }
        Step::Reopen => {
            service::reopen(pool, actor, product, number).await?;
            "is proposed again"
        }
        Step::Pull => {
            let squad = match asked.squad {
                Some(squad) => squad,
                None => id(&form.squad)?.ok_or(ItemRefused::NoSquad)?,
            };
            let why = why()?;
            warning = service::pull(pool, actor, product, number, squad, why.as_ref()).await?;
            "is pulled"
        }
        Step::Return => {
            service::give_back(pool, actor, product, number, &must()?).await?;
            "is back where it was"
        }
        Step::Learn => {
            warning = service::learn(pool, actor, product, number, why()?.as_ref()).await?;
            "is with customers"
        }
        Step::Resume => {
            warning = service::resume(pool, actor, product, number, why()?.as_ref()).await?;
            "is in progress again"
        }
        Step::Finish => {
            let effect = Effect::parse(&form.effect).map_err(Error::from).map_err(on("effect"))?;
            let outcome = Outcome { effect, metric: id::<MetricId>(&form.metric)? };
            service::finish(pool, actor, product, number, &outcome).await?;
            "is done"
        }
        Step::Block => {
            service::block(pool, actor, product, number, &must()?).await?;
            "is marked as blocked"
        }
        Step::Unblock => {
            service::unblock(pool, actor, product, number).await?;
            "is no longer blocked"
        }
    };
    let warning = warning.map(|text| format!(" {text}")).unwrap_or_default();
    Ok(format!("{key} {said}.{warning}"))
}

/// Puts a refusal beside a field.
fn on(field: &'static str) -> impl Fn(Error) -> Error {
    move |error| match error {
        Error::Refused(mut refusal) => {
            refusal.field = Some(field);
            Error::Refused(refusal)
        }
        other => other,
    }
}

/// Part of an address.
#[derive(Debug, Deserialize)]
pub struct InProduct {
    product: String,
}

/// The product, for those who may do any of this in it.
async fn belong(pool: &PgPool, visitor: Visitor, word: &str) -> Result<At> {
    let at = At::load(pool, visitor, word).await?;
    must_belong(&at)?;
    Ok(at)
}

/// Refuses those for whom nothing of this is, before anything else is read.
fn must_belong(at: &At) -> Result<()> {
    if at.product.standing.may_anything() { Ok(()) } else { Err(Error::Forbidden(PULLERS.into())) }
}

pub async fn move_(
    visitor: Visitor,
    Path(InProduct { product: word }): Path<InProduct>,
    headers: HeaderMap,
    State(pool): State<PgPool>,
    Form(form): Form<MoveForm>,
) -> Result<Response> {
    // Both hands of a request that may be answered as a part of the board.
    let is_part = headers.contains_key("hx-request") && !headers.contains_key("live");
    let asked = match read(&form.r#do) {
        Ok(asked) => asked,
        Err(error) => {
            belong(&pool, visitor, &word).await?;
            return Err(error.into());
        }
    };
    let (at, done) = match asked.deed {
        // What is dragged is answered soonest: the product is read once, in the transaction of the move.
        Deed::Order(place) => {
            match service::order_at(&pool, &visitor.actor, &word, asked.number, place).await {
                Ok(product) => {
                    let said = format!("{} has its new place.", product.item_key(asked.number));
                    (At { visitor, product }, Ok(said))
                }
                Err(error) => (belong(&pool, visitor, &word).await?, Err(error)),
            }
        }
        Deed::Step(step) => {
            let at = belong(&pool, visitor, &word).await?;
            let done = carry_out(&pool, &at, step, asked, &form).await;
            (at, done)
        }
    };
    let back = match form.from.as_str() {
        "item" => at.item_url(asked.number, ""),
        "work" => format!("/o/{}/work", at.visitor.slug),
        _ => at.url(""),
    };
    let error = match done {
        Ok(said) if is_part => return moved(&at, &said),
        Ok(said) => return Ok(flash::redirect(&back, &said)),
        Err(error) => error,
    };
    let mut errors = FormErrors::default();
    errors.absorb(error)?;
    if form.from == "step" {
        return again(&pool, at, asked, form, errors).await;
    }
    // What has to be said first is asked for on a page.
    if let Deed::Step(step) = asked.deed
        && (step.asks() || errors.code() == Some("reason_needed"))
        && matches!(errors.code(), Some("reason_needed" | "text_empty" | "squad_not_chosen"))
    {
        let squad = asked.squad.map(|squad| format!("&squad={squad}")).unwrap_or_default();
        let there = at.item_url(asked.number, &format!("/step?do={}{squad}", step.word()));
        if !is_part {
            return Ok(Redirect::to(&there).into_response());
        }
        let mut answer = StatusCode::OK.into_response();
        let there = HeaderValue::from_str(&there).map_err(|error| Error::Internal(error.into()))?;
        answer.headers_mut().insert("hx-redirect", there);
        return Ok(answer);
    }
    let said = errors.message().unwrap_or_default();
    if is_part {
        return parts(&pool, at, &headers, &said, &errors).await;
    }
    // A program is answered as a program; a person stays where they are.
    if headers
        .get("accept")
        .is_some_and(|accept| accept.as_bytes().starts_with(b"application/json"))
    {
        return refused(&errors, &StepPage::load(&pool, at, asked, form, errors.clone()).await?);
    }
    Ok(flash::redirect_bad(&back, &said))
}

/// What a change is answered with, so that it costs no more than itself.
#[derive(Template)]
#[template(path = "backlog/moved.html")]
struct Moved {
    url: String,
    key: String,
}

/// What was done, as a notice; the board is asked for again by itself.
fn moved(at: &At, said: &str) -> Result<Response> {
    let undo = at.visitor.actor.origin.told.taken();
    let undo = undo.map(|event| format!("/o/{}/undo/{event}", at.visitor.slug));
    let answer = page(&Moved { url: at.url("/move"), key: new_key() })?;
    Ok(flash::toast_live(answer, said, undo.as_deref()))
}

/// The board as it is now, with what was refused as a notice.
async fn parts(
    pool: &PgPool,
    at: At,
    headers: &HeaderMap,
    said: &str,
    errors: &FormErrors,
) -> Result<Response> {
    let url = headers.get("hx-current-url").and_then(|url| url.to_str().ok()).unwrap_or_default();
    let board = board::load(pool, at, &BoardQuery::parse(url)).await?;
    Ok(flash::toast(refused(errors, &BoardParts { board })?, said, None, true))
}

async fn again(
    pool: &PgPool,
    at: At,
    asked: Asked,
    form: MoveForm,
    errors: FormErrors,
) -> Result<Response> {
    let shown = StepPage::load(pool, at, asked, form, errors.clone()).await?;
    refused(&errors, &shown)
}

// GET /o/{org}/products/{product}/items/{item}/step?do=&squad=

/// What has to be said before a step.
#[derive(Template)]
#[template(path = "backlog/step.html")]
struct StepPage {
    shell: Shell,
    at: At,
    item: Item,
    step: Step,
    /// The squads for which it can be pulled, where there is a choice.
    squads: Vec<LaneRow>,
    squad: Option<TeamId>,
    /// The items that are passed over.
    above: Vec<Above>,
    /// What is asked, in sentences.
    asks: Vec<String>,
    /// What is said where no reason is given.
    missing: &'static str,
    /// Why it cannot be done now.
    no: Option<String>,
    /// Whether it cannot be done for any squad of theirs.
    is_shut: bool,
    /// What the squad has in hand, where that is in the way.
    in_hand: Vec<InHand>,
    metrics: Vec<MetricOption>,
    form: MoveForm,
    errors: FormErrors,
}

impl StepPage {
    async fn load(
        pool: &PgPool,
        at: At,
        asked: Asked,
        mut form: MoveForm,
        errors: FormErrors,
    ) -> Result<Self> {
        let Deed::Step(step) = asked.deed else { return Err(Error::NotFound) };
        let (tenant, product) = (at.visitor.tenant(), at.product.id);
        let item = db::find_item(pool, tenant, product, asked.number).await?;
        let item = item.ok_or(Error::NotFound)?;
        let lanes = db::lanes(pool, tenant, product).await?;
        let standing = &at.product.standing;
        let own: Vec<_> = lanes.into_iter().filter(|lane| standing.is_in(lane.squad)).collect();
        let squad = match step {
            Step::Pull => asked.squad.or(id(&form.squad)?).or(match own.as_slice() {
                [one] => Some(one.squad),
                _ => None,
            }),
            _ => item.squad,
        };
        let limit = i64::try_from(MAX_PASSED_OVER + 1).unwrap_or(i64::MAX);
        let above =
            if step == Step::Pull && item.stage == Stage::Ready && item.class == Class::Standard {
                db::above(pool, tenant, product, &item.rank, limit).await?
            } else {
                vec![]
            };
        let keys: Vec<_> = above.iter().map(|it| at.product.item_key(it.number)).collect();
        let wanted = Wanted {
            key: at.product.item_key(item.number),
            stage: item.stage,
            class: item.class,
            held_by: match step {
                Step::Pull => db::holder(pool, tenant, item.id).await?,
                _ => None,
            },
            above: keys.clone(),
        };
        let judge = |lane: &LaneRow| {
            let puller = crate::backlog::Puller {
                squad: &lane.name,
                load: lane.load,
                policy: at.product.policy,
            };
            match step {
                Step::Pull => may_pull(&wanted, puller),
                Step::Learn => may_learn(puller),
                Step::Resume => may_resume(item.class, puller),
                _ => Verdict::Allowed(None),
            }
        };
        // A squad that is full is no reason while another of theirs is not.
        let is_refused = |lane: &LaneRow| matches!(judge(lane), Verdict::Refused(_));
        let are_refused = step == Step::Pull && own.iter().all(is_refused);
        let (mut asks, mut no, mut in_hand) = (vec![], None, vec![]);
        let chosen = squad.and_then(|squad| own.iter().find(|lane| lane.squad == squad));
        if let Some(lane) = chosen.or(own.first().filter(|_| are_refused)) {
            match judge(lane) {
                Verdict::NeedsReason(needed) => asks = needed,
                Verdict::Refused(refused) => {
                    if let Some(place) = refused.in_the_way() {
                        in_hand = db::in_hand(pool, tenant, (product, lane.squad), place).await?;
                    }
                    no = Some(refused.to_string());
                }
                Verdict::Allowed(_) => {}
            }
        } else if step == Step::Pull && !above.is_empty() {
            asks.push(crate::backlog::Ask::PassesOver(keys));
        }
        let is_shut = no.is_some() && (step != Step::Pull || are_refused);
        let missing = crate::backlog::Ask::missing(&asks);
        let asks = asks.iter().map(crate::backlog::Ask::sentence).collect();
        if form.metric.is_empty() {
            form.metric = item.metric.map(|id| id.to_string()).unwrap_or_default();
        }
        let metrics = if step == Step::Finish {
            db::metrics(pool, tenant, product, item.metric).await?
        } else {
            vec![]
        };
        Ok(Self {
            shell: at.visitor.shell(Section::Products),
            item,
            step,
            squads: own,
            squad,
            above,
            asks,
            missing,
            no,
            is_shut,
            in_hand,
            metrics,
            form,
            errors,
            at,
        })
    }

    fn key(&self) -> String {
        self.at.product.item_key(self.item.number).to_string()
    }

    fn send(&self) -> String {
        let squad = match (self.step, self.squad) {
            (Step::Pull, Some(squad)) if self.squads.len() < 2 => format!(":{squad}"),
            _ => String::new(),
        };
        format!("{}:{}{squad}", self.step.word(), self.item.number)
    }

    fn title(&self) -> String {
        let key = self.key();
        match self.step {
            Step::Pull => format!("Pull {key}"),
            Step::Return => format!("Return {key} to the backlog"),
            Step::Finish => format!("Finish {key}"),
            Step::Block => format!("Mark {key} as blocked"),
            Step::Drop => format!("Drop {key}"),
            Step::Learn => format!("Go to customers with {key}"),
            Step::Resume => format!("Take {key} back into work"),
            Step::Ready => format!("Make {key} ready"),
            Step::Unready => format!("Take {key} back"),
            Step::Reopen => format!("Propose {key} again"),
            Step::Unblock => format!("{key} is no longer blocked"),
        }
    }

    fn sub(&self) -> &'static str {
        match self.step {
            Step::Return => "It goes back to where it was in the order. The next squad reads why.",
            Step::Finish => {
                "Done means that something is different now: on a metric, or in what we know."
            }
            Step::Block => "Everybody sees what the squad waits for.",
            Step::Drop => "It leaves the backlog. It can be proposed again.",
            _ => "",
        }
    }

    /// The question of the reason; none where no reason is asked for.
    fn question(&self) -> Option<&'static str> {
        match self.step {
            Step::Return => Some("Why it comes back"),
            Step::Block => Some("What the squad waits for"),
            Step::Drop => Some("Why it will not be done"),
            Step::Pull | Step::Learn | Step::Resume if !self.asks.is_empty() => Some("Why"),
            _ => None,
        }
    }

    /// What is said beside the field of the reason.
    fn on_reason(&self) -> Option<&str> {
        let said = self.errors.on("reason");
        if self.errors.code() == Some("reason_needed") { said.map(|_| self.missing) } else { said }
    }

    fn verb(&self) -> String {
        match self.step {
            Step::Return => "Return it".to_owned(),
            Step::Block => "Mark as blocked".to_owned(),
            Step::Drop => "Drop it".to_owned(),
            Step::Finish => "Finish it".to_owned(),
            step => step.title().to_owned(),
        }
    }

    fn back(&self) -> String {
        self.at.url("")
    }

    fn is_chosen(&self, squad: &TeamId) -> bool {
        self.squad.as_ref() == Some(squad)
    }

    fn is_metric(&self, metric: &MetricOption) -> bool {
        self.form.metric == metric.id.to_string()
    }

    fn above_url(&self, above: &Above) -> String {
        self.at.item_url(above.number, "")
    }

    fn hand_url(&self, item: &InHand, below: &str) -> String {
        self.at.item_url(item.number, below)
    }

    fn hand_key(&self, item: &InHand) -> String {
        self.at.product.item_key(item.number).to_string()
    }

    fn above_key(&self, above: &Above) -> String {
        self.at.product.item_key(above.number).to_string()
    }
}

/// The step that a page asks about.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StepQuery {
    r#do: String,
    squad: String,
}

/// The parts of the address.
#[derive(Debug, Deserialize)]
pub struct ItemPath {
    pub item: String,
}

pub async fn ask(
    at: At,
    Path(path): Path<ItemPath>,
    State(pool): State<PgPool>,
    Query(query): Query<StepQuery>,
) -> Result<Response> {
    must_belong(&at)?;
    let number = at.number(&path.item)?;
    let step = Step::parse(if query.r#do.is_empty() { "pull" } else { &query.r#do });
    let step = step.map_err(|_| Error::NotFound)?;
    at.must_go_on()?;
    let squad = id(&query.squad)?;
    let asked = Asked { deed: Deed::Step(step), number, squad };
    let shown =
        StepPage::load(&pool, at, asked, MoveForm::default(), FormErrors::default()).await?;
    let standing = &shown.at.product.standing;
    let stage = shown.item.stage;
    if !step.is_from(stage, shown.item.is_blocked()) {
        let key = shown.at.product.item_key(number);
        return Err(ItemRefused::Elsewhere { key, stage }.into());
    }
    if !Step::open_to(standing, stage, shown.item.is_blocked(), shown.item.squad).contains(&step) {
        let who = match step {
            step if step.is_ordering() => ORDERERS,
            Step::Pull => PULLERS,
            _ => HOLDERS,
        };
        return Err(Error::Forbidden(who.into()));
    }
    page(&shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deed_is_read_from_one_word() {
        let squad = TeamId::new();
        let order = |place| Ok(Asked { deed: Deed::Order(place), number: 214, squad: None });
        assert_eq!(read("top:214"), order(Place::Top));
        assert_eq!(read("bottom:214"), order(Place::Bottom));
        assert_eq!(read("below:214:209"), order(Place::Below(209)));
        assert_eq!(read("above:214:209"), order(Place::Above(209)));
        let step = |step, squad| Ok(Asked { deed: Deed::Step(step), number: 214, squad });
        assert_eq!(read(&format!("pull:214:{squad}")), step(Step::Pull, Some(squad)));
        assert_eq!(read("return:214"), step(Step::Return, None));
        for bad in ["", "pull", "pull:x", "below:214", "top:214:9", "fly:214", "pull:214:x"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
