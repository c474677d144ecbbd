"""Verifies a Tandem access pair without asking Tandem. Copy this file and keys.py."""

import base64
import hashlib
import json
import re
import time

import jwt

LONGEST_TOKEN = 4096  # bytes
LONGEST_LIFE = 600  # seconds between iat and exp
SKEW = 5  # seconds that iat and nbf may lie ahead: clocks differ
LEEWAY = 5  # seconds that an expired token still passes; not more than `tokens.leeway`


class Refused(Exception):
    """What is wrong with a request, as the `code` of the answer `401`."""

    def __init__(self, code):  # unauthenticated, invalid_token or access_expired
        super().__init__(code)
        self.code = code


def demand(good):
    if not good:
        raise Refused("invalid_token")


class PairVerifier:
    """
    issuer       `server.public_url` of Tandem
    audience     `tokens.audience` of Tandem
    keys         a keys.KeySet
    revocations  a revocations.Revocations; without it a logout is noticed only when the tokens expire
    now          gives seconds since 1970
    """

    def __init__(self, issuer, audience, keys, revocations=None, now=time.time):
        self.issuer, self.audience = issuer, audience
        self.keys, self.revocations, self.now = keys, revocations, now
        # Browsers take the prefix over https only; without it a sibling host can plant the cookie.
        https = issuer.startswith("https:")
        self.cookie_name = "__Host-tandem-access" if https else "tandem-access"

    def verify(self, authorization, cookie):
        """
        Who the request speaks for, given every `Authorization` and every `Cookie` line of it.
        Raises Refused, or keys.Unavailable if the request cannot be judged (503).
        """
        body_token = read_bearer(authorization)
        cookie_token = read_cookie(cookie, self.cookie_name)
        if body_token is None and cookie_token is None:
            raise Refused("unauthenticated")
        demand(body_token is not None and cookie_token is not None)

        body = self._half("body", body_token)
        cookie_half = self._half("cookie", cookie_token)
        # Only now: that a key is gone must not hide that the other half is false.
        if body is None or cookie_half is None:
            raise Refused("access_expired")
        return self._together(body, cookie_half)

    def _half(self, half, token):
        """The claims of one genuine half; None if its key is not published (any more)."""
        demand(len(token) <= LONGEST_TOKEN)
        parts = token.split(".")
        demand(len(parts) == 3)
        header, claims, _ = [decode(part) for part in parts]

        header = read_object(header)
        demand(header.get("alg") == "EdDSA" and header.get("typ") == f"tandem-{half}+jwt")
        demand(type(header.get("kid")) is str and "crit" not in header)
        # Keys come from the published set and nowhere else: `jwk`, `jku` and the like are not read.
        key = self.keys.find(header["kid"])
        if key is None:
            return None
        demand(key.ring == half)
        try:
            jwt.PyJWS().decode(token, key.key, algorithms=["EdDSA"])
        except (jwt.PyJWTError, ValueError):
            raise Refused("invalid_token") from None

        return self._check_claims(half, read_object(claims))

    def _check_claims(self, half, claims):
        get = claims.get
        demand(get("iss") == self.issuer and get("aud") == f"{self.audience}/{half}")
        demand(all(is_id(get(name)) for name in ("sub", "sid", "jti")))
        times = ["iat", "exp"] + (["nbf"] if "nbf" in claims else [])
        demand(all(is_integer(get(name)) for name in [*times, "gen"]))
        demand(0 <= get("gen") < 2**32)
        soon = int(self.now()) + SKEW
        demand(get("iat") <= soon and get("nbf", 0) <= soon)
        demand(0 <= get("exp") - get("iat") <= LONGEST_LIFE)
        if half == "cookie":
            demand(type(get("ctx")) is str)
        else:
            demand(is_integer(get("auth_time")) and is_strings(get("amr")) and is_strings(get("roles")))
            claims["roles"] = sorted(set(get("roles")))
            demand(len(claims["roles"]) <= 32)
            demand(all(re.fullmatch(r"[a-z][a-z0-9_-]{0,31}", role) for role in claims["roles"]))
        return claims

    def _together(self, body, cookie):
        demand(body["sid"] == cookie["sid"] and body["sub"] == cookie["sub"])  # `gen` may differ
        standing = self.revocations and self.revocations.standing(body["sid"])
        demand(not (standing and standing.ended))
        not_before = standing and standing.tokens_not_before
        if (
            cookie["ctx"] != context(body)
            or self.now() >= min(body["exp"], cookie["exp"]) + LEEWAY
            or (not_before is not None and min(body["iat"], cookie["iat"]) <= not_before)
        ):
            raise Refused("access_expired")
        return {name: body[name] for name in ("sub", "sid", "roles", "auth_time", "amr")}


def context(body):
    """
    What the cookie half says of the body half: the first 16 bytes of SHA-256 over the UTF-8 of the JSON
    array `[auth_time,amr,roles]` without white space, in base64url without padding.
    """
    grants = [body["auth_time"], body["amr"], body["roles"]]
    text = json.dumps(grants, separators=(",", ":"), ensure_ascii=False)
    return encode(hashlib.sha256(text.encode()).digest()[:16])


# What is there but no token reads as "", which is no token: bad never turns into absent.


def read_bearer(lines):
    demand(len(lines) <= 1)
    if not lines:
        return None
    found = re.fullmatch(r"bearer ([^ ]+)", lines[0].strip(" \t"), re.IGNORECASE | re.ASCII)
    return found[1] if found else ""


def read_cookie(lines, name):
    """Names byte for byte, nothing decoded, a second one refused: what a cookie library does not do."""
    pairs = [pair.lstrip(" \t") for line in lines for pair in line.strip(" \t").split(";")]
    values = [pair[len(name) + 1 :] for pair in pairs if pair.startswith(f"{name}=")]
    demand(len(values) <= 1)
    return values[0] if values else None


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(part):
    """Strict base64url. The library skips what it does not know: look whether the way back is the same."""
    try:
        data = base64.urlsafe_b64decode(part.encode("ascii") + b"=" * (-len(part) % 4))
    except ValueError:
        raise Refused("invalid_token") from None
    demand(part and encode(data) == part)
    return data


def read_object(data):
    """A JSON object without repeated members; PyJWT would keep the last one."""

    def unique(members):
        found = dict(members)
        demand(len(found) == len(members))
        return found

    def constant(_):  # NaN and Infinity are no JSON
        raise ValueError

    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=unique, parse_constant=constant)
    except (ValueError, RecursionError):
        raise Refused("invalid_token") from None
    demand(type(value) is dict)
    return value


def is_integer(value):
    return type(value) is int and abs(value) < 2**53  # `type`: True is an int to isinstance


def is_id(value):
    return type(value) is str and re.fullmatch(r"[0-9a-f]{32}", value) is not None


def is_strings(value):
    return type(value) is list and all(type(item) is str for item in value)
