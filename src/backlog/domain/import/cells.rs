//! The words of a file's cells: what its states, breadths, classes and keys are here.

use serde::{Deserialize, Serialize};

use super::Tool;
use crate::backlog::domain::words::{Breadth, Class, NoSuchWord, Stage, words};
use crate::secret;

words!(
    /// What a state of a file is here.
    Target, "states",
    /// Somebody thought of it.
    Proposed = "proposed", "Proposed";
    /// Squads may pull it.
    Ready = "ready", "Ready";
    /// It is done.
    Done = "done", "Done";
    /// It will not be done.
    Dropped = "dropped", "Dropped";
    /// Its rows stay where they are.
    LeaveOut = "leave_out", "Leave these out";
);

/// Text as it is compared: lower case, its letters and digits, with single spaces. Tools put pictures into their states.
pub fn compared(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Whether one of these runs of words is in a text that is compared.
fn says(text: &str, runs: &[&str]) -> bool {
    let padded = format!(" {text} ");
    runs.iter().any(|run| padded.contains(&format!(" {run} ")))
}

const GIVEN_UP: &[&str] = &[
    "won t do",
    "wont do",
    "won t fix",
    "wontfix",
    "won t have",
    "cancelled",
    "canceled",
    "rejected",
    "declined",
    "dropped",
    "abandoned",
    "duplicate",
    "not planned",
    "obsolete",
    "invalid",
    "cannot reproduce",
    "not a bug",
    "incomplete",
];
const DONE: &[&str] = &[
    "done",
    "closed",
    "resolved",
    "complete",
    "completed",
    "released",
    "shipped",
    "finished",
    "merged",
    "deployed",
    "live",
    "fixed",
];
/// Somebody works on it.
const HELD: &[&str] = &[
    "in progress",
    "doing",
    "in review",
    "review",
    "in development",
    "development",
    "implementing",
    "testing",
    "in test",
    "test",
    "qa",
    "wip",
    "started",
    "active",
    "blocked",
    "learning",
    "in work",
    "waiting",
    "building",
];
const READY: &[&str] = &[
    "ready",
    "to do",
    "todo",
    "selected for development",
    "next",
    "up next",
    "planned",
    "sprint backlog",
    "this sprint",
    "this week",
    "prioritized",
    "prioritised",
];

impl Target {
    /// What a state most probably is.
    pub fn guess(state: &str) -> Self {
        let state = compared(state);
        if says(&state, GIVEN_UP) {
            Self::Dropped
        } else if says(&state, DONE) {
            Self::Done
        } else if says(&state, READY) || Self::is_held(&state) {
            Self::Ready
        } else {
            Self::Proposed
        }
    }

    /// Whether somebody works on what is in this state. Nobody assigns an item to a squad (H4), so such items wait until one pulls
    /// them.
    pub fn is_held(state: &str) -> bool {
        let state = compared(state);
        !says(&state, GIVEN_UP)
            && !says(&state, DONE)
            && says(&state, HELD)
            && !says(&state, &["selected for development", "ready"])
    }

    /// The stage that it leads to.
    pub fn stage(self) -> Option<Stage> {
        match self {
            Self::Proposed => Some(Stage::Proposed),
            Self::Ready => Some(Stage::Ready),
            Self::Done => Some(Stage::Done),
            Self::Dropped => Some(Stage::Dropped),
            Self::LeaveOut => None,
        }
    }
}

/// What single cells say.
pub struct Values;

impl Values {
    /// Whether a cell says that an item was given up; `true` stands for a card that is archived, which may be done as well.
    pub fn is_dropped(cell: &str, stage: Stage) -> bool {
        let cell = compared(cell);
        says(&cell, GIVEN_UP)
            || (stage != Stage::Done && matches!(cell.as_str(), "true" | "yes" | "archived"))
    }

    /// The breadth of a type of issue.
    pub fn breadth(cell: &str) -> Option<Breadth> {
        let cell = compared(cell);
        match cell.as_str() {
            "bug" | "problem" | "incident" | "defect" | "opportunity" => Some(Breadth::Problem),
            "epic" | "outcome" | "initiative" | "objective" | "theme" => Some(Breadth::Outcome),
            "story" | "user story" | "feature" | "new feature" | "improvement" | "enhancement" => {
                Some(Breadth::Feature)
            }
            "task" | "sub task" | "subtask" | "chore" | "technical task" => Some(Breadth::Task),
            _ => None,
        }
    }

    /// The class of a cell.
    pub fn class(cell: &str) -> Class {
        if matches!(compared(cell).as_str(), "expedite" | "expedited" | "urgent") {
            Class::Expedite
        } else {
            Class::Standard
        }
    }

    /// By what an item is known again: its key in the tool, or its title where there is none.
    pub fn source(tool: Tool, key: &str, title: &str) -> String {
        let key = key.split_whitespace().collect::<Vec<_>>().join(" ");
        if key.is_empty() {
            let title = title.to_lowercase();
            // A long title as what stands for all of it, since a source has its length.
            if title.chars().count() > 160 {
                return format!("title:{}", secret::hex(&secret::sha256(&[title.as_bytes()])));
            }
            return format!("title:{title}");
        }
        let key = match tool {
            Tool::GitHub => Self::github(&key).unwrap_or(key),
            _ => key,
        };
        format!("{}:{key}", tool.word())
    }

    /// The tool and the key there that a source names; nothing where an item was known by its title only.
    pub fn origin(source: &str) -> Option<(Tool, &str)> {
        let (word, key) = source.split_once(':')?;
        Some((Tool::parse(word).ok()?, key))
    }

    /// An issue's address as it is said: "norvik/app#12".
    fn github(url: &str) -> Option<String> {
        let parts: Vec<_> = url.split("://").nth(1)?.trim_end_matches('/').split('/').collect();
        match parts[..] {
            [_, owner, repository, "issues" | "pull", number] => {
                Some(format!("{owner}/{repository}#{number}"))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_read_as_the_tools_write_them() {
        for (target, states) in [
            (
                Target::Proposed,
                &["Backlog", "Open", "OPEN", "Icebox", "🆕 New", "Ideas", "Triage", "Undone"][..],
            ),
            (
                Target::Ready,
                &[
                    "To Do",
                    "Todo",
                    "📋 Ready",
                    "Selected for Development",
                    "Up Next",
                    "Doing",
                    "🏗 In progress",
                    "In Review",
                    "Blocked",
                ],
            ),
            (
                Target::Done,
                &["Done", "✅ Done", "CLOSED", "Resolved", "Done (Sprint 12)", "Released"],
            ),
            (
                Target::Dropped,
                &["Won't Do", "Won’t Fix", "Cancelled", "NOT_PLANNED", "Closed as duplicate"],
            ),
        ] {
            for state in states {
                assert_eq!(Target::guess(state), target, "{state}");
            }
        }
    }

    #[test]
    fn what_somebody_works_on_is_known() {
        for state in ["In Progress", "Doing", "In Review", "🏗 In progress"] {
            assert!(Target::is_held(state), "{state}");
        }
        for state in
            ["Done", "To Do", "Selected for Development", "Ready for review", "Closed", "Backlog"]
        {
            assert!(!Target::is_held(state), "{state}");
        }
    }

    #[test]
    fn an_archived_card_is_given_up_unless_it_is_done() {
        assert!(Values::is_dropped("true", Stage::Ready));
        assert!(!Values::is_dropped("true", Stage::Done));
        assert!(!Values::is_dropped("false", Stage::Ready));
        assert!(Values::is_dropped("Won't Do", Stage::Done), "Jira closes what it gives up");
        assert!(Values::is_dropped("NOT_PLANNED", Stage::Done));
        assert!(!Values::is_dropped("COMPLETED", Stage::Done));
        assert!(!Values::is_dropped("", Stage::Ready));
    }

    #[test]
    fn an_item_is_known_by_its_key_there_or_by_its_title() {
        let source = |tool, key| Values::source(tool, key, "Moving House");
        assert_eq!(
            source(Tool::GitHub, "https://github.com/norvik/app/issues/12"),
            "github:norvik/app#12"
        );
        assert_eq!(
            source(Tool::GitHub, "https://github.com/norvik/app/pull/12/"),
            "github:norvik/app#12"
        );
        assert_eq!(source(Tool::GitHub, "12"), "github:12");
        assert_eq!(source(Tool::Jira, "NA-12"), "jira:NA-12");
        assert_eq!(source(Tool::Trello, " 5f1c "), "trello:5f1c");
        assert_eq!(source(Tool::Other, ""), "title:moving house");
        let long =
            |end: &str| Values::source(Tool::Other, "", &format!("{}{end}", "word ".repeat(40)));
        assert_eq!(long("a").len(), "title:".len() + 64);
        assert_ne!(long("a"), long("b"), "the end of a long title counts");
    }

    #[test]
    fn types_and_classes_are_read() {
        let breadths =
            ["Bug", "Story", "Sub-task", "Epic", "outcome", "Spike"].map(Values::breadth);
        assert_eq!(
            breadths,
            [
                Some(Breadth::Problem),
                Some(Breadth::Feature),
                Some(Breadth::Task),
                Some(Breadth::Outcome),
                Some(Breadth::Outcome),
                None
            ]
        );
        assert_eq!(
            [Values::class("expedite"), Values::class("High")],
            [Class::Expedite, Class::Standard]
        );
    }
}
