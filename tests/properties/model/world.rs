//! What is taken for granted about the world: how large and how slow it is, and what the client does.

/// The size of the world: how many tabs there are, and how many ticks things take at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The tabs, and so the calls that can be under way.
    pub(super) tabs: Tabs,
    /// `reuse_interval`.
    pub(super) interval: u8,
    /// From a tab's look into the body store to the server's decision.
    pub(super) request: u8,
    /// From the server's decision to the arrival of the answer's last byte.
    pub(super) answer: u8,
    /// From a write of the cookie jar to its arrival on the disk; `None` if no crash is to be feared.
    pub(super) save: Option<u8>,
}

/// How many tabs are open.
#[derive(Clone, Copy, Debug)]
pub(super) enum Tabs {
    /// Two.
    Two,
    /// Three.
    Three,
}

/// How the client behaves where it has a choice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Client {
    /// Whether it keeps the newer generation when a late answer brings an older one.
    pub(super) keeps_newer: bool,
}

impl Client {
    /// The client as the protocol asks for it.
    pub(super) const GOOD: Self = Self { keeps_newer: true };
}
