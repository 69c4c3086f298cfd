//! `deny.toml`, as much of it as tidy enforces: the lists of allowed licences and of banned packages.

use crate::shell::{Result, read, root};

pub(super) struct Policy {
    /// SPDX names.
    pub(super) licences: Vec<String>,
    pub(super) banned: Vec<String>,
}

impl Policy {
    pub(super) fn load() -> Result<Self> {
        Self::parse(&read(&root().join("deny.toml"))?)
    }

    pub(super) fn parse(text: &str) -> Result<Self> {
        let list = |section: &str, key: &str| {
            strings(text, section, key)
                .ok_or_else(|| format!("deny.toml: no list `{key}` under [{section}]"))
        };
        Ok(Self {
            licences: list("licenses", "allow")?,
            banned: list("bans", "deny")?,
        })
    }
}

/// The quoted words of the list `key = [..]` in `[section]`. Enough TOML for a file that we write ourselves: the lists
/// hold plain strings (in tables, the first string counts), and comments start a line or follow a comma.
fn strings(text: &str, section: &str, key: &str) -> Option<Vec<String>> {
    let mut lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim());
    lines.find(|line| *line == format!("[{section}]"))?;
    let within: Vec<&str> = lines
        .take_while(|line| !line.starts_with('[') || line.starts_with("[\""))
        .collect();
    let start = within
        .iter()
        .position(|line| line.split('=').next().map(str::trim) == Some(key))?;
    let list = within.get(start..)?.join("\n");
    let list = list.split_once('[')?.1;
    let list = list.split_once(']')?.0;
    Some(
        list.split('"')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_found_in_their_section() {
        let text = "[bans]\ndeny = [\"one\"]\n\n[licenses]\nversion = 2\nallow = [\n  \"MIT\", # a reason\n  \"Zlib\",\n]\n[sources]\nallow = [\"x\"]\n";
        let policy = Policy::parse(text).unwrap();
        assert_eq!(policy.licences, ["MIT", "Zlib"]);
        assert_eq!(policy.banned, ["one"]);
    }

    #[test]
    fn a_missing_list_is_an_error() {
        assert!(Policy::parse("[licenses]\n[sources]\nallow = []\n").is_err());
    }
}
