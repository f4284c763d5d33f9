//! The pictures of a flow, as SVG: geometry in attributes, colours by class, and a table with the same data beside each of them.

use std::fmt::Write as _;

use askama::Template;
use askama::filters::HtmlSafe;
use chrono::{Datelike, Days, NaiveDate};

use super::domain::{Counts, Finished, Flow, Month, Percentiles, View, Week};
use crate::backlog::Breadth;

/// The box of a picture. It is as wide as it can be read on a phone that scrolls it.
const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 240.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 24.0;
const LEFT: f64 = 34.0;
const RIGHT: f64 = 12.0;
/// The room for the words of a percentile.
const WORDS: f64 = 104.0;
/// A line of the chart of ages, and how many of them there are at most.
const ROW: f64 = 20.0;
pub const MAX_ROWS: usize = 30;
/// How many finished items are drawn as dots: the newest.
pub const MAX_DOTS: usize = 600;

/// A picture.
#[derive(Debug, Clone, Template)]
#[template(path = "flow/chart.html")]
pub struct Chart {
    label: String,
    width: String,
    height: String,
    /// Lines across, with their numbers: from, to, height, text.
    across: Vec<[String; 4]>,
    /// What stands below: place, height, text.
    below: Vec<[String; 3]>,
    /// What stands at the left of a row: place, height, text.
    names: Vec<[String; 3]>,
    /// Areas: class and path.
    areas: Vec<(&'static str, String)>,
    /// Bars: class, left, top, width, height, words.
    bars: Vec<(&'static str, [String; 4], String)>,
    /// Percentiles: class, both ends, words and where they stand.
    levels: Vec<(String, [String; 4], [String; 3])>,
    /// Dots: place and words.
    dots: Vec<[String; 3]>,
}

impl HtmlSafe for Chart {}

/// A number of a picture: one decimal, and none where it says nothing.
fn short(n: f64) -> String {
    let text = format!("{n:.1}");
    text.strip_suffix(".0").map_or(text.clone(), ToOwned::to_owned)
}

#[expect(clippy::cast_precision_loss, reason = "days and items are far fewer")]
fn float(n: i64) -> f64 {
    n as f64
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// The marks of a scale from 0: at most five steps of 1, 2 or 5 times a power of ten, the last at or above `most`.
fn scale(most: i64) -> Vec<i64> {
    let most = most.max(1);
    let steps = (0..).flat_map(|power| [1, 2, 5].map(|n: i64| n.saturating_mul(10_i64.pow(power))));
    let step = steps.take(54).find(|step| step * 5 >= most).unwrap_or(most);
    (0..=(most + step - 1) / step).map(|n| n * step).collect()
}

/// How values and days become places.
struct Plane {
    left: f64,
    right: f64,
    height: f64,
    most: i64,
    view: View,
}

impl Plane {
    fn new(view: View, marks: &[i64], right: f64) -> Self {
        let most = marks.last().copied().unwrap_or(1).max(1);
        Self { left: LEFT, right: WIDTH - right, height: HEIGHT, most, view }
    }

    fn y(&self, value: i64) -> f64 {
        let base = self.height - BOTTOM;
        base - float(value) / float(self.most) * (base - TOP)
    }

    /// Where a day begins. The last day of the view ends at the right.
    fn x(&self, day: NaiveDate) -> f64 {
        let of = (self.view.today - self.view.from).num_days() + 1;
        let at = (day - self.view.from).num_days();
        self.left + float(at) / float(of.max(1)) * (self.right - self.left)
    }

    /// The middle of a day.
    fn mid(&self, day: NaiveDate) -> f64 {
        f64::midpoint(self.x(day), self.x(day + Days::new(1)))
    }

    fn across(&self, marks: &[i64]) -> Vec<[String; 4]> {
        let line = |mark: &i64| {
            [short(self.left), short(self.right), short(self.y(*mark)), mark.to_string()]
        };
        marks.iter().map(line).collect()
    }

    /// The names of the months, where they begin.
    fn months(&self) -> Vec<[String; 3]> {
        let days = self.view.from.iter_days().take_while(|day| *day <= self.view.today);
        days.filter(|day| day.day() == 1 && self.x(*day) < self.right - 20.0)
            .map(|day| {
                let form = if day.month() == 1 { "%Y" } else { "%b" };
                [short(self.x(day)), short(self.height - 7.0), day.format(form).to_string()]
            })
            .collect()
    }
}

fn empty(label: String) -> Chart {
    Chart {
        label,
        width: short(WIDTH),
        height: short(HEIGHT),
        across: vec![],
        below: vec![],
        names: vec![],
        areas: vec![],
        bars: vec![],
        levels: vec![],
        dots: vec![],
    }
}

/// "1 item", "5 items".
pub fn items(n: usize) -> String {
    if n == 1 { "1 item".to_owned() } else { format!("{n} items") }
}

/// "1 day", "5 days".
pub fn days(n: i64) -> String {
    if n == 1 { "1 day".to_owned() } else { format!("{n} days") }
}

/// "2 November".
fn short_day(day: NaiveDate) -> String {
    day.format("%-d %B").to_string()
}

/// One bar for each week; the one that is running has only an outline.
pub fn throughput(weeks: &[Week], view: View) -> Chart {
    let marks = scale(weeks.iter().map(|week| count(week.done)).max().unwrap_or_default());
    let end = weeks.last().map_or(view.today, |week| week.monday + Days::new(6));
    let plane = Plane::new(View { today: end, ..view }, &marks, RIGHT);
    let done: usize = weeks.iter().map(|week| week.done).sum();
    let mut chart = empty(format!(
        "Throughput: {} done in {} weeks, bars for each week. The table below has the same data.",
        items(done),
        weeks.len()
    ));
    chart.across = plane.across(&marks);
    chart.below = plane.months();
    for week in weeks.iter().filter(|week| week.done > 0) {
        let (from, to) = (plane.x(week.monday), plane.x(week.monday + Days::new(7)));
        let gap = (to - from) * 0.14;
        let (top, base) = (plane.y(count(week.done)), plane.y(0));
        let bar = [from + gap, top, to - from - 2.0 * gap, base - top].map(short);
        let running = if week.is_running { ", and the week is not over" } else { "" };
        let words =
            format!("Week of {}: {} done{running}", short_day(week.monday), items(week.done));
        chart.bars.push((if week.is_running { "bar open" } else { "bar" }, bar, words));
    }
    chart
}

/// Percentile lines across a picture whose values go up, each with its words at the right, kept apart.
fn levels_across(
    plane: &Plane,
    percentiles: Option<Percentiles>,
) -> Vec<(String, [String; 4], [String; 3])> {
    let mut free = f64::INFINITY;
    percentiles
        .iter()
        .flat_map(Percentiles::all)
        .map(|(percent, value)| {
            let y = plane.y(value);
            let text = (y + 4.0).min(free);
            free = text - 13.0;
            let line = [plane.left, y, plane.right, y].map(short);
            let words =
                [short(plane.right + 6.0), short(text), format!("{percent} %: {}", days(value))];
            (format!("lv l{percent}"), line, words)
        })
        .collect()
}

/// One dot for each item: the day on which it was done, and its cycle time; those at one place are one dot.
pub fn cycle_times(flow: &Flow, view: View, key: impl Fn(i32) -> String) -> Chart {
    let all = &flow.finished[flow.finished.len().saturating_sub(MAX_DOTS)..];
    let most = all.iter().map(Finished::days).chain(flow.percentiles.map(|it| it.p95)).max();
    let marks = scale(most.unwrap_or_default());
    let plane = Plane::new(view, &marks, if flow.percentiles.is_some() { WORDS } else { RIGHT });
    let said = match flow.percentiles {
        Some(it) => format!(
            "; half within {}, 85 % within {}, 95 % within {}",
            days(it.p50),
            days(it.p85),
            days(it.p95)
        ),
        None => String::new(),
    };
    let mut chart = empty(format!(
        "Cycle times: {} by the day on which they were done{said}. The table below has the same data.",
        items(all.len())
    ));
    chart.across = plane.across(&marks);
    chart.below = plane.months();
    chart.levels = levels_across(&plane, flow.percentiles);
    let mut places: std::collections::BTreeMap<(NaiveDate, i64), Vec<String>> =
        std::collections::BTreeMap::new();
    for one in all {
        places.entry((one.done, one.days())).or_default().push(key(one.number));
    }
    for ((done, took), keys) in places {
        let words = format!("{}: {}, done {}", keys.join(", "), days(took), short_day(done));
        chart.dots.push([short(plane.mid(done)), short(plane.y(took)), words]);
    }
    chart
}

/// One bar for each item in hand, the oldest first, against the percentiles of what was done: key, age, and words.
pub fn ages(rows: &[(String, i64, String)], percentiles: Option<Percentiles>) -> Chart {
    let shown = &rows[..rows.len().min(MAX_ROWS)];
    let most = shown.iter().map(|row| row.1).chain(percentiles.map(|it| it.p95)).max();
    let marks = scale(most.unwrap_or_default());
    let most = float(marks.last().copied().unwrap_or(1));
    let longest = shown.iter().map(|row| row.0.len()).max().unwrap_or_default();
    let (left, top) = (14.0 + 7.2 * float(count(longest)), 26.0);
    let x = |value: i64| left + float(value) / most * (WIDTH - 24.0 - left);
    let base = top + ROW * float(count(shown.len()));
    let mut chart = empty(format!(
        "Ages of {} in hand, the oldest first, against the cycle times of what was done. The table below has the same data.",
        items(shown.len())
    ));
    chart.height = short(base + BOTTOM);
    for mark in &marks {
        chart.below.push([short(x(*mark)), short(base + BOTTOM - 7.0), mark.to_string()]);
    }
    for (n, (key, age, words)) in shown.iter().enumerate() {
        let y = top + ROW * float(count(n));
        chart.names.push([short(left - 6.0), short(y + 14.0), key.clone()]);
        let is_old = percentiles.is_some_and(|it| *age > it.p85);
        let place = [left, y + 3.0, x(*age) - left, ROW - 6.0].map(short);
        chart.bars.push((if is_old { "bar old" } else { "bar" }, place, words.clone()));
    }
    let mut free = 0.0_f64;
    for (percent, value) in percentiles.iter().flat_map(Percentiles::all) {
        let at = x(value);
        let text = at.max(free).min(WIDTH - 20.0);
        free = text + 36.0;
        let line = [at, top - 6.0, at, base].map(short);
        let words = [short(text), short(top - 11.0), format!("{percent} %")];
        chart.levels.push((format!("lv mid l{percent}"), line, words));
    }
    chart
}

/// A stage of cumulative flow: class, name, and how many stand there.
type Layer = (&'static str, &'static str, fn(&Counts) -> i64);

/// The stages of cumulative flow from the bottom up.
pub const STAGES: [Layer; 4] = [
    ("a-done", "Done", |counts| counts.done),
    ("a-learn", "Learning", |counts| counts.learning),
    ("a-work", "In progress", |counts| counts.in_progress),
    ("a-ready", "Ready", |counts| counts.ready),
];

/// How many items stood in each stage at each day's end, one stage on top of the other.
pub fn cumulative(flow: &Flow, view: View) -> Chart {
    let stages = &STAGES[..if view.squad.is_some() { 3 } else { 4 }];
    let upto = |counts: &Counts, n: usize| stages[..=n].iter().map(|stage| stage.2(counts)).sum();
    let top = flow.days.iter().map(|(_, counts)| upto(counts, stages.len() - 1)).max();
    let marks = scale(top.unwrap_or_default());
    let plane = Plane::new(view, &marks, RIGHT);
    let mut chart = empty(format!(
        "Cumulative flow: how many items stood in each stage at the end of each of {} days. The table below has it for each week.",
        flow.days.len()
    ));
    chart.across = plane.across(&marks);
    chart.below = plane.months();
    let base = short(plane.y(0));
    for n in (0..stages.len()).rev() {
        let mut path = format!("M{} {base}", short(plane.left));
        let mut last = None;
        for (day, counts) in &flow.days {
            let height: i64 = upto(counts, n);
            if last != Some(height) {
                let _ = write!(path, "H{}V{}", short(plane.x(*day)), short(plane.y(height)));
                last = Some(height);
            }
        }
        let _ = write!(path, "H{}V{base}z", short(plane.right));
        chart.areas.push((stages[n].0, path));
    }
    chart
}

/// The class of a breadth.
pub fn breadth_class(breadth: Breadth) -> &'static str {
    ["b-task", "b-feature", "b-problem", "b-outcome"][breadth as usize]
}

/// What a squad pulled in each month, from narrow at the bottom to broad.
pub fn breadths(months: &[Month]) -> Chart {
    let marks = scale(months.iter().map(|month| count(month.all())).max().unwrap_or_default());
    let view = View { from: NaiveDate::MIN, today: NaiveDate::MIN, squad: None };
    let plane = Plane::new(view, &marks, RIGHT);
    let step = (plane.right - plane.left) / float(count(months.len()).max(1));
    let pulled = months.iter().map(Month::all).sum();
    let mut chart = empty(format!(
        "Breadth of {} that this squad pulled, for each month. The table below has the same data.",
        items(pulled)
    ));
    chart.across = plane.across(&marks);
    for (n, month) in months.iter().enumerate() {
        let left = plane.left + step * float(count(n));
        let form = if month.first.month() == 1 { "%Y" } else { "%b" };
        let name = month.first.format(form).to_string();
        chart.below.push([short(left + step * 0.2), short(plane.height - 7.0), name]);
        let mut stands = 0;
        for breadth in Breadth::ALL {
            let pulled = month.pulled[*breadth as usize];
            if pulled == 0 {
                continue;
            }
            let (low, high) = (plane.y(stands), plane.y(stands + count(pulled)));
            stands += count(pulled);
            let bar = [left + step * 0.2, high, step * 0.6, low - high].map(short);
            let words = format!("{}: {pulled} {}", month.first.format("%B %Y"), breadth.title());
            chart.bars.push((breadth_class(*breadth), bar, words));
        }
    }
    chart
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_scale_has_few_round_marks_and_holds_what_it_must() {
        assert_eq!(scale(0), [0, 1]);
        assert_eq!(scale(1), [0, 1]);
        assert_eq!(scale(5), [0, 1, 2, 3, 4, 5]);
        assert_eq!(scale(6), [0, 2, 4, 6]);
        assert_eq!(scale(11), [0, 5, 10, 15]);
        assert_eq!(scale(51), [0, 20, 40, 60]);
        for most in 0..5_000 {
            let marks = scale(most);
            assert!(marks.len() <= 6 && *marks.last().unwrap() >= most, "{most}: {marks:?}");
        }
    }

    #[test]
    fn the_week_that_runs_is_open() {
        let view = View::weeks(2, day("2026-11-11"), None);
        let week = |monday: &str, done, is_running| Week { monday: day(monday), done, is_running };
        let chart = throughput(&[week("2026-11-02", 4, false), week("2026-11-09", 1, true)], view);
        let page = chart.to_string();
        assert_eq!(page.matches("<rect").count(), 2, "{page}");
        assert!(page.contains("class=\"bar open\""), "{page}");
        assert!(page.contains("Week of 9 November: 1 item done, and the week is not over"));
        assert!(!page.contains("style="));
    }

    #[test]
    fn an_area_changes_only_where_a_count_does() {
        let view = View::weeks(1, day("2026-11-12"), None);
        let at = |ready, done| Counts { ready, done, ..Counts::default() };
        let days = view.from.iter_days().zip([at(3, 0), at(3, 0), at(2, 1), at(2, 1)]).collect();
        let flow = Flow {
            weeks: vec![],
            finished: vec![],
            percentiles: None,
            held: vec![],
            days,
            months: vec![],
        };
        let chart = cumulative(&flow, view);
        let classes: Vec<_> = chart.areas.iter().map(|(class, _)| *class).collect();
        assert_eq!(classes, ["a-ready", "a-work", "a-learn", "a-done"]);
        assert_eq!(chart.areas[0].1, "M34 216H34V12H548V216z");
        assert_eq!(chart.areas[3].1, "M34 216H34V216H291V148H548V216z");
    }

    #[test]
    fn words_of_percentiles_keep_apart() {
        let it = Percentiles { p50: 3, p85: 3, p95: 4 };
        let marks = scale(100);
        let plane = Plane::new(View::weeks(1, day("2026-11-11"), None), &marks, WORDS);
        let heights: Vec<f64> = levels_across(&plane, Some(it))
            .iter()
            .map(|level| level.2[1].parse().unwrap())
            .collect();
        assert!(heights.windows(2).all(|pair| pair[0] - pair[1] >= 12.9), "{heights:?}");
    }
}
