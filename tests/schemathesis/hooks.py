"""Credentials for generated requests.

A protected operation wants two halves, an `Authorization` header and a cookie, that come from one login
and are worth nothing apart. Most of what is generated for the remaining inputs is refused, as it should
be; now and then a request is filled in with what the account really has, so that successes are seen too.
"""

import itertools
import os
import uuid
from dataclasses import dataclass

import requests
import schemathesis

BASE_URL = os.environ["BASE_URL"]
# Seconds that one login serves; none: a login for each request, where requests end their own session.
LOGIN_SERVES = int(os.environ["LOGIN_SERVES"]) if os.environ.get("LOGIN_SERVES") else None
PASSWORD = "a long enough passphrase"

fill_this_one = itertools.cycle([True, False])


@dataclass
class Account:
    email: str
    access_token: str
    refresh_token: str
    session: str
    cookies: dict[str, str]


def post(path, body):
    answer = requests.post(f"{BASE_URL}/api/auth/{path}", json=body, timeout=10)
    answer.raise_for_status()
    return answer


def register():
    email = f"{uuid.uuid4()}@example.com"
    post("register", {"email": email, "password": PASSWORD})
    return email


def login(email):
    answer = post("login", {"email": email, "password": PASSWORD})
    body = answer.json()
    return Account(
        email=email,
        access_token=body["access_token"],
        refresh_token=body["refresh_token"],
        session=body["session"]["id"],
        cookies=answer.cookies.get_dict(),
    )


def operation_id(case_or_context):
    return case_or_context.operation.definition.raw.get("operationId")


def is_valid(case):
    """Whether the inputs were meant to be valid: what was broken on purpose has to stay broken."""
    return case.meta is not None and case.meta.generation.mode.is_positive


def needs_a_pair(context):
    """A pair sent along with a login would end its own session."""
    requirements = context.operation.definition.raw.get("security", [])
    return any("bodyAccess" in requirement for requirement in requirements)


@schemathesis.auth(refresh_interval=LOGIN_SERVES).apply_to(needs_a_pair)
class BothHalves:
    def get(self, case, context):
        return login(register())

    def set(self, case, account, context):
        case.headers["Authorization"] = f"Bearer {account.access_token}"
        case.cookies["tandem-access"] = account.cookies["tandem-access"]
        operation = operation_id(context)
        if operation == "refresh":
            case.cookies["tandem-refresh"] = account.cookies["tandem-refresh"]
        if not is_valid(case) or not next(fill_this_one):
            return
        if operation == "refresh":
            case.body = {"refresh_token": account.refresh_token}
        elif operation == "changePassword":
            case.body = {"current_password": PASSWORD, "new_password": str(uuid.uuid4())}
        elif operation == "endSession":
            case.path_parameters["id"] = account.session


def needs_a_session_cookie(context):
    requirements = context.operation.definition.raw.get("security", [])
    return any("sessionCookie" in requirement for requirement in requirements)


@schemathesis.auth(refresh_interval=LOGIN_SERVES).apply_to(needs_a_session_cookie)
class SessionCookie:
    """A cookie that authorizes alone, so the page's origin is named with it."""

    def get(self, case, context):
        body = {"email": register(), "password": PASSWORD}
        answer = requests.post(f"{BASE_URL}/iam/passwordlogin", json=body, timeout=10)
        answer.raise_for_status()
        return answer.cookies["tandem-session"]

    def set(self, case, cookie, context):
        case.cookies["tandem-session"] = cookie
        case.headers["Origin"] = BASE_URL
        if operation_id(context) == "token" and is_valid(case) and next(fill_this_one):
            case.body = {"grant_type": "session"}


known = []


@schemathesis.hook
def before_call(context, case, kwargs):
    if operation_id(case) in ("login", "passwordLogin") and is_valid(case) and next(fill_this_one):
        if not known:
            known.append(register())
        case.body = {"email": known[0], "password": PASSWORD}


@schemathesis.check
def one_half_is_nothing(ctx, response, case):
    """What both halves open, neither opens alone. (`ignored_auth` only takes both away at once.)"""
    if not needs_a_pair(case) or not 200 <= response.status_code < 300:
        return
    for half in ("Authorization", "Cookie"):
        request = response.request.copy()
        del request.headers[half]
        with requests.Session() as session:
            status = session.send(request, timeout=10).status_code
        assert status == 401, f"without the {half} header the answer is {status}, not 401"


@schemathesis.check
def cookie_and_origin_are_needed(ctx, response, case):
    """A cookie that authorizes alone: without it there is no grant, without the page's origin no look at it.

    (`ignored_auth` wants a 401, where RFC 6749 wants a 400.)
    """
    if not needs_a_session_cookie(case) or not 200 <= response.status_code < 300:
        return
    for header, expected in (("Cookie", 400), ("Origin", 403)):
        request = response.request.copy()
        del request.headers[header]
        with requests.Session() as session:
            status = session.send(request, timeout=10).status_code
        assert status == expected, f"without the {header} header the answer is {status}, not {expected}"
