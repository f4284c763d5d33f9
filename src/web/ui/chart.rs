//! The sparkline: a dozen values as a line, with its target.

use askama::{Template, filters::HtmlSafe};

/// A line with a tint below it, a dashed target and a dot at the end. The label says what it shows.
#[derive(Clone, Debug, Template)]
#[template(path = "components/marks/spark.html")]
pub struct Spark<'a> {
    label: &'a str,
    bad: bool,
    width: u16,
    height: u16,
    line: String,
    area: String,
    target: Option<String>,
    end: Option<(String, String)>,
}

/// See [`Spark`]; 120 by 32. Values that are not finite are left out.
pub fn spark<'a>(values: &[f64], target: Option<f64>, label: &'a str) -> Spark<'a> {
    sized(values, target, label, 120, 32)
}

fn sized<'a>(
    values: &[f64],
    target: Option<f64>,
    label: &'a str,
    width: u16,
    height: u16,
) -> Spark<'a> {
    let values: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    let target = target.filter(|target| target.is_finite());
    let all = || values.iter().copied().chain(target);
    let low = all().fold(f64::INFINITY, f64::min);
    let high = all().fold(f64::NEG_INFINITY, f64::max);
    let (w, h) = (f64::from(width), f64::from(height));
    let y = |value: f64| {
        let share = if high > low { (value - low) / (high - low) } else { 0.5 };
        format!("{:.1}", h - 4.0 - share * (h - 8.0))
    };
    let steps = f64::from(u16::try_from(values.len().saturating_sub(1)).unwrap_or(u16::MAX).max(1));
    let xs = (0_u16..).map(|step| format!("{:.1}", 2.0 + f64::from(step) * (w - 8.0) / steps));
    let points: Vec<(String, String)> = xs.zip(&values).map(|(x, value)| (x, y(*value))).collect();
    let mut spark = Spark {
        label,
        bad: false,
        width,
        height,
        line: String::new(),
        area: String::new(),
        target: target.map(y),
        end: points.last().cloned(),
    };
    if let [(first, _), .., (last, _)] = &points[..] {
        spark.line = points.iter().map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" ");
        spark.area = format!("{first},{height} {} {last},{height}", spark.line);
    }
    spark
}

impl Spark<'_> {
    /// For a metric that is worse for three periods, or worse than at its start.
    #[must_use]
    pub fn bad_if(self, bad: bool) -> Self {
        Self { bad, ..self }
    }
}

impl HtmlSafe for Spark<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_fills_its_box() {
        let spark = spark(&[0.0, 5.0, 10.0], Some(10.0), "rising");
        assert_eq!(spark.line, "2.0,28.0 58.0,16.0 114.0,4.0");
        assert_eq!(spark.area, "2.0,32 2.0,28.0 58.0,16.0 114.0,4.0 114.0,32");
        assert_eq!(spark.target.as_deref(), Some("4.0"));
        assert_eq!(spark.end, Some(("114.0".to_owned(), "4.0".to_owned())));
    }

    #[test]
    fn few_values_and_odd_values_do_no_harm() {
        assert_eq!(spark(&[], None, "").to_string().matches("<circle").count(), 0);
        let one = spark(&[3.0], Some(3.0), "");
        assert_eq!((one.line.as_str(), one.end), ("", Some(("2.0".to_owned(), "16.0".to_owned()))));
        let odd = spark(&[f64::NAN, 1.0, f64::INFINITY, 2.0], Some(f64::NAN), "")
            .bad_if(true)
            .to_string();
        assert!(!odd.contains("NaN") && !odd.contains("inf"), "{odd}");
        assert!(odd.contains("class=\"spark bad\""));
    }
}
