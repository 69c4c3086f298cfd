//! The tracked files as such: their length, their place, and what must not be written into them.

use super::{File, Finding};

/// Longest Rust file, in lines.
const LONGEST: usize = 600;
/// From this length on, a notice.
const LONG: usize = 400;
/// Longest README, in lines.
const LONGEST_README: usize = 120;

/// What stands at the top, beside files and folders whose name starts with a dot.
const TOP: [&str; 16] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "SECURITY.md",
    "benches",
    "crates",
    "deny.toml",
    "fuzz",
    "nostd",
    "rustfmt.toml",
    "xtask",
];

/// Hosts of package registries and folders of a developer's machine. Each is put together from two halves, so that this
/// file does not hold what it looks for.
const PLACES: [&str; 8] = [
    concat!("registry.", "npmjs"),
    concat!("static.", "crates"),
    concat!("index.", "crates"),
    concat!("deb.", "debian"),
    concat!("pypi.", "org"),
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
];

pub(super) fn rust_files_are_short(files: &[File], found: &mut Vec<Finding>) {
    for (file, lines) in rust_files(files).filter(|(_, lines)| *lines > LONGEST) {
        found.push(Finding::new(
            &file.path,
            format!("{lines} lines; split it before {LONGEST}"),
        ));
    }
}

/// Notices, not findings: files that begin to be long.
pub(super) fn long_files(files: &[File]) -> Vec<String> {
    let long = rust_files(files).filter(|(_, lines)| (LONG + 1..=LONGEST).contains(lines));
    long.map(|(file, lines)| format!("{}: {lines} lines; aim at {LONG}", file.path))
        .collect()
}

pub(super) fn no_foreign_places(files: &[File], found: &mut Vec<Finding>) {
    for file in files
        .iter()
        .filter(|file| !file.path.ends_with("Cargo.lock"))
    {
        for (number, line) in file.text.lines().enumerate() {
            for place in PLACES.iter().filter(|place| names_place(line, place)) {
                let at = format!("{}:{}", file.path, number + 1);
                found.push(Finding::new(
                    at,
                    format!("names `{place}`: no registry's host, no folder of one machine"),
                ));
            }
        }
    }
}

pub(super) fn top_level_is_fixed(files: &[File], found: &mut Vec<Finding>) {
    let mut strangers: Vec<&str> = files
        .iter()
        .filter_map(|file| file.path.split('/').next())
        .collect();
    strangers.retain(|name| !name.starts_with('.') && !TOP.contains(name));
    strangers.dedup();
    for name in strangers {
        found.push(Finding::new(name, "does not belong at the top level"));
    }
}

pub(super) fn readme_is_short(files: &[File], found: &mut Vec<Finding>) {
    for file in files.iter().filter(|file| file.path == "README.md") {
        let lines = file.text.lines().count();
        if lines > LONGEST_README {
            found.push(Finding::new(
                &file.path,
                format!("{lines} lines; keep it to {LONGEST_README}"),
            ));
        }
    }
}

fn rust_files(files: &[File]) -> impl Iterator<Item = (&File, usize)> {
    files
        .iter()
        .filter(|file| file.path.ends_with(".rs"))
        .map(|file| (file, file.text.lines().count()))
}

/// Whether `line` holds `place`. A folder counts only where a path begins, so that `src/..` before it makes it another.
fn names_place(line: &str, place: &str) -> bool {
    let is_path = place.starts_with('/');
    line.match_indices(place).any(|(at, _)| {
        !is_path
            || !line[..at]
                .ends_with(|before: char| before.is_alphanumeric() || "._-}~/".contains(before))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{file, findings};
    use super::*;

    fn of_lines(path: &str, lines: usize) -> File {
        file(path, &"x\n".repeat(lines))
    }

    #[test]
    fn a_long_file_is_found_and_a_longish_one_noticed() {
        let files = [
            of_lines("a.rs", 601),
            of_lines("b.rs", 600),
            of_lines("c.rs", 400),
            of_lines("d.md", 900),
        ];
        let texts = findings(|found| rust_files_are_short(&files, found));
        assert_eq!(texts, ["a.rs: 601 lines; split it before 600"]);
        assert_eq!(long_files(&files), ["b.rs: 600 lines; aim at 400"]);
    }

    #[test]
    fn every_place_is_found_wherever_it_is_written() {
        for place in PLACES {
            let files = [
                file("doc.md", &format!("fine\nsee {place}x\n")),
                file("Cargo.lock", place),
                file("src/tree.rs", "src/works/fine"),
            ];
            let texts = findings(|found| no_foreign_places(&files, found));
            assert_eq!(texts.len(), 1, "{place}: {texts:?}");
            assert!(texts[0].starts_with("doc.md:2:"));
        }
        let longer = format!("docs{}x", concat!("/wo", "rk/"));
        assert!(findings(|found| no_foreign_places(&[file("a.md", &longer)], found)).is_empty());
    }

    #[test]
    fn this_file_does_not_find_itself() {
        let files = [file("xtask/src/tidy/tree.rs", include_str!("tree.rs"))];
        assert!(findings(|found| no_foreign_places(&files, found)).is_empty());
    }

    #[test]
    fn a_stranger_at_the_top_is_found_once() {
        let files = [
            file("notes/a", ""),
            file("notes/b", ""),
            file(".ci/run", ""),
            file("README.md", ""),
            file("crates/wire/notes", ""),
        ];
        assert_eq!(
            findings(|found| top_level_is_fixed(&files, found)),
            ["notes: does not belong at the top level"]
        );
    }

    #[test]
    fn a_long_readme_is_found() {
        assert!(findings(|found| readme_is_short(&[of_lines("README.md", 120)], found)).is_empty());
        assert_eq!(
            findings(|found| readme_is_short(&[of_lines("README.md", 121)], found)).len(),
            1
        );
    }
}
