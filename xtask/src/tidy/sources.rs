//! What the sources must and must not say: the attributes of a crate's root file, and what a protocol crate may name of `std`.

use std::path::Path;

use super::layers::{PROTOCOLS, STACK};
use super::{File, Finding, relative};
use crate::metadata::Workspace;

/// Root files that may do without `#![forbid(unsafe_code)]`, and why.
const MAY_BE_UNSAFE: [(&str, &str); 2] = [
    (
        "crates/mask/src/lib.rs",
        "the leaf for what must be fast: seven calls, what they call is safe code, measured, tested exhaustively, and kept short",
    ),
    (
        "crates/testkit/src/lib.rs",
        "a counting allocator, linked into tests alone",
    ),
];

/// The longest that a source of the leaf with unsafe code may be, in lines.
const LONGEST_LEAF: usize = 180;

/// Lints that a protocol crate denies, so that no public function that peer input reaches can panic.
const DENIED: [&str; 5] = [
    "clippy::unwrap_used",
    "clippy::expect_used",
    "clippy::panic",
    "clippy::indexing_slicing",
    "clippy::arithmetic_side_effects",
];

/// The outside, as `std` offers it. A `HashMap`'s order would show to the peer.
const OUTSIDE: [&str; 5] = [
    "std::net",
    "std::time",
    "std::thread",
    "SystemTime",
    "HashMap",
];

pub(super) fn roots_forbid_unsafe(
    workspace: &Workspace,
    files: &[File],
    base: &Path,
    found: &mut Vec<Finding>,
) {
    let is_root = |kinds: &[String]| {
        kinds
            .iter()
            .any(|kind| kind == "lib" || kind == "bin" || kind == "proc-macro")
    };
    for package in workspace.members() {
        for target in package
            .targets
            .iter()
            .filter(|target| is_root(&target.kinds))
        {
            let path = relative(&target.root, base);
            let excused = MAY_BE_UNSAFE.iter().any(|(excused, _)| *excused == path);
            let text = files
                .iter()
                .find(|file| file.path == path)
                .map_or("", |file| &file.text);
            if !excused && !forbids_unsafe(text) {
                found.push(Finding::new(
                    path,
                    "a crate's root file has `#![forbid(unsafe_code)]`",
                ));
            }
        }
    }
}

/// Unsafe code stays few enough lines to be read at one go: what does not forbid it counts.
pub(super) fn the_unsafe_leaf_is_short(files: &[File], found: &mut Vec<Finding>) {
    let sources = files
        .iter()
        .filter(|file| file.path.starts_with("crates/mask/src/"))
        .filter(|file| !forbids_unsafe(&file.text));
    let lines: usize = sources.map(|file| file.text.lines().count()).sum();
    if lines > LONGEST_LEAF {
        found.push(Finding::new(
            "crates/mask/src",
            format!("{lines} lines that may be unsafe; at most {LONGEST_LEAF}"),
        ));
    }
}

pub(super) fn protocol_roots_have_their_attributes(files: &[File], found: &mut Vec<Finding>) {
    for folder in machine_folders() {
        let path = format!("{folder}lib.rs");
        let text = files
            .iter()
            .find(|file| file.path == path)
            .map_or("", |file| &file.text);
        let attributes = inner_attributes(text);
        if !attributes.iter().any(|attribute| {
            attribute == "no_std"
                || attribute.starts_with("cfg_attr(") && attribute.contains("no_std")
        }) {
            found.push(Finding::new(&path, "a protocol crate is `#![no_std]`"));
        }
        if !forbids_unsafe(text) {
            found.push(Finding::new(
                &path,
                "a protocol crate has `#![forbid(unsafe_code)]`",
            ));
        }
        for lint in DENIED
            .iter()
            .filter(|lint| !attributes.iter().any(|attribute| denies(attribute, lint)))
        {
            found.push(Finding::new(
                &path,
                format!("a protocol crate denies `{lint}`"),
            ));
        }
    }
}

pub(super) fn protocol_sources_know_no_outside(files: &[File], found: &mut Vec<Finding>) {
    let folders: Vec<String> = machine_folders().collect();
    for file in files.iter().filter(|file| is_product(&file.path, &folders)) {
        for (number, line) in product_lines(&file.text) {
            for word in named_outside(line) {
                found.push(Finding::new(
                    format!("{}:{number}", file.path),
                    format!("a protocol crate does not know `{word}`"),
                ));
            }
        }
    }
}

fn machine_folders() -> impl Iterator<Item = String> {
    PROTOCOLS
        .iter()
        .chain([&STACK])
        .map(|name| format!("crates/{}/src/", name.trim_start_matches("siox-")))
}

/// A Rust file in a machine's `src/`, other than one that holds only tests.
fn is_product(path: &str, folders: &[String]) -> bool {
    let is_test =
        path.ends_with("/tests.rs") || path.ends_with("_tests.rs") || path.contains("/tests/");
    path.ends_with(".rs") && !is_test && folders.iter().any(|folder| path.starts_with(folder))
}

fn forbids_unsafe(text: &str) -> bool {
    inner_attributes(text)
        .iter()
        .any(|attribute| attribute.starts_with("forbid(") && attribute.contains("unsafe_code"))
}

fn denies(attribute: &str, lint: &str) -> bool {
    let whole_word = |list: &str| list.split([',', '(', ')']).any(|word| word == lint);
    let at = attribute
        .find("deny(")
        .or_else(|| attribute.find("forbid("));
    at.is_some_and(|at| whole_word(&attribute[at..]))
}

/// What stands within each `#![..]`, without its white space and comments.
fn inner_attributes(text: &str) -> Vec<String> {
    let code: Vec<&str> = text.lines().map(without_comment).collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    for (at, mark) in code.match_indices("#![") {
        let mut depth = 1;
        let inside = code[at + mark.len()..].chars().take_while(|letter| {
            depth += i32::from(*letter == '[') - i32::from(*letter == ']');
            depth > 0
        });
        found.push(inside.filter(|letter| !letter.is_whitespace()).collect());
    }
    found
}

/// The numbered lines of a file without comments and without what is compiled for tests alone.
fn product_lines(text: &str) -> Vec<(usize, &str)> {
    let mut kept = Vec::new();
    let mut lines = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, without_comment(line)));
    while let Some((number, line)) = lines.next() {
        let start = line.trim_start();
        if start.starts_with("#[cfg(test)]") || start.starts_with("#[cfg(all(test") {
            skip_item(lines.by_ref().map(|(_, line)| line));
        } else {
            kept.push((number, line));
        }
    }
    kept
}

/// Passes over one item and its attributes. Relies on the code being formatted: an item ends where a line at the
/// indentation of its first line closes it.
fn skip_item<'a>(mut lines: impl Iterator<Item = &'a str>) {
    while let Some(first) = lines.next() {
        let code = first.trim();
        if code.is_empty() {
            continue;
        }
        if code.starts_with("#[") {
            if !code.ends_with(']') {
                lines.find(|line| line.trim_end().ends_with(']'));
            }
            continue;
        }
        let is_last = |line: &str| {
            indentation(line) == indentation(first) && line.trim_end().ends_with([';', '}', ','])
        };
        if !is_last(first) {
            lines.find(|line| is_last(line));
        }
        return;
    }
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn without_comment(line: &str) -> &str {
    match line.find("//") {
        // `http://` in a string is not a comment.
        Some(at) if !line[..at].ends_with(':') => &line[..at],
        _ => line,
    }
}

/// The words of `OUTSIDE` that a line names, `use std::{..}` included.
fn named_outside(line: &str) -> Vec<&'static str> {
    let is_named = |word: &&&str| {
        line.contains(**word)
            || word
                .strip_prefix("std::")
                .is_some_and(|module| in_std_group(line, module))
    };
    OUTSIDE.iter().filter(is_named).copied().collect()
}

fn in_std_group(line: &str, module: &str) -> bool {
    let Some((_, group)) = line.split_once("std::{") else {
        return false;
    };
    group
        .split([',', '{', '}', ';'])
        .any(|part| part.trim().split("::").next() == Some(module))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{file, findings};
    use super::*;
    use crate::metadata::{Target, samples};

    const GOOD: &str = "//! Doc with #![nothing] in it.\n#![cfg_attr(not(test), no_std)]\n#![forbid(unsafe_code)]\n#![cfg_attr(\n    not(test),\n    deny(\n        clippy::unwrap_used,\n        clippy::expect_used, // why\n        clippy::panic,\n        clippy::indexing_slicing,\n        clippy::arithmetic_side_effects,\n    )\n)]\n";

    fn machines(text: &str) -> Vec<File> {
        machine_folders()
            .map(|folder| file(&format!("{folder}lib.rs"), text))
            .collect()
    }

    #[test]
    fn a_root_with_all_attributes_passes() {
        assert_eq!(
            findings(|found| protocol_roots_have_their_attributes(&machines(GOOD), found)),
            Vec::<String>::new()
        );
    }

    #[test]
    fn each_missing_attribute_is_found() {
        for missing in [
            "cfg_attr(not(test), no_std)",
            "forbid(unsafe_code)",
            "clippy::unwrap_used",
            "clippy::expect_used",
            "clippy::panic",
            "clippy::indexing_slicing",
            "clippy::arithmetic_side_effects",
        ] {
            let bad = GOOD.replace(missing, "x");
            let texts =
                findings(|found| protocol_roots_have_their_attributes(&machines(&bad), found));
            assert_eq!(texts.len(), 6, "{missing}: {texts:?}");
        }
        let commented = GOOD.replace("#![forbid", "// #![forbid");
        assert_eq!(
            findings(|found| protocol_roots_have_their_attributes(&machines(&commented), found))
                .len(),
            6
        );
        let allowed = GOOD.replace("deny(", "allow(");
        assert_eq!(
            findings(|found| protocol_roots_have_their_attributes(&machines(&allowed), found))
                .len(),
            30
        );
        assert!(
            !findings(|found| protocol_roots_have_their_attributes(&[], found)).is_empty(),
            "a missing file is no excuse"
        );
    }

    #[test]
    fn a_long_leaf_is_found() {
        let leaf = |lines: usize| file("crates/mask/src/lib.rs", &"//! x\n".repeat(lines));
        let check = |lines| findings(|found| the_unsafe_leaf_is_short(&[leaf(lines)], found));
        assert!(check(LONGEST_LEAF).is_empty());
        assert_eq!(check(LONGEST_LEAF + 1).len(), 1);
    }

    #[test]
    fn a_root_file_that_does_not_forbid_unsafe_is_found() {
        let mut tree = samples::workspace(&["siox-cli:"]);
        let target = |kind: &str, root: &str| Target {
            kinds: vec![kind.to_owned()],
            root: root.into(),
        };
        tree.packages.get_mut("siox-cli").unwrap().targets = vec![
            target("bin", "/base/crates/cli/src/main.rs"),
            target("test", "/base/crates/cli/tests/a.rs"),
        ];
        let check = |text: &str| {
            let files = [file("crates/cli/src/main.rs", text)];
            findings(|found| roots_forbid_unsafe(&tree, &files, Path::new("/base"), found))
        };
        assert!(check("#![forbid(unsafe_code)]\n").is_empty());
        assert_eq!(
            check("#![deny(unsafe_code)]\n"),
            ["crates/cli/src/main.rs: a crate's root file has `#![forbid(unsafe_code)]`"]
        );
    }

    #[test]
    fn the_outside_is_found_in_product_code() {
        let cases = [
            "use std::net::TcpStream;",
            "let now = std::time::Instant::now();",
            "use std::{sync::Mutex, thread};",
            "use std::{fmt, net::{IpAddr, SocketAddr}};",
            "fn f(map: HashMap<u8, u8>) {}",
            "let t = SystemTime::now();",
        ];
        for line in cases {
            let bad = file("crates/stack/src/a/b.rs", &format!("//! A.\n\n{line}\n"));
            let texts = findings(|found| protocol_sources_know_no_outside(&[bad], found));
            assert_eq!(texts.len(), 1, "{line}: {texts:?}");
            assert!(
                texts[0].starts_with("crates/stack/src/a/b.rs:3:"),
                "{texts:?}"
            );
        }
    }

    #[test]
    fn comments_tests_and_other_crates_may_name_it() {
        let text = "//! Not a std::net thing.\nuse std::sync::Mutex; // no HashMap\n\n#[cfg(test)]\n#[expect(x)]\nmod tests {\n    use std::time::Instant;\n}\n";
        let fine = [
            file("crates/wire/src/a.rs", text),
            file("crates/wire/src/a/tests.rs", "use std::net::X;"),
            file("crates/tcp/src/a.rs", "use std::net::X;"),
        ];
        assert_eq!(
            findings(|found| protocol_sources_know_no_outside(&fine, found)),
            Vec::<String>::new()
        );
        let items = "#[cfg(test)]\nuse std::net::X;\n\nmod a {\n    #[cfg(test)]\n    #[expect(\n        x,\n        reason = \"y\"\n    )]\n    fn b(\n        c: std::net::X,\n    ) -> u8 {\n        std::thread::yield_now();\n    }\n\n    struct D {\n        #[cfg(test)]\n        e: HashMap<u8, u8>,\n    }\n}\n";
        let items = [file("crates/wire/src/a.rs", items)];
        assert_eq!(
            findings(|found| protocol_sources_know_no_outside(&items, found)),
            Vec::<String>::new()
        );
        let after = file("crates/wire/src/a.rs", &format!("{text}use std::net::X;\n"));
        assert_eq!(
            findings(|found| protocol_sources_know_no_outside(&[after], found)).len(),
            1,
            "what follows the tests is product again"
        );
    }
}
