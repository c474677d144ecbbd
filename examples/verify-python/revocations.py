"""Which sessions ended, learned from Tandem every few seconds."""

import base64
import logging
import threading
import time
import urllib.parse
import urllib.request
from typing import NamedTuple

from keys import Unavailable, fetch

# No access token is older, leeway included: what was learned longer ago concerns none. Seconds.
MEMORY = 660


class Standing(NamedTuple):
    ended: bool
    tokens_not_before: int | None
    learned_at: float


class Revocations:
    """
    url    `<public_url>/api/auth/revocations`
    token  gives a machine token with the scope `revocations:read`; another one if the last was of no use
    """

    def __init__(self, url, token, fetch=fetch, now=time.monotonic):
        self.url, self.token, self.fetch, self.now = url, token, fetch, now
        self.sessions = {}  # sid -> Standing
        self.since, self.bound, self.asked_at = None, 0, float("-inf")
        self.failed = False

    def standing(self, sid):
        """What is known of a session. If nothing was learned for longer than allowed, nothing is known."""
        if self.now() > self.asked_at + self.bound:
            raise Unavailable("the revocations are too old")
        return self.sessions.get(sid)

    def look(self):
        """One look. What was changed since the last one; the first time all that still matters."""
        asked_at = self.now()  # the answer is as old as the question
        url = self.url if self.since is None else f"{self.url}?since={self.since}"
        headers = {"Authorization": f"Bearer {self.token(self.failed)}"}
        answer, _ = self.fetch(urllib.request.Request(url, headers=headers))
        sessions = {sid: known for sid, known in self.sessions.items() if known.learned_at >= asked_at - MEMORY}
        for session in answer["sessions"]:
            sessions[session["id"]] = Standing(session["ended"], session.get("tokens_not_before"), asked_at)
        # In one piece: requests read it meanwhile.
        self.sessions = sessions
        self.since, self.bound, self.asked_at = answer["now"], answer["bound"], asked_at

    def keep_looking(self):
        """Looks again and again: three times within the bound, so that one lost answer does no harm."""

        def loop():
            while True:
                try:
                    self.look()
                    self.failed = False
                except Exception as error:
                    self.failed = True
                    logging.warning("no revocations: %s", error)
                time.sleep(max(self.bound / 3, 0.5))

        threading.Thread(target=loop, daemon=True).start()


class MachineToken:
    """Machine tokens by client credentials (RFC 6749 section 4.4), each used until shortly before its end."""

    def __init__(self, url, id, secret, fetch=fetch, now=time.monotonic):
        basic = ":".join(urllib.parse.quote(part, safe="") for part in (id, secret))
        basic = base64.b64encode(basic.encode()).decode()
        form = {"grant_type": "client_credentials", "scope": "revocations:read"}
        form = urllib.parse.urlencode(form).encode()
        headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
        self.request = urllib.request.Request(url, form, headers)
        self.fetch, self.now = fetch, now
        self.token, self.until = None, float("-inf")

    def __call__(self, anew):
        if anew or self.now() >= self.until:
            answer, _ = self.fetch(self.request)
            self.token = answer["access_token"]
            self.until = self.now() + answer["expires_in"] - 30
        return self.token
