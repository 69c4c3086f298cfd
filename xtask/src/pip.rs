//! Packages of Python, pinned with their hashes by a `requirements.txt` of ours, installed under `target`.

use std::path::PathBuf;

use crate::shell::{Result, command, read, root, run, target, write};

/// Installs what the file `pins` pins into the folder `name` under `target`, unless those very pins are there already: wheels
/// only, so no script of theirs is run. Answers the folder.
pub(crate) fn install(pins: &str, name: &str) -> Result<PathBuf> {
    let file = root().join(pins);
    let folder = target().join(name);
    let pins = read(&file)?;
    let stamp = folder.join("installed-requirements.txt");
    if stamp.exists() && read(&stamp)? == pins {
        return Ok(folder);
    }
    println!("installing packages of Python under {}", folder.display());
    let mut pip = command("python3");
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--root-user-action=ignore",
        "--no-deps",
        "--only-binary=:all:",
        "--require-hashes",
        "--upgrade",
    ]);
    run(pip
        .arg("--target")
        .arg(&folder)
        .arg("--requirement")
        .arg(&file))?;
    write(&stamp, pins.as_bytes())?;
    Ok(folder)
}
