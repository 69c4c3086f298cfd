//! The workspace as `cargo metadata` tells it, brought down to what the checks ask: packages, targets, normal dependencies.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

use crate::shell::{Result, cargo, output};

/// Every package of the dependency tree, by cargo's id.
pub(crate) struct Workspace {
    pub(crate) packages: BTreeMap<String, Package>,
}

pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Whether it is one of ours.
    pub(crate) member: bool,
    /// Whether it may go to a registry.
    pub(crate) published: bool,
    pub(crate) manifest: PathBuf,
    pub(crate) licence: Option<String>,
    /// Where a foreign package comes from, such as `registry+..`; `None` for a path.
    pub(crate) source: Option<String>,
    pub(crate) targets: Vec<Target>,
    /// Ids of the packages this one is linked with when it is built (no dev, no build dependencies).
    pub(crate) normal: BTreeSet<String>,
}

pub(crate) struct Target {
    pub(crate) kinds: Vec<String>,
    pub(crate) root: PathBuf,
}

impl Workspace {
    /// Asks cargo, with every feature on.
    pub(crate) fn load() -> Result<Self> {
        let text = output(&mut cargo([
            "metadata",
            "--format-version",
            "1",
            "--all-features",
        ]))?;
        let value: Value =
            serde_json::from_str(&text).map_err(|why| format!("cargo metadata: {why}"))?;
        Self::from_json(&value)
            .ok_or_else(|| "cargo metadata: not the form of version 1".to_owned())
    }

    fn from_json(value: &Value) -> Option<Self> {
        let members: BTreeSet<&str> = value["workspace_members"]
            .as_array()?
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let mut packages = BTreeMap::new();
        for package in value["packages"].as_array()? {
            let id = package["id"].as_str()?;
            packages.insert(
                id.to_owned(),
                Package::from_json(package, members.contains(id))?,
            );
        }
        for node in value["resolve"]["nodes"].as_array()? {
            let normal = node["deps"]
                .as_array()?
                .iter()
                .filter(|dependency| is_normal(dependency));
            let ids = normal
                .filter_map(|dependency| dependency["pkg"].as_str())
                .map(str::to_owned)
                .collect();
            packages.get_mut(node["id"].as_str()?)?.normal = ids;
        }
        Some(Self { packages })
    }

    /// Our own packages.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.values().filter(|package| package.member)
    }

    /// The packages that `package` is linked with directly.
    pub(crate) fn direct<'a>(&'a self, package: &'a Package) -> impl Iterator<Item = &'a Package> {
        package.normal.iter().filter_map(|id| self.packages.get(id))
    }

    /// The packages that `package` is linked with, directly or not, itself left out.
    pub(crate) fn transitive<'a>(&'a self, package: &'a Package) -> Vec<&'a Package> {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut open: Vec<&Package> = vec![package];
        let mut found = Vec::new();
        while let Some(next) = open.pop() {
            for id in &next.normal {
                if let Some(dependency) = self.packages.get(id)
                    && seen.insert(id)
                {
                    found.push(dependency);
                    open.push(dependency);
                }
            }
        }
        found
    }
}

impl Package {
    fn from_json(value: &Value, member: bool) -> Option<Self> {
        let text = |key: &str| value[key].as_str().map(str::to_owned);
        let targets = value["targets"]
            .as_array()?
            .iter()
            .filter_map(Target::from_json)
            .collect();
        Some(Self {
            name: text("name")?,
            version: text("version")?,
            member,
            // `publish = false` is told as an empty list of registries.
            published: value["publish"]
                .as_array()
                .is_none_or(|registries| !registries.is_empty()),
            manifest: PathBuf::from(text("manifest_path")?),
            licence: text("license"),
            source: text("source"),
            targets,
            normal: BTreeSet::new(),
        })
    }

    /// The root file of its library, if it has one.
    pub(crate) fn library(&self) -> Option<&PathBuf> {
        let is_library = |target: &&Target| {
            target
                .kinds
                .iter()
                .any(|kind| kind == "lib" || kind == "proc-macro")
        };
        self.targets
            .iter()
            .find(is_library)
            .map(|target| &target.root)
    }

    pub(crate) fn has_target(&self, kind: &str) -> bool {
        self.targets
            .iter()
            .any(|target| target.kinds.iter().any(|one| one == kind))
    }
}

impl Target {
    fn from_json(value: &Value) -> Option<Self> {
        let kinds = value["kind"]
            .as_array()?
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        Some(Self {
            kinds,
            root: PathBuf::from(value["src_path"].as_str()?),
        })
    }
}

fn is_normal(dependency: &Value) -> bool {
    dependency["dep_kinds"]
        .as_array()
        .is_some_and(|kinds| kinds.iter().any(|kind| kind["kind"].is_null()))
}

#[cfg(test)]
pub(crate) mod samples {
    use super::*;

    /// A workspace written as lines of `name: dependency dependency`; all are members, except those that only occur as a
    /// dependency.
    pub(crate) fn workspace(lines: &[&str]) -> Workspace {
        let mut packages: BTreeMap<String, Package> = BTreeMap::new();
        for line in lines {
            let (name, dependencies) = line.split_once(':').unwrap();
            let normal: BTreeSet<String> =
                dependencies.split_whitespace().map(str::to_owned).collect();
            for dependency in &normal {
                packages
                    .entry(dependency.clone())
                    .or_insert_with(|| package(dependency, false));
            }
            let entry = packages
                .entry(name.to_owned())
                .or_insert_with(|| package(name, true));
            entry.member = true;
            entry.normal = normal;
        }
        Workspace { packages }
    }

    pub(crate) fn package(name: &str, member: bool) -> Package {
        Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            member,
            published: member,
            manifest: PathBuf::from(format!(
                "crates/{}/Cargo.toml",
                name.trim_start_matches("siox-")
            )),
            licence: Some("MIT OR Apache-2.0".to_owned()),
            source: (!member).then(|| "registry+somewhere".to_owned()),
            targets: Vec::new(),
            normal: BTreeSet::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"{
        "workspace_members": ["ours"],
        "packages": [
            {"id": "ours", "name": "siox-x", "publish": [], "version": "0.1.0", "license": "MIT", "source": null, "manifest_path": "crates/x/Cargo.toml",
             "targets": [{"kind": ["lib"], "src_path": "crates/x/src/lib.rs"}, {"kind": ["example"], "src_path": "crates/x/examples/a.rs"}]},
            {"id": "a", "name": "a", "version": "1.0.0", "license": null, "source": "registry+x", "manifest_path": "a", "targets": []},
            {"id": "b", "name": "b", "version": "1.0.0", "license": null, "source": "registry+x", "manifest_path": "b", "targets": []},
            {"id": "c", "name": "c", "version": "1.0.0", "license": null, "source": "registry+x", "manifest_path": "c", "targets": []}
        ],
        "resolve": {"nodes": [
            {"id": "ours", "deps": [{"pkg": "a", "dep_kinds": [{"kind": "dev"}, {"kind": null}]}, {"pkg": "c", "dep_kinds": [{"kind": "dev"}]}]},
            {"id": "a", "deps": [{"pkg": "b", "dep_kinds": [{"kind": null}]}]},
            {"id": "b", "deps": []}, {"id": "c", "deps": []}
        ]}
    }"#;

    #[test]
    fn normal_dependencies_are_told_from_the_others() {
        let workspace = Workspace::from_json(&serde_json::from_str(SAMPLE).unwrap()).unwrap();
        let ours = workspace.members().next().unwrap();
        assert_eq!(
            workspace
                .direct(ours)
                .map(|package| package.name.as_str())
                .collect::<Vec<_>>(),
            ["a"]
        );
        assert_eq!(
            workspace
                .transitive(ours)
                .iter()
                .map(|package| package.name.as_str())
                .collect::<Vec<_>>(),
            ["a", "b"]
        );
        assert_eq!(ours.library(), Some(&PathBuf::from("crates/x/src/lib.rs")));
        assert!(!ours.published && workspace.packages["a"].published);
        assert!(ours.has_target("example") && !ours.has_target("bench"));
    }
}
