//! Knowing where a file comes from by the names of its columns, and what is chosen of them to begin with.

use std::collections::BTreeMap;

use super::{Field, Sheet};
use crate::backlog::domain::words::{NoSuchWord, words};
use serde::{Deserialize, Serialize};

words!(
    /// Where a file comes from.
    Tool, "tool",
    /// Issues, or the view of a project.
    GitHub = "github", "GitHub";
    /// Issues of a search.
    Jira = "jira", "Jira";
    /// Cards of a board.
    Trello = "trello", "Trello";
    /// The items of a product, as they are exported here.
    Trellis = "trellis", "Trellis";
    /// Something else.
    Other = "other", "Another tool";
);

/// The names of a column in each tool, those that are taken first before the others.
type Names = &'static [(Field, &'static [&'static str])];

const GITHUB: Names = &[
    (Field::Title, &["title"]),
    (Field::Why, &["body", "description"]),
    (Field::State, &["status", "state"]),
    (Field::Dropped, &["state_reason", "statereason"]),
    (Field::Breadth, &["type", "issue type"]),
    (Field::Labels, &["labels"]),
    (Field::Key, &["url", "html_url", "number", "id"]),
];

const JIRA: Names = &[
    (Field::Title, &["summary"]),
    (Field::Why, &["description"]),
    (Field::State, &["status"]),
    (Field::Dropped, &["resolution"]),
    (Field::Rank, &["custom field (rank)", "rank"]),
    (Field::Breadth, &["issue type"]),
    (Field::Labels, &["labels"]),
    (Field::Key, &["issue key", "issue id"]),
];

const TRELLO: Names = &[
    (Field::Title, &["card name"]),
    (Field::Why, &["card description"]),
    (Field::State, &["list name"]),
    (Field::Dropped, &["archived"]),
    (Field::Labels, &["labels"]),
    (Field::Key, &["card id", "card url"]),
];

const TRELLIS: Names = &[
    (Field::Title, &["title"]),
    (Field::Why, &["why"]),
    (Field::State, &["stage"]),
    (Field::Breadth, &["breadth"]),
    (Field::Class, &["class"]),
    (Field::Effect, &["effect"]),
    (Field::Key, &["key"]),
];

/// Names that speak for themselves, in a file of which nothing else is known.
const OTHER: Names = &[
    (Field::Title, &["title", "name", "summary", "subject", "item", "story"]),
    (Field::Why, &["why", "description", "body", "details", "notes"]),
    (Field::State, &["state", "status", "stage", "column", "list"]),
    (Field::Rank, &["rank", "order", "position", "priority order"]),
    (Field::Breadth, &["breadth", "type", "issue type"]),
    (Field::Class, &["class"]),
    (Field::Labels, &["labels", "tags"]),
    (Field::Key, &["id", "key", "url", "number"]),
];

impl Tool {
    /// The tool that writes files with these columns.
    pub fn of(sheet: &Sheet) -> Self {
        let has = |names: &[&str]| names.iter().all(|name| sheet.column(name).is_some());
        if has(&["card id", "card name"]) {
            Self::Trello
        } else if has(&["summary", "issue key"]) || has(&["summary", "issue id"]) {
            Self::Jira
        } else if has(&["key", "title", "why", "breadth", "stage"]) {
            Self::Trellis
        } else if has(&["title", "url", "repository"])
            || has(&["title", "url", "status"])
            || has(&["title", "number", "state"])
            || has(&["title", "html_url"])
        {
            Self::GitHub
        } else {
            Self::Other
        }
    }

    /// What its columns say.
    pub fn columns(self, sheet: &Sheet) -> BTreeMap<Field, usize> {
        let names = match self {
            Self::GitHub => GITHUB,
            Self::Jira => JIRA,
            Self::Trello => TRELLO,
            Self::Trellis => TRELLIS,
            Self::Other => OTHER,
        };
        let found = names.iter().filter_map(|(field, names)| {
            let at = names.iter().find_map(|name| sheet.column(name))?;
            Some((*field, at))
        });
        found.collect()
    }

    /// What is said of a file that was sent.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::GitHub => "This looks like issues of GitHub.",
            Self::Jira => "This looks like issues of Jira.",
            Self::Trello => "This looks like the cards of a Trello board.",
            Self::Trellis => "This looks like the items of a product, as Trellis writes them.",
            Self::Other => "Trellis does not know this form. Choose what its columns say.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(columns: &str) -> (Tool, Vec<String>) {
        let sheet = Sheet::read(&format!("{columns}\nx\n")).unwrap();
        let tool = Tool::of(&sheet);
        let chosen = tool.columns(&sheet);
        let said =
            chosen.iter().map(|(field, at)| format!("{}={}", field.word(), sheet.columns[*at]));
        (tool, said.collect())
    }

    #[test]
    fn each_tool_is_known_by_its_columns() {
        let (tool, said) = known(
            "Summary,Issue key,Issue id,Issue Type,Status,Priority,Resolution,Assignee,Labels,Labels,Description,Custom field (Rank),Sprint,Sprint,Comment,Comment",
        );
        assert_eq!(tool, Tool::Jira);
        insta::assert_snapshot!(said.join(" "), @"title=Summary why=Description state=Status dropped=Resolution rank=Custom field (Rank) breadth=Issue Type labels=Labels key=Issue key");
        let (tool, said) = known("Title\tURL\tAssignees\tStatus\tLabels\tMilestone\tRepository");
        assert_eq!(tool, Tool::GitHub);
        insta::assert_snapshot!(said.join(" "), @"title=Title state=Status labels=Labels key=URL");
        let (tool, said) =
            known("number,title,body,state,stateReason,labels,assignees,createdAt,closedAt");
        assert_eq!(tool, Tool::GitHub);
        insta::assert_snapshot!(said.join(" "), @"title=title why=body state=state dropped=stateReason labels=labels key=number");
        let (tool, said) = known(
            "Card ID,Card Name,Card URL,Card Description,Labels,Members,Due Date,List ID,List Name,Board ID,Board Name,Archived",
        );
        assert_eq!(tool, Tool::Trello);
        insta::assert_snapshot!(said.join(" "), @"title=Card Name why=Card Description state=List Name dropped=Archived labels=Labels key=Card ID");
        let (tool, said) = known(
            "key,title,why,breadth,class,stage,since,squad,blocked,metric,effect,proposed_by,proposed_at",
        );
        assert_eq!(tool, Tool::Trellis);
        insta::assert_snapshot!(said.join(" "), @"title=title why=why state=stage breadth=breadth class=class effect=effect key=key");
        let (tool, said) = known("Name;Notes;Priority");
        assert_eq!(tool, Tool::Other);
        insta::assert_snapshot!(said.join(" "), @"title=Name why=Notes");
    }
}
