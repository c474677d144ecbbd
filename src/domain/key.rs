//! Signing keys: their states.

use super::{
    clock::Timestamp,
    policy::{RETIRED_KEY_GRACE, max_lifetime_of},
    ring::Ring,
};

/// Where a key is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Published, not yet signing. `at`: when it takes over; `None` for the standby that waits for
    /// an emergency.
    Pending {
        /// When it becomes active.
        at: Option<Timestamp>,
    },
    /// Signs; one in each ring.
    Active,
    /// Verifies what it signed before.
    Retired {
        /// Since when.
        at: Timestamp,
    },
    /// Leaked: its tokens no longer open anything.
    Revoked {
        /// Since when.
        at: Timestamp,
    },
}

impl KeyState {
    /// `pending`, `active`, `retired` or `revoked`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending { .. } => "pending",
            Self::Active => "active",
            Self::Retired { .. } => "retired",
            Self::Revoked { .. } => "revoked",
        }
    }

    /// True if a key of `ring` belongs in the published key set at `now`: it signs, will sign, or a
    /// token signed by it may still live.
    pub fn is_published(self, ring: Ring, now: Timestamp) -> bool {
        match self {
            Self::Pending { .. } | Self::Active => true,
            Self::Retired { at } => now < at.plus(max_lifetime_of(ring) + RETIRED_KEY_GRACE),
            Self::Revoked { .. } => false,
        }
    }
}
