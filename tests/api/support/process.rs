//! The real program, as an operator runs it.

use std::{
    net::SocketAddr,
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
    sync::watch,
    task::JoinHandle,
};

use super::browser::Browser;

/// A running `tandem serve --dev` with a directory of its own. Killed when dropped.
pub(crate) struct Process {
    pub(crate) address: SocketAddr,
    pub(crate) origin: String,
    pub(crate) directory: TempDir,
    child: Child,
    output: Arc<Output>,
    readers: [JoinHandle<()>; 2],
}

/// Everything that the process has said so far.
#[derive(Default)]
struct Output {
    stdout: Mutex<Vec<String>>,
    stderr: Mutex<Vec<String>>,
    lines: watch::Sender<usize>,
}

impl Process {
    /// Starts it and waits until it greets. `variables`: as in `("TANDEM_LOG__LEVEL", "trace")`.
    pub(crate) async fn start(variables: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_tandem"))
            .args(["serve", "--dev", "--migrate"])
            .current_dir(directory.path())
            .env_clear()
            .env("TANDEM_SERVER__LISTEN", "127.0.0.1:0")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let output = Arc::new(Output::default());
        let readers = [
            tokio::spawn(read(child.stdout.take().unwrap(), Arc::clone(&output), |o| &o.stdout)),
            tokio::spawn(read(child.stderr.take().unwrap(), Arc::clone(&output), |o| &o.stderr)),
        ];
        output.wait_for(|lines| lines.iter().any(|line| line.contains("Ctrl-C"))).await;
        let listening = "listening on http://";
        let line = output.all().into_iter().find(|line| line.contains(listening)).unwrap();
        let (_, rest) = line.split_once(listening).unwrap();
        let address = rest.split(['"', ' ']).next().unwrap();
        let address: SocketAddr = address.parse().unwrap();
        let origin = format!("http://localhost:{}", address.port());
        Self { address, origin, directory, child, output, readers }
    }

    /// A browser without any session.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.address, &self.origin)
    }

    /// Sends a signal, as in `"TERM"`, and waits for the end.
    pub(crate) async fn stop(&mut self, signal: &str) -> ExitStatus {
        let id = self.child.id().unwrap().to_string();
        let sent = Command::new("kill").args([&format!("-{signal}"), &id]).status().await;
        assert!(sent.unwrap().success());
        let status = self.child.wait().await.unwrap();
        for reader in &mut self.readers {
            reader.await.unwrap();
        }
        status
    }

    /// All it has said, on both streams.
    pub(crate) fn output(&self) -> String {
        self.output.all().join("\n")
    }

    /// The lines of its log.
    pub(crate) fn log(&self) -> Vec<String> {
        self.output.stderr.lock().unwrap().clone()
    }

    /// The lines of its log, which all have to be JSON objects.
    pub(crate) fn json_log(&self) -> Vec<Value> {
        let parse = |line: &String| {
            let value: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
            assert!(value.is_object(), "{line}");
            value
        };
        self.log().iter().map(parse).collect()
    }
}

impl Output {
    fn all(&self) -> Vec<String> {
        let (stdout, stderr) = (self.stdout.lock().unwrap(), self.stderr.lock().unwrap());
        stdout.iter().chain(stderr.iter()).cloned().collect()
    }

    async fn wait_for(&self, said: impl Fn(&[String]) -> bool) {
        let mut lines = self.lines.subscribe();
        loop {
            let ended = *lines.borrow_and_update() == usize::MAX;
            if said(&self.all()) {
                return;
            }
            assert!(!ended, "it ended: {}", self.all().join("\n"));
            lines.changed().await.unwrap();
        }
    }
}

async fn read(
    stream: impl AsyncRead + Unpin,
    output: Arc<Output>,
    part: impl Fn(&Output) -> &Mutex<Vec<String>>,
) {
    let mut lines = BufReader::new(stream).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        part(&output).lock().unwrap().push(line);
        output.lines.send_modify(|count| *count = count.saturating_add(1));
    }
    output.lines.send_replace(usize::MAX);
}
