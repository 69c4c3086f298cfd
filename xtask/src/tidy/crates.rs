//! What every package of the workspace has in common: the workspace's lints, and examples for each library.

use super::{File, Finding};
use crate::metadata::Workspace;

/// Libraries without an example of their own, and why.
const WITHOUT_EXAMPLES: [(&str, &str); 1] = [(
    "siox-testkit",
    "a dev-dependency: the tests of the other crates are its examples",
)];

pub(super) fn lints_come_from_the_workspace(files: &[File], found: &mut Vec<Finding>) {
    for file in files.iter().filter(|file| is_member_manifest(&file.path)) {
        let mut lines = file
            .text
            .lines()
            .map(str::trim)
            .skip_while(|line| *line != "[lints]")
            .skip(1);
        if lines.next() != Some("workspace = true") {
            found.push(Finding::new(
                &file.path,
                "has no `[lints]` with `workspace = true`",
            ));
        }
    }
}

pub(super) fn libraries_have_examples(workspace: &Workspace, found: &mut Vec<Finding>) {
    for package in workspace
        .members()
        .filter(|package| package.library().is_some())
    {
        let excused = WITHOUT_EXAMPLES
            .iter()
            .any(|(name, _)| *name == package.name);
        let in_crates = package
            .manifest
            .parent()
            .and_then(|folder| folder.parent())
            .is_some_and(|folder| folder.ends_with("crates"));
        if in_crates && !excused && !package.has_target("example") {
            found.push(Finding::new(
                &package.name,
                "a library needs a runnable example in its `examples/`",
            ));
        }
    }
}

/// The manifests of the workspace's packages. `fuzz` and what is under `benches` are workspaces of their own.
fn is_member_manifest(path: &str) -> bool {
    let folders: Vec<&str> = path.split('/').collect();
    matches!(
        folders.as_slice(),
        ["crates", _, "Cargo.toml"] | ["xtask", "Cargo.toml"]
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::{file, findings};
    use super::*;
    use crate::metadata::{Target, samples};

    #[test]
    fn a_manifest_without_the_workspace_lints_is_found() {
        let good = file(
            "crates/wire/Cargo.toml",
            "[package]\n\n[lints]\nworkspace = true\n\n[dependencies]\n",
        );
        let none = file("crates/http1/Cargo.toml", "[package]\n");
        let own = file("xtask/Cargo.toml", "[lints]\nrust.unused = \"allow\"\n");
        let other = file("Cargo.toml", "[workspace]\n");
        let texts =
            findings(|found| lints_come_from_the_workspace(&[good, none, own, other], found));
        assert_eq!(texts.len(), 2, "{texts:?}");
        assert!(texts[0].starts_with("crates/http1/") && texts[1].starts_with("xtask/"));
    }

    #[test]
    fn a_library_without_an_example_is_found() {
        let target = |kind: &str| Target {
            kinds: vec![kind.to_owned()],
            root: "x.rs".into(),
        };
        let mut tree = samples::workspace(&["siox-wire:", "siox-testkit:", "siox-cli:"]);
        for (name, kind) in [
            ("siox-wire", "lib"),
            ("siox-testkit", "lib"),
            ("siox-cli", "bin"),
        ] {
            tree.packages
                .get_mut(name)
                .unwrap()
                .targets
                .push(target(kind));
        }
        let texts = findings(|found| libraries_have_examples(&tree, found));
        assert_eq!(texts.len(), 1, "{texts:?}");
        assert!(texts[0].starts_with("siox-wire:"));
        tree.packages
            .get_mut("siox-wire")
            .unwrap()
            .targets
            .push(target("example"));
        assert!(findings(|found| libraries_have_examples(&tree, found)).is_empty());
    }
}
