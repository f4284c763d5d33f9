//! What an event changed, as lines that a person can read: a label, how it was, how it is.

use serde_json::{Map, Value};

/// One thing that an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What: "Review date".
    pub label: String,
    /// How it was; empty for what is new.
    pub before: String,
    /// How it is; empty for what is gone.
    pub after: String,
}

impl Difference {
    /// Whether it is another than before.
    pub fn is_change(&self) -> bool {
        self.before != self.after
    }
}

/// The lines of an event, in the order in which they were written down.
pub fn differences(before: Option<&Value>, after: Option<&Value>) -> Vec<Difference> {
    let (before, after) = (fields(before), fields(after));
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    let mut names: Vec<_> = after.keys().chain(gone).collect();
    names.sort_by_key(|name| label(name));
    names
        .into_iter()
        .map(|name| Difference {
            label: label(name),
            before: before.get(name).map(text).unwrap_or_default(),
            after: after.get(name).map(text).unwrap_or_default(),
        })
        .filter(|line| !(line.before.is_empty() && line.after.is_empty()))
        .collect()
}

fn fields(value: Option<&Value>) -> Map<String, Value> {
    match value {
        Some(Value::Object(fields)) => fields.clone(),
        None | Some(Value::Null) => Map::new(),
        Some(other) => Map::from_iter([("value".to_owned(), other.clone())]),
    }
}

/// A word of the schema as a person reads it: `review_on` is "Review on".
pub fn label(word: &str) -> String {
    let words = word.replace(['_', '-'], " ");
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (label(name).to_lowercase(), text(value)))
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| format!("{name}: {text}"))
            .collect::<Vec<_>>()
            .join("; "),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(label: &str, before: &str, after: &str) -> Difference {
        Difference { label: label.into(), before: before.into(), after: after.into() }
    }

    #[test]
    fn each_field_is_a_line_with_before_and_after() {
        let before = json!({"name": "Fair Bills", "pattern": "own", "gone": 1});
        let after = json!({"name": "Fair Bills", "pattern": "journey", "hats": ["UX", "Analyst"], "open": null});
        assert_eq!(
            differences(Some(&before), Some(&after)),
            [
                line("Gone", "1", ""),
                line("Hats", "", "UX, Analyst"),
                line("Name", "Fair Bills", "Fair Bills"),
                line("Pattern", "own", "journey"),
            ]
        );
    }

    #[test]
    fn nothing_and_plain_values_can_be_read_too() {
        assert_eq!(differences(None, None), []);
        assert_eq!(differences(None, Some(&json!(true))), [line("Value", "", "yes")]);
        assert_eq!(
            differences(Some(&json!({"member": {"name": "Aisha", "share": 50, "hats": []}})), None),
            [line("Member", "name: Aisha; share: 50", "")]
        );
        assert_eq!(label("review_on"), "Review on");
        assert_eq!(label(""), "");
    }
}
