//! The load: prepared requests on a fixed number of kept-alive connections, each of which asks again
//! as soon as it is answered. One thread, little parsing: what the client uses, the service lacks.

use std::{
    cell::{Cell, RefCell},
    io,
    net::SocketAddr,
    time::Duration,
};

use futures_util::future::join_all;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};

use crate::{cpu, process::Program, sample::Sample};

/// For a request in flight at the end of a turn.
const PATIENCE: Duration = Duration::from_secs(30);
/// What refresh tokens begin with, and how long they are.
const REFRESH_PREFIXES: [&[u8]; 2] = [b"tdm_rtb_", b"tdm_rtc_"];
const REFRESH_LENGTH: usize = 100;

/// Prepared requests, taken in turn.
pub(crate) struct Requests {
    bytes: RefCell<Vec<Vec<u8>>>,
    taken: Cell<usize>,
    mode: Mode,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// From the first again after the last.
    Repeated,
    /// Each once; a turn ends early if there are too few.
    Once,
    /// As `Repeated`, and the refresh tokens of an answer go into the request.
    Renewed,
}

impl Requests {
    pub(crate) fn repeated(bytes: Vec<Vec<u8>>) -> Self {
        Self { bytes: RefCell::new(bytes), taken: Cell::new(0), mode: Mode::Repeated }
    }

    pub(crate) fn once(bytes: Vec<Vec<u8>>) -> Self {
        Self { mode: Mode::Once, ..Self::repeated(bytes) }
    }

    pub(crate) fn renewed(bytes: Vec<Vec<u8>>) -> Self {
        Self { mode: Mode::Renewed, ..Self::repeated(bytes) }
    }

    /// Every request is put once.
    pub(crate) fn len(&self) -> usize {
        self.bytes.borrow().len()
    }

    /// Copies the next request into `to`; gives its number.
    fn take(&self, to: &mut Vec<u8>) -> Option<usize> {
        let all = self.bytes.borrow();
        let taken = self.taken.get();
        let at = if self.mode == Mode::Once { taken } else { taken % all.len() };
        let bytes = all.get(at)?;
        self.taken.set(taken + 1);
        to.clear();
        to.extend_from_slice(bytes);
        Some(at)
    }

    fn learn(&self, at: usize, answer: &[u8]) {
        if self.mode != Mode::Renewed {
            return;
        }
        let request = &mut self.bytes.borrow_mut()[at];
        for prefix in REFRESH_PREFIXES {
            // A floor has none.
            let Some(from) = find(answer, prefix) else { return };
            let to = find(request, prefix).unwrap();
            request[to..to + REFRESH_LENGTH].copy_from_slice(&answer[from..from + REFRESH_LENGTH]);
        }
    }
}

/// When a connection stops asking.
#[derive(Clone, Copy)]
enum End {
    At(Instant),
    /// After this many requests, by all connections.
    After(usize),
}

/// Puts `requests` to `program` for as long as `turn`.
pub(crate) async fn load(
    program: &Program,
    requests: &Requests,
    connections: usize,
    turn: Duration,
) -> Sample {
    let streams = connect(program, connections).await;
    let (cpu, own, began) = (program.cpu(), cpu::of_this_thread(), Instant::now());
    let requests = put(streams, requests, End::At(began + turn)).await;
    let elapsed = began.elapsed();
    let client = cpu::of_this_thread().saturating_sub(own);
    Sample { requests, elapsed, cpu: program.cpu().saturating_sub(cpu), client }
}

/// Puts the first `count` of `requests` to `program`.
pub(crate) async fn load_count(
    program: &Program,
    requests: &Requests,
    connections: usize,
    count: usize,
) {
    let streams = connect(program, connections).await;
    put(streams, requests, End::After(requests.taken.get() + count)).await;
}

async fn connect(program: &Program, connections: usize) -> Vec<TcpStream> {
    let streams = join_all((0..connections).map(|_| TcpStream::connect(program.address))).await;
    streams.into_iter().map(Result::unwrap).collect()
}

async fn put(streams: Vec<TcpStream>, requests: &Requests, end: End) -> u32 {
    let answered = join_all(streams.into_iter().map(|stream| {
        stream.set_nodelay(true).unwrap();
        connection(stream, requests, end)
    }));
    let patience = match end {
        End::At(at) => at + PATIENCE,
        End::After(_) => Instant::now() + PATIENCE,
    };
    let answered = tokio::time::timeout_at(patience, answered).await.expect("an answer is overdue");
    answered.into_iter().map(Result::unwrap).sum()
}

async fn connection(mut stream: TcpStream, requests: &Requests, end: End) -> io::Result<u32> {
    let (mut request, mut answer) = (Vec::new(), Vec::new());
    let mut answered = 0;
    loop {
        let over = match end {
            End::At(at) => Instant::now() >= at,
            End::After(count) => requests.taken.get() >= count,
        };
        let next = if over { None } else { requests.take(&mut request) };
        let Some(at) = next else { return Ok(answered) };
        stream.write_all(&request).await?;
        let status = read(&mut stream, &mut answer).await?;
        assert!((200..300).contains(&status), "{}", String::from_utf8_lossy(&answer));
        requests.learn(at, &answer);
        answered += 1;
    }
}

/// One `GET`, on a connection of its own; gives the status.
pub(crate) async fn ask(address: SocketAddr, path: &str) -> io::Result<u16> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes()).await?;
    timeout(PATIENCE, read(&mut stream, &mut Vec::new())).await?
}

/// Reads one answer; gives its status.
async fn read(stream: &mut TcpStream, answer: &mut Vec<u8>) -> io::Result<u16> {
    answer.clear();
    loop {
        if stream.read_buf(answer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some((status, length)) = status_and_length(answer)
            && answer.len() >= length
        {
            return Ok(status);
        }
    }
}

/// The status, and the length of head and body; `None` while the head is incomplete.
fn status_and_length(answer: &[u8]) -> Option<(u16, usize)> {
    let (mut head, mut body) = (0, 0);
    for line in answer.split_inclusive(|byte| *byte == b'\n') {
        head += line.len();
        if line == b"\r\n" {
            let status = answer.get(9..12).and_then(number)?;
            return Some((u16::try_from(status).ok()?, head + body));
        }
        if let Some(value) = line.strip_prefix(b"content-length: ") {
            body = number(value.trim_ascii_end())?;
        }
    }
    None
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}
