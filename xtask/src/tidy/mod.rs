//! `cargo xtask tidy`: the rules of the repository that no compiler checks, each a function of its own.
//!
//! A check is given the workspace or the tracked files and adds a `Finding` for each place that breaks its rule.

mod claims;
mod crates;
mod layers;
mod licences;
mod policy;
mod sources;
mod tree;

use std::fmt;
use std::path::Path;

use crate::metadata::Workspace;
use crate::shell::{Arguments, Result, cargo, command, output, root};

/// One place that breaks one rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    place: String,
    rule: String,
}

impl Finding {
    fn new(place: impl Into<String>, rule: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            rule: rule.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.place, self.rule)
    }
}

/// A file that git tracks, or would track; its path is relative to the workspace's folder.
struct File {
    path: String,
    text: String,
}

/// The packages without an outside.
pub(crate) fn machines() -> impl Iterator<Item = &'static str> {
    layers::PROTOCOLS.into_iter().chain([layers::STACK])
}

pub(crate) fn run(words: &[String]) -> Result {
    Arguments::parse(words, &[], &[])?.no_plain()?;
    let workspace = Workspace::load()?;
    let files = tracked_files()?;
    let policy = policy::Policy::load()?;

    let mut found = Vec::new();
    layers::protocols_stay_apart(&workspace, &mut found);
    layers::machines_know_no_outside(&workspace, &mut found);
    layers::blocking_knows_no_runtime(&workspace, &mut found);
    for features in layers::WITHOUT_RUNTIME {
        let tree = tree_without_runtime(features)?;
        layers::blocking_client_knows_no_runtime(features, &tree, &mut found);
    }
    licences::licences_are_allowed(&workspace, &policy, &mut found);
    licences::sources_are_registries(&workspace, &mut found);
    licences::nothing_banned(&workspace, &policy, &mut found);
    crates::lints_come_from_the_workspace(&files, &mut found);
    crates::libraries_have_examples(&workspace, &mut found);
    sources::roots_forbid_unsafe(&workspace, &files, root(), &mut found);
    sources::the_unsafe_leaf_is_short(&files, &mut found);
    sources::protocol_roots_have_their_attributes(&files, &mut found);
    sources::protocol_sources_know_no_outside(&files, &mut found);
    claims::named_tests_exist(&files, &mut found);
    tree::rust_files_are_short(&files, &mut found);
    tree::no_foreign_places(&files, &mut found);
    tree::top_level_is_fixed(&files, &mut found);
    tree::readme_is_short(&files, &mut found);

    for notice in tree::long_files(&files) {
        println!("notice: {notice}");
    }
    found.sort();
    for finding in &found {
        println!("{finding}");
    }
    if found.is_empty() {
        Ok(())
    } else {
        Err(format!("{} findings", found.len()))
    }
}

/// What `siox` is linked with, with these features alone.
fn tree_without_runtime(features: &str) -> Result<String> {
    output(&mut cargo([
        "tree",
        "--package",
        "siox",
        "--no-default-features",
        "--features",
        features,
        "--edges",
        "normal",
        "--prefix",
        "none",
    ]))
}

/// The text files that git tracks or would add; what is not UTF-8 (a picture) has no rule to break.
fn tracked_files() -> Result<Vec<File>> {
    let list = output(command("git").args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]))?;
    let mut files = Vec::new();
    for path in list.split('\0').filter(|path| !path.is_empty()) {
        let text = match std::fs::read(root().join(path)) {
            Ok(bytes) => String::from_utf8(bytes).unwrap_or_default(),
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => continue,
            Err(why) => return Err(format!("{path}: {why}")),
        };
        files.push(File {
            path: path.to_owned(),
            text,
        });
    }
    Ok(files)
}

/// `path` as seen from the workspace's folder, with forward slashes.
fn relative(path: &Path, base: &Path) -> String {
    path.strip_prefix(base)
        .unwrap_or(path)
        .to_string_lossy()
        .replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs one check and answers what it found, as text.
    pub(super) fn findings(check: impl FnOnce(&mut Vec<Finding>)) -> Vec<String> {
        let mut found = Vec::new();
        check(&mut found);
        found.iter().map(Finding::to_string).collect()
    }

    pub(super) fn file(path: &str, text: &str) -> File {
        File {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_finding_names_the_place_and_the_rule() {
        assert_eq!(
            Finding::new("a.rs", "too long").to_string(),
            "a.rs: too long"
        );
    }

    #[test]
    fn paths_become_relative() {
        assert_eq!(
            relative(Path::new("/x/crates/a.rs"), Path::new("/x")),
            "crates/a.rs"
        );
    }
}
