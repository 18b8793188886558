//! The programs that the starter runs, each with a log of its own.

use crate::fault::Fault;
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long a program may take to stop before it is killed.
const PATIENCE: Duration = Duration::from_secs(15);
/// How many lines of a dead program's log are shown.
const LAST_LINES: usize = 15;

/// All programs under way, in the order of their start.
pub struct Children {
    logs: PathBuf,
    list: Vec<Running>,
}

struct Running {
    name: &'static str,
    process: Child,
}

impl Children {
    /// None yet; logs go to this folder.
    pub fn new(logs: PathBuf) -> Result<Self, Fault> {
        fs::create_dir_all(&logs).map_err(Fault::doing(format!("Making the folder {}", logs.display())))?;
        Ok(Self { logs, list: Vec::new() })
    }

    /// Starts a program in a process group of its own, so that Ctrl-C reaches the starter alone and programs stop in
    /// order.
    pub fn start(
        &mut self,
        name: &'static str,
        program: &Path,
        arguments: &[OsString],
        environment: &[(&str, String)],
    ) -> Result<(), Fault> {
        let path = self.log_path(name);
        let log = || OpenOptions::new().create(true).append(true).open(&path);
        let opening = || Fault::doing(format!("Opening {}", path.display()));
        let process = Command::new(program)
            .args(arguments)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log().map_err(opening())?)
            .stderr(log().map_err(opening())?)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(Fault::doing(format!("Starting {}", program.display())))?;
        self.list.push(Running { name, process });
        Ok(())
    }

    /// A fault as soon as one of them has ended by itself.
    pub fn check(&mut self) -> Result<(), Fault> {
        for running in &mut self.list {
            let ended = running.process.try_wait().map_err(Fault::doing(format!("Watching {}", running.name)))?;
            if let Some(status) = ended {
                let name = running.name;
                let log = self.log(name);
                return Err(Fault::new(format!("{name} ended by itself ({status}), so the demo stops: {log}")));
            }
        }
        Ok(())
    }

    /// Where a program's log is, and its last lines.
    pub fn log(&self, name: &str) -> String {
        let path = self.log_path(name);
        let text = fs::read_to_string(&path).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let last = lines.get(lines.len().saturating_sub(LAST_LINES)..).unwrap_or_default();
        format!("see {}\n{}", path.display(), last.join("\n"))
    }

    /// Stops all, the last started first, and waits for each; who doesn't stop in time is killed.
    pub async fn stop(&mut self) -> Result<(), Fault> {
        let mut stubborn = Vec::new();
        while let Some(mut running) = self.list.pop() {
            let id = running.process.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
            // No id: it has ended, and was waited for.
            let Some(id) = id else { continue };
            // It may end between these two lines, which is what we want anyway.
            let _ended = kill_process(id, Signal::TERM);
            if timeout(PATIENCE, running.process.wait()).await.is_err() {
                stubborn.push(running.name);
                running.process.kill().await.map_err(Fault::doing(format!("Killing {}", running.name)))?;
            }
        }
        if stubborn.is_empty() {
            Ok(())
        } else {
            Err(Fault::new(format!("Had to be killed, as it did not stop when asked to: {}.", stubborn.join(", "))))
        }
    }

    fn log_path(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{}.log", name.to_lowercase().replace(' ', "-")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn children() -> Children {
        Children::new(std::env::temp_dir().join(format!("portvakt-demo-{}", std::process::id()))).unwrap()
    }

    #[tokio::test]
    async fn a_program_that_ends_by_itself_is_named_with_its_last_words() {
        let mut children = children();
        children.start("Loud", Path::new("/bin/sh"), &["-c".into(), "echo farewell; exit 3".into()], &[]).unwrap();
        children.list[0].process.wait().await.unwrap();
        let said = children.check().unwrap_err().to_string();
        assert!(said.contains("Loud") && said.contains("farewell"), "{said}");
        assert_eq!(children.stop().await, Ok(()));
    }

    #[tokio::test]
    async fn what_was_started_is_gone_after_the_stop() {
        let mut children = children();
        children.start("Sleeper", Path::new("/bin/sh"), &["-c".into(), "exec sleep 600".into()], &[]).unwrap();
        let id = children.list[0].process.id().unwrap();
        assert_eq!(children.check(), Ok(()));
        assert_eq!(children.stop().await, Ok(()));
        assert!(!Path::new(&format!("/proc/{id}")).exists());
    }
}
