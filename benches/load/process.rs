//! The compared programs, each a process of its own.

use std::{
    fs::File,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use crate::{client, cpu, floor::Floor, options::Plan, settings::Settings};

/// For a program to answer its first request.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running program; killed when dropped.
pub(crate) struct Program {
    child: Child,
    pub(crate) address: SocketAddr,
    log: PathBuf,
}

impl Program {
    /// The service, configured by nothing but `settings`, in `directory`, where its log goes too. It
    /// may not answer yet.
    pub(crate) fn spawn(plan: &Plan, settings: &Settings, directory: &Path) -> Self {
        let address = free_address();
        let log = directory.join(format!("{}.log", address.port()));
        let mut command = Command::new(&plan.binary);
        command.arg("serve").current_dir(directory).stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(File::create(&log).unwrap());
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_ours(name)) {
            command.env_remove(name);
        }
        command.envs(settings.variables());
        command.env("TANDEM_SERVER__LISTEN", address.to_string());
        Self { child: command.spawn().unwrap(), address, log }
    }

    /// This executable once more, as a floor that works on the database at `url`, if it needs one.
    pub(crate) async fn floor(floor: Floor, url: &str) -> Self {
        let address = free_address();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--floor", floor.name(), "--database", url]);
        command.args(["--port", &address.port().to_string()]);
        let program = Self { child: command.spawn().unwrap(), address, log: PathBuf::new() };
        program.answering("/").await;
        program
    }

    /// The service, answering.
    pub(crate) async fn service(plan: &Plan, settings: &Settings, directory: &Path) -> Self {
        let program = Self::spawn(plan, settings, directory);
        program.ready().await;
        program
    }

    /// Waits until the service is ready.
    pub(crate) async fn ready(&self) {
        while self.answering("/health/ready").await != 200 {
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// Waits for an answer, whatever it is; gives its status.
    async fn answering(&self, path: &str) -> u16 {
        let began = Instant::now();
        loop {
            match client::ask(self.address, path).await {
                Ok(status) => return status,
                Err(error) if began.elapsed() > PATIENCE => {
                    let log = std::fs::read_to_string(&self.log).unwrap_or_default();
                    panic!("no answer: {error}\n{log}");
                }
                Err(_) => {}
            }
            sleep(Duration::from_micros(500)).await;
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// CPU time used so far.
    pub(crate) fn cpu(&self) -> Duration {
        cpu::of_process(self.pid())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing left to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_ours(name: &std::ffi::OsStr) -> bool {
    name.to_string_lossy().starts_with("TANDEM_")
}

/// An address that nobody listens on, at the moment.
fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}
