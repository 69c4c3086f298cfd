//! Commands, paths and arguments: what every chore needs of the outside. No chore's own knowledge lives here.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// What a chore answers; the text is printed as it stands.
pub(crate) type Result<T = ()> = std::result::Result<T, String>;

/// The folder of the workspace.
pub(crate) fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        manifest
            .parent()
            .map_or(manifest.clone(), Path::to_path_buf)
    })
}

/// Where cargo builds, which is also where foreign tools are installed.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// A command that starts in the workspace's folder.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root()).stdin(Stdio::null());
    command
}

/// `cargo` with these arguments, without the variables that `cargo xtask` itself was started with: they would make a
/// build script or a macro see a different environment from that of a plain `cargo`, and so build again.
pub(crate) fn cargo<const N: usize>(arguments: [&str; N]) -> Command {
    let mut cargo = command("cargo");
    cargo.args(arguments);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    cargo
}

/// Runs a command to its end, its output going where ours goes.
pub(crate) fn run(command: &mut Command) -> Result {
    let status = command
        .status()
        .map_err(|why| format!("cannot run {}: {why}", shown(command)))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{} failed ({status})", shown(command)))
    }
}

/// Runs a command to its end and answers what it printed; its words appear only when it fails.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let done = command
        .output()
        .map_err(|why| format!("cannot run {}: {why}", shown(command)))?;
    if !done.status.success() {
        let errors = String::from_utf8_lossy(&done.stderr);
        let printed = String::from_utf8_lossy(&done.stdout);
        return Err(format!(
            "{} failed ({})\n{printed}{errors}",
            shown(command),
            done.status
        ));
    }
    String::from_utf8(done.stdout)
        .map_err(|_| format!("{} printed bytes that are not UTF-8", shown(command)))
}

/// Whether a program answers to its name.
pub(crate) fn exists(program: &str, arguments: &[&str]) -> bool {
    command(program)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

pub(crate) fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|why| format!("{}: {why}", path.display()))
}

pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result {
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    std::fs::write(path, bytes).map_err(|why| format!("{}: {why}", path.display()))
}

pub(crate) fn make_folder(path: &Path) -> Result {
    std::fs::create_dir_all(path).map_err(|why| format!("{}: {why}", path.display()))
}

/// The words after a chore's name, taken apart.
pub(crate) struct Arguments {
    /// Words that stand for themselves.
    pub(crate) plain: Vec<String>,
    options: Vec<(String, String)>,
    flags: Vec<String>,
}

impl Arguments {
    /// Takes apart `words`, where `options` are followed by a value and `flags` are not. Anything else with a dash is refused.
    pub(crate) fn parse(words: &[String], options: &[&str], flags: &[&str]) -> Result<Self> {
        let mut found = Self {
            plain: Vec::new(),
            options: Vec::new(),
            flags: Vec::new(),
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if options.contains(&word.as_str()) {
                let value = words
                    .next()
                    .ok_or_else(|| format!("{word} wants a value"))?;
                found.options.push((word.clone(), value.clone()));
            } else if flags.contains(&word.as_str()) {
                found.flags.push(word.clone());
            } else if word.starts_with('-') {
                return Err(format!("there is no option {word}"));
            } else {
                found.plain.push(word.clone());
            }
        }
        Ok(found)
    }

    /// Refuses words that stand for themselves.
    pub(crate) fn no_plain(self) -> Result<Self> {
        match self.plain.first() {
            Some(word) => Err(format!("takes no argument `{word}`")),
            None => Ok(self),
        }
    }

    pub(crate) fn option(&self, name: &str) -> Option<&str> {
        self.options
            .iter()
            .rev()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.flags.iter().any(|given| given == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn arguments_come_apart() {
        let found = Arguments::parse(
            &words("a --seconds 5 --quick b"),
            &["--seconds"],
            &["--quick"],
        )
        .unwrap();
        assert_eq!(found.plain, ["a", "b"]);
        assert_eq!(found.option("--seconds"), Some("5"));
        assert!(found.flag("--quick"));
        assert_eq!(found.option("--other"), None);
    }

    #[test]
    fn strange_options_are_refused() {
        assert!(Arguments::parse(&words("--wrong"), &["--seconds"], &[]).is_err());
        assert!(Arguments::parse(&words("--seconds"), &["--seconds"], &[]).is_err());
        assert!(
            Arguments::parse(&words("a"), &[], &[])
                .unwrap()
                .no_plain()
                .is_err()
        );
    }

    #[test]
    fn a_failing_command_is_an_error_with_its_words() {
        let why = output(command("sh").args(["-c", "echo said >&2; exit 3"])).unwrap_err();
        assert!(why.contains("said") && why.contains("exit 3"), "{why}");
        assert!(run(command("sh").args(["-c", "exit 1"])).is_err());
        assert!(run(&mut command("no-such-program-here")).is_err());
    }
}
