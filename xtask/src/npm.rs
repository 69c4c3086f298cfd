//! Packages of npm, pinned by a `package-lock.json` of ours, installed under `target`.

use std::path::PathBuf;

use crate::shell::{Result, command, read, root, run, target, write};

/// Installs what the folder `pins` pins into the folder `name` under `target`, unless those very pins are there already, and
/// runs no script of theirs. Answers the folder.
pub(crate) fn install(pins: &str, name: &str) -> Result<PathBuf> {
    let pins = root().join(pins);
    let folder = target().join(name);
    let lock = read(&pins.join("package-lock.json"))?;
    let stamp = folder.join("installed-lock.json");
    if stamp.exists() && read(&stamp)? == lock {
        return Ok(folder);
    }
    println!("installing packages of npm under {}", folder.display());
    write(
        &folder.join("package.json"),
        read(&pins.join("package.json"))?.as_bytes(),
    )?;
    write(&folder.join("package-lock.json"), lock.as_bytes())?;
    let mut npm = command("npm");
    npm.args([
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ]);
    run(npm.current_dir(&folder))?;
    write(&stamp, lock.as_bytes())?;
    Ok(folder)
}
