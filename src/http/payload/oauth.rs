//! What goes over the wire at the token endpoint and beside it.

use poem_openapi::{Object, types::Example};
use zeroize::Zeroize;

use super::super::form::{Form, FromForm};
use crate::{
    domain::ring::Ring,
    service::{Auth, Introspection},
};

/// What a client shows of itself in the form: a secret or an assertion, or neither, where it uses
/// `Authorization: Basic`.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
#[expect(clippy::struct_field_names, reason = "the standard's names")]
pub(in super::super) struct ClientParameters {
    /// The client.
    pub(in super::super) client_id: Option<String>,
    /// Its secret (`client_secret_post`).
    #[oai(write_only)]
    pub(in super::super) client_secret: Option<String>,
    /// `urn:ietf:params:oauth:client-assertion-type:jwt-bearer` (`private_key_jwt`).
    pub(in super::super) client_assertion_type: Option<String>,
    /// A JWT that the client has signed (RFC 7523 section 3), good for 10 minutes at most and once.
    #[oai(write_only)]
    pub(in super::super) client_assertion: Option<String>,
}

impl ClientParameters {
    fn from_form(form: &mut Form) -> Self {
        Self {
            client_id: form.take("client_id"),
            client_secret: form.take("client_secret"),
            client_assertion_type: form.take("client_assertion_type"),
            client_assertion: form.take("client_assertion"),
        }
    }

    const fn none() -> Self {
        Self {
            client_id: None,
            client_secret: None,
            client_assertion_type: None,
            client_assertion: None,
        }
    }
}

impl Drop for ClientParameters {
    fn drop(&mut self) {
        self.client_secret.zeroize();
        self.client_assertion.zeroize();
    }
}

/// What is asked of the token endpoint.
#[derive(Object)]
#[oai(example, skip_serializing_if_is_none)]
pub(in super::super) struct TokenRequest {
    /// `session`, `urn:tandem:params:oauth:grant-type:session` or `client_credentials`.
    pub(in super::super) grant_type: Option<String>,
    /// What a machine token is to be good for, separated by spaces; all that the client may have, if
    /// left out.
    pub(in super::super) scope: Option<String>,
    #[oai(flatten)]
    pub(in super::super) client: ClientParameters,
}

impl FromForm for TokenRequest {
    fn from_form(form: &mut Form) -> Self {
        Self {
            grant_type: form.take("grant_type"),
            scope: form.take("scope"),
            client: ClientParameters::from_form(form),
        }
    }
}

impl Example for TokenRequest {
    fn example() -> Self {
        let grant_type = Some("session".to_owned());
        Self { grant_type, scope: None, client: ClientParameters::none() }
    }
}

/// A token to be revoked.
#[derive(Object)]
#[oai(example, skip_serializing_if_is_none)]
pub(in super::super) struct RevocationRequest {
    /// The token.
    #[oai(write_only)]
    pub(in super::super) token: Option<String>,
    /// Ignored: a token tells by itself what it is.
    pub(in super::super) token_type_hint: Option<String>,
    #[oai(flatten)]
    pub(in super::super) client: ClientParameters,
}

impl FromForm for RevocationRequest {
    fn from_form(form: &mut Form) -> Self {
        Self {
            token: form.take("token"),
            token_type_hint: form.take("token_type_hint"),
            client: ClientParameters::from_form(form),
        }
    }
}

impl Example for RevocationRequest {
    fn example() -> Self {
        let token = Some(EXAMPLE_TOKEN.to_owned());
        Self { token, token_type_hint: None, client: ClientParameters::none() }
    }
}

/// A token to be asked about.
#[derive(Object)]
#[oai(example, skip_serializing_if_is_none)]
pub(in super::super) struct IntrospectionRequest {
    /// The token: a machine token, or the body half of a user's access.
    #[oai(write_only)]
    pub(in super::super) token: Option<String>,
    /// The cookie half that came with it.
    #[oai(write_only)]
    pub(in super::super) cookie_token: Option<String>,
    /// Ignored: a token tells by itself what it is.
    pub(in super::super) token_type_hint: Option<String>,
    #[oai(flatten)]
    pub(in super::super) client: ClientParameters,
}

impl FromForm for IntrospectionRequest {
    fn from_form(form: &mut Form) -> Self {
        Self {
            token: form.take("token"),
            cookie_token: form.take("cookie_token"),
            token_type_hint: form.take("token_type_hint"),
            client: ClientParameters::from_form(form),
        }
    }
}

impl Example for IntrospectionRequest {
    fn example() -> Self {
        let token = Some(EXAMPLE_TOKEN.to_owned());
        let client = ClientParameters::none();
        Self { token, cookie_token: None, token_type_hint: None, client }
    }
}

const EXAMPLE_TOKEN: &str = "eyJ0eXAiOiJhdCtqd3QifQ.example.example";

/// What a token says, if it is active (RFC 7662 section 2.2).
#[derive(Object, Default)]
#[oai(example, skip_serializing_if_is_none)]
pub(in super::super) struct Introspected {
    /// False for anything that is not active, unknown, or none of the client's business.
    active: bool,
    /// The user, or the machine client.
    sub: Option<String>,
    /// The machine client.
    client_id: Option<String>,
    /// What a machine token is good for, separated by spaces.
    scope: Option<String>,
    /// The session of a user's access.
    sid: Option<String>,
    /// The roles of a user's access.
    roles: Option<Vec<String>>,
    /// `Bearer`, for a machine token.
    token_type: Option<String>,
    /// Issuer.
    iss: Option<String>,
    /// Audience.
    aud: Option<String>,
    /// Issued at, seconds.
    iat: Option<i64>,
    /// Expires at, seconds.
    exp: Option<i64>,
    /// The token.
    jti: Option<String>,
}

impl Introspected {
    pub(in super::super) fn active(found: &Introspection, auth: &Auth) -> Self {
        let common = |ring| Self {
            active: true,
            iss: Some(auth.issuer().to_owned()),
            aud: Some(auth.audience_of(ring)),
            ..Self::default()
        };
        match found {
            Introspection::Machine(machine) => Self {
                sub: Some(machine.client.to_string()),
                client_id: Some(machine.client.to_string()),
                scope: machine.scopes.to_wire(),
                token_type: Some("Bearer".to_owned()),
                iat: Some(machine.iat),
                exp: Some(machine.exp),
                jti: Some(machine.token.to_string()),
                ..common(Ring::Machine)
            },
            Introspection::Pair(pair) => Self {
                sub: Some(pair.principal.user.to_string()),
                sid: Some(pair.principal.session.to_string()),
                roles: Some(pair.principal.roles.iter().map(str::to_owned).collect()),
                iat: Some(pair.oldest_iat),
                exp: Some(pair.exp),
                jti: Some(pair.principal.token.to_string()),
                ..common(Ring::Body)
            },
        }
    }
}

impl Example for Introspected {
    fn example() -> Self {
        let client = "5c1d0e9fa2b34c7d8e6f001122334455".to_owned();
        Self {
            active: true,
            sub: Some(client.clone()),
            client_id: Some(client),
            scope: Some("orders:read".to_owned()),
            token_type: Some("Bearer".to_owned()),
            iss: Some("https://auth.example.com".to_owned()),
            aud: Some("tandem".to_owned()),
            iat: Some(1_767_268_800),
            exp: Some(1_767_269_400),
            jti: Some("0f1e2d3c4b5a69788796a5b4c3d2e1f0".to_owned()),
            ..Self::default()
        }
    }
}

/// What the token endpoint can do (RFC 8414 section 2). There is no authorization endpoint, and so
/// nothing that belongs to one.
#[derive(Object)]
#[oai(example)]
pub(in super::super) struct Metadata {
    /// The issuer, `iss` in tokens.
    issuer: String,
    /// Where tokens are issued.
    token_endpoint: String,
    /// The public signing keys.
    jwks_uri: String,
    /// RFC 7009.
    revocation_endpoint: String,
    /// RFC 7662.
    introspection_endpoint: String,
    /// What may be exchanged for a token.
    grant_types_supported: Vec<String>,
    /// How clients prove themselves; `none` is for the session flow.
    token_endpoint_auth_methods_supported: Vec<String>,
    /// By which algorithms they sign.
    token_endpoint_auth_signing_alg_values_supported: Vec<String>,
    /// The same where tokens are revoked.
    revocation_endpoint_auth_methods_supported: Vec<String>,
    /// The same where tokens are revoked.
    revocation_endpoint_auth_signing_alg_values_supported: Vec<String>,
    /// The same where tokens are asked about.
    introspection_endpoint_auth_methods_supported: Vec<String>,
    /// The same where tokens are asked about.
    introspection_endpoint_auth_signing_alg_values_supported: Vec<String>,
}

impl Metadata {
    pub(in super::super) fn of(issuer: &str) -> Self {
        let list = |names: &[&str]| names.iter().copied().map(str::to_owned).collect::<Vec<_>>();
        let methods = ["client_secret_basic", "client_secret_post", "private_key_jwt"];
        let clients = || list(&methods);
        let algorithms = || list(&["EdDSA", "Ed25519"]);
        Self {
            issuer: issuer.to_owned(),
            token_endpoint: format!("{issuer}/iam/oauth/token"),
            jwks_uri: format!("{issuer}/.well-known/jwks.json"),
            revocation_endpoint: format!("{issuer}/iam/oauth/revoke"),
            introspection_endpoint: format!("{issuer}/iam/oauth/introspect"),
            grant_types_supported: list(&[
                "client_credentials",
                "urn:tandem:params:oauth:grant-type:session",
            ]),
            token_endpoint_auth_methods_supported: [clients(), list(&["none"])].concat(),
            token_endpoint_auth_signing_alg_values_supported: algorithms(),
            revocation_endpoint_auth_methods_supported: clients(),
            revocation_endpoint_auth_signing_alg_values_supported: algorithms(),
            introspection_endpoint_auth_methods_supported: clients(),
            introspection_endpoint_auth_signing_alg_values_supported: algorithms(),
        }
    }
}

impl Example for Metadata {
    fn example() -> Self {
        Self::of("https://auth.example.com")
    }
}
