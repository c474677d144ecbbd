//! What any verb can fail of that is nobody's fault but ours.

use crate::{
    crypto::{jwt::SignError, password::HashError},
    store::StoreError,
};

/// A verb failed for a reason that lies with the service.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Password hashing failed or is full.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// No token could be issued.
    #[error(transparent)]
    Sign(#[from] SignError),
}

impl ServiceError {
    /// True where the same request may succeed a little later.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Store(error) => error.is_temporary(),
            Self::Hash(error) => *error == HashError::Busy,
            Self::Sign(_) => false,
        }
    }
}
