//! The large picture of a metric, as SVG: its values with target and confidence, and what happened to the squad meanwhile. Geometry in
//! attributes, colours by class; the tables beside it say the same.

use std::fmt::Write as _;

use askama::Template;
use askama::filters::HtmlSafe;
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::check_in::Confidence;
use super::db::{Turn, Written};
use super::domain::{Aim, NewMetric, Unit, with_unit};

/// The box. It is as wide as it can be read on a phone that scrolls it.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 300.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 26.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = 16.0;
/// Flags that would stand closer share one.
const APART: f64 = 20.0;
/// The kind of event that tells of a change of the metric.
const CHANGED: &str = "metric_changed";

/// A picture.
#[derive(Debug, Clone, Template)]
#[template(path = "metrics/chart.html")]
pub struct Chart {
    label: String,
    width: String,
    height: String,
    left: String,
    right: String,
    base: String,
    /// Lines across, with their numbers: height, text.
    across: Vec<[String; 2]>,
    /// The names of the months: place, text.
    below: Vec<[String; 2]>,
    /// The ranges that were the target: left, top, width, height.
    bands: Vec<[String; 4]>,
    /// The targets as steps over time: the path of the lower ends, then that of the upper ends of ranges.
    targets: Vec<String>,
    /// What they were, in words.
    target: String,
    /// Where it began.
    baseline: Option<String>,
    /// The values as a line.
    line: String,
    /// The values: class, path, words.
    marks: Vec<(&'static str, String, String)>,
    /// What happened: place, number, words.
    flags: Vec<[String; 3]>,
}

impl HtmlSafe for Chart {}

/// What happened at about one time, with the number that stands in the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// Its number.
    pub number: usize,
    /// The first of its moments.
    pub at: DateTime<Utc>,
    /// In words: "Ada joined".
    pub words: Vec<String>,
}

/// What a metric aimed at since a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Since when; none of what it aimed at in the beginning.
    pub since: Option<DateTime<Utc>>,
    /// Where it should go.
    pub aim: Aim,
    /// The same in words, with the unit of that time.
    pub words: String,
}

impl Target {
    /// What is kept of a metric before or after a change.
    fn kept(since: Option<DateTime<Utc>>, kept: Option<&Value>) -> Option<Self> {
        let kept = kept?;
        let aim = Aim::deserialize(kept).ok()?;
        let unit =
            Unit::parse(kept.get("unit").and_then(Value::as_str).unwrap_or_default()).ok()?;
        Some(Self { since, aim, words: aim.words(&unit) })
    }
}

/// What a metric aimed at over time, the present target last. `turns` are the newest first. An edit of something else is no step.
pub fn targets(metric: &NewMetric, turns: &[Turn]) -> Vec<Target> {
    let mut steps: Vec<Target> = vec![];
    let mut step = |target: Target| {
        if steps.last().is_none_or(|last| last.words != target.words) {
            steps.push(target);
        }
    };
    let mut newest = None;
    for turn in turns.iter().rev().filter(|turn| turn.what == CHANGED) {
        let since = newest.replace(turn.at);
        Target::kept(since, turn.before.as_ref()).map(&mut step);
        Target::kept(newest, turn.after.as_ref()).map(&mut step);
    }
    step(Target { since: newest, aim: metric.aim, words: metric.aim.words(&metric.unit) });
    steps
}

/// The targets in words: "at least 97 % since 3 March 2026, before that at least 95 %".
fn targets_words(targets: &[Target]) -> String {
    let Some((now, before)) = targets.split_last() else { return String::new() };
    let since = now.since.map(|at| format!(" since {}", at.format("%-d %B %Y")));
    let since = since.filter(|_| !before.is_empty()).unwrap_or_default();
    match before {
        [] => now.words.clone(),
        [one] => format!("{}{since}, before that {}", now.words, one.words),
        _ => format!("{}{since}, the last of {} targets", now.words, targets.len()),
    }
}

/// A number of a picture: one decimal, and none where it says nothing.
fn short(n: f64) -> String {
    let text = format!("{n:.1}");
    text.strip_suffix(".0").map_or(text.clone(), ToOwned::to_owned)
}

/// The most marks that a scale has, also where a division rounds up.
const MARKS: u8 = 8;

/// The marks of a scale that holds both ends: at most seven, with steps of 1, 2 or 5 times a power of ten. Ends that differ by less than
/// a picture shows, such as 0.3 and 0.1 + 0.2, are one value: steps as small as that would be lost in the numbers that they are added to.
fn scale(low: f64, high: f64) -> Vec<f64> {
    let size = low.abs().max(high.abs()).max(1.0);
    let span = if high - low > size * 1e-9 { high - low } else { size };
    let power = 10_f64.powf((span / 5.0).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|n| n * power)
        .into_iter()
        .find(|step| span / step <= 5.0)
        .unwrap_or(10.0 * power);
    let (first, last) = ((low / step).floor(), (high / step).ceil());
    let last = if last > first { last } else { first + 1.0 };
    let marks = (0..MARKS).map(|n| first + f64::from(n)).take_while(|n| *n <= last);
    marks.map(|n| n * step).collect()
}

/// A mark of a scale as it is read: as many decimals as its step has.
fn mark_words(mark: f64, step: f64) -> String {
    let decimals = (0..9).find(|n| {
        let whole = step * 10_f64.powi(*n);
        (whole - whole.round()).abs() < 1e-6
    });
    format!("{:.*}", usize::try_from(decimals.unwrap_or(0)).unwrap_or(0), mark + 0.0)
}

/// How values and moments become places.
struct Plane {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    low: f64,
    high: f64,
}

impl Plane {
    #[expect(clippy::cast_precision_loss, reason = "seconds of some years")]
    fn x(&self, at: DateTime<Utc>) -> f64 {
        let of = (self.to - self.from).num_seconds().max(1) as f64;
        let share = ((at - self.from).num_seconds() as f64 / of).clamp(0.0, 1.0);
        LEFT + share * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        let base = HEIGHT - BOTTOM;
        base - (value - self.low) / (self.high - self.low) * (base - TOP)
    }

    /// The names of the months where they begin; fewer where they are many.
    fn months(&self) -> Vec<[String; 2]> {
        let (first, last) = (self.from.date_naive(), self.to.date_naive());
        let mut months = vec![];
        let mut day = first.with_day(1).unwrap_or(first);
        while day <= last {
            let at = day.and_time(chrono::NaiveTime::MIN).and_utc();
            if at >= self.from && self.x(at) < WIDTH - RIGHT - 24.0 {
                months.push((day, self.x(at)));
            }
            let next = day.checked_add_months(chrono::Months::new(1));
            let Some(next) = next else { break };
            day = next;
        }
        let every = months.len().div_ceil(14).max(1);
        let name =
            |day: NaiveDate| day.format(if day.month() == 1 { "%Y" } else { "%b" }).to_string();
        months.into_iter().step_by(every).map(|(day, x)| [short(x), name(day)]).collect()
    }
}

/// The mark of a value: each confidence has a shape of its own.
fn shape(confidence: Option<Confidence>, x: f64, y: f64) -> (&'static str, String) {
    let at = |dx: f64, dy: f64| format!("{} {}", short(x + dx), short(y + dy));
    match confidence {
        Some(Confidence::OnTrack) => {
            ("good", format!("M{}a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z", at(-4.5, 0.0)))
        }
        Some(Confidence::AtRisk) => ("warn", format!("M{}l5.5 9.5h-11z", at(0.0, -6.0))),
        Some(Confidence::OffTrack) => ("bad", format!("M{}h9v9h-9z", at(-4.5, -4.5))),
        None => ("said", format!("M{}a3 3 0 1 0 6 0a3 3 0 1 0-6 0z", at(-3.0, 0.0))),
    }
}

/// What a turn is called; nothing of one that changed neither the squad nor the target.
fn turn_words(turn: &Turn) -> Option<String> {
    Some(match turn.what.as_str() {
        "joined" => format!("{} joined", turn.whom),
        "left" => format!("{} left", turn.whom),
        "mission" => format!("Mission, version {}", turn.whom),
        "serves" => format!("The squad began to serve {}", turn.whom),
        "serves_no_more" => format!("The squad stopped serving {}", turn.whom),
        CHANGED => {
            let before = Target::kept(None, turn.before.as_ref())?.words;
            let after = Target::kept(None, turn.after.as_ref())?.words;
            if before == after {
                return None;
            }
            format!("Target {after}, no longer {before}")
        }
        "squad_activated" => "The squad became active".to_owned(),
        "squad_returned_to_forming" => "The squad returned to forming".to_owned(),
        _ => "The squad was dissolved".to_owned(),
    })
}

/// The picture of a metric from its beginning to `to`, and what its numbers mean. `written` and `turns` are the newest first, `targets`
/// are those of [`targets`]: the past is seen against what was aimed at then.
pub fn chart(
    metric: &NewMetric,
    written: &[Written],
    turns: &[Turn],
    targets: &[Target],
    (created, to): (DateTime<Utc>, DateTime<Utc>),
) -> (Chart, Vec<Happened>) {
    let values: Vec<(&Written, f64)> = written
        .iter()
        .rev()
        .filter(|one| one.stands())
        .filter_map(|one| Some((one, one.value?)))
        .collect();
    let from = values.first().map_or(created, |(first, _)| first.at.min(created));
    // A metric of today has a day.
    let from = from.min(to - TimeDelta::days(1));
    let aims = || targets.iter().flat_map(|it| [Some(it.aim.target()), it.aim.high()]).flatten();
    let all = || values.iter().map(|(_, value)| *value).chain(aims()).chain(metric.baseline);
    let (low, high) =
        (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    let marks = scale(low, high);
    let step = marks.windows(2).next().map_or(1.0, |pair| pair[1] - pair[0]);
    let (first, last) = (marks[0], marks[marks.len() - 1]);
    let plane = Plane { from, to, low: first, high: last };
    let (flags, happened) = flags(&plane, turns);
    let (unit, target) = (&metric.unit, targets_words(targets));
    let steps = steps(&plane, targets);
    let said = match (values.first(), values.last()) {
        (Some((_, first)), Some((_, last))) if values.len() > 1 => format!(
            "{} values from {} to {}",
            values.len(),
            with_unit(*first, unit),
            with_unit(*last, unit)
        ),
        (_, Some((_, last))) => format!("one value, {}", with_unit(*last, unit)),
        _ => "no value yet".to_owned(),
    };
    let chart = Chart {
        label: format!(
            "{}: {said}, target {target}. The tables below have the same data.",
            metric.name
        ),
        width: short(WIDTH),
        height: short(HEIGHT),
        left: short(LEFT),
        right: short(WIDTH - RIGHT),
        base: short(HEIGHT - BOTTOM),
        across: marks.iter().map(|mark| [short(plane.y(*mark)), mark_words(*mark, step)]).collect(),
        below: plane.months(),
        bands: steps.iter().filter_map(|step| step.band(&plane)).collect(),
        targets: [
            stairs(&plane, &steps, |aim| Some(aim.target())),
            stairs(&plane, &steps, Aim::high),
        ]
        .into_iter()
        .filter(|path| !path.is_empty())
        .collect(),
        target,
        baseline: metric.baseline.map(|baseline| short(plane.y(baseline))),
        line: line(&plane, &values),
        marks: values
            .iter()
            .map(|(one, value)| {
                let confidence = one.confidence();
                let (class, path) = shape(confidence, plane.x(one.at), plane.y(*value));
                let sure = confidence.map(|it| format!(", {}", it.title().to_lowercase()));
                let day = one.at.format("%-d %B %Y");
                let words =
                    format!("{day}: {}{}", with_unit(*value, unit), sure.unwrap_or_default());
                (class, path, words)
            })
            .collect(),
        flags,
    };
    (chart, happened)
}

/// A target from one place to another.
struct Step {
    aim: Aim,
    from: f64,
    to: f64,
}

impl Step {
    /// Its range: left, top, width, height.
    fn band(&self, plane: &Plane) -> Option<[String; 4]> {
        let (top, base) = (plane.y(self.aim.high()?), plane.y(self.aim.target()));
        Some([self.from, top, self.to - self.from, base - top].map(short))
    }
}

/// The targets as they stand beside one another; one that held for no time within the picture is left out.
fn steps(plane: &Plane, targets: &[Target]) -> Vec<Step> {
    let begins = |target: &Target| target.since.map_or(LEFT, |at| plane.x(at));
    let ends = targets.iter().skip(1).map(begins).chain([WIDTH - RIGHT]);
    let step = |(target, to): (&Target, f64)| Step { aim: target.aim, from: begins(target), to };
    targets.iter().zip(ends).map(step).filter(|step| step.to > step.from).collect()
}

/// One end of the targets as a path: level while a target holds, up or down where another one begins.
fn stairs(plane: &Plane, steps: &[Step], end: impl Fn(Aim) -> Option<f64>) -> String {
    let mut path = String::new();
    let mut is_going_on = false;
    for step in steps {
        let Some(y) = end(step.aim).map(|aim| short(plane.y(aim))) else {
            is_going_on = false;
            continue;
        };
        let _ = if is_going_on {
            write!(path, "V{y}")
        } else {
            write!(path, "M{} {y}", short(step.from))
        };
        let _ = write!(path, "H{}", short(step.to));
        is_going_on = true;
    }
    path
}

fn line(plane: &Plane, values: &[(&Written, f64)]) -> String {
    let point = |(one, value): &(&Written, f64)| {
        format!("{},{}", short(plane.x(one.at)), short(plane.y(*value)))
    };
    if values.len() < 2 {
        return String::new();
    }
    values.iter().map(point).collect::<Vec<_>>().join(" ")
}

/// What happened within the picture, the oldest first, those that stand close together as one.
fn flags(plane: &Plane, turns: &[Turn]) -> (Vec<[String; 3]>, Vec<Happened>) {
    let mut groups: Vec<(f64, Happened)> = vec![];
    for turn in turns.iter().rev().filter(|turn| turn.at >= plane.from && turn.at <= plane.to) {
        let Some(words) = turn_words(turn) else { continue };
        let x = plane.x(turn.at);
        match groups.last_mut() {
            Some((at, group)) if x - *at < APART => group.words.push(words),
            _ => {
                let number = groups.len() + 1;
                groups.push((x, Happened { number, at: turn.at, words: vec![words] }));
            }
        }
    }
    let flag = |(x, it): &(f64, Happened)| {
        let day = it.at.format("%-d %B %Y");
        [short(*x), it.number.to_string(), format!("{day}: {}", it.words.join(", "))]
    };
    let flags = groups.iter().map(flag).collect();
    (flags, groups.into_iter().map(|(_, it)| it).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use uuid::Uuid;

    use super::super::domain::{Cadence, MetricName, Unit};
    use super::*;
    use crate::ids::CheckInId;

    fn on(text: &str) -> DateTime<Utc> {
        text.parse::<NaiveDate>().unwrap().and_time(chrono::NaiveTime::MIN).and_utc()
    }

    fn metric(aim: Aim) -> NewMetric {
        NewMetric {
            name: MetricName::parse("First bill correct").unwrap(),
            unit: Unit::parse("%").unwrap(),
            aim,
            baseline: Some(88.0),
            cadence: Cadence::Weekly,
        }
    }

    fn said(day: &str, value: Option<f64>, is_corrected: bool) -> Written {
        Written {
            id: CheckInId(Uuid::from_u128(1)),
            at: on(day),
            value,
            confidence: Some("at_risk".to_owned()),
            note: String::new(),
            corrects: None,
            is_corrected,
            by: None,
            is_program: false,
            entered_at: on(day),
        }
    }

    fn turn(day: &str, what: &str, whom: &str) -> Turn {
        Turn {
            at: on(day),
            what: what.to_owned(),
            whom: whom.to_owned(),
            before: None,
            after: None,
        }
    }

    fn changed(day: &str, before: &NewMetric, after: &NewMetric) -> Turn {
        let (before, after) = (Some(json!(before)), Some(json!(after)));
        Turn { before, after, ..turn(day, CHANGED, "") }
    }

    /// The picture of a metric whose target is what `turns` say.
    fn drawn(
        metric: &NewMetric,
        written: &[Written],
        turns: &[Turn],
        ends: (DateTime<Utc>, DateTime<Utc>),
    ) -> (Chart, Vec<Happened>) {
        chart(metric, written, turns, &targets(metric, turns), ends)
    }

    #[test]
    fn a_scale_is_round_and_holds_both_ends() {
        assert_eq!(scale(88.0, 97.0), [88.0, 90.0, 92.0, 94.0, 96.0, 98.0]);
        assert_eq!(scale(3.0, 3.0), [3.0, 4.0]);
        assert_eq!(mark_words(0.5, 0.5), "0.5");
        assert_eq!(mark_words(-0.0, 1.0), "0");
        for (low, high) in [(-3.0, 7.0), (0.001, 0.002), (1e11, 1e12), (0.0, 0.0), (99.0, 101.0)] {
            let marks = scale(low, high);
            assert!(marks.len() <= 7 && marks[0] <= low + 1e-9, "{marks:?}");
            assert!(*marks.last().unwrap() >= high - 1e-9 * high.abs(), "{marks:?}");
        }
    }

    #[test]
    fn values_that_differ_by_a_hair_are_drawn() {
        let hairs = [(0.3, 0.1 + 0.2), (434.999_999_999_999_94, 435.0), (-5e-324, 5e-324)];
        for (value, target) in hairs {
            let one = metric(Aim::Within { low: value, high: target });
            let one = NewMetric { baseline: None, ..one };
            let ends = (on("2026-03-01"), on("2026-03-20"));
            let written = [said("2026-03-10", Some(value), false)];
            let (chart, _) = chart(&one, &written, &[], &[], ends);
            assert!((2..=3).contains(&chart.across.len()), "{value}");
            let page = chart.to_string();
            assert!(!page.contains("NaN") && !page.contains("inf"), "{page}");
        }
    }

    /// A value that a check-in takes, often one beside which little changes.
    fn values() -> impl Strategy<Value = f64> {
        let odd = [0.0, -0.0, 5e-324, f64::MIN_POSITIVE, 1e-9, 0.3, 435.0, 1e12, -1e12];
        prop_oneof![prop::sample::select(odd.to_vec()), -1e12..1e12, -10.0..10.0]
    }

    proptest! {
        #[test]
        fn every_scale_ends_and_holds_its_ends(low in values(), other in values(), hairs in 0_u32..5) {
            let beside = (0..hairs).fold(low, |value, _| value.next_up());
            for (low, high) in [(low.min(other), low.max(other)), (low, beside)] {
                let marks = scale(low, high);
                prop_assert!((2..=usize::from(MARKS)).contains(&marks.len()), "{low} {high}: {marks:?}");
                prop_assert!(marks.windows(2).all(|pair| pair[0] < pair[1]), "{low} {high}: {marks:?}");
                let room = 1e-9 * low.abs().max(high.abs()).max(1.0);
                prop_assert!(marks[0] <= low + room, "{low} {high}: {marks:?}");
                prop_assert!(marks[marks.len() - 1] >= high - room, "{low} {high}: {marks:?}");
            }
        }
    }

    #[test]
    fn what_was_corrected_is_not_drawn() {
        let written = [
            said("2026-03-10", Some(94.0), false),
            said("2026-03-03", Some(9.0), true),
            said("2026-03-03", None, false),
            said("2026-03-01", Some(90.0), false),
        ];
        let ends = (on("2026-02-20"), on("2026-03-20"));
        let (chart, _) = drawn(&metric(Aim::Up { target: 97.0 }), &written, &[], ends);
        assert_eq!(chart.marks.len(), 2);
        assert_eq!(chart.marks[1].2, "10 March 2026: 94 %, at risk");
        let page = chart.to_string();
        assert!(page.contains("2 values from 90 % to 94 %, target at least 97 %"), "{page}");
        assert!(!page.contains("style=") && !page.contains("NaN"));
    }

    #[test]
    fn a_range_is_a_band_and_no_values_are_no_harm() {
        let within = metric(Aim::Within { low: 85.0, high: 90.0 });
        let (chart, _) = drawn(&within, &[], &[], (on("2026-03-20"), on("2026-03-20")));
        assert_eq!(chart.bands.len(), 1);
        assert_eq!(chart.targets.len(), 2);
        let page = chart.to_string();
        assert!(page.contains("no value yet") && !page.contains("NaN"), "{page}");
    }

    #[test]
    fn turns_that_are_close_share_a_number() {
        let turns = [
            turn("2026-12-01", "mission", "2"),
            turn("2026-06-02", "left", "Ben"),
            turn("2026-06-01", "joined", "Ada"),
            turn("2025-06-01", "joined", "Long ago"),
        ];
        let ends = (on("2026-01-01"), on("2026-12-31"));
        let (chart, happened) = drawn(&metric(Aim::Up { target: 97.0 }), &[], &turns, ends);
        assert_eq!(chart.flags.len(), 2);
        assert_eq!(happened[0].words, ["Ada joined", "Ben left"]);
        assert_eq!((happened[1].number, &*happened[1].words[0]), (2, "Mission, version 2"));
    }

    #[test]
    fn the_past_is_seen_against_the_target_of_then() {
        let (low, high) = (metric(Aim::Up { target: 90.0 }), metric(Aim::Up { target: 100.0 }));
        let renamed = NewMetric { name: MetricName::parse("Right bills").unwrap(), ..high.clone() };
        let turns = [changed("2026-08-01", &high, &renamed), changed("2026-07-02", &low, &high)];
        let all = targets(&renamed, &turns);
        let said: Vec<_> = all.iter().map(|it| (it.since, &*it.words)).collect();
        let then = on("2026-07-02");
        assert_eq!(said, [(None, "at least 90 %"), (Some(then), "at least 100 %")]);

        let ends = (on("2026-01-01"), on("2026-12-31"));
        let (chart, happened) = drawn(&renamed, &[], &turns, ends);
        // The scale goes from 85 to 100, the days from 46 to 704: the middle of the year is its middle.
        let up_to = |value: f64| short(274.0 - (value - 85.0) / 15.0 * 244.0);
        let [path] = &chart.targets[..] else { panic!("{:?}", chart.targets) };
        assert_eq!(*path, format!("M46 {}H375V{}H704", up_to(90.0), up_to(100.0)));
        let page = chart.to_string();
        let label = "target at least 100 % since 2 July 2026, before that at least 90 %.";
        assert!(page.contains(label), "{page}");
        let words: Vec<_> = happened.iter().map(|it| it.words.join(", ")).collect();
        assert_eq!(words, ["Target at least 100 %, no longer at least 90 %"], "a name is no turn");
    }

    #[test]
    fn a_range_that_began_and_ended_is_a_band_of_that_time() {
        let (up, within) =
            (metric(Aim::Up { target: 90.0 }), metric(Aim::Within { low: 90.0, high: 95.0 }));
        let turns = [changed("2026-10-01", &within, &up), changed("2026-04-02", &up, &within)];
        let ends = (on("2026-01-01"), on("2026-12-31"));
        let (chart, _) = drawn(&up, &[], &turns, ends);
        let [[left, _, width, _]] = &chart.bands[..] else { panic!("{:?}", chart.bands) };
        let (left, width): (f64, f64) = (left.parse().unwrap(), width.parse().unwrap());
        assert!(
            (200.0..220.0).contains(&left) && (320.0..340.0).contains(&width),
            "{left} {width}"
        );
        let [lower, upper] = &chart.targets[..] else { panic!("{:?}", chart.targets) };
        assert!(lower.starts_with("M46 ") && lower.ends_with("H704"), "{lower}");
        assert!(upper.starts_with(&format!("M{left} ")), "{upper}");
        assert_eq!(upper.matches('H').count(), 1, "only while it was a range: {upper}");
        assert!(
            chart.to_string().contains("at least 90 % since 1 October 2026, the last of 3 targets")
        );
    }

    #[test]
    fn what_the_metric_says_now_holds_whatever_the_history_keeps() {
        let now = metric(Aim::Up { target: 97.0 });
        let odd =
            Turn { after: Some(json!({"target": "many"})), ..turn("2026-03-01", CHANGED, "") };
        let all = targets(&now, std::slice::from_ref(&odd));
        assert_eq!(all.last().unwrap().words, "at least 97 %");
        assert_eq!(all.len(), 1);
        let ends = (on("2026-01-01"), on("2026-12-31"));
        assert!(drawn(&now, &[], &[odd], ends).1.is_empty(), "nothing is said of it");
    }
}
