//! What must be: sessions and their rules once more, in plain words, beside the service.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use tandem::domain::{clock::Timestamp, id::SessionId};

/// What the service is told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) access_ttl: Duration,
    pub(super) idle_ttl: Duration,
    pub(super) max_ttl: Duration,
    pub(super) interval: Duration,
    pub(super) leeway: Duration,
    pub(super) max_sessions: usize,
    /// How long an instance remembers what ended.
    pub(super) memory: Duration,
}

/// Why a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    Logout,
    Replaced,
    TooMany,
    PasswordChange,
    Reuse,
}

/// A session.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) id: SessionId,
    pub(super) user: usize,
    pub(super) generation: u32,
    pub(super) acknowledged_at: Option<Timestamp>,
    pub(super) created_at: Timestamp,
    pub(super) last_seen_at: Timestamp,
    pub(super) idle_until: Timestamp,
    pub(super) until: Timestamp,
    /// Access tokens issued up to then are stale.
    pub(super) bar: Option<Timestamp>,
    pub(super) changed_at: Option<Timestamp>,
    pub(super) ended: Option<Cause>,
    /// A thief got something out of it, so its owner may fare badly.
    pub(super) robbed: bool,
}

/// All four tokens of one answer.
#[derive(Clone, Debug)]
pub(super) struct Issue {
    pub(super) session: usize,
    pub(super) generation: u32,
    pub(super) roles: usize,
    /// Seconds.
    pub(super) iat: i64,
    pub(super) exp: i64,
    pub(super) body_access: String,
    pub(super) cookie_access: String,
    pub(super) body_refresh: String,
    pub(super) cookie_refresh: String,
}

/// A token that is presented: of an issue, or nonsense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Of(usize),
    Junk,
}

/// What a refresh call presents.
#[derive(Clone, Debug)]
pub(super) struct Four {
    pub(super) body_access: Option<Token>,
    pub(super) cookie_access: Option<Token>,
    pub(super) body_refresh: Option<Token>,
    pub(super) cookie_refresh: Vec<Token>,
}

/// What comes of a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    Rotates,
    Resends,
    Refuses,
    Unauthenticated,
    /// By reuse, and whether cookies are expired.
    Ends {
        expires_cookies: bool,
    },
}

/// A cell of the table: how far the cookie half and the body half lie behind, two standing for more,
/// whether the generation has settled, and what that comes to.
pub(super) type Cell = (Option<u32>, Option<u32>, bool, Verdict);

/// What comes of a call of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Passes,
    Expired,
    Invalid,
    Unauthenticated,
}

/// What an instance has in memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Instance {
    /// Unwritten sights, by session: the generation and when.
    sights: HashMap<usize, (u32, Timestamp)>,
    /// Pairs that have passed before.
    passed: HashSet<(usize, usize)>,
    revoked: HashMap<usize, Revoked>,
    last_look: Option<Timestamp>,
    /// Ends it must know of, whatever it still remembers.
    pub(super) heard: HashSet<usize>,
}

#[derive(Clone, Copy, Debug)]
struct Revoked {
    ended: bool,
    /// Seconds.
    bar: Option<i64>,
    forget_at: Timestamp,
}

/// Everything that is so.
#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) rules: Rules,
    pub(super) now: Timestamp,
    pub(super) sessions: Vec<Session>,
    pub(super) issues: Vec<Issue>,
    pub(super) instances: Vec<Instance>,
    /// How often a refresh of a live session met each cell.
    pub(super) met: BTreeMap<Cell, u32>,
}

impl Ledger {
    /// The issue of a genuine pair of access tokens: two of one session.
    pub(super) fn pair(&self, four: [Option<Token>; 2]) -> Option<(usize, usize)> {
        let [Some(Token::Of(body)), Some(Token::Of(cookie))] = four else { return None };
        (self.issues[body].session == self.issues[cookie].session).then_some((body, cookie))
    }

    /// What a call of the API comes to; remembers what it has shown.
    pub(super) fn enter(&mut self, at: usize, presented: [Option<Token>; 2]) -> Entry {
        if presented == [None, None] {
            return Entry::Unauthenticated;
        }
        let Some((body, cookie)) = self.pair(presented) else { return Entry::Invalid };
        let [b, c] = [&self.issues[body], &self.issues[cookie]];
        let revoked = self.instances[at].revoked.get(&b.session).copied();
        if revoked.is_some_and(|revoked| revoked.ended) {
            return Entry::Invalid;
        }
        let expires = Timestamp::from_seconds(b.exp.min(c.exp)).plus(self.rules.leeway);
        let bar = revoked.and_then(|revoked| revoked.bar);
        let outdated = bar.is_some_and(|bar| b.iat.min(c.iat) <= bar);
        if b.roles != c.roles || self.now >= expires || outdated {
            return Entry::Expired;
        }
        let (session, generation) = (b.session, b.generation);
        if self.instances[at].passed.insert((body, cookie)) {
            self.note(at, session, generation);
        }
        Entry::Passes
    }

    /// What a refresh comes to.
    pub(super) fn judge(&mut self, at: usize, four: &Four) -> Verdict {
        let access = [four.body_access, four.cookie_access];
        if access == [None, None] && four.body_refresh.is_none() && four.cookie_refresh.is_empty() {
            return Verdict::Unauthenticated;
        }
        let Some((body, cookie)) = self.pair(access) else { return Verdict::Refuses };
        let id = self.issues[body].session;
        let session = &self.sessions[id];
        if session.ended.is_some() || self.now >= session.idle_until.min(session.until) {
            return Verdict::Refuses;
        }
        let settled = self.seen_at(at, id).is_some_and(|seen| self.has_passed(seen));
        let minted = self.issues[body].iat.max(self.issues[cookie].iat);
        let young = !self.has_passed(Timestamp::from_seconds(minted));
        let behind = |token: Option<u32>| token.map(|token| (session.generation - token).min(2));
        let (body, cookie) = (behind(self.body_of(id, four)), behind(self.cookie_of(id, four)));
        let own = |token: &Token| self.generation_of(id, *token).is_some();
        let expires_cookies = four.cookie_refresh.iter().all(own);
        let verdict = match (cookie, body, settled) {
            (Some(0), Some(0), _) if !young => Verdict::Rotates,
            (Some(0), Some(0 | 1), _) | (Some(1), Some(0), _) | (Some(1), Some(1), false) => {
                Verdict::Resends
            }
            (Some(1..), Some(_), true) => Verdict::Ends { expires_cookies },
            _ => Verdict::Refuses,
        };
        if body.or(cookie).is_some() {
            *self.met.entry((cookie, body, settled, verdict)).or_default() += 1;
        }
        verdict
    }

    /// Carries out a refresh.
    pub(super) fn carry_out(&mut self, at: usize, id: usize, verdict: Verdict, four: &Four) {
        let (body, cookie) = (self.body_of(id, four), self.cookie_of(id, four));
        let (now, rules) = (self.now, self.rules);
        let session = &mut self.sessions[id];
        let current = Some(session.generation);
        match verdict {
            Verdict::Rotates => {
                session.generation += 1;
                session.acknowledged_at = None;
                session.seen(now, rules);
            }
            Verdict::Resends if body == current => {
                if cookie == current && now >= session.last_seen_at.plus(rules.access_ttl) {
                    session.seen(now, rules);
                }
                let generation = session.generation;
                self.note(at, id, generation);
            }
            Verdict::Ends { .. } => self.end(at, &[id], Cause::Reuse),
            Verdict::Resends | Verdict::Refuses | Verdict::Unauthenticated => {}
        }
    }

    /// The generation of a refresh token, if it is one of this session's.
    pub(super) fn generation_of(&self, id: usize, token: Token) -> Option<u32> {
        let Token::Of(issue) = token else { return None };
        let issue = &self.issues[issue];
        (issue.session == id).then_some(issue.generation)
    }

    pub(super) fn body_of(&self, id: usize, four: &Four) -> Option<u32> {
        four.body_refresh.and_then(|token| self.generation_of(id, token))
    }

    /// Of several cookies, the newest that belongs to the session.
    pub(super) fn cookie_of(&self, id: usize, four: &Four) -> Option<u32> {
        four.cookie_refresh.iter().filter_map(|token| self.generation_of(id, *token)).max()
    }

    /// Whether `interval` has passed since.
    fn has_passed(&self, since: Timestamp) -> bool {
        self.now >= since.plus(self.rules.interval)
    }

    fn note(&mut self, at: usize, session: usize, generation: u32) {
        if generation == 1 {
            return;
        }
        let sight = self.instances[at].sights.entry(session).or_insert((generation, self.now));
        if generation > sight.0 {
            *sight = (generation, self.now);
        }
    }

    /// When an instance has seen the current generation, as far as it knows.
    fn seen_at(&self, at: usize, id: usize) -> Option<Timestamp> {
        let session = &self.sessions[id];
        let sight = self.instances[at].sights.get(&id);
        let unwritten = sight.filter(|(g, _)| *g == session.generation).map(|(_, seen)| *seen);
        [session.acknowledged_at, unwritten].into_iter().flatten().min()
    }

    /// Writes what an instance has seen: one time for all, the latest.
    pub(super) fn flush(&mut self, at: usize) {
        let sights = std::mem::take(&mut self.instances[at].sights);
        let Some(latest) = sights.values().map(|(_, seen)| *seen).max() else { return };
        for (id, (generation, _)) in sights {
            let session = &mut self.sessions[id];
            if session.generation == generation && session.ended.is_none() {
                session.acknowledged_at = session.acknowledged_at.or(Some(latest));
            }
        }
    }

    /// An instance learns what others changed.
    pub(super) fn look(&mut self, at: usize) {
        let instance = &mut self.instances[at];
        let before = instance.last_look.unwrap_or(self.now.minus(self.rules.memory));
        let since = before.minus(Duration::from_mins(1));
        for (id, session) in self.sessions.iter().enumerate() {
            if session.ended.is_some() {
                instance.heard.insert(id);
            }
            if let Some(changed_at) = session.changed_at.filter(|changed_at| *changed_at >= since) {
                let forget_at = changed_at.plus(self.rules.memory);
                instance.hear(id, session.ended.is_some(), session.bar, forget_at);
            }
        }
        instance.revoked.retain(|_, revoked| self.now < revoked.forget_at);
        instance.last_look = Some(self.now);
    }

    /// Ends sessions, those that have ended before included: an instance hears of them again.
    pub(super) fn end(&mut self, at: usize, ids: &[usize], cause: Cause) {
        let forget_at = self.now.plus(self.rules.memory);
        for id in ids {
            let session = &mut self.sessions[*id];
            if session.ended.is_none() {
                session.ended = Some(cause);
                session.changed_at = Some(self.now);
            }
            self.instances[at].heard.insert(*id);
            self.instances[at].hear(*id, true, None, forget_at);
        }
    }

    /// The sessions of a user that have not ended, overdue ones included.
    pub(super) fn open_sessions(&self, user: usize) -> Vec<usize> {
        let is_open =
            |id: &usize| self.sessions[*id].user == user && self.sessions[*id].ended.is_none();
        (0..self.sessions.len()).filter(is_open).collect()
    }

    /// Opens a session, and ends what is too much.
    pub(super) fn open(&mut self, at: usize, user: usize, id: SessionId, limited: bool) -> usize {
        let until = self.now.plus(self.rules.max_ttl);
        let mut session = Session {
            id,
            user,
            generation: 1,
            acknowledged_at: None,
            created_at: self.now,
            last_seen_at: self.now,
            idle_until: until,
            until,
            bar: None,
            changed_at: None,
            ended: None,
            robbed: false,
        };
        session.seen(self.now, self.rules);
        self.sessions.push(session);
        if limited {
            let mut alive = self.open_sessions(user);
            alive.retain(|id| self.sessions[*id].is_alive(self.now));
            alive.sort_by_key(|id| (self.sessions[*id].created_at, self.sessions[*id].id));
            let surplus = alive.len().saturating_sub(self.rules.max_sessions);
            self.end(at, &alive[..surplus], Cause::TooMany);
        }
        self.sessions.len() - 1
    }

    /// The access tokens of a user are stale from now on.
    pub(super) fn outdate(&mut self, at: usize, user: usize) {
        let now = Timestamp::from_seconds(self.now.seconds_up());
        let forget_at = self.now.plus(self.rules.memory);
        for id in self.open_sessions(user) {
            // Two changes within one second are two: tokens may have been issued between them.
            let next = self.sessions[id].bar.map(|bar| bar.plus(Duration::from_secs(1)));
            let bar = next.map_or(now, |next| next.max(now));
            self.sessions[id].bar = Some(bar);
            self.sessions[id].changed_at = Some(self.now);
            self.instances[at].hear(id, false, Some(bar), forget_at);
        }
    }
}

impl Session {
    pub(super) fn is_alive(&self, now: Timestamp) -> bool {
        self.ended.is_none() && now < self.idle_until && now < self.until
    }

    /// A refresh moves the idle deadline.
    fn seen(&mut self, now: Timestamp, rules: Rules) {
        self.last_seen_at = now;
        self.idle_until = now.plus(rules.idle_ttl).min(self.until);
    }

    /// `iat` and `exp` of access tokens issued now, seconds.
    pub(super) fn times(&self, now: Timestamp, rules: Rules) -> (i64, i64) {
        let last = self.until.seconds();
        let iat = self.bar.map_or(now.seconds(), |bar| now.seconds().max(bar.seconds() + 1));
        let iat = iat.min(last);
        (iat, Timestamp::from_seconds(iat).plus(rules.access_ttl).seconds().min(last))
    }
}

impl Instance {
    fn hear(&mut self, id: usize, ended: bool, bar: Option<Timestamp>, forget_at: Timestamp) {
        let known = Revoked { ended: false, bar: None, forget_at };
        let revoked = self.revoked.entry(id).or_insert(known);
        revoked.ended |= ended;
        revoked.bar = revoked.bar.max(bar.map(Timestamp::seconds));
        revoked.forget_at = revoked.forget_at.max(forget_at);
    }
}
