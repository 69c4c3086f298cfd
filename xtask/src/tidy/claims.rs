//! What `SECURITY.md` says is shown by tests: each test that its table names exists, and no class is without one.

use super::{File, Finding};

const PAGE: &str = "SECURITY.md";
const SECTION: &str = "## Which test shows what";

/// The classes of hostile input, by letter, and how many there are of each.
const CLASSES: [(char, usize); 5] = [('A', 15), ('B', 4), ('C', 18), ('D', 23), ('E', 19)];

/// One row of the table.
struct Row<'a> {
    class: &'a str,
    /// File and function.
    tests: Vec<(&'a str, &'a str)>,
}

pub(super) fn named_tests_exist(files: &[File], found: &mut Vec<Finding>) {
    let text = |path: &str| {
        let file = files.iter().find(|file| file.path == path);
        file.map(|file| file.text.as_str())
    };
    let rows = rows(text(PAGE).unwrap_or_default());
    for (letter, count) in CLASSES {
        for class in (1..=count).map(|n| format!("{letter}{n}")) {
            if !rows.iter().any(|row| row.class == class) {
                found.push(Finding::new(PAGE, format!("no row for class {class}")));
            }
        }
    }
    for row in &rows {
        if row.tests.is_empty() {
            let rule = format!("class {} names no test", row.class);
            found.push(Finding::new(PAGE, rule));
        }
        for (path, name) in &row.tests {
            let is_there = text(path).is_some_and(|text| has_test(text, name));
            if !is_there {
                let rule = format!("class {}: {path} has no test {name}", row.class);
                found.push(Finding::new(PAGE, rule));
            }
        }
    }
}

/// The rows of the section's table. In the last column, a path with a slash names the file of the tests behind it.
fn rows(page: &str) -> Vec<Row<'_>> {
    let section = page.split_once(SECTION).map_or("", |(_, behind)| behind);
    let section = section.split("\n## ").next().unwrap_or_default();
    let mut rows = Vec::new();
    for line in section.lines() {
        let mut cells = line.split('|').map(str::trim);
        let (Some(""), Some(class), Some(_), Some(shown)) =
            (cells.next(), cells.next(), cells.next(), cells.next())
        else {
            continue;
        };
        if class == "class" || class.starts_with('-') {
            continue;
        }
        let (mut file, mut tests) = ("", Vec::new());
        for word in shown.split('`').skip(1).step_by(2) {
            match word.contains('/') {
                true => file = word,
                false => tests.push((file, word)),
            }
        }
        rows.push(Row { class, tests });
    }
    rows
}

/// Whether `text` has a function of this name with an attribute that makes it a test.
fn has_test(text: &str, name: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let is_it = |line: &str| {
        let line = line.strip_prefix("async ").unwrap_or(line);
        let rest = line.strip_prefix("fn ").unwrap_or_default();
        rest.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('('))
    };
    let at = lines.iter().position(|line| is_it(line)).unwrap_or(0);
    let above = lines.iter().take(at).rev();
    above
        .take_while(|line| !line.is_empty() && !line.ends_with('}'))
        .any(|line| line.starts_with("#[") && line.contains("test"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_needs_its_test() {
        let page = |name: &str| File {
            path: PAGE.to_owned(),
            text: format!(
                "# Security\n\n{SECTION}\n\n| class | what | tests |\n|---|---|---|\n\
                 | A1 | heads | `a/b.rs`: `{name}` |\n\n## Else\n\n| A2 | x | `y` |\n"
            ),
        };
        let source = File {
            path: "a/b.rs".to_owned(),
            text: "fn helper() {}\n\n/// Why.\n#[tokio::test]\nasync fn there() {}\n".to_owned(),
        };
        let found = |name| {
            let mut found = Vec::new();
            let files = [
                page(name),
                File {
                    path: source.path.clone(),
                    text: source.text.clone(),
                },
            ];
            named_tests_exist(&files, &mut found);
            found.retain(|finding| finding.rule.contains("has no test"));
            found.len()
        };
        assert_eq!((found("there"), found("helper"), found("ther")), (0, 1, 1));
    }
}
