//! What an event changed, as lines that a person can read: a label, how it was, how it is.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Number, Value};
use uuid::Uuid;

use crate::web::ui;

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

/// What a field is called, where its name in the event says it badly.
const LABELS: [(&str, &str); 13] = [
    ("allocation", "Share"),
    ("at", "Time"),
    ("better", "What would be better"),
    ("every_weeks", "Weeks between"),
    ("exit", "When it ends"),
    ("is_goal", "Goal metric"),
    ("learning_limit", "Items in learning at most"),
    ("limit", "At most"),
    ("may_order", "May order the backlog"),
    ("on", "Day"),
    ("tried", "What was tried"),
    ("why", "Why it matters"),
    ("wip_limit", "Items in progress at most"),
];

/// Fields with a word of the schema, which is no text of a person: `in_progress` is "In progress".
const CHOICES: [&str; 12] = [
    "breadth",
    "cadence",
    "class",
    "confidence",
    "direction",
    "hat",
    "kind",
    "pattern",
    "policy",
    "roles",
    "stage",
    "stages",
];

/// What a choice is called, where its word says it badly: the titles of the feature that has it.
const TITLES: [(&str, &str, &str); 11] = [
    ("cadence", "weekly", "Every week"),
    ("cadence", "two_weeks", "Every two weeks"),
    ("cadence", "monthly", "Every month"),
    ("cadence", "quarterly", "Every quarter"),
    ("direction", "up", "Up to a target"),
    ("direction", "down", "Down to a target"),
    ("direction", "within", "Within a range"),
    ("pattern", "account_based", "Account-based"),
    ("policy", "warn", "Warns over the limit"),
    ("policy", "reason", "Asks for a reason over the limit"),
    ("policy", "block", "Stops at the limit"),
];

/// Fields that name the thing of which others tell, the best first.
const NAMES: [&str; 6] = ["name", "member", "skill", "team", "squad", "title"];

/// Who reads, since days and times are told as on a clock beside them.
#[derive(Debug, Clone, Copy)]
pub struct Reader {
    /// When.
    pub now: DateTime<Utc>,
    /// Where.
    pub zone: Tz,
}

/// The lines of an event, by their labels. What only a machine can read, an id, is left out.
pub fn differences(
    before: Option<&Value>,
    after: Option<&Value>,
    reader: Reader,
) -> Vec<Difference> {
    let (before, after) = (fields(before), fields(after));
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    let mut names: Vec<_> = after.keys().chain(gone).filter(|name| !is_id(name)).collect();
    names.sort_by_key(|name| label(name));
    let said = |fields: &Map<String, Value>, name: &str| {
        fields.get(name).map(|value| reader.text(name, value)).unwrap_or_default()
    };
    names
        .into_iter()
        .map(|name| Difference {
            label: label(name),
            before: said(&before, name),
            after: said(&after, name),
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

fn is_id(text: &str) -> bool {
    Uuid::parse_str(text).is_ok()
}

/// A field as a person reads it: `review_on` is "Review on". Names that people gave stay as they are.
pub fn label(word: &str) -> String {
    match LABELS.iter().find(|(name, _)| *name == word) {
        Some((_, label)) => (*label).to_owned(),
        None => sentence(word),
    }
}

/// A word of the schema as the beginning of a sentence.
fn sentence(word: &str) -> String {
    let words = word.replace('_', " ");
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Whether a key is a word of the schema; others are names, such as those of skills.
fn is_word(key: &str) -> bool {
    key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

impl Reader {
    /// The value of a field in words.
    fn text(self, field: &str, value: &Value) -> String {
        match value {
            Value::Null => String::new(),
            Value::Bool(true) => "Yes".to_owned(),
            Value::Bool(false) => "No".to_owned(),
            Value::Number(number) => amount(field, number),
            Value::String(text) if CHOICES.contains(&field) => choice(field, text),
            Value::String(text) => self.words(text),
            Value::Array(values) => {
                let texts = values.iter().map(|value| self.text(field, value));
                let between = if values.iter().any(Value::is_object) { "; " } else { ", " };
                texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(between)
            }
            Value::Object(fields) => self.thing(field, fields),
        }
    }

    /// A text, or what it says if it is a day, a time or an id.
    fn words(self, text: &str) -> String {
        if is_id(text) {
            return String::new();
        }
        if let Ok(date) = text.parse::<NaiveDate>() {
            return ui::day(date, self.now.with_timezone(&self.zone).date_naive());
        }
        match DateTime::parse_from_rfc3339(text) {
            Ok(at) => ui::when(at.to_utc(), self.now, self.zone),
            Err(_) => text.to_owned(),
        }
    }

    /// A thing with fields of its own: "Aisha Rahman (share: 50 %)".
    fn thing(self, field: &str, fields: &Map<String, Value>) -> String {
        let named = NAMES.iter().find(|name| fields.get(**name).is_some_and(Value::is_string));
        let rest = fields.iter().filter(|(name, _)| named != Some(&name.as_str()) && !is_id(name));
        let rest = rest.filter_map(|(name, value)| {
            let (of, label) = if is_word(name) {
                (name.as_str(), label(name).to_lowercase())
            } else {
                (field, name.clone())
            };
            let text = self.text(of, value);
            (!text.is_empty()).then(|| format!("{label}: {text}"))
        });
        let rest = rest.collect::<Vec<_>>().join(", ");
        let name = named.map(|name| self.text(name, &fields[*name])).unwrap_or_default();
        match (name.is_empty(), rest.is_empty()) {
            (true, _) => rest,
            (false, true) => name,
            (false, false) => format!("{name} ({rest})"),
        }
    }
}

fn choice(field: &str, word: &str) -> String {
    if is_id(word) {
        return String::new();
    }
    let title = TITLES.iter().find(|(of, it, _)| *of == field && *it == word);
    title.map_or_else(|| sentence(word), |(.., title)| (*title).to_owned())
}

fn amount(field: &str, number: &Number) -> String {
    let plain = number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string());
    match field {
        "allocation" | "share" => format!("{plain} %"),
        "level" => match number.as_i64() {
            Some(level @ 1..=5) => ui::level_words(level).to_owned(),
            _ => plain,
        },
        _ => plain,
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use serde_json::json;

    use super::*;

    fn line(label: &str, before: &str, after: &str) -> Difference {
        Difference { label: label.into(), before: before.into(), after: after.into() }
    }

    fn read(before: &Value, after: &Value) -> Vec<Difference> {
        let now = Utc.with_ymd_and_hms(2026, 11, 21, 12, 0, 0).unwrap();
        differences(Some(before), Some(after), Reader { now, zone: Tz::Europe__Oslo })
    }

    fn said(field: &str, value: &Value) -> String {
        let lines = read(&json!(null), &json!({field: value}));
        lines.into_iter().map(|line| line.after).collect()
    }

    #[test]
    fn each_field_is_a_line_with_before_and_after() {
        let before = json!({"name": "Fair Bills", "pattern": "own", "gone": 1});
        let after = json!({"name": "Fair Bills", "pattern": "journey_stage", "hats": ["UX", "Analyst"], "open": null});
        assert_eq!(
            read(&before, &after),
            [
                line("Gone", "1", ""),
                line("Hats", "", "UX, Analyst"),
                line("Name", "Fair Bills", "Fair Bills"),
                line("Pattern", "Own", "Journey stage"),
            ]
        );
    }

    #[test]
    fn fields_and_values_are_said_in_words() {
        assert_eq!(
            read(
                &json!({"is_goal": false, "wip_limit": 3}),
                &json!({"is_goal": true, "new_one": 2})
            ),
            [
                line("Goal metric", "No", "Yes"),
                line("Items in progress at most", "3", ""),
                line("New one", "", "2"),
            ]
        );
        assert_eq!(said("stage", &json!("in_progress")), "In progress");
        assert_eq!(said("confidence", &json!("off_track")), "Off track");
        assert_eq!(said("cadence", &json!("two_weeks")), "Every two weeks");
        assert_eq!(said("roles", &json!(["leader", "coach"])), "Leader, Coach");
        assert_eq!(said("level", &json!(4)), "can improve it");
        assert_eq!(said("allocation", &json!(50)), "50 %");
        assert_eq!(said("target", &json!(90.0)), "90");
        assert_eq!(said("baseline", &json!(78.25)), "78.25");
    }

    #[test]
    fn what_people_wrote_stays_as_they_wrote_it() {
        assert_eq!(said("name", &json!("in_progress")), "in_progress");
        let skills = read(&json!({"UX-design": "knows of it"}), &json!({"UX-design": null}));
        assert_eq!(skills, [line("UX-design", "knows of it", "")]);
        assert_eq!(said("stages", &json!({"NA-12": "in_progress"})), "NA-12: In progress");
    }

    #[test]
    fn days_and_times_are_those_of_the_reader() {
        assert_eq!(said("review_on", &json!("2026-11-22")), "Tomorrow");
        assert_eq!(said("review_on", &json!("2027-02-21")), "21 February 2027");
        assert_eq!(said("until", &json!("2026-11-21T11:30:00Z")), "Today, 12:30");
    }

    #[test]
    fn no_id_is_shown() {
        let id = "01a205f8-889d-7361-bca4-e876725dba9d";
        assert_eq!(read(&json!({"metric": id}), &json!({"metric": null, id: 1})), []);
        assert_eq!(said("ids", &json!([id, id])), "");
        assert_eq!(said("kind", &json!(id)), "");
        assert_eq!(said("member", &json!({"id": id, "name": "Aisha"})), "Aisha");
    }

    #[test]
    fn things_in_a_list_are_told_one_after_the_other() {
        let added = json!([
            {"member": "Aisha Rahman", "allocation": 50, "hats": ["UX", "Analyst"]},
            {"member": "Ravi Menon", "allocation": 100, "hats": []},
        ]);
        assert_eq!(
            said("added", &added),
            "Aisha Rahman (share: 50 %, hats: UX, Analyst); Ravi Menon (share: 100 %)"
        );
        assert_eq!(
            said("seat", &json!({"place": 2, "is_goal": true})),
            "goal metric: Yes, place: 2"
        );
    }

    #[test]
    fn nothing_and_plain_values_can_be_read_too() {
        assert_eq!(read(&json!(null), &json!(null)), []);
        assert_eq!(read(&json!(null), &json!(true)), [line("Value", "", "Yes")]);
        assert_eq!(label("review_on"), "Review on");
        assert_eq!(label(""), "");
    }
}
