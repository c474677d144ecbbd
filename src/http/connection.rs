//! How long a connection is kept: by what happens on it, looked at from time to time.
//!
//! hyper has a timer for heads, but it is set and cleared on every request, which costs more than
//! reading the tokens; it runs between two requests too, where proxies want more patience than a slow
//! head deserves; and it starts only when the version of HTTP is known.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use hyper::{
    Version,
    rt::{Read, ReadBufCursor, Write},
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Looks within the time that a head may take: it takes at most a quarter more.
const LOOKS: u32 = 4;

/// Bounds on what connections may take.
#[derive(Clone, Copy, Debug)]
pub struct ServerLimits {
    /// For a request's head to arrive.
    pub head: Duration,
    /// Between two requests; never less than `drain` and `head` together.
    pub idle: Duration,
    /// For requests in flight to finish once told to stop: what any request may take.
    pub drain: Duration,
}

/// What has happened on a connection.
#[derive(Debug, Default)]
pub(super) struct Activity {
    requests: AtomicU64,
    running: AtomicUsize,
    /// Bytes have come since the last request ended.
    received: AtomicBool,
    /// Not every byte belongs to a request.
    is_http2: AtomicBool,
}

impl Activity {
    /// A request's head has arrived; the request ends when the guard is dropped.
    pub(super) fn begin(self: &Arc<Self>, version: Version) -> Running {
        if version == Version::HTTP_2 {
            self.is_http2.store(true, Ordering::Relaxed);
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.running.fetch_add(1, Ordering::Relaxed);
        Running(Arc::clone(self))
    }
}

/// A request under way.
#[derive(Debug)]
pub(super) struct Running(Arc<Activity>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.received.store(false, Ordering::Relaxed);
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Judges one connection, at intervals of [`Patience::look`].
#[derive(Debug)]
pub(super) struct Patience {
    /// The time between two looks.
    pub(super) look: Duration,
    head: u32,
    idle: u32,
    requests: u64,
    /// Looks since the last request, and since bytes came that are no request yet.
    quiet: u32,
    unfinished: u32,
}

impl Patience {
    pub(super) fn new(limits: ServerLimits) -> Self {
        let look = limits.head / LOOKS;
        // A running request has its own limit, and time to send the answer.
        let idle = limits.idle.max(limits.drain.saturating_add(limits.head));
        let looks = idle.as_nanos().checked_div(look.as_nanos()).unwrap_or(0);
        let idle = u32::try_from(looks).unwrap_or(u32::MAX);
        Self { look, head: LOOKS, idle, requests: 0, quiet: 0, unfinished: 0 }
    }

    /// Whether the connection has had its time: a head that does not end, or no new request.
    ///
    /// A running request is no excuse: nobody works on it while an answer before it is not taken, and
    /// its own limit starts only then. The idle time is longer than that limit.
    pub(super) fn is_over(&mut self, activity: &Activity) -> bool {
        let requests = activity.requests.load(Ordering::Relaxed);
        if requests != self.requests {
            (self.requests, self.quiet, self.unfinished) = (requests, 0, 0);
            return false;
        }
        self.quiet += 1;
        if activity.running.load(Ordering::Relaxed) > 0 {
            // What comes is its body.
            self.unfinished = 0;
            return self.quiet >= self.idle;
        }
        // Who has never asked anything is not idle but late.
        let has_begun =
            activity.received.load(Ordering::Relaxed) && !activity.is_http2.load(Ordering::Relaxed);
        let is_late = requests == 0 || has_begun;
        self.unfinished = if is_late { self.unfinished + 1 } else { 0 };
        // The first look may come right after the first byte, unless it was awaited from the start.
        let spared = u32::from(requests > 0);
        self.unfinished >= self.head + spared || self.quiet >= self.idle
    }
}

/// A stream that tells when bytes come.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) stream: TokioIo<TcpStream>,
    pub(super) activity: Arc<Activity>,
}

impl Read for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if polled.is_ready() {
            self.activity.received.store(true, Ordering::Relaxed);
        }
        polled
    }
}

impl Write for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patience() -> (Patience, Arc<Activity>) {
        patience_with(Duration::from_secs(1))
    }

    fn patience_with(drain: Duration) -> (Patience, Arc<Activity>) {
        let second = Duration::from_secs;
        let limits = ServerLimits { head: second(10), idle: second(75), drain };
        (Patience::new(limits), Arc::default())
    }

    /// The number of the look that ends it, if one of the first hundred does.
    fn ends(patience: &mut Patience, activity: &Activity) -> Option<usize> {
        (1..=100).find(|_| patience.is_over(activity))
    }

    #[test]
    fn silence_and_a_slow_first_head_get_the_time_of_a_head() {
        for received in [false, true] {
            let (mut patience, activity) = patience();
            activity.received.store(received, Ordering::Relaxed);
            assert_eq!(ends(&mut patience, &activity), Some(4));
        }
    }

    #[test]
    fn between_two_requests_there_is_more_time_than_within_a_head() {
        let (mut patience, activity) = patience();
        drop(activity.begin(Version::HTTP_11));
        assert!(!patience.is_over(&activity));
        assert_eq!(ends(&mut patience, &activity), Some(30));

        let (mut patience, activity) = self::patience();
        drop(activity.begin(Version::HTTP_11));
        assert!(!patience.is_over(&activity));
        activity.received.store(true, Ordering::Relaxed);
        assert_eq!(ends(&mut patience, &activity), Some(5), "a whole head's time at least");
    }

    #[test]
    fn a_request_that_never_ends_holds_no_connection_for_ever() {
        let (mut patience, activity) = patience();
        let _running = activity.begin(Version::HTTP_11);
        assert!(!patience.is_over(&activity));
        activity.received.store(true, Ordering::Relaxed);
        assert_eq!(ends(&mut patience, &activity), Some(30), "its body is no slow head");
    }

    #[test]
    fn a_running_request_is_never_cut_off_before_its_own_limit() {
        let (mut patience, activity) = patience_with(Duration::from_mins(2));
        let running = activity.begin(Version::HTTP_11);
        assert!(!patience.is_over(&activity));
        assert!((1..=48).all(|_| !patience.is_over(&activity)), "120 s");
        drop(running);
        assert_eq!(ends(&mut patience, &activity), Some(4), "and then the time of a head");
    }

    #[test]
    fn frames_that_are_no_request_are_no_slow_head() {
        let (mut patience, activity) = patience();
        drop(activity.begin(Version::HTTP_2));
        assert!(!patience.is_over(&activity));
        activity.received.store(true, Ordering::Relaxed);
        assert_eq!(ends(&mut patience, &activity), Some(30));
    }

    #[test]
    fn who_goes_on_asking_is_never_cut_off() {
        let (mut patience, activity) = patience();
        for _ in 0..100 {
            drop(activity.begin(Version::HTTP_11));
            activity.received.store(true, Ordering::Relaxed);
            assert!(!patience.is_over(&activity));
        }
    }
}
