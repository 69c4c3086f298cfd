//! A Chromium to drive: the one that is there, or Debian's by apt.

use std::path::PathBuf;
use std::time::Duration;

use crate::shell::{Result, command, exists, run};

/// Another process may hold apt's lock for a while.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_secs(15);

/// The path of Chromium's program: `$CHROMIUM`, or the place where Debian puts it.
pub(crate) fn ensure() -> Result<PathBuf> {
    if let Some(given) = std::env::var_os("CHROMIUM") {
        return Ok(given.into());
    }
    let program = PathBuf::from("/usr/bin/chromium");
    if program.exists() {
        return Ok(program);
    }
    if !exists("apt-get", &["--version"]) {
        return Err(
            "no Chromium: set CHROMIUM to its path (there is no apt-get to install it with)"
                .to_owned(),
        );
    }
    println!("installing Chromium by apt-get");
    apt(&["update"])?;
    apt(&["install", "--yes", "--no-install-recommends", "chromium"])?;
    if program.exists() {
        Ok(program)
    } else {
        Err(format!(
            "apt-get installed chromium, but there is no {}",
            program.display()
        ))
    }
}

/// Runs apt-get, waiting for its lock.
pub(crate) fn apt(arguments: &[&str]) -> Result {
    let mut left = TRIES;
    loop {
        left -= 1;
        let outcome = run(command("apt-get")
            .arg("-qq")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            // What is installed is not started as a service.
            .env("RUNLEVEL", "1"));
        let Err(why) = outcome else { return Ok(()) };
        if left == 0 {
            return Err(why);
        }
        println!("{why}; again in {} s", PAUSE.as_secs());
        std::thread::sleep(PAUSE);
    }
}
