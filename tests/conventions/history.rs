//! Every kind of event says whether it can be undone, and why not.

use std::collections::BTreeMap;

use serde_json::json;
use trellis::history::{UNKNOWN, undoing};

use crate::layering::{all, code};

/// Where an event is made.
const MADE: &str = "NewEvent::new(";

/// The kinds that the code writes down, with the file that does. Each stands in words where its event is made, so that
/// it can be found.
fn kinds() -> BTreeMap<String, String> {
    let mut kinds = BTreeMap::new();
    for (path, text) in all() {
        for rest in code(&text).split(MADE).skip(1) {
            let argument = rest.split(',').next().unwrap_or_default();
            let words: Vec<_> = argument.split('"').skip(1).step_by(2).collect();
            assert!(!words.is_empty(), "{}: {MADE}{argument}: no kind in words", path.display());
            let file = path.display().to_string();
            kinds.extend(words.into_iter().map(|kind| (kind.to_owned(), file.clone())));
        }
    }
    kinds
}

#[test]
fn every_kind_of_event_is_undone_or_says_why_not() {
    let kinds = kinds();
    assert!(kinds.len() > 40, "{kinds:?}");
    let inverses = all().into_iter().filter(|(path, _)| path.ends_with("undo/service/mod.rs"));
    let inverses: String = inverses.map(|(_, text)| code(&text)).collect();
    let (none, words, added) = (None, json!({}), json!({"added": []}));
    for (kind, file) in kinds {
        for (before, after) in [(none, none), (Some(&words), Some(&words)), (none, Some(&added))] {
            match undoing(&kind, before, after) {
                Ok(_) => assert!(
                    inverses.contains(&format!("\"{kind}\"")),
                    "{file}: {kind} is offered to be undone, and undo/service does not know how"
                ),
                Err(why) => {
                    assert_ne!(why, UNKNOWN, "{file}: history/undoing.rs does not name {kind}");
                    let is_about_access = ["organizations", "accounts"].map(|it| file.contains(it));
                    assert!(
                        !why.contains("accounts") || is_about_access.contains(&true),
                        "{file}: {kind} is not about accounts"
                    );
                }
            }
        }
    }
}
