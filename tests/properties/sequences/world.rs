//! The service, its callers, and the ledger beside them: each step is done in both, and what comes
//! back is compared.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use sea_orm::{ConnectionTrait, Database};

use tandem::{
    app::{self, Parts},
    config::{Config, Source},
    domain::{
        clock::{Clock, ManualClock, Timestamp},
        email::Email,
        entropy::OsEntropy,
        id::UserId,
        pair::Pair,
        password::Password,
        policy::MAX_ACCESS_LIFETIME,
        role::Roles,
        session::Caller,
    },
    service::{AccessError, Auth, Grant, RefreshCall, RefreshError, RenewalTokens},
    store::Store,
};
use tempfile::TempDir;

use super::{
    ledger::{Cause, Cell, Entry, Four, Instance, Issue, Ledger, Rules, Token, Verdict},
    steps::{Arrival, DEVICES, INSTANCES, Loot, Step},
};

const PASSWORD: &str = "a sentence is a good password";
const START: Timestamp = Timestamp::from_seconds(1_800_000_000);
const ROLES: [&[&str]; 3] = [&[], &["editor"], &["admin", "editor"]];

/// What is not as it must be.
pub(super) type Wrong = String;

macro_rules! ensure {
    ($holds:expr, $($text:tt)+) => {
        if !$holds {
            return Err(format!($($text)+));
        }
    };
}

/// A browser: the issues that its two stores hold.
#[derive(Clone, Debug, Default)]
struct Device {
    user: usize,
    jar: Option<usize>,
    body: Option<usize>,
    /// Answers under way, oldest first.
    late: Vec<(usize, Timestamp)>,
}

#[derive(Debug)]
struct User {
    id: UserId,
    email: Email,
    roles: usize,
}

/// All of it.
pub(super) struct World {
    ledger: Ledger,
    devices: Vec<Device>,
    users: Vec<User>,
    instances: Vec<(Store, Arc<Auth>)>,
    clock: Arc<ManualClock>,
    config: Config,
}

/// A database with its schema, for one world after the other.
pub(super) struct Ground {
    config: Config,
    _directory: TempDir,
}

impl Ground {
    /// In memory where the system has a place for that: nothing here has to survive a power cut.
    pub(super) async fn prepare() -> Self {
        let memory = Path::new("/dev/shm");
        let place = if memory.is_dir() { memory } else { &std::env::temp_dir() };
        let directory = tempfile::tempdir_in(place).unwrap();
        let config = config(&directory);
        let parts =
            Parts { clock: Arc::new(ManualClock::new(START)), entropy: Arc::new(OsEntropy) };
        let (store, auth) = app::open(&config, &parts).await.unwrap();
        store.migrate_up().await.unwrap();
        auth.first_look().await.unwrap();
        Self { config, _directory: directory }
    }

    async fn clear(&self) {
        let database = Database::connect(self.config.database.url.expose()).await.unwrap();
        for table in ["sessions", "users"] {
            database.execute_unprepared(&format!("delete from {table}")).await.unwrap();
        }
        database.close().await.unwrap();
    }
}

fn config(directory: &TempDir) -> Config {
    let database = format!("sqlite://{}/tandem.db?mode=rwc", directory.path().display());
    let environment = BTreeMap::from([
        ("TANDEM_DATABASE__URL", database.as_str()),
        ("TANDEM_KEYS__MASTER_KEY", "dGVzdCBtYXN0ZXIga2V5IG9mIDMyIGJ5dGVzIGxvbmc="),
        ("TANDEM_PASSWORDS__MEMORY", "64"),
        ("TANDEM_PASSWORDS__ITERATIONS", "1"),
        ("TANDEM_TOKENS__ACCESS_TTL", "240s"),
        ("TANDEM_TOKENS__SESSION_IDLE_TTL", "2h"),
        ("TANDEM_TOKENS__SESSION_MAX_TTL", "5h"),
        ("TANDEM_TOKENS__MAX_SESSIONS", "3"),
    ]);
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let environment = environment.into_iter().map(owned).collect();
    let directory = PathBuf::from("/nonexistent");
    Config::load(&Source { file: None, dev: true, environment, directory }).unwrap()
}

fn rules(config: &Config) -> Rules {
    let tokens = &config.tokens;
    Rules {
        access_ttl: tokens.access_ttl,
        idle_ttl: tokens.session_idle_ttl,
        max_ttl: tokens.session_max_ttl,
        interval: tokens.reuse_interval,
        leeway: tokens.leeway,
        max_sessions: usize::try_from(tokens.max_sessions).unwrap(),
        memory: MAX_ACCESS_LIFETIME + tokens.leeway + config.server.request_timeout,
    }
}

impl World {
    /// Two users and their devices.
    pub(super) async fn new(ground: &Ground) -> Self {
        ground.clear().await;
        let config = ground.config.clone();
        let ledger = Ledger {
            rules: rules(&config),
            now: START,
            sessions: Vec::new(),
            issues: Vec::new(),
            instances: vec![Instance::default(); INSTANCES],
            met: BTreeMap::new(),
        };
        let devices = (0..DEVICES).map(|n| Device { user: n / 2, ..Device::default() }).collect();
        let (users, instances) = (Vec::new(), Vec::new());
        let clock = Arc::new(ManualClock::new(START));
        let mut world = Self { ledger, devices, users, instances, clock, config };
        for at in 0..INSTANCES {
            let instance = world.open().await;
            instance.1.first_look().await.unwrap();
            world.instances.push(instance);
            world.ledger.look(at);
        }
        for name in ["ada", "ben"] {
            let email = Email::parse(&format!("{name}@example.com")).unwrap();
            let id = world.auth(0).add_user(email.clone(), PASSWORD, Roles::default()).await;
            world.users.push(User { id: id.unwrap(), email, roles: 0 });
        }
        world
    }

    /// How often each cell of the table was met.
    pub(super) const fn met(&self) -> &BTreeMap<Cell, u32> {
        &self.ledger.met
    }

    async fn open(&self) -> (Store, Arc<Auth>) {
        let parts =
            Parts { clock: Arc::<ManualClock>::clone(&self.clock), entropy: Arc::new(OsEntropy) };
        app::open(&self.config, &parts).await.unwrap()
    }

    fn auth(&self, at: usize) -> Arc<Auth> {
        Arc::clone(&self.instances[at].1)
    }

    /// Does one step, in the service and in the ledger.
    pub(super) async fn step(&mut self, step: &Step) -> Result<(), Wrong> {
        match *step {
            Step::Login { device, at, presents } => self.log_in(device, at, presents).await,
            Step::Use { device, at } => self.use_it(device, at),
            Step::Refresh { device, at, arrival } => self.refresh(device, at, arrival).await,
            Step::Arrive { device } => {
                self.arrive(device);
                Ok(())
            }
            Step::Logout { device, at } => self.log_out(device, at).await,
            Step::LogoutAll { device, at } => self.log_out_everywhere(device, at).await,
            Step::ChangePassword { device, at } => self.change_password(device, at).await,
            Step::Replay { at, loot } => self.steal(at, [loot; 4], None).await,
            Step::Mix { at, loot, tossed } => self.steal(at, loot, tossed).await,
            Step::Knock { at, loot } => self.knock(at, loot),
            Step::SetRoles { user, roles, at } => self.set_roles(user, roles, at).await,
            Step::Wait(span) => {
                self.clock.advance(span);
                self.ledger.now = self.clock.now();
                Ok(())
            }
            Step::Flush { at } => {
                self.auth(at).flush_acknowledgements().await.unwrap();
                self.ledger.flush(at);
                Ok(())
            }
            Step::Look { at } => {
                self.auth(at).look().await.unwrap();
                self.ledger.look(at);
                Ok(())
            }
            Step::Restart { at, orderly } => self.restart(at, orderly).await,
        }
    }

    async fn restart(&mut self, at: usize, orderly: bool) -> Result<(), Wrong> {
        if orderly {
            self.auth(at).flush_acknowledgements().await.unwrap();
            self.ledger.flush(at);
        }
        self.instances[at] = self.open().await;
        self.auth(at).first_look().await.unwrap();
        self.ledger.instances[at] = Instance::default();
        self.ledger.look(at);
        Ok(())
    }

    // --- What devices do -----------------------------------------------------------------------

    /// The access tokens that a device presents: the cookie from its jar, the body from its store.
    fn access(&self, device: usize) -> [Option<Token>; 2] {
        let Device { jar, body, .. } = &self.devices[device];
        [body.map(Token::Of), jar.map(Token::Of)]
    }

    async fn log_in(&mut self, device: usize, at: usize, presents: bool) -> Result<(), Wrong> {
        let user = self.devices[device].user;
        let access = if presents { self.access(device) } else { [None, None] };
        let texts = self.access_texts(access);
        let pair = texts[0].as_deref().zip(texts[1].as_deref());
        let password = Password::typed(PASSWORD).unwrap();
        let email = self.users[user].email.clone();
        let grant = self.auth(at).login(&email, &password, pair, &caller()).await;
        let grant = grant.map_err(|error| format!("a login failed: {error}"))?;
        if let Some((body, _)) = self.ledger.pair(access) {
            let replaced = self.ledger.issues[body].session;
            if self.ledger.sessions[replaced].ended.is_none() {
                self.ledger.end(at, &[replaced], Cause::Replaced);
            }
        }
        let session = self.ledger.open(at, user, grant.session.id, true);
        let issue = self.check_grant(session, &grant)?;
        self.devices[device] = self.holding(device, issue);
        Ok(())
    }

    /// A device that has just been given an issue of a session of its own.
    fn holding(&self, device: usize, issue: usize) -> Device {
        let user = self.devices[device].user;
        Device { user, jar: Some(issue), body: Some(issue), late: Vec::new() }
    }

    fn use_it(&mut self, device: usize, at: usize) -> Result<(), Wrong> {
        let access = self.access(device);
        self.enter(at, access).map(drop)
    }

    async fn refresh(&mut self, device: usize, at: usize, arrival: Arrival) -> Result<(), Wrong> {
        let Device { jar: Some(jar), body: Some(body), .. } = self.devices[device] else {
            return self.log_in(device, at, false).await;
        };
        let session = self.ledger.issues[body].session;
        ensure!(self.ledger.issues[jar].session == session, "the stores hold two sessions");
        let entitled = self.ledger.sessions[session].is_alive(self.ledger.now)
            && !self.ledger.sessions[session].robbed;
        let four = Four {
            body_access: Some(Token::Of(body)),
            cookie_access: Some(Token::Of(jar)),
            body_refresh: Some(Token::Of(body)),
            cookie_refresh: vec![Token::Of(jar)],
        };
        let (verdict, issue) = self.present(at, &four).await?;
        let Some(issue) = issue else {
            ensure!(!entitled, "an honest browser was denied: {verdict:?}");
            if matches!(verdict, Verdict::Ends { .. }) {
                self.devices[device].jar = None;
            }
            // It goes to its login the next time.
            self.devices[device].body = None;
            return Ok(());
        };
        match arrival {
            Arrival::Lost => {}
            Arrival::Split => self.keep_cookies(device, issue),
            Arrival::Whole | Arrival::Used => {
                self.keep_cookies(device, issue);
                self.keep_body(device, issue);
            }
            Arrival::Late => self.devices[device].late.push((issue, self.ledger.now)),
        }
        if matches!(arrival, Arrival::Used) { self.use_it(device, at) } else { Ok(()) }
    }

    fn arrive(&mut self, device: usize) {
        let (now, interval) = (self.ledger.now, self.ledger.rules.interval);
        let late = &mut self.devices[device].late;
        late.retain(|(_, sent)| now < sent.plus(interval));
        if late.is_empty() {
            return;
        }
        let (issue, _) = late.remove(0);
        self.keep_cookies(device, issue);
        self.keep_body(device, issue);
    }

    /// Browsers drop a cookie whose `Max-Age` is 0: the session's end is less than a second away.
    fn keep_cookies(&mut self, device: usize, issue: usize) {
        let session = &self.ledger.sessions[self.ledger.issues[issue].session];
        let left = session.idle_until.min(session.until).since(self.ledger.now);
        self.devices[device].jar = (left.as_secs() > 0).then_some(issue);
    }

    /// A client keeps the newer generation.
    fn keep_body(&mut self, device: usize, issue: usize) {
        let brings = self.ledger.issues[issue].generation;
        let holds = self.devices[device].body.map(|body| self.ledger.issues[body].generation);
        if holds.is_some_and(|holds| brings >= holds) {
            self.devices[device].body = Some(issue);
        }
    }

    async fn log_out(&mut self, device: usize, at: usize) -> Result<(), Wrong> {
        let access = self.access(device);
        let [body, cookie] = self.access_texts(access);
        let auth = self.auth(at);
        let ended = auth.logout(body.as_deref(), cookie.as_deref(), &caller()).await.unwrap();
        let pair = self.ledger.pair(access);
        ensure!(ended == pair.is_some(), "a logout took effect: {ended}");
        if let Some((body, _)) = pair {
            self.ledger.end(at, &[self.ledger.issues[body].session], Cause::Logout);
        }
        let user = self.devices[device].user;
        self.devices[device] = Device { user, ..Device::default() };
        Ok(())
    }

    /// Whom a device speaks for, if it passes the guard.
    fn guarded(&mut self, device: usize, at: usize) -> Result<Option<Arc<Pair>>, Wrong> {
        let access = self.access(device);
        if self.enter(at, access)? != Entry::Passes {
            return Ok(None);
        }
        let [body, cookie] = self.access_texts(access);
        Ok(Some(self.auth(at).authenticate(body.as_deref(), cookie.as_deref()).unwrap()))
    }

    async fn log_out_everywhere(&mut self, device: usize, at: usize) -> Result<(), Wrong> {
        let Some(pair) = self.guarded(device, at)? else { return Ok(()) };
        let (auth, principal) = (self.auth(at), &pair.principal);
        auth.logout_all(principal, &caller()).await.unwrap();
        let open = self.ledger.open_sessions(self.devices[device].user);
        self.ledger.end(at, &open, Cause::Logout);
        Ok(())
    }

    async fn change_password(&mut self, device: usize, at: usize) -> Result<(), Wrong> {
        let Some(pair) = self.guarded(device, at)? else { return Ok(()) };
        let (auth, principal) = (self.auth(at), &pair.principal);
        let current = Password::typed(PASSWORD).unwrap();
        let grant = auth.change_password(principal, &current, PASSWORD, &caller()).await.unwrap();
        let user = self.devices[device].user;
        let open = self.ledger.open_sessions(user);
        self.ledger.end(at, &open, Cause::PasswordChange);
        let session = self.ledger.open(at, user, grant.session.id, false);
        let issue = self.check_grant(session, &grant)?;
        self.devices[device] = self.holding(device, issue);
        Ok(())
    }

    async fn set_roles(&mut self, user: usize, roles: usize, at: usize) -> Result<(), Wrong> {
        let names = Roles::parse(ROLES[roles].iter().copied()).unwrap();
        self.auth(at).set_roles(self.users[user].id, &names).await.unwrap();
        self.users[user].roles = roles;
        self.ledger.outdate(at, user);
        Ok(())
    }

    // --- What a thief does ---------------------------------------------------------------------

    fn loot(&self, loot: Loot) -> Option<Token> {
        let Ledger { issues, .. } = &self.ledger;
        match loot {
            Loot::Behind(device, behind) => {
                let held = &issues[self.devices[device].body?];
                let of_session = || issues.iter().filter(|issue| issue.session == held.session);
                let newest = of_session().map(|issue| issue.generation).max()?;
                let wanted = newest.checked_sub(behind)?;
                let is_it =
                    |issue: &Issue| (issue.session, issue.generation) == (held.session, wanted);
                issues.iter().rposition(is_it).map(Token::Of)
            }
            Loot::Ago(ago) => issues.len().checked_sub(ago + 1).map(Token::Of),
            Loot::Nothing => None,
            Loot::Junk => Some(Token::Junk),
        }
    }

    async fn steal(
        &mut self,
        at: usize,
        loot: [Loot; 4],
        tossed: Option<Loot>,
    ) -> Result<(), Wrong> {
        let [body_access, cookie_access, body_refresh, cookie] = loot.map(|loot| self.loot(loot));
        let tossed = tossed.and_then(|tossed| self.loot(tossed));
        let cookie_refresh = cookie.into_iter().chain(tossed).collect();
        let four = Four { body_access, cookie_access, body_refresh, cookie_refresh };
        let (_, issue) = self.present(at, &four).await?;
        if let Some(issue) = issue {
            let session = self.ledger.issues[issue].session;
            self.ledger.sessions[session].robbed = true;
        }
        Ok(())
    }

    fn knock(&mut self, at: usize, loot: [Loot; 2]) -> Result<(), Wrong> {
        let access = loot.map(|loot| self.loot(loot));
        if self.enter(at, access)? == Entry::Passes
            && let Some((body, _)) = self.ledger.pair(access)
        {
            let session = self.ledger.issues[body].session;
            self.ledger.sessions[session].robbed = true;
        }
        Ok(())
    }

    // --- What the service answers --------------------------------------------------------------

    fn text(&self, token: Token, pick: fn(&Issue) -> &String) -> String {
        match token {
            Token::Of(issue) => pick(&self.ledger.issues[issue]).clone(),
            Token::Junk => "junk".to_owned(),
        }
    }

    fn access_texts(&self, [body, cookie]: [Option<Token>; 2]) -> [Option<String>; 2] {
        [
            body.map(|token| self.text(token, |issue| &issue.body_access)),
            cookie.map(|token| self.text(token, |issue| &issue.cookie_access)),
        ]
    }

    /// A call of the API.
    fn enter(&mut self, at: usize, access: [Option<Token>; 2]) -> Result<Entry, Wrong> {
        let [body, cookie] = self.access_texts(access);
        let answer = match self.auth(at).authenticate(body.as_deref(), cookie.as_deref()) {
            Ok(_) => Entry::Passes,
            Err(AccessError::Unauthenticated) => Entry::Unauthenticated,
            Err(AccessError::Invalid) => Entry::Invalid,
            Err(AccessError::Expired) => Entry::Expired,
        };
        if answer == Entry::Passes {
            self.check_entry(at, access)?;
        }
        let expected = self.ledger.enter(at, access);
        ensure!(answer == expected, "the guard says {answer:?} instead of {expected:?}");
        Ok(answer)
    }

    /// What holds for whoever passes, however the rules are read.
    fn check_entry(&self, at: usize, access: [Option<Token>; 2]) -> Result<(), Wrong> {
        let pair = self.ledger.pair(access);
        let (body, _) = pair.ok_or("a lone half or a mixture has passed")?;
        let id = self.ledger.issues[body].session;
        let session = &self.ledger.sessions[id];
        ensure!(!self.ledger.instances[at].heard.contains(&id), "an ended session has passed");
        let last = session.until.plus(self.ledger.rules.leeway);
        ensure!(self.ledger.now < last, "a token has outlived its session");
        Ok(())
    }

    /// A refresh call: the verdict, and what was issued.
    async fn present(&mut self, at: usize, four: &Four) -> Result<(Verdict, Option<usize>), Wrong> {
        let [body_access, cookie_access] =
            self.access_texts([four.body_access, four.cookie_access]);
        let body = four.body_refresh.map(|token| self.text(token, |issue| &issue.body_refresh));
        let cookies: Vec<_> = four
            .cookie_refresh
            .iter()
            .map(|token| self.text(*token, |issue| &issue.cookie_refresh))
            .collect();
        let call = RefreshCall {
            body_access: body_access.as_deref(),
            cookie_access: cookie_access.as_deref(),
            body_refresh: body.as_deref(),
            cookie_refresh: cookies.iter().map(String::as_str).collect(),
        };
        let answer = self.auth(at).refresh(call, &caller()).await;
        let pair = self.ledger.pair([four.body_access, four.cookie_access]);
        let session = pair.map(|(body, _)| self.ledger.issues[body].session);
        let verdict = self.verdict(session, &answer);
        if let (Ok(grant), Some(session)) = (&answer, session) {
            self.check_refresh(session, four, grant)?;
        }
        let expected = self.ledger.judge(at, four);
        ensure!(verdict == expected, "a refresh {verdict:?} instead of {expected:?}");
        let Some(session) = session else { return Ok((verdict, None)) };
        self.ledger.carry_out(at, session, verdict, four);
        match answer {
            Ok(grant) => Ok((verdict, Some(self.check_grant(session, &grant)?))),
            Err(_) => Ok((verdict, None)),
        }
    }

    fn verdict(&self, session: Option<usize>, answer: &Result<Grant, RefreshError>) -> Verdict {
        let before = session.map(|session| self.ledger.sessions[session].generation);
        match answer {
            Ok(grant) if Some(grant.session.generation) == before => Verdict::Resends,
            Ok(_) => Verdict::Rotates,
            Err(RefreshError::Access(AccessError::Unauthenticated)) => Verdict::Unauthenticated,
            Err(RefreshError::Access(_) | RefreshError::Refused) => Verdict::Refuses,
            Err(RefreshError::Reuse { expire_cookies }) => {
                Verdict::Ends { expires_cookies: *expire_cookies }
            }
            Err(RefreshError::Service(error)) => panic!("{error}"),
        }
    }

    /// What holds for whoever is given tokens, however the table is read.
    fn check_refresh(&self, session: usize, four: &Four, grant: &Grant) -> Result<(), Wrong> {
        let Ledger { sessions, now, .. } = &self.ledger;
        let before = &sessions[session];
        ensure!(before.is_alive(*now), "a session that is over was refreshed");
        let (body, cookie) =
            (self.ledger.body_of(session, four), self.ledger.cookie_of(session, four));
        let (Some(body), Some(cookie)) = (body, cookie) else {
            return Err("a lone half or a mixture was refreshed".to_owned());
        };
        let n = before.generation;
        let next = grant.session.generation;
        ensure!(next == n || next == n + 1, "generation {next} after {n}");
        ensure!(next == n || (body, cookie) == (n, n), "a superseded token has rotated");
        ensure!(body + 1 >= n && cookie + 1 >= n, "a token two generations old was honoured");
        Ok(())
    }

    /// Holds what was issued against the ledger, and enters it there.
    fn check_grant(&mut self, session: usize, grant: &Grant) -> Result<usize, Wrong> {
        let Ledger { rules, now, .. } = self.ledger;
        let must = &self.ledger.sessions[session];
        let is = &grant.session;
        ensure!(is.id == must.id && is.generation == must.generation, "another session");
        ensure!(is.idle_expires_at == must.idle_until, "idle until {}", is.idle_expires_at);
        ensure!(is.expires_at == must.until, "until {}", is.expires_at);
        let left = must.idle_until.min(must.until).since(now);
        ensure!(grant.renewable_for == left, "refreshable for {:?}", grant.renewable_for);
        let roles = self.users[must.user].roles;
        let (iat, exp) = must.times(now, rules);
        let RenewalTokens::Refresh { body, cookie } = &grant.renewal else {
            return Err("a session of another flow".to_owned());
        };
        let issue = Issue {
            session,
            generation: must.generation,
            roles,
            iat,
            exp,
            body_access: grant.access.body.to_string(),
            cookie_access: grant.access.cookie.to_string(),
            body_refresh: body.to_string(),
            cookie_refresh: cookie.to_string(),
        };
        for (token, roles) in
            [(&issue.body_access, Some(ROLES[roles])), (&issue.cookie_access, None)]
        {
            let claims = claims(token);
            let wrong = format!("claims {claims}");
            ensure!(claims["sid"] == must.id.to_string(), "{wrong}");
            ensure!(claims["gen"] == must.generation, "{wrong}");
            ensure!(claims["iat"] == iat && claims["exp"] == exp, "{wrong}");
            ensure!(Timestamp::from_seconds(exp) <= must.until, "{wrong}");
            ensure!(
                roles.is_none_or(|roles| claims["roles"] == serde_json::json!(roles)),
                "{wrong}"
            );
        }
        self.check_secrets(&issue)?;
        self.ledger.issues.push(issue);
        Ok(self.ledger.issues.len() - 1)
    }

    /// One generation has one pair of refresh tokens, and no token is in two generations.
    fn check_secrets(&self, new: &Issue) -> Result<(), Wrong> {
        for old in &self.ledger.issues {
            let same_generation = (old.session, old.generation) == (new.session, new.generation);
            let same =
                [old.body_refresh == new.body_refresh, old.cookie_refresh == new.cookie_refresh];
            ensure!(same == [same_generation; 2], "one generation, one pair of refresh tokens");
            let fresh =
                old.body_access != new.body_access && old.cookie_access != new.cookie_access;
            ensure!(fresh, "an access token was issued twice");
        }
        Ok(())
    }

    /// Holds the rows against the ledger.
    pub(super) async fn check_rows(&self) -> Result<(), Wrong> {
        for must in &self.ledger.sessions {
            let row = self.instances[0].0.session(must.id).await.unwrap().unwrap();
            let is = &row.session;
            let as_it_must = is.generation == must.generation
                && is.acknowledged_at == must.acknowledged_at
                && is.last_seen_at == must.last_seen_at
                && is.idle_expires_at == must.idle_until
                && is.tokens_not_before == must.bar;
            ensure!(as_it_must, "the row is {is:?} instead of {must:?}");
            let alive = must.ended.is_none();
            ensure!(is.ended_at.is_none() == alive, "ended: {is:?} instead of {must:?}");
            ensure!(row.renewal.is_some() == alive, "something is left to redeem, or nothing");
        }
        Ok(())
    }
}

fn caller() -> Caller {
    Caller::default()
}

/// The claims of a token, unverified.
fn claims(token: &str) -> serde_json::Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}
