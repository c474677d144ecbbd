//! CPU time and memory, as the kernel counts them (proc(5)).

use std::{fs, time::Duration};

use tokio::time::Instant;

/// The kernel's unit for these files, on every architecture that counts: 1/100 s.
const TICK: Duration = Duration::from_millis(10);

/// What a process has used so far, in all its threads, in user and in system mode.
pub(crate) fn of_process(pid: u32) -> Duration {
    let [user, system, ..] = times(&format!("/proc/{pid}/stat"));
    user + system
}

/// What this thread has used so far. Finer than ticks, for short loops.
pub(crate) fn of_this_thread() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split_ascii_whitespace().next().unwrap().parse().unwrap())
}

/// Resident memory of a process, KiB.
pub(crate) fn resident(pid: u32) -> u32 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Cores that a program may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().unwrap().get()
}

/// The machine, in words.
pub(crate) fn machine() -> String {
    let value = |file: &str, name: &str| {
        let text = fs::read_to_string(file).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim_start_matches([' ', '\t', ':']).to_owned()
    };
    let processor = value("/proc/cpuinfo", "model name");
    let memory: u32 = value("/proc/meminfo", "MemTotal").trim_end_matches(" kB").parse().unwrap();
    format!("{} cores of {processor}, {} GB of memory", cores(), memory / 1_000_000)
}

/// `utime`, `stime`, `cutime`, `cstime`.
fn times(file: &str) -> [Duration; 4] {
    let text = fs::read_to_string(file).unwrap();
    // The program's name comes first, in parentheses, and may hold blanks.
    let (_, fields) = text.rsplit_once(')').unwrap();
    let mut ticks = fields.split_ascii_whitespace().skip(11);
    std::array::from_fn(|_| TICK * ticks.next().unwrap().parse::<u32>().unwrap())
}

/// Watches how much of the machine everybody else takes.
pub(crate) struct Others {
    since: Instant,
    busy: Duration,
}

impl Others {
    pub(crate) fn watch() -> Self {
        Self { since: Instant::now(), busy: busy() }
    }

    /// To be asked when every program that was started has ended.
    pub(crate) fn sum_up(&self) -> String {
        let ours: Duration = times("/proc/self/stat").iter().sum();
        let others = busy().saturating_sub(self.busy).saturating_sub(ours);
        format!(
            "Other processes (a database server among them) used {:.2} of {} cores on average.",
            others.as_secs_f64() / self.since.elapsed().as_secs_f64(),
            cores(),
        )
    }
}

/// What the machine's cores have been busy with so far, on behalf of processes.
fn busy() -> Duration {
    let text = fs::read_to_string("/proc/stat").unwrap();
    let ticks = text.lines().next().unwrap().split_ascii_whitespace().skip(1);
    // user, nice, system; what follows is idle time and interrupts.
    ticks.take(3).map(|ticks| TICK * ticks.parse::<u32>().unwrap()).sum()
}
