"""Tandem's public keys, cached through a key rotation."""

import json
import logging
import re
import threading
import time
import urllib.request
from typing import NamedTuple

import jwt


class Unavailable(Exception):
    """The request cannot be judged now: answer 503."""


class Key(NamedTuple):
    ring: str
    key: jwt.PyJWK


# Seconds. The pause is between two looks for keys that are not known, so that made-up `kid`s are no flood
# at Tandem. Not longer: an imported key may sign 3 `tokens.revocation_poll` after it is published.
PAUSE = 1
AFTER_FAILURE = 10
TIMEOUT = 3
LONGEST = 3600


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def fetch(request):
    """The JSON of an answer 200, and its headers."""
    with urllib.request.build_opener(NoRedirect).open(request, timeout=TIMEOUT) as answer:
        return json.load(answer), answer.headers


class KeySet:
    """url: `<public_url>/.well-known/jwks.json`"""

    def __init__(self, url, fetch=fetch, now=time.monotonic):
        self.url, self.fetch, self.now = url, fetch, now
        self.keys = {}  # kid -> Key: the last good set
        self.stale_at = self.tried_at = float("-inf")
        self.failed = False
        self.looking = threading.Lock()

    def find(self, kid):
        """The key `kid` with its ring; None if it is not published."""
        key = self.keys.get(kid)
        if key and self.now() < self.stale_at:
            return key
        # One look serves all that wait.
        with self.looking:
            known_and_fresh = kid in self.keys and self.now() < self.stale_at
            if not known_and_fresh and self.now() >= self.tried_at + PAUSE:
                self._look()
        key = self.keys.get(kid)
        if not key and self.failed:
            raise Unavailable("the keys cannot be had")
        return key

    def _look(self):
        now = self.tried_at = self.now()
        try:
            answer, headers = self.fetch(self.url)
            self.keys = read_keys(answer)
            self.stale_at = now + lifetime(headers)
            self.failed = False
        except Exception as error:
            # The last good set stays: keys are published before they sign.
            self.stale_at = now + AFTER_FAILURE
            self.failed = True
            logging.warning("no key set: %s", error)


def read_keys(answer):
    """Whatever is not an Ed25519 key of one of the two rings is left out."""
    keys = {}
    for jwk in answer["keys"]:
        ring = jwk.get("tandem_ring")
        kind = [jwk.get(name) for name in ("kty", "crv", "alg")]
        if kind == ["OKP", "Ed25519", "EdDSA"] and ring in ("body", "cookie"):
            keys[jwk["kid"]] = Key(ring, jwt.PyJWK(jwk, algorithm="EdDSA"))
    for ring in ("body", "cookie"):
        if all(key.ring != ring for key in keys.values()):
            raise ValueError(f"no key of the {ring} ring")
    return keys


def lifetime(headers):
    """How long an answer is fresh (RFC 9111 section 4.2), seconds."""
    found = re.search(r"\bmax-age=([0-9]+)", headers.get("Cache-Control") or "")
    max_age = int(found[1]) if found else 60
    return min(max(0, max_age - int(headers.get("Age") or 0)), LONGEST)
