//! What the dependency tree may hold: licences, origins, banned packages. The lists are in `deny.toml`, which `cargo deny`
//! reads too where it is installed.

use super::Finding;
use super::policy::Policy;
use crate::metadata::{Package, Workspace};

pub(super) fn licences_are_allowed(
    workspace: &Workspace,
    policy: &Policy,
    found: &mut Vec<Finding>,
) {
    for package in workspace.packages.values() {
        let Some(licence) = &package.licence else {
            found.push(Finding::new(place(package), "declares no licence"));
            continue;
        };
        match is_allowed(licence, &policy.licences) {
            Some(true) => {}
            Some(false) => found.push(Finding::new(
                place(package),
                format!("its licence `{licence}` is not among those that deny.toml allows"),
            )),
            None => found.push(Finding::new(
                place(package),
                format!("its licence `{licence}` is no SPDX expression"),
            )),
        }
    }
}

pub(super) fn sources_are_registries(workspace: &Workspace, found: &mut Vec<Finding>) {
    for package in workspace
        .packages
        .values()
        .filter(|package| !package.member)
    {
        match &package.source {
            Some(source) if source.starts_with("registry+") || source.starts_with("sparse+") => {}
            Some(source) => found.push(Finding::new(
                place(package),
                format!("comes from {source}; only a registry may be a source"),
            )),
            None => found.push(Finding::new(
                place(package),
                "comes from a path outside the workspace",
            )),
        }
    }
}

pub(super) fn nothing_banned(workspace: &Workspace, policy: &Policy, found: &mut Vec<Finding>) {
    for package in workspace
        .packages
        .values()
        .filter(|package| policy.banned.contains(&package.name))
    {
        found.push(Finding::new(place(package), "is banned by deny.toml"));
    }
}

fn place(package: &Package) -> String {
    format!("dependency {} {}", package.name, package.version)
}

/// Whether `allowed` satisfies an SPDX expression; `None` when it is not one. The old form `MIT/Apache-2.0` means OR.
fn is_allowed(expression: &str, allowed: &[String]) -> Option<bool> {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut parser = Expression {
        words: &words,
        allowed,
    };
    let verdict = parser.any()?;
    parser.words.is_empty().then_some(verdict)
}

struct Expression<'a> {
    words: &'a [&'a str],
    allowed: &'a [String],
}

impl<'a> Expression<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    fn eat(&mut self, word: &str) -> bool {
        let there = self.words.first() == Some(&word);
        if there {
            self.next();
        }
        there
    }

    /// `all OR all OR ..`
    fn any(&mut self) -> Option<bool> {
        let mut verdict = self.all()?;
        while self.eat("OR") {
            verdict |= self.all()?;
        }
        Some(verdict)
    }

    /// `one AND one AND ..`
    fn all(&mut self) -> Option<bool> {
        let mut verdict = self.one()?;
        while self.eat("AND") {
            verdict &= self.one()?;
        }
        Some(verdict)
    }

    /// `(..)`, `NAME` or `NAME WITH EXCEPTION`, which counts as a name of its own.
    fn one(&mut self) -> Option<bool> {
        if self.eat("(") {
            let verdict = self.any()?;
            return self.eat(")").then_some(verdict);
        }
        let name = self
            .next()
            .filter(|word| !matches!(*word, "OR" | "AND" | "WITH" | ")"))?;
        let full = if self.eat("WITH") {
            format!("{name} WITH {}", self.next()?)
        } else {
            name.to_owned()
        };
        Some(self.allowed.contains(&full))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::findings;
    use super::*;
    use crate::metadata::samples::workspace;

    fn policy() -> Policy {
        Policy {
            licences: vec![
                "MIT".to_owned(),
                "Apache-2.0".to_owned(),
                "Apache-2.0 WITH LLVM-exception".to_owned(),
            ],
            banned: vec!["bad".to_owned()],
        }
    }

    #[test]
    fn expressions() {
        let cases = [
            ("MIT", Some(true)),
            ("GPL-3.0", Some(false)),
            ("MIT OR GPL-3.0", Some(true)),
            ("MIT AND GPL-3.0", Some(false)),
            ("MIT/GPL-3.0", Some(true)),
            ("(MIT OR GPL-3.0) AND Apache-2.0", Some(true)),
            ("(MIT OR Apache-2.0) AND GPL-3.0", Some(false)),
            ("GPL-3.0 OR MIT AND Zlib", Some(false)),
            ("Apache-2.0 WITH LLVM-exception OR GPL-3.0", Some(true)),
            ("MIT WITH something", Some(false)),
            ("", None),
            ("MIT OR", None),
            ("(MIT", None),
            ("MIT Apache-2.0", None),
        ];
        for (expression, verdict) in cases {
            assert_eq!(
                is_allowed(expression, &policy().licences),
                verdict,
                "{expression}"
            );
        }
    }

    #[test]
    fn a_forbidden_or_missing_licence_is_found() {
        let mut tree = workspace(&["siox:good evil silent"]);
        assert!(findings(|found| licences_are_allowed(&tree, &policy(), found)).is_empty());
        tree.packages.get_mut("evil").unwrap().licence = Some("AGPL-3.0".to_owned());
        tree.packages.get_mut("silent").unwrap().licence = None;
        let texts = findings(|found| licences_are_allowed(&tree, &policy(), found));
        assert_eq!(texts.len(), 2, "{texts:?}");
        assert!(texts[0].contains("evil 1.0.0") && texts[1].contains("declares no licence"));
    }

    #[test]
    fn a_source_that_is_no_registry_is_found() {
        let mut tree = workspace(&["siox:good fork stray"]);
        tree.packages.get_mut("fork").unwrap().source = Some("git+somewhere".to_owned());
        tree.packages.get_mut("stray").unwrap().source = None;
        let texts = findings(|found| sources_are_registries(&tree, found));
        assert_eq!(texts.len(), 2, "{texts:?}");
    }

    #[test]
    fn a_banned_package_is_found() {
        let tree = workspace(&["siox:good bad"]);
        assert_eq!(
            findings(|found| nothing_banned(&tree, &policy(), found)),
            ["dependency bad 1.0.0: is banned by deny.toml"]
        );
    }
}
