"""Tandem's public keys, cached through a key rotation."""

import json
import logging
import re
import socket
import threading
import time
import urllib.request
from http.client import HTTPConnection, HTTPSConnection
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
# How long a set that is no longer fresh still counts while no other can be had. A key that was withdrawn
# must not count for ever because Tandem is kept out of reach.
LONGEST_OUTAGE = 3600


def fetch(request):
    """The JSON of an answer 200, and its headers. Knows no redirections."""
    kind = HTTPSConnection if request.type == "https" else HTTPConnection
    connection = kind(request.host, timeout=TIMEOUT)
    connection.connect()
    # The time-out of a connection is for each read; an answer that drips would hold a thread for hours.
    # Not `connection.sock.shutdown`: that of a TLS socket ends the encryption, and reads go on without.
    end = threading.Timer(TIMEOUT, socket.socket.shutdown, [connection.sock, socket.SHUT_RDWR])
    end.daemon = True
    end.start()
    try:
        connection.request(request.get_method(), request.selector, request.data, request.headers)
        answer = connection.getresponse()
        if answer.status != 200:
            raise ValueError(f"status {answer.status}")
        return json.load(answer), answer.headers
    finally:
        end.cancel()
        connection.close()


class KeySet:
    """url: `<public_url>/.well-known/jwks.json`"""

    def __init__(self, url, fetch=fetch, now=time.monotonic):
        self.request, self.fetch, self.now = urllib.request.Request(url), fetch, now
        self.keys = {}  # kid -> Key: the last good set
        self.stale_at = self.forget_at = self.tried_at = float("-inf")
        self.failed = False
        self.lock = threading.Lock()  # never for longer than it takes to begin a look
        self.over = threading.Event()  # of the last look
        self.over.set()

    def find(self, kid):
        """The key `kid` with its ring; None if it is not published."""
        key = self.keys.get(kid)
        if key and self.now() < self.stale_at:
            return key
        over = self._begin_look().wait(TIMEOUT)
        key = self.keys.get(kid)
        if not key and (self.failed or not over):
            raise Unavailable("the keys cannot be had")
        return key

    def _begin_look(self):
        """One look serves all that wait. In a thread of its own, so that nobody waits longer than the others."""
        with self.lock:
            if self.over.is_set() and self.now() >= self.tried_at + PAUSE:
                over = threading.Event()
                threading.Thread(target=self._look, args=[over], daemon=True).start()
                self.over, self.tried_at = over, self.now()
            return self.over

    def _look(self, over):
        now = self.now()
        try:
            answer, headers = self.fetch(self.request)
            self.keys = read_keys(answer)
            self.stale_at = now + lifetime(headers)
            self.forget_at = self.stale_at + LONGEST_OUTAGE
            self.failed = False
        except Exception as error:
            # The last good set stays for a while: keys are published before they sign.
            if now >= self.forget_at:
                self.keys = {}
            self.stale_at = now + AFTER_FAILURE
            self.failed = True
            logging.warning("no key set: %s", error)
        finally:
            over.set()


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
