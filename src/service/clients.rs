//! What operators do with machine clients.

use std::time::Duration;

use super::{
    Auth, ServiceError,
    audit::{self, Event},
};
use crate::{
    crypto::{
        assertion::ClientKeys,
        client_secret::{ClientSecret, ClientSecretHash},
    },
    domain::{client::Client, clock::Timestamp, id::ClientId, scope::Scopes, session::Caller},
    store::{MachineChange, StoreError, retry},
};

/// A client as operators see it.
#[derive(Clone, Debug)]
pub struct ClientListing {
    /// The client.
    pub client: Client,
    /// True if it proves itself by its keys.
    pub has_keys: bool,
    /// When its live secrets end, the newest first; `None` for the current one.
    pub secrets_end: Vec<Option<Timestamp>>,
}

impl Auth {
    /// Makes a client. It proves itself by `keys`, or by the secret that is given back: the only time
    /// that anybody sees it.
    pub async fn add_client(
        &self,
        name: &str,
        scopes: Scopes,
        keys: Option<ClientKeys>,
    ) -> Result<(Client, Option<ClientSecret>), ServiceError> {
        let client = Client {
            id: ClientId::random(&*self.entropy),
            name: name.to_owned(),
            scopes,
            created_at: self.clock.now(),
        };
        let secret = keys.is_none().then(|| ClientSecret::random(&*self.entropy));
        let hash = secret.as_ref().map(ClientSecret::hash);
        let jwks = keys.as_ref().map(ClientKeys::to_json);
        retry(|| self.try_add_client(&client, jwks.as_deref(), hash)).await?;
        audit::record(Event::ClientCreated(client.id), None, None, &Caller::default());
        Ok((client, secret))
    }

    async fn try_add_client(
        &self,
        client: &Client,
        jwks: Option<&str>,
        hash: Option<ClientSecretHash>,
    ) -> Result<(), StoreError> {
        let transaction = self.store.begin().await?;
        transaction.insert_client(client, jwks).await?;
        if let Some(hash) = hash {
            transaction.insert_client_secret(client.id, hash, client.created_at).await?;
        }
        transaction.commit().await
    }

    /// All clients, oldest first.
    pub async fn clients(&self) -> Result<Vec<ClientListing>, ServiceError> {
        let mut listings = Vec::new();
        for client in self.store.clients().await? {
            listings.extend(self.find_client(client.id).await?);
        }
        Ok(listings)
    }

    /// The client with this identifier.
    pub async fn find_client(&self, id: ClientId) -> Result<Option<ClientListing>, ServiceError> {
        let found = self.store.client(id, self.clock.now()).await?;
        Ok(found.map(|stored| ClientListing {
            client: stored.client,
            has_keys: stored.jwks.is_some(),
            secrets_end: stored.secrets.iter().map(|secret| secret.expires_at).collect(),
        }))
    }

    /// Gives a client a new secret. The one before it counts for `overlap` longer, the one before that
    /// no more. `None` if there is no such client.
    pub async fn rotate_client_secret(
        &self,
        client: ClientId,
        overlap: Duration,
    ) -> Result<Option<ClientSecret>, ServiceError> {
        let secret = ClientSecret::random(&*self.entropy);
        let hash = secret.hash();
        if !retry(|| self.try_rotate_secret(client, hash, overlap)).await? {
            return Ok(None);
        }
        audit::record(Event::ClientSecretRotated(client), None, None, &Caller::default());
        Ok(Some(secret))
    }

    async fn try_rotate_secret(
        &self,
        client: ClientId,
        hash: ClientSecretHash,
        overlap: Duration,
    ) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let transaction = self.store.begin().await?;
        if !transaction.outdate_client_secrets(client, now.plus(overlap)).await? {
            return Ok(false);
        }
        transaction.insert_client_secret(client, hash, now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Removes a client: it gets no more tokens, and those it has stop within the published bound.
    /// False if there is no such client.
    pub async fn remove_client(&self, client: ClientId) -> Result<bool, ServiceError> {
        let (found, now) = retry(|| self.try_remove_client(client)).await?;
        if found {
            let removed = [MachineChange::Removed(client, now)];
            self.machine_revocations.apply(&removed, self.policy());
            audit::record(Event::ClientRemoved(client), None, None, &Caller::default());
        }
        Ok(found)
    }

    async fn try_remove_client(&self, client: ClientId) -> Result<(bool, Timestamp), StoreError> {
        let now = self.clock.now();
        let transaction = self.store.begin().await?;
        let found = transaction.remove_client(client, now).await?;
        transaction.commit().await?;
        Ok((found, now))
    }
}
