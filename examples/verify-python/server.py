"""
A resource server that verifies pairs itself: GET /me answers who is calling.

    ISSUER=http://localhost:8080 python3 server.py

To learn of logouts, also CLIENT_ID and CLIENT_SECRET of a machine client.
"""

import json
import logging
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from os import environ

from keys import KeySet, Unavailable
from revocations import MachineToken, Revocations
from verify_pair import PairVerifier, Refused

issuer = environ.get("ISSUER", "http://localhost:8080")
tandem = environ.get("TANDEM", issuer)  # where Tandem is asked, if not at its public address

revocations = None
client = environ.get("CLIENT_ID"), environ.get("CLIENT_SECRET")
if client != (None, None):
    if not all(client):  # to go on without would be to hear of no logout
        raise SystemExit("CLIENT_ID and CLIENT_SECRET: both or neither, and not empty")
    token = MachineToken(f"{tandem}/iam/oauth/token", *client)
    revocations = Revocations(f"{tandem}/api/auth/revocations", token)
    revocations.keep_looking()
keys = KeySet(f"{tandem}/.well-known/jwks.json")
verifier = PairVerifier(issuer, environ.get("AUDIENCE", "tandem"), keys, revocations)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def lines(self, name):
        """Every line of a header: frameworks tend to join them, or to keep one."""
        return self.headers.get_all(name) or []

    def do_GET(self):
        if self.path != "/me":
            return self.send(404, {"status": 404, "code": "not_found"})
        try:
            self.send(200, verifier.verify(self.lines("Authorization"), self.lines("Cookie")))
        except Refused as refused:
            why = "" if refused.code == "unauthenticated" else ', error="invalid_token"'
            challenge = {"WWW-Authenticate": f'Bearer realm="tandem"{why}'}
            # The page reads `code`: on access_expired it refreshes and tries again.
            self.send(401, {"status": 401, "code": refused.code}, challenge)
        except Unavailable:
            self.send(503, {"status": 503, "code": "unavailable"}, {"Retry-After": "1"})

    def send(self, status, answer, headers={}):
        data = json.dumps(answer).encode()
        self.send_response(status)
        kind = "application/json" if status == 200 else "application/problem+json"
        common = {"Content-Type": kind, "Cache-Control": "no-store", "Content-Length": str(len(data))}
        for name, value in {**common, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


logging.basicConfig()
server = ThreadingHTTPServer(("127.0.0.1", int(environ.get("PORT", "9000"))), Handler)
print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
