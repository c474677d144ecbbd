"""What openapi-python-client makes of the document, with a cookie jar: log in, call, refresh, log out.

BASE, EMAIL, PASSWORD, LIFE (seconds that an access token lives) are in the environment.
"""

import os
import time

import httpx
from tandem_client import AuthenticatedClient, Client
from tandem_client.api.accounts import login, me
from tandem_client.api.tokens import logout, refresh
from tandem_client.models import Credentials, Me, Problem, ProblemCode, RefreshRequest, TokenAnswer

base, email = os.environ["BASE"], os.environ["EMAIL"]


def halves(jar, tokens):
    """The client for calls with both halves: the jar's, and that of an answer."""
    jar.headers["Authorization"] = f"Bearer {tokens.access_token}"
    return AuthenticatedClient(base_url=base, token="").set_httpx_client(jar)


with httpx.Client(base_url=base, timeout=10) as jar:
    public = Client(base_url=base).set_httpx_client(jar)
    tokens = login.sync(client=public, body=Credentials(email=email, password=os.environ["PASSWORD"]))
    assert isinstance(tokens, TokenAnswer), tokens
    client = halves(jar, tokens)
    before = me.sync(client=client)
    assert isinstance(before, Me) and before.user.email == email, before

    time.sleep(float(os.environ["LIFE"]) + 0.5)
    expired = me.sync(client=client)
    assert isinstance(expired, Problem) and expired.code == ProblemCode.ACCESS_EXPIRED, expired
    renewed = refresh.sync(client=client, body=RefreshRequest(refresh_token=tokens.refresh_token))
    assert isinstance(renewed, TokenAnswer) and renewed.refresh_token != tokens.refresh_token
    client = halves(jar, renewed)
    after = me.sync(client=client)
    assert isinstance(after, Me) and after.session.id == before.session.id, after

    assert logout.sync_detailed(client=client).status_code == 204
    over = me.sync(client=client)
    # Without its cookies the body half is half a credential.
    assert isinstance(over, Problem) and over.code == ProblemCode.INVALID_TOKEN, over
    assert not list(jar.cookies.jar), "the cookies are still there"
