//! Answering: one question on each page, saved as one goes, changeable until the closing.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use sqlx::PgPool;

use super::at::RoundAt;
use crate::error::{Error, Result};
use crate::health::db::{self, ActionRow, QuestionRow};
use crate::health::domain::{Answer, Colour, Comment, HealthRefused, Trend};
use crate::health::service;
use crate::web::shell::Shell;
use crate::web::{Form, FormErrors, Query, flash, page, refused};

// GET and POST /o/{org}/squads/{squad}/health/{round}/answer?at=…

/// Which question is asked for: from 1; the one after the last is the end.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AskedQuery {
    at: String,
}

/// An answer as chosen.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AnswerForm {
    at: String,
    colour: String,
    trend: String,
    comment: String,
}

impl AnswerForm {
    fn of(question: &QuestionRow) -> Self {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        Self {
            at: String::new(),
            colour: text(&question.colour),
            trend: text(&question.trend),
            comment: text(&question.comment),
        }
    }

    fn parse(&self, errors: &mut FormErrors) -> Option<Answer> {
        let colour = Colour::parse(&self.colour).ok_or(HealthRefused::NoColour);
        let colour = errors.check("colour", colour);
        let trend = match self.trend.as_str() {
            "" => Some(None),
            word => {
                let trend = Trend::parse(word).ok_or(HealthRefused::NoTrend);
                errors.check("trend", trend).map(Some)
            }
        };
        let comment = errors.check("comment", Comment::parse(&self.comment));
        Some(Answer { colour: colour?, trend: trend?, comment: comment? })
    }
}

#[derive(Template)]
#[template(path = "health/vote.html")]
struct VotePage {
    shell: Shell,
    of: RoundAt,
    questions: Vec<QuestionRow>,
    /// From 1.
    step: usize,
    /// What the squad wanted to do after the last round, before the first question.
    actions: Vec<ActionRow>,
    form: AnswerForm,
    errors: FormErrors,
}

/// A card to choose.
struct Card<'a> {
    colour: Colour,
    sentence: &'a str,
    is_chosen: bool,
}

impl VotePage {
    fn question(&self) -> &QuestionRow {
        &self.questions[self.step - 1]
    }

    fn cards(&self) -> [Card<'_>; 3] {
        let question = self.question();
        Colour::ALL.map(|colour| Card {
            colour,
            sentence: match colour {
                Colour::Green => &question.green,
                Colour::Amber => &question.amber,
                Colour::Red => &question.red,
            },
            is_chosen: self.form.colour == colour.word(),
        })
    }

    fn trends(&self) -> [(Trend, bool); 3] {
        Trend::ALL.map(|trend| (trend, self.form.trend == trend.word()))
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as templates give it")]
    fn is_now(&self, step: &usize) -> bool {
        *step == self.step
    }

    fn next(&self) -> String {
        self.of.step_url(&(self.step + 1))
    }

    fn back(&self) -> String {
        match self.step {
            1 => self.of.url(""),
            step => self.of.step_url(&(step - 1)),
        }
    }
}

#[derive(Template)]
#[template(path = "health/voted.html")]
struct VotedPage {
    shell: Shell,
    of: RoundAt,
    questions: Vec<QuestionRow>,
}

impl VotedPage {
    fn answered(&self) -> usize {
        self.questions.iter().filter(|one| one.colour.is_some()).count()
    }
}

async fn questions(pool: &PgPool, of: &RoundAt) -> Result<Vec<QuestionRow>> {
    let visitor = &of.at.visitor;
    Ok(db::questions(pool, visitor.tenant(), of.round.id, visitor.actor.member).await?)
}

/// Where one goes on: at the first question without an answer, and at the end when all have one.
fn first_open(questions: &[QuestionRow]) -> usize {
    let open = questions.iter().position(|one| one.colour.is_none());
    open.unwrap_or(questions.len()) + 1
}

pub async fn ask(
    of: RoundAt,
    State(pool): State<PgPool>,
    Query(query): Query<AskedQuery>,
) -> Result<Response> {
    of.must_answer()?;
    if !of.is_open() || of.is_over() {
        return Ok(Redirect::to(&of.url("")).into_response());
    }
    let questions = questions(&pool, &of).await?;
    let step = match query.at.parse() {
        Ok(step) if step >= 1 => step,
        _ => first_open(&questions),
    };
    let Some(question) = questions.get(step - 1) else {
        return page(&VotedPage { shell: of.at.shell(), of, questions });
    };
    let form = AnswerForm::of(question);
    page(&vote_page(&pool, of, questions, step, form, FormErrors::default()).await?)
}

async fn vote_page(
    pool: &PgPool,
    of: RoundAt,
    questions: Vec<QuestionRow>,
    step: usize,
    form: AnswerForm,
    errors: FormErrors,
) -> Result<VotePage> {
    let actions = match step {
        1 => db::actions(pool, of.at.visitor.tenant(), of.at.id, None).await?,
        _ => vec![],
    };
    Ok(VotePage { shell: of.at.shell(), of, questions, step, actions, form, errors })
}

pub async fn save(
    of: RoundAt,
    State(pool): State<PgPool>,
    Form(form): Form<AnswerForm>,
) -> Result<Response> {
    of.must_answer()?;
    if let Err(over) = of.must_be_open() {
        return Ok(flash::redirect_bad(&of.url(""), &over.to_string()));
    }
    let questions = questions(&pool, &of).await?;
    let step: usize = form.at.parse().unwrap_or_default();
    let question = step.checked_sub(1).and_then(|place| questions.get(place));
    let question = question.ok_or(HealthRefused::NoDimension)?.id;
    let mut errors = FormErrors::default();
    if let Some(answer) = form.parse(&mut errors) {
        let (actor, round) = (&of.at.visitor.actor, of.round.id);
        match service::answer(&pool, actor, round, question, &answer).await {
            Ok(()) => return Ok(Redirect::to(&of.step_url(&(step + 1))).into_response()),
            // Closed between the page and the answer: what was typed cannot count any more.
            Err(Error::Refused(refusal)) if refusal.is_conflict => {
                return Ok(flash::redirect_bad(&of.url(""), &refusal.message));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &vote_page(&pool, of, questions, step, form, errors.clone()).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::DimensionId;

    fn question(colour: Option<&str>) -> QuestionRow {
        let text = String::new;
        QuestionRow {
            id: DimensionId::new(),
            name: text(),
            green: text(),
            amber: text(),
            red: text(),
            colour: colour.map(ToOwned::to_owned),
            trend: None,
            comment: None,
        }
    }

    #[test]
    fn one_goes_on_at_the_first_question_without_an_answer() {
        let (open, done) = (question(None), question(Some("red")));
        assert_eq!(first_open(&[open.clone(), open.clone()]), 1);
        assert_eq!(first_open(&[done.clone(), open.clone(), open]), 2);
        assert_eq!(first_open(&[done.clone(), done]), 3, "the end");
    }
}
