//! The suite as a program: installed, given its plan, started and stopped.

use std::fs::File;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::sections::Section;
use crate::server::free_port;
use crate::shell::{Result, command, exists, run as run_command, target, write};

/// How long the suite's server may take to listen.
const PATIENCE: Duration = Duration::from_secs(30);
/// Ports on which the fuzzing server is tried.
const TRIES: usize = 3;

pub(super) struct Suite {
    folder: PathBuf,
}

/// The fuzzing server. It never ends by itself: it is stopped when dropped.
pub(super) struct Fuzzer {
    child: Child,
    pub(super) port: u16,
    pub(super) report: PathBuf,
}

impl Suite {
    /// Makes sure that the suite is there.
    pub(super) fn install() -> Result<Self> {
        if !exists("python3", &["-m", "pip", "--version"]) {
            return Err("needs python3 with pip".to_owned());
        }
        let folder = target().join("autobahn");
        run_command(
            command("bash")
                .arg("xtask/autobahn/install.sh")
                .arg(&folder),
        )?;
        Ok(Self { folder })
    }

    /// Plays all cases against the server on `port`; answers where the report is.
    pub(super) fn test_server(
        &self,
        name: &str,
        port: u16,
        sections: &[Section],
    ) -> Result<PathBuf> {
        let report = self.fresh_report(name)?;
        let mut plan = plan(&report, sections);
        plan["servers"] = json!([{"agent": name, "url": format!("ws://127.0.0.1:{port}")}]);
        run_command(&mut self.wstest(name, "fuzzingclient", &plan)?)?;
        Ok(report)
    }

    /// Starts the fuzzing server on a free port and waits until it listens. Between being found free and being
    /// listened on, another may take the port: then on another one.
    pub(super) fn start_server(&self, name: &str, sections: &[Section]) -> Result<Fuzzer> {
        for _ in 1..TRIES {
            if let Ok(fuzzer) = self.try_server(name, sections) {
                return Ok(fuzzer);
            }
        }
        self.try_server(name, sections)
    }

    fn try_server(&self, name: &str, sections: &[Section]) -> Result<Fuzzer> {
        let report = self.fresh_report(name)?;
        let port = free_port()?;
        let mut plan = plan(&report, sections);
        plan["url"] = json!(format!("ws://127.0.0.1:{port}"));
        let mut wstest = self.wstest(name, "fuzzingserver", &plan)?;
        // Its web server is not wanted.
        let child = wstest
            .args(["-u", "0"])
            .spawn()
            .map_err(|why| format!("cannot start the fuzzing server: {why}"))?;
        let mut fuzzer = Fuzzer {
            child,
            port,
            report,
        };
        fuzzer.await_listening()?;
        Ok(fuzzer)
    }

    /// A report of an earlier run must not be taken for this one's.
    fn fresh_report(&self, name: &str) -> Result<PathBuf> {
        let report = self.folder.join("reports").join(name);
        if report.exists() {
            std::fs::remove_dir_all(&report)
                .map_err(|why| format!("{}: {why}", report.display()))?;
        }
        Ok(report)
    }

    fn wstest(&self, name: &str, mode: &str, plan: &Value) -> Result<Command> {
        let path = self.folder.join(format!("{name}.json"));
        write(&path, plan.to_string().as_bytes())?;
        let log_path = self.folder.join(format!("{name}.log"));
        let fault = |why| format!("{}: {why}", log_path.display());
        let log = File::create(&log_path).map_err(fault)?;
        let log_too = log.try_clone().map_err(fault)?;
        let mut wstest = command(self.folder.join("bin/wstest"));
        wstest
            .args(["-m", mode, "-s"])
            .arg(&path)
            .stdout(log)
            .stderr(log_too);
        Ok(wstest)
    }
}

fn plan(report: &Path, sections: &[Section]) -> Value {
    let cases: Vec<String> = sections.iter().flat_map(Section::patterns).collect();
    json!({
        "outdir": report,
        "options": {"failByDrop": false},
        "cases": cases,
        "exclude-cases": [],
        "exclude-agent-cases": {},
    })
}

impl Fuzzer {
    fn await_listening(&mut self) -> Result {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return Err("the fuzzing server ended before it listened".to_owned());
            }
            if TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err(format!(
            "the fuzzing server did not listen within {} s",
            PATIENCE.as_secs()
        ))
    }
}

impl Drop for Fuzzer {
    fn drop(&mut self) {
        // It may have ended on its own; either way there is nothing left to do about it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
