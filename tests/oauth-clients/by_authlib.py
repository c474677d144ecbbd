"""The service as Authlib sees it. Reads what the clients are called, as JSON, from standard input."""

import json
import sys
import time
import warnings

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey


# The old name of the algorithm is the one that every verifier knows.
warnings.filterwarnings("ignore", message="EdDSA is deprecated")


def discover(issuer):
    url = get_well_known_url(issuer, external=True, suffix="oauth-authorization-server")
    metadata = AuthorizationServerMetadata(requests.get(url, timeout=10).json())
    # What it checks itself; the endpoints only where they are https.
    metadata.validate_grant_types_supported()
    metadata.validate_token_endpoint_auth_methods_supported()
    metadata.validate_token_endpoint_auth_signing_alg_values_supported()
    metadata.validate_revocation_endpoint_auth_methods_supported()
    metadata.validate_introspection_endpoint_auth_methods_supported()
    assert metadata["issuer"] == issuer
    return metadata


def by_secret(known, method, secret=None):
    client = known["secretive"]
    return OAuth2Session(
        client["client_id"],
        secret or client["client_secret"],
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
    )


class ShortLived(PrivateKeyJWT):
    """By itself it signs for an hour, which is too long here. And given claims it would write the
    identifier of the first assertion into all that follow, so they are made anew for each.
    """

    def __init__(self, alg="EdDSA", **changes):
        super().__init__(alg=alg)
        self.changes = changes

    def sign(self, auth, token_endpoint):
        self.claims = {"exp": int(time.time()) + 60, **self.changes}
        return super().sign(auth, token_endpoint)


def by_key(known, metadata, method):
    session = OAuth2Session(
        known["signing"]["client_id"],
        OKPKey.import_key(known["key"]),
        token_endpoint_auth_method="private_key_jwt",
        revocation_endpoint_auth_method="private_key_jwt",
    )
    method.token_endpoint = metadata["token_endpoint"]
    session.register_client_auth_method(method)
    return session


def use_token(session, metadata, known):
    """A token from its beginning to its end."""
    issued = session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
    assert issued["token_type"] == "Bearer" and issued["expires_in"] == 600, issued
    assert issued["scope"] == " ".join(known["scopes"]) and "refresh_token" not in issued
    token = issued["access_token"]

    keys = KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=10).json())
    decoded = jwt.decode(token, keys, algorithms=["EdDSA"])
    assert decoded.header["typ"] == "at+jwt"
    registry = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": metadata["issuer"]},
        aud={"essential": True, "value": "tandem"},
        exp={"essential": True},
        sub={"essential": True, "value": session.client_id},
    )
    registry.validate(decoded.claims)

    # An operation that wants a machine token.
    answer = session.get(metadata["issuer"] + "/api/auth/revocations")
    assert answer.status_code == 200, answer.text
    said = introspect(session, metadata, token)
    assert said["active"] and said["jti"] == decoded.claims["jti"], said
    answer = session.revoke_token(metadata["revocation_endpoint"], token=token)
    assert answer.status_code == 200, answer.text
    assert introspect(session, metadata, token) == {"active": False}


def introspect(session, metadata, token):
    answer = session.introspect_token(metadata["introspection_endpoint"], token=token)
    assert answer.status_code == 200, answer.text
    return answer.json()


def is_refused(session, metadata, error, **parameters):
    try:
        session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials", **parameters)
    except OAuthError as refusal:
        assert refusal.error == error and refusal.description, refusal
    else:
        raise AssertionError(f"not refused: {error}")


def main():
    known = json.load(sys.stdin)
    metadata = discover(known["issuer"])
    for method in ["client_secret_basic", "client_secret_post"]:
        use_token(by_secret(known, method), metadata, known)
        is_refused(by_secret(known, method, "wrong"), metadata, "invalid_client")
        is_refused(by_secret(known, method), metadata, "invalid_scope", scope="orders:write")
    for alg in ["EdDSA", "Ed25519"]:
        use_token(by_key(known, metadata, ShortLived(alg)), metadata, known)
    for bad in [
        PrivateKeyJWT(alg="EdDSA"),
        ShortLived(aud="https://other.example"),
        ShortLived(exp=int(time.time()) - 60),
    ]:
        is_refused(by_key(known, metadata, bad), metadata, "invalid_client")
    print("Authlib: metadata, tokens by three methods, verification, introspection, revocation")


main()
