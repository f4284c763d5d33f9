//! Reads the templates as text: what the content security policy forbids, and what accessibility asks for.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn templates(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).expect("a folder of templates") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            templates(&path, found);
        } else if path.extension().is_some_and(|end| end == "html") {
            let text = fs::read_to_string(&path).expect("a template is text");
            found.push((path, text));
        }
    }
}

/// All templates without their comments.
fn all() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    templates(&Path::new(env!("CARGO_MANIFEST_DIR")).join("templates"), &mut found);
    assert!(found.len() > 10);
    for (_, text) in &mut found {
        while let Some(start) = text.find("{#") {
            let end = text[start..].find("#}").expect("a comment ends") + start + 2;
            text.replace_range(start..end, "");
        }
    }
    found
}

/// The start tags of a text, such as `<a href="…">`. Template code inside a tag may hold a `>`.
fn tags(text: &str) -> Vec<&str> {
    let mut tags = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        rest = &rest[start..];
        let (mut depth, mut end) = (0_i32, None);
        for (at, c) in rest.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                '>' if depth == 0 => {
                    end = Some(at + 1);
                    break;
                }
                _ => {}
            }
        }
        let Some(end) = end else { break };
        tags.push(&rest[..end]);
        rest = &rest[1..];
    }
    tags.retain(|tag| tag[1..].starts_with(|c: char| c.is_ascii_alphabetic()));
    tags
}

fn class(tag: &str) -> &str {
    tag.split_once("class=\"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map_or("", |(class, _)| class)
}

fn has_class(tag: &str, name: &str) -> bool {
    class(tag).split_whitespace().any(|class| class == name)
}

/// What is wrong with one template.
fn faults(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (needle, why) in [
        ("hx-on", "needs eval"),
        ("js:", "needs eval"),
        ("|safe", "switches escaping off"),
        ("| safe", "switches escaping off"),
        ("|escape(\"none\")", "switches escaping off"),
        ("<style", "is refused by the content security policy"),
        ("javascript:", "is refused by the content security policy"),
    ] {
        if text.contains(needle) {
            faults.push(format!("{needle} {why}"));
        }
    }
    for tag in tags(text) {
        if [" style=", "\nstyle=", "\tstyle="].iter().any(|style| tag.contains(style)) {
            faults.push(format!(
                "a style attribute is refused by the content security policy: {tag}"
            ));
        }
        if let Some((_, trigger)) = tag.split_once("hx-trigger=\"")
            && trigger.split('"').next().is_some_and(|trigger| trigger.contains('['))
        {
            faults.push(format!("a trigger filter needs eval: {tag}"));
        }
        if tag.starts_with("<script") && !tag.contains(" src=") {
            faults.push(format!("an inline script is refused: {tag}"));
        }
        if has_class(tag, "icon-btn") && !tag.contains("aria-label=") {
            faults.push(format!("a button without words needs aria-label: {tag}"));
        }
        if has_class(tag, "scroll")
            && !["tabindex=", "role=", "aria-label"].iter().all(|attribute| tag.contains(attribute))
        {
            faults.push(format!("what scrolls needs tabindex, role and aria-label: {tag}"));
        }
        if ["onclick=", "onchange=", "onsubmit=", "onload="].iter().any(|on| tag.contains(on)) {
            faults.push(format!("an inline handler is refused: {tag}"));
        }
    }
    faults
}

#[test]
fn templates_keep_to_the_policy_and_to_accessibility() {
    let report: Vec<_> = all()
        .iter()
        .flat_map(|(path, text)| {
            faults(text).into_iter().map(move |fault| format!("{}: {fault}", path.display()))
        })
        .collect();
    assert!(report.is_empty(), "{report:#?}");
}

#[test]
fn the_reader_of_templates_finds_each_fault() {
    for bad in [
        r#"<p class="x" style="color: red">"#,
        r#"<div hx-on:click="x()">"#,
        "<div hx-vals='js:{a: 1}'>",
        r#"<a hx-trigger="click[ctrlKey]">"#,
        "{{ text|safe }}",
        "<script>alert(1)</script>",
        "<style>p { color: red }</style>",
        r#"<button class="icon-btn sm">x</button>"#,
        r#"<div class="scroll" tabindex="0" role="region">"#,
        r#"<div{% if n > 2 %} hidden{% endif %} style="x">"#,
    ] {
        assert_eq!(faults(bad).len(), 1, "{bad}: {:?}", faults(bad));
    }
    let good = r#"<script src="a.js" defer></script><div class="scroll" tabindex="0" role="region" aria-label="x">
        <button class="icon-btn" aria-label="{{ x }}">{% if a > b %}y{% endif %}</button>"#;
    assert_eq!(faults(good), Vec::<String>::new());
}

/// The literal arguments of a function in all templates.
fn arguments(function: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for (path, text) in all() {
        for (at, _) in text.match_indices(function) {
            let rest = &text[at + function.len()..];
            if let Some(name) = rest.strip_prefix('"').and_then(|rest| rest.split('"').next()) {
                found.push((path.clone(), name.to_owned()));
            }
        }
    }
    found
}

#[test]
fn static_files_that_templates_name_exist() {
    for (path, name) in arguments("assets::url(") {
        assert!(trellis::web::assets::exists(&name), "{}: static/{name}", path.display());
    }
}

#[test]
fn icons_that_templates_name_are_in_the_sprite() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sprite = fs::read_to_string(folder.join("static/icons.svg")).expect("the sprite");
    let mut names = arguments("ui::icon(");
    names.extend(arguments("icon="));
    assert!(names.len() > 20);
    for (path, name) in names.into_iter().filter(|(_, name)| !name.is_empty()) {
        assert!(sprite.contains(&format!("id=\"{name}\"")), "{}: icon {name}", path.display());
    }
}
