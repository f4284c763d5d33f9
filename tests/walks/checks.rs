//! What must hold on every page, whoever looks at it, in both themes and at every width (UI.md 11).

use serde_json::{Value, json};

use crate::browser::Browser;

/// axe-core, as it is distributed.
const AXE: &str = include_str!("vendor/axe.min.js");

/// The rules of axe that depend on colours only; all others are the same in both themes.
const OF_COLOURS: &str =
    "{runOnly: {type: 'rule', values: ['color-contrast', 'link-in-text-block']}}";
/// The rules of axe that a page is held to.
const ALL: &str =
    "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}";

/// Runs axe; each violation as one line.
const RUN: &str = r"
axe.run(document, OPTIONS).then(({ violations }) => violations.map(it =>
  `axe ${it.id} ×${it.nodes.length}: ${it.nodes.slice(0, 2).map(node => node.target.join(' ') + ' (' + (node.any[0]?.message ?? node.failureSummary) + ')').join('; ')}`))
";

/// Once per page: what the policy forbids and what ids promise.
const MARKUP: &str = r"
const found = [];
const styled = [...document.querySelectorAll('[style]')].length;
if (styled) found.push(`${styled} style attributes`);
const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
const twice = [...new Set(ids.filter((id, i) => ids.indexOf(id) !== i))];
if (twice.length) found.push(`ids that are not unique: ${twice.join(', ')}`);
for (const empty of document.querySelectorAll('.empty')) {
  if (empty.checkVisibility() && !empty.querySelector('a, button') && !document.querySelector('main .primary')) found.push(`an empty state without a way on: ${empty.innerText.trim().split('\n')[0]}`);
}
return [document.contentType, performance.getEntriesByType('navigation')[0]?.responseStatus ?? 0, found];
";

/// At each width: nothing sticks out, is cut off, or is too small to be hit.
const LAYOUT: &str = r"
new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))).then(() => {
  const found = [], wide = document.documentElement.clientWidth;
  const say = e => `${e.tagName.toLowerCase()}.${e.getAttribute('class') ?? ''} “${(e.innerText ?? '').trim().slice(0, 25)}”`;
  if (innerWidth !== WIDTH) found.push(`the window is ${innerWidth} wide`);
  if (document.documentElement.scrollWidth > wide) found.push(`scrolls sideways: ${document.documentElement.scrollWidth}`);
  for (const e of document.querySelectorAll('main *, header *')) {
    const box = e.getBoundingClientRect(), style = getComputedStyle(e);
    if (!box.width || e.closest('svg, .vh, .heat i')) continue;
    if (box.right > wide + 1 && !e.closest('.scroll, .tabs')) found.push(`sticks out: ${say(e)} ${Math.round(box.right)}`);
    // Words that do not break are wider than the box around them.
    else if (box.left + e.scrollWidth > wide + 1 && style.overflowX === 'visible' && !e.closest('.scroll, .tabs') && ![...e.children].some(child => box.left + child.scrollWidth > wide + 1)) found.push(`is too long: ${say(e)} ${Math.round(box.left + e.scrollWidth)}`);
    if (style.overflowX === 'hidden' && style.textOverflow !== 'ellipsis' && e.scrollWidth > e.clientWidth + 1 && !e.matches('.scroll, .tabs')) found.push(`is cut off: ${say(e)}`);
  }
  for (const e of document.querySelectorAll('a, button, input, select, summary')) {
    const box = e.getBoundingClientRect();
    if (!box.width || !box.height || box.height >= 24 && box.width >= 24) continue;
    if (e.closest('p, li p, svg, .vh, label, dd') || getComputedStyle(e).display === 'inline' || e.matches('.vh, .skip')) continue;
    found.push(`is small: ${say(e)} ${Math.round(box.width)} × ${Math.round(box.height)}`);
  }
  return [...new Set(found)].slice(0, 8);
})
";

/// How thoroughly a page is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// In both themes, on a desk and on a phone.
    Full,
    /// On a desk, in the light theme.
    Desk,
    /// On a phone, in the dark theme.
    Phone,
    /// On a desk with axe, on a phone, and on a narrow one: for data that is much and long.
    Large,
    /// No axe, on a phone and on a narrow one: for data that is long.
    Layout,
}

impl Care {
    /// Width, whether dark, and the rules of axe, if any.
    fn looks(self) -> &'static [(u32, bool, Option<&'static str>)] {
        match self {
            Self::Full => &[
                (1440, false, Some(ALL)),
                (1440, true, Some(OF_COLOURS)),
                (390, true, Some(ALL)),
                (390, false, Some(OF_COLOURS)),
                (320, false, None),
            ],
            Self::Desk => &[(1440, false, Some(ALL))],
            Self::Phone => &[(390, true, Some(ALL))],
            Self::Large => &[(1440, false, Some(ALL)), (390, true, None), (320, false, None)],
            Self::Layout => &[(390, false, None), (320, false, None)],
        }
    }
}

/// A page that was looked at.
pub struct Seen {
    /// The status of the answer.
    pub status: u64,
    /// What is wrong with it.
    pub problems: Vec<String>,
}

/// Opens a page and looks at it.
pub async fn visit(browser: &Browser, path: &str, care: Care) -> Seen {
    browser.resize(care.looks()[0].0, 900).await;
    browser.goto(path).await;
    look(browser, care).await
}

/// Looks at the page that is open.
pub async fn look(browser: &Browser, care: Care) -> Seen {
    let mut problems = vec![];
    evaluate(browser, "document.fonts.ready.then(() => null)").await;
    let markup = browser.script(MARKUP, json!(null)).await.unwrap();
    let status = markup[1].as_u64().unwrap();
    if !markup[0].as_str().unwrap().contains("html") {
        return Seen { status, problems: vec![format!("is no page but {}", markup[0])] };
    }
    problems.extend(strings(&markup[2]));
    problems.extend(browser.complaints().await);
    if care != Care::Layout {
        evaluate(browser, &format!("{AXE};null")).await;
    }
    for (width, dark, rules) in care.looks() {
        browser.resize(*width, if *width > 500 { 900 } else { 844 }).await;
        browser.prefer(*dark).await;
        let mut found =
            strings(&evaluate(browser, &LAYOUT.replace("WIDTH", &width.to_string())).await);
        if let Some(rules) = rules {
            found.extend(strings(&evaluate(browser, &RUN.replace("OPTIONS", rules)).await));
        }
        let theme = if *dark { "dark" } else { "light" };
        problems.extend(found.into_iter().map(|it| format!("{width} {theme}: {it}")));
    }
    let complaints = browser.complaints().await;
    problems.extend(complaints.into_iter().map(|it| format!("while it was looked at: {it}")));
    Seen { status, problems }
}

/// What an expression comes to, when its promise is kept. Runs beside the page's own policy.
async fn evaluate(browser: &Browser, expression: &str) -> Value {
    let parameters = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
    let answer = browser.cdp("Runtime.evaluate", parameters).await;
    assert!(answer.get("exceptionDetails").is_none(), "{answer}");
    answer["result"]["value"].clone()
}

fn strings(list: &Value) -> Vec<String> {
    let list = list.as_array().unwrap().iter();
    list.map(|it| it.as_str().unwrap_or_default().to_owned()).collect()
}
