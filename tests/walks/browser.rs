//! One person's browser: what they see, press, fill in and type.
//!
//! Things are found by the words that a person reads. Every step waits some seconds for what it needs, so that a walk
//! has no pauses; a step that fails says what was shown instead.

use std::time::{Duration, Instant};

use axum::http::Method;
use fantoccini::actions::{
    InputSource, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction,
    TouchActions,
};
use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use url::{ParseError, Url};

use crate::driver::Driver;

/// How long a person waits for anything.
const PATIENCE: Duration = Duration::from_secs(20);
/// How many times Tab is pressed at most on the way to a thing.
const FAR: usize = 200;

/// The words in `arguments[0]` as people read them, for the scripts below.
const WORDS: &str = r"
const fold = text => (text ?? '').replace(/\s+/g, ' ').trim();
const shown = e => e.checkVisibility({ visibilityProperty: true });
const best = (all, name) => all.find(([words]) => words === name) ?? all.find(([words]) => words.startsWith(name)) ?? all.find(([words]) => words.includes(name));
const nameOf = e => fold(e.getAttribute('aria-label') || (e.labels?.length ? e.labels[0].innerText : '') || e.innerText || e.title);
const uncover = e => {
  const box = e?.getBoundingClientRect();
  if (e && !e.contains(document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2))) e.scrollIntoView({ block: 'center' });
  return e;
};
const pick = (all, name) => best(all.filter(shown).map(e => [nameOf(e), e]), name)?.[1] ?? null;
";

/// A browser's window and what it can do.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// In CSS pixels.
    pub width: u32,
    /// In CSS pixels.
    pub height: u32,
    /// A finger instead of a mouse.
    pub touch: bool,
    /// Whether scripts of pages run.
    pub script: bool,
}

impl Look {
    /// A desk.
    pub const DESK: Self = Self { width: 1440, height: 900, touch: false, script: true };
    /// A phone, with a finger.
    pub const PHONE: Self = Self { width: 390, height: 844, touch: true, script: true };
    /// A desk where no script of a page runs.
    pub const WITHOUT_SCRIPT: Self = Self { script: false, ..Self::DESK };

    fn capabilities(self, driver: &Driver) -> Value {
        let mut chrome = json!({
            "binary": driver.chromium(),
            "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
                "--disable-dev-shm-usage", "--force-color-profile=srgb", "--hide-scrollbars",
            ],
        });
        if self.touch {
            let metrics = json!({"width": self.width, "height": self.height, "pixelRatio": 1, "touch": true, "mobile": true});
            chrome["mobileEmulation"] = json!({"deviceMetrics": metrics});
        }
        if !self.script {
            chrome["prefs"] = json!({"profile.managed_default_content_settings.javascript": 2});
        }
        json!({"goog:chromeOptions": chrome, "goog:loggingPrefs": {"browser": "ALL"}})
    }
}

/// One person's browser.
pub struct Browser {
    /// For what has no words here.
    pub client: Client,
    /// Scheme, host and port of the server in front of it.
    base: String,
}

impl Browser {
    /// Opens a browser in front of a server: `address` is its host and port.
    pub async fn open(driver: &Driver, address: &str, look: Look) -> Self {
        let capabilities = look.capabilities(driver);
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.as_object().unwrap().clone())
            .connect(&driver.url())
            .await
            .unwrap();
        driver.remember(client.session_id().await.unwrap().unwrap());
        let browser = Self { client, base: format!("http://{address}") };
        if !look.touch {
            browser.resize(look.width, look.height).await;
        }
        browser
    }

    /// Signs in without the form: by the token of a session.
    pub async fn sign_in(&self, token: &str) {
        self.cdp(
            "Network.setCookie",
            json!({"name": "session", "value": token, "url": self.base, "httpOnly": true}),
        )
        .await;
    }

    /// Forgets every cookie.
    pub async fn forget(&self) {
        self.cdp("Network.clearBrowserCookies", json!({})).await;
    }

    /// Opens a page by its address.
    pub async fn goto(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.base)).await.unwrap();
    }

    /// Gives the window another size.
    pub async fn resize(&self, width: u32, height: u32) {
        let metrics =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.cdp("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Prefers dark colours, or light ones; and no motion, so that nothing is looked at half-way.
    pub async fn prefer(&self, dark: bool) {
        let scheme = if dark { "dark" } else { "light" };
        let features = json!([
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]);
        self.cdp("Emulation.setEmulatedMedia", json!({"features": features})).await;
    }

    /// Presses a link or a button by its words.
    pub async fn press(&self, name: &str) {
        self.click("a, button, summary", name).await;
    }

    /// Ticks a box or chooses one of several by its words.
    pub async fn choose(&self, name: &str) {
        self.click("label:has(input[type=checkbox], input[type=radio])", name).await;
    }

    async fn click(&self, selector: &str, name: &str) {
        let script = format!(
            "{WORDS} return uncover(pick([...document.querySelectorAll({})], arguments[0]));",
            json!(selector)
        );
        self.until(&format!("“{name}” is pressed"), async || {
            let found = self.script(&script, json!(name)).await?;
            element(&self.client, &found)?.click().await.ok()
        })
        .await;
    }

    /// Writes into a field with a label, in place of what is there.
    pub async fn fill(&self, label: &str, text: &str) {
        let script = format!(
            "{WORDS} return pick([...document.querySelectorAll('input, textarea')], arguments[0]);"
        );
        self.until(&format!("“{label}” is filled in"), async || {
            let found = self.script(&script, json!(label)).await?;
            let field = element(&self.client, &found)?;
            // A date has parts of its own, in the order of the browser's language.
            if field.prop("type").await.ok()? == Some("date".to_owned()) {
                self.client
                    .execute("arguments[0].value = arguments[1]", vec![found, json!(text)])
                    .await
                    .ok()?;
                return Some(());
            }
            field.clear().await.ok()?;
            field.send_keys(text).await.ok()
        })
        .await;
    }

    /// Chooses one of a list by the list's label and the choice's value.
    pub async fn select(&self, label: &str, value: &str) {
        let script =
            format!("{WORDS} return pick([...document.querySelectorAll('select')], arguments[0]);");
        self.until(&format!("“{value}” is chosen for “{label}”"), async || {
            let found = self.script(&script, json!(label)).await?;
            element(&self.client, &found)?.select_by_value(value).await.ok()
        })
        .await;
    }

    /// Drags a thing by the mouse to the middle of another; each is what a script answers.
    pub async fn drag(&self, thing: &str, to: &str) {
        let (x, y) = self.middle(thing, true).await;
        let (to_x, to_y) = self.middle(to, false).await;
        let way = |x, y| PointerAction::MoveTo { duration: Some(Duration::from_millis(60)), x, y };
        let all = MouseActions::new("mouse".to_owned())
            .then(way(x, y))
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
            .then(way(x + 8.0, y + 8.0))
            .then(way(f64::midpoint(x, to_x), f64::midpoint(y, to_y)))
            .then(way(to_x, to_y - 3.0))
            .then(way(to_x, to_y))
            .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        self.client.perform_actions(all).await.unwrap();
    }

    /// Carries a thing with a finger to another near the top of the page: held for a moment, then at the window's edge
    /// until the page has scrolled on.
    pub async fn carry(&self, thing: &str, to: &str) {
        let (x, y) = self.middle(thing, true).await;
        let (to_x, to_y) = self.middle(to, false).await;
        let scrolled = self.script("return scrollY", json!(null)).await.unwrap().as_f64().unwrap();
        let to_y = to_y + scrolled;
        let way = |x, y| PointerAction::MoveTo { duration: Some(Duration::from_millis(80)), x, y };
        let wait = |seconds| PointerAction::Pause { duration: Duration::from_secs_f64(seconds) };
        let all = TouchActions::new("finger".to_owned())
            .then(way(x, y))
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
            .then(wait(0.4))
            .then(way(x, y - 40.0))
            .then(way(x, 40.0))
            .then(way(x, 30.0))
            .then(wait(0.5 + scrolled / 400.0))
            .then(way(to_x, to_y / 2.0))
            .then(way(to_x, to_y - 3.0))
            .then(way(to_x, to_y))
            .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        self.client.perform_actions(all).await.unwrap();
    }

    /// Where the middle of a thing is in the window, after it was scrolled into it.
    async fn middle(&self, thing: &str, scroll: bool) -> (f64, f64) {
        let scroll = if scroll { "e.scrollIntoView({ block: 'center' });" } else { "" };
        let script = format!(
            "const e = (() => {{ {thing} }})(); if (!e) return null; {scroll} const box = e.getBoundingClientRect(); \
             return [box.left + box.width / 2, box.top + Math.min(box.height / 2, 60)];"
        );
        self.until(&format!("there is {thing}"), async || {
            let at = self.script(&script, json!(null)).await?;
            Some((at[0].as_f64()?, at[1].as_f64()?))
        })
        .await
    }

    /// Waits until a selector finds just so many things.
    pub async fn sees_only(&self, selector: &str, number: usize) {
        self.until(&format!("there are {number} of {selector}"), async || {
            let script = "return document.querySelectorAll(arguments[0]).length";
            (self.script(script, json!(selector)).await?.as_u64()? == number as u64).then_some(())
        })
        .await;
    }

    /// Waits until the first thing that a selector finds has these words, for whoever sees it or hears it.
    pub async fn finds(&self, selector: &str, words: &str) {
        let script = "return document.querySelector(arguments[0])?.innerHTML";
        self.until(&format!("{selector} has “{words}”"), async || {
            self.script(script, json!(selector)).await?.as_str()?.contains(words).then_some(())
        })
        .await;
    }

    /// Waits until the page is at an address.
    pub async fn is_at(&self, path: &str) {
        self.until(&format!("the page is {path}"), async || {
            let url = self.client.current_url().await.ok()?;
            (url.path() == path).then_some(())
        })
        .await;
    }

    /// Waits until the focus is on a thing with these words.
    pub async fn focus_is_on(&self, name: &str) {
        let script = format!("{WORDS} return nameOf(document.activeElement)");
        self.until(&format!("the focus is on “{name}”"), async || {
            self.script(&script, json!(null)).await?.as_str()?.starts_with(name).then_some(())
        })
        .await;
    }

    /// What stands in a field with a label.
    pub async fn value(&self, label: &str) -> String {
        let script = format!(
            "{WORDS} return pick([...document.querySelectorAll('input, textarea')], arguments[0])?.value;"
        );
        self.until(&format!("“{label}” is there"), async || {
            self.script(&script, json!(label)).await?.as_str().map(ToOwned::to_owned)
        })
        .await
    }

    /// Waits until the page says something.
    pub async fn sees(&self, text: &str) {
        self.until(&format!("the page says “{text}”"), async || {
            self.text().await.contains(text).then_some(())
        })
        .await;
    }

    /// How long it takes until the page says something.
    pub async fn sees_after(&self, text: &str) -> Duration {
        let start = Instant::now();
        self.sees(text).await;
        start.elapsed()
    }

    /// Fails if the page says something.
    pub async fn does_not_see(&self, text: &str) {
        let shown = self.text().await;
        assert!(!shown.contains(text), "the page says “{text}”: {shown}");
    }

    /// All that the page says, with its white space folded.
    pub async fn text(&self) -> String {
        let script = format!("{WORDS} return fold(document.body?.innerText);");
        let text = self.script(&script, json!(null)).await;
        text.and_then(|text| text.as_str().map(ToOwned::to_owned)).unwrap_or_default()
    }

    /// What a script says about the page; none while there is no page.
    pub async fn script(&self, script: &str, argument: Value) -> Option<Value> {
        self.client.execute(script, vec![argument]).await.ok()
    }

    /// Presses Tab until the focus is on a thing with these words.
    pub async fn tab_to(&self, name: &str) {
        self.tab_until(&format!("“{name}”"), "nameOf(e).startsWith(arguments[0])", name).await;
    }

    /// Presses Tab until the focus is on a box that can be ticked for one of many.
    pub async fn tab_to_next_box(&self) {
        self.tab_until("a box", "e.matches('input[type=checkbox][name]')", "").await;
    }

    async fn tab_until(&self, what: &str, is_it: &str, argument: &str) {
        let script = format!(
            "{WORDS} const e = document.activeElement; return e && [{is_it}, nameOf(e), e.checkVisibility()];"
        );
        let mut passed = vec![];
        for _ in 0..FAR {
            self.keys(&[Key::Tab.into()]).await;
            let Some(Value::Array(focus)) = self.script(&script, json!(argument)).await else {
                continue;
            };
            let words = focus[1].as_str().unwrap_or_default();
            assert!(focus[2] == true, "the focus is on what nobody sees: {words}");
            if focus[0] == true {
                return;
            }
            passed.push(words.chars().take(30).collect::<String>());
        }
        panic!("Tab does not lead to {what}: {passed:?}");
    }

    /// Presses keys one after the other.
    pub async fn keys(&self, keys: &[char]) {
        let mut all = KeyActions::new("keys".to_owned());
        for key in keys {
            all = all.then(KeyAction::Down { value: *key }).then(KeyAction::Up { value: *key });
        }
        self.client.perform_actions(all).await.unwrap();
    }

    /// Presses a key while another is held.
    pub async fn chord(&self, held: Key, key: impl Into<char>) {
        let (held, key) = (held.into(), key.into());
        let all = KeyActions::new("keys".to_owned())
            .then(KeyAction::Down { value: held })
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key })
            .then(KeyAction::Up { value: held });
        self.client.perform_actions(all).await.unwrap();
    }

    /// Types where the focus is.
    pub async fn types(&self, text: &str) {
        self.keys(&text.chars().collect::<Vec<_>>()).await;
    }

    /// What the browser has complained about since it was last asked: refused by the content security policy, thrown by
    /// a script, a file that is missing. Not that a form was refused, which a person reads on the page.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.client.issue_cmd(Command::Log).await.unwrap();
        let entries = log.as_array().unwrap().iter();
        entries
            .filter(|entry| entry["level"] == "SEVERE" || entry["source"] == "security")
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .filter(|it| !it.contains("with a status of 4") || it.contains("/static/"))
            .collect()
    }

    /// A command of the browser's own protocol.
    pub async fn cdp(&self, name: &'static str, parameters: Value) -> Value {
        self.client.issue_cmd(Command::Cdp(name, parameters)).await.unwrap()
    }

    /// Tries again and again until there is an answer.
    async fn until<T>(&self, what: &str, try_it: impl AsyncFn() -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(answer) = try_it().await {
                return answer;
            }
            if Instant::now() > deadline {
                let url = self.client.current_url().await.map(|url| url.to_string());
                panic!("in vain: {what}; at {}: {}", url.unwrap_or_default(), self.text().await);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// The element that a script has answered.
fn element(client: &Client, found: &Value) -> Option<Element> {
    let id = found.as_object()?.values().next()?.as_str()?.to_owned();
    Some(Element::from_element_id(client.clone(), id.into()))
}

/// What only Chromium's driver knows.
#[derive(Debug)]
enum Command {
    Cdp(&'static str, Value),
    Log,
}

impl WebDriverCompatibleCommand for Command {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        let path = match self {
            Self::Cdp(..) => "goog/cdp/execute",
            Self::Log => "se/log",
        };
        base.join(&format!("session/{}/{path}", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let body = match self {
            Self::Cdp(name, parameters) => json!({"cmd": name, "params": parameters}),
            Self::Log => json!({"type": "browser"}),
        };
        (Method::POST, Some(body.to_string()))
    }
}
