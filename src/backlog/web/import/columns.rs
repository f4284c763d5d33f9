//! Which column of a file says what, and which of its states is which stage.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use sqlx::PgPool;

use super::{FilePath, find};
use crate::backlog::db::ImportRow;
use crate::backlog::domain::Breadth;
use crate::backlog::domain::import::{Choice, Field, ImportRefused, Sheet, Target, compared};
use crate::backlog::service;
use crate::backlog::web::At;
use crate::error::Result;
use crate::web::shell::{Section, Shell};
use crate::web::{Form, FormErrors, Path, flash, page, refused};

// GET and POST /o/{org}/products/{product}/import/{file}

/// What is chosen, as it was sent: columns by their places, nothing for none.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ColumnsForm {
    version: i32,
    title: String,
    why: String,
    state: String,
    dropped: String,
    rank: String,
    breadth: String,
    class: String,
    labels: String,
    effect: String,
    key_column: String,
    otherwise: String,
    /// The column whose states are below.
    of: String,
    /// What each of them is here, in their order.
    target: Vec<String>,
}

impl ColumnsForm {
    fn of(choice: &Choice, version: i32) -> Self {
        let mut form =
            Self { version, otherwise: choice.breadth.word().to_owned(), ..Self::default() };
        for field in Field::ALL {
            let column = choice.column(*field).map(|at| at.to_string()).unwrap_or_default();
            *form.column_mut(*field) = column;
        }
        form
    }

    fn column_mut(&mut self, field: Field) -> &mut String {
        match field {
            Field::Title => &mut self.title,
            Field::Why => &mut self.why,
            Field::State => &mut self.state,
            Field::Dropped => &mut self.dropped,
            Field::Rank => &mut self.rank,
            Field::Breadth => &mut self.breadth,
            Field::Class => &mut self.class,
            Field::Labels => &mut self.labels,
            Field::Effect => &mut self.effect,
            // `key` is the one-time key of every form.
            Field::Key => &mut self.key_column,
        }
    }

    fn column(&self, field: Field) -> &str {
        match field {
            Field::Title => &self.title,
            Field::Why => &self.why,
            Field::State => &self.state,
            Field::Dropped => &self.dropped,
            Field::Rank => &self.rank,
            Field::Breadth => &self.breadth,
            Field::Class => &self.class,
            Field::Labels => &self.labels,
            Field::Effect => &self.effect,
            Field::Key => &self.key_column,
        }
    }

    /// The choice, with the states only where they are those of the chosen column.
    fn choice(&self, sheet: &Sheet, before: &Choice) -> Result<Choice, ImportRefused> {
        let mut choice = before.clone();
        choice.columns.clear();
        choice.breadth = Breadth::parse(&self.otherwise)?;
        for field in Field::ALL {
            let column = self.column(*field);
            if !column.is_empty() {
                let at = column.parse().map_err(|_| ImportRefused::NoColumn)?;
                choice.columns.insert(*field, at);
            }
        }
        choice.check(sheet)?;
        if !self.is_another_state() {
            let states = choice.column(Field::State).and_then(|at| sheet.states(at));
            let states = states.unwrap_or_default();
            for (state, target) in states.iter().zip(&self.target) {
                choice.states.insert(compared(state), Target::parse(target)?);
            }
        }
        Ok(choice)
    }

    /// Whether the states that were shown are those of another column.
    fn is_another_state(&self) -> bool {
        self.of != self.state
    }
}

/// A state of the file.
struct FileState {
    name: String,
    target: Target,
    is_held: bool,
}

#[derive(Template)]
#[template(path = "backlog/import/columns.html")]
struct ColumnsPage {
    shell: Shell,
    at: At,
    url: String,
    name: String,
    sheet: Sheet,
    choice: Choice,
    states: Vec<FileState>,
    form: ColumnsForm,
    errors: FormErrors,
}

impl ColumnsPage {
    fn new(
        at: At,
        path: &FilePath,
        row: &ImportRow,
        form: Option<ColumnsForm>,
        errors: FormErrors,
    ) -> Result<Self> {
        let (sheet, choice) = service::read(row)?;
        let form = form.unwrap_or_else(|| ColumnsForm::of(&choice, row.version));
        let shown = form.state.parse().ok().filter(|at| *at < sheet.columns.len());
        let states = shown.and_then(|at| sheet.states(at)).unwrap_or_default();
        let state = |name: &&str| FileState {
            name: (*name).to_owned(),
            target: choice.target(name),
            is_held: Target::is_held(name),
        };
        Ok(Self {
            shell: at.visitor.shell(Section::Products),
            url: at.file_url(path.file, ""),
            name: row.name.clone(),
            states: states.iter().map(state).collect(),
            at,
            sheet,
            choice,
            form,
            errors,
        })
    }

    fn is_chosen(&self, field: Field, at: usize) -> bool {
        self.form.column(field) == at.to_string()
    }

    /// What the first rows have in the column of a field.
    fn samples(&self, field: Field) -> String {
        let Ok(at) = self.form.column(field).parse::<usize>() else { return String::new() };
        let short = |text: &&str| {
            let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let kept: String = line.chars().take(60).collect();
            if kept.len() < line.len() {
                format!("“{kept}…”")
            } else {
                format!("“{kept}”")
            }
        };
        self.sheet.samples(at).iter().map(short).collect::<Vec<_>>().join(", ")
    }

    fn rows(&self) -> String {
        match self.sheet.lines.len() {
            1 => "1 row".to_owned(),
            n => format!("{n} rows"),
        }
    }

    fn any_held(&self) -> bool {
        self.states.iter().any(|state| state.is_held)
    }
}

pub async fn columns(
    at: At,
    Path(path): Path<FilePath>,
    State(pool): State<PgPool>,
) -> Result<Response> {
    let row = find(&pool, &at, path.file).await?;
    if row.applied_at.is_some() {
        return Ok(Redirect::to(&at.file_url(path.file, "/rows")).into_response());
    }
    page(&ColumnsPage::new(at, &path, &row, None, FormErrors::default())?)
}

pub async fn choose(
    at: At,
    Path(path): Path<FilePath>,
    State(pool): State<PgPool>,
    Form(form): Form<ColumnsForm>,
) -> Result<Response> {
    let row = find(&pool, &at, path.file).await?;
    match keep(&pool, &at, &path, &row, &form).await {
        Ok(()) if form.is_another_state() && !form.state.is_empty() => {
            let said = "Look at what the states of this column are here.";
            Ok(flash::redirect(&at.file_url(path.file, "#states"), said))
        }
        Ok(()) => Ok(Redirect::to(&at.file_url(path.file, "/rows")).into_response()),
        Err(error) => {
            let mut errors = FormErrors::default();
            errors.absorb(error)?;
            let row = find(&pool, &at, path.file).await?;
            if row.applied_at.is_some() {
                return Ok(Redirect::to(&at.file_url(path.file, "/rows")).into_response());
            }
            let form = ColumnsForm { version: row.version, ..form };
            refused(&errors, &ColumnsPage::new(at, &path, &row, Some(form), errors.clone())?)
        }
    }
}

async fn keep(
    pool: &PgPool,
    at: &At,
    path: &FilePath,
    row: &ImportRow,
    form: &ColumnsForm,
) -> Result<()> {
    if row.applied_at.is_some() {
        return Err(ImportRefused::Changed.into());
    }
    let (sheet, before) = service::read(row)?;
    let choice = form.choice(&sheet, &before)?;
    let (actor, product) = (&at.visitor.actor, at.product.id);
    service::choose(pool, actor, product, path.file, form.version, &choice).await
}
