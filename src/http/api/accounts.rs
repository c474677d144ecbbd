//! Register, log in, change the password, see oneself.

use std::sync::Arc;

use poem::{Result, http::HeaderMap};
use poem_openapi::{OpenApi, payload::Json};

use super::{
    super::{
        State,
        body::JsonBody,
        caller::CallerOf,
        credentials::AccessTokens,
        guard::Guarded,
        payload::{Answer, Credentials, Empty, Me, PasswordChange, Session, TokenAnswer, User},
        problem::{Code, Problem},
    },
    Tag,
};
use crate::{
    domain::{email::Email, password::Password},
    service::Grant,
};

pub(in super::super) struct AccountsApi(pub(in super::super) Arc<State>);

#[OpenApi(tag = "Tag::Accounts")]
impl AccountsApi {
    /// Make an account
    ///
    /// The answer is the same whether or not the address already has an account. The account can be
    /// used at once.
    #[oai(path = "/api/auth/register", method = "post", operation_id = "register")]
    async fn register(
        &self,
        caller: CallerOf,
        body: JsonBody<Credentials>,
    ) -> Result<Answer<Empty, 202>> {
        let email = read_email(&body.0.email)
            .map_err(|problem| problem.and(self.check_new("password", &body.0.password)))?;
        let registered = self.0.auth.register(email, &body.0.password, &caller.0).await;
        registered.map_err(Problem::from)?;
        Ok(Answer::new(Empty))
    }

    /// Log in
    ///
    /// Opens a new session. The body half of its tokens is in the answer, the cookie half is set by
    /// two `Set-Cookie` lines. A session whose access pair comes with the request ends.
    #[oai(path = "/api/auth/login", method = "post", operation_id = "login")]
    async fn login(
        &self,
        caller: CallerOf,
        headers: &HeaderMap,
        body: JsonBody<Credentials>,
    ) -> Result<Answer<Json<TokenAnswer>, 200>> {
        let (email, password) = read_credentials(&body.0)?;
        let presented = presented_pair(&self.0, headers);
        let grant = self.0.auth.login(&email, &password, presented, &caller.0).await;
        Ok(new_session_answer(&self.0, &grant.map_err(Problem::from)?))
    }

    /// Change the password
    ///
    /// All sessions of the account end, this one too, and a new one is opened: use the tokens of the
    /// answer from then on.
    #[oai(path = "/api/auth/password", method = "post", operation_id = "changePassword")]
    async fn change_password(
        &self,
        guarded: Guarded,
        caller: CallerOf,
        body: JsonBody<PasswordChange>,
    ) -> Result<Answer<Json<TokenAnswer>, 200>> {
        let new = &body.0.new_password;
        let current = read_password("current_password", &body.0.current_password)
            .map_err(|problem| problem.and(self.check_new("new_password", new)))?;
        let grant =
            self.0.auth.change_password(guarded.principal(), &current, new, &caller.0).await;
        Ok(new_session_answer(&self.0, &grant.map_err(Problem::from)?))
    }

    /// See who is logged in
    ///
    /// The account and the session that the access pair speaks for.
    #[oai(path = "/api/auth/me", method = "get", operation_id = "me")]
    async fn me(&self, guarded: Guarded) -> Result<Answer<Json<Me>, 200>> {
        let me = self.0.auth.me(guarded.principal()).await.map_err(Problem::from)?;
        let (user, session) = me.ok_or_else(|| Problem::from(Code::InvalidToken))?;
        let me = Me { user: User::from(&user), session: Session::new(&session, true) };
        Ok(Answer::new(Json(me)))
    }
}

impl AccountsApi {
    /// For a request that fails already: every wrong field is named at once.
    fn check_new(&self, field: &'static str, password: &str) -> Result<(), Problem> {
        let checked = self.0.auth.check_new_password(password);
        checked.map_err(|error| Problem::field(field, error))
    }
}

/// Both halves of a grant for a session that began with it: it takes the place of what the browser had.
fn new_session_answer(state: &State, grant: &Grant) -> Answer<Json<TokenAnswer>, 200> {
    Answer::new(Json(TokenAnswer::from(grant))).with_cookies(state.cookies.replace(grant))
}

/// The access pair that comes along with a login. What is ambiguous is not presented: it must not keep
/// anybody from logging in.
pub(super) fn presented_pair<'a>(
    state: &State,
    headers: &'a HeaderMap,
) -> Option<(&'a str, &'a str)> {
    let tokens = AccessTokens::read(headers, &state.cookies).ok()?;
    tokens.body.zip(tokens.cookie)
}

/// Both credentials, or everything that is wrong with them.
pub(super) fn read_credentials(credentials: &Credentials) -> Result<(Email, Password), Problem> {
    let password = read_password("password", &credentials.password);
    match read_email(&credentials.email) {
        Ok(email) => Ok((email, password?)),
        Err(problem) => Err(problem.and(password)),
    }
}

fn read_email(text: &str) -> Result<Email, Problem> {
    Email::parse(text).map_err(|error| Problem::field("email", error))
}

fn read_password(field: &'static str, text: &str) -> Result<Password, Problem> {
    Password::typed(text).map_err(|error| Problem::field(field, error))
}
