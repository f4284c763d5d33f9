//! Asking: for each word, then for everything with the words put right. Five statements, six for a question with
//! slips, one for the key of an item; nothing is written.

use sqlx::PgPool;

use super::db::{self, MemberHit, SkillHit, TeamHit, WorkHit};
use super::domain::{Hits, MAX_CORRECTED, Question, Word, meant, put_right};
use crate::actor::Tenant;
use crate::error::Result;

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Words, as typed, for which others that are spelled like them stand.
    pub corrected: Vec<String>,
    /// Members, the best fit first.
    pub members: Hits<MemberHit>,
    /// Squads.
    pub squads: Hits<TeamHit>,
    /// Products.
    pub products: Hits<WorkHit>,
    /// Items of backlogs.
    pub items: Hits<WorkHit>,
    /// Core teams.
    pub core_teams: Hits<TeamHit>,
    /// Skills.
    pub skills: Hits<SkillHit>,
}

impl Found {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.total() == 0
    }

    /// How many things there are.
    pub fn total(&self) -> i64 {
        let people = self.members.total + self.squads.total + self.core_teams.total;
        people + self.products.total + self.items.total + self.skills.total
    }
}

/// Looks for what `question` is about; at most `limit` of each kind.
pub async fn find(pool: &PgPool, tenant: Tenant, question: &Question, limit: i64) -> Result<Found> {
    if question.is_empty() {
        return Ok(Found::default());
    }
    if let Some(item) = keyed(pool, tenant, question).await? {
        return Ok(Found { items: hits(vec![item]), ..Found::default() });
    }
    let (words, corrected) = right(pool, tenant, &question.words).await?;
    let members = db::members(pool, tenant, &words, limit).await?;
    let teams = db::teams(pool, tenant, &words, limit).await?;
    let skills = db::skills(pool, tenant, &words, limit).await?;
    let work = db::work(pool, tenant, &words, limit).await?;
    let (squads, core_teams): (Vec<_>, Vec<_>) = teams.into_iter().partition(|team| team.is_squad);
    let (items, products): (Vec<_>, Vec<_>) =
        work.into_iter().partition(|work| work.number.is_some());
    Ok(Found {
        corrected,
        members: hits(members),
        squads: hits(squads),
        products: hits(products),
        items: hits(items),
        core_teams: hits(core_teams),
        skills: hits(skills),
    })
}

/// The item that a question is the key of.
pub async fn keyed(pool: &PgPool, tenant: Tenant, question: &Question) -> Result<Option<WorkHit>> {
    match question.key() {
        Some((letters, number)) => Ok(db::keyed(pool, tenant, (&letters, number)).await?),
        None => Ok(None),
    }
}

/// Something that counts all of its kind.
trait Counted {
    fn total(&self) -> i64;
}

macro_rules! counted {
    ($($hit:ty),*) => {
        $(impl Counted for $hit {
            fn total(&self) -> i64 {
                self.total
            }
        })*
    };
}
counted!(MemberHit, TeamHit, WorkHit, SkillHit);

fn hits<T: Counted>(first: Vec<T>) -> Hits<T> {
    Hits { total: first.first().map_or(0, Counted::total), first }
}

/// The words to look for, and those of them that are put right, as they were typed.
async fn right(pool: &PgPool, tenant: Tenant, words: &[Word]) -> Result<(Vec<Word>, Vec<String>)> {
    let looked = db::look(pool, tenant, words, MAX_CORRECTED).await?;
    let meant = meant(words, &looked);
    let all = meant.concat();
    if all.is_empty() {
        return Ok((words.to_vec(), vec![]));
    }
    // Words stay when the texts that had them go; nobody is told of those.
    let looked = db::look(pool, tenant, &all, 0).await?;
    let is_there: Vec<bool> = looked.iter().map(|word| word.is_found).collect();
    Ok(put_right(words, &meant, &is_there))
}
