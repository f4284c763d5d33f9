//! What has changed between two versions of a text, word by word.

use similar::{ChangeTag, TextDiff};

/// A run of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run {
    /// In both.
    Same(String),
    /// Only in the older one.
    Gone(String),
    /// Only in the newer one.
    New(String),
}

/// The runs of words that lead from `before` to `after`.
pub fn words(before: &str, after: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = vec![];
    for change in TextDiff::from_words(before, after).iter_all_changes() {
        let text = change.value();
        match (change.tag(), runs.last_mut()) {
            (ChangeTag::Equal, Some(Run::Same(run)))
            | (ChangeTag::Delete, Some(Run::Gone(run)))
            | (ChangeTag::Insert, Some(Run::New(run))) => run.push_str(text),
            (ChangeTag::Equal, _) => runs.push(Run::Same(text.to_owned())),
            (ChangeTag::Delete, _) => runs.push(Run::Gone(text.to_owned())),
            (ChangeTag::Insert, _) => runs.push(Run::New(text.to_owned())),
        }
    }
    runs
}

/// A whole that is kept or replaced, as a date is.
pub fn whole(before: &str, after: &str) -> Vec<Run> {
    if before == after {
        return words(before, after);
    }
    let runs = [Run::Gone(before.to_owned()), Run::New(after.to_owned())];
    let is_said = |run: &Run| match run {
        Run::Same(text) | Run::Gone(text) | Run::New(text) => !text.is_empty(),
    };
    runs.into_iter().filter(is_said).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn changed_words_are_told_from_those_that_stay() {
        let same = |text: &str| Run::Same(text.to_owned());
        assert_eq!(
            words("Every household trusts its bill", "Every tenant trusts its bill"),
            [
                same("Every "),
                Run::Gone("household".to_owned()),
                Run::New("tenant".to_owned()),
                same(" trusts its bill")
            ]
        );
        assert_eq!(words("", "All"), [Run::New("All".to_owned())]);
        assert_eq!(words("All", "All"), [same("All")]);
        assert_eq!(words("", ""), []);
        let (may, june) = ("1 May 2027".to_owned(), "1 June 2027".to_owned());
        assert_eq!(whole(&may, &june), [Run::Gone(may.clone()), Run::New(june.clone())]);
        assert_eq!(whole("", &may), [Run::New(may)]);
    }

    proptest! {
        #[test]
        fn both_texts_can_be_read_in_the_comparison(before in "[a-c \n]{0,40}", after in "[a-c \n]{0,40}") {
            let (mut old, mut new) = (String::new(), String::new());
            for run in words(&before, &after) {
                match run {
                    Run::Same(text) => { old.push_str(&text); new.push_str(&text); }
                    Run::Gone(text) => old.push_str(&text),
                    Run::New(text) => new.push_str(&text),
                }
            }
            prop_assert_eq!((old, new), (before, after));
        }
    }
}
