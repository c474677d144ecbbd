"""What needs no service. The rest is in tests/elsewhere."""

import logging
import socket
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

from keys import LONGEST_OUTAGE, KeySet, Unavailable
from revocations import Revocations
from verify_pair import PairVerifier, Refused, context

logging.disable()  # of looks that are meant to fail


class Tests(unittest.TestCase):
    def test_the_context_is_what_tandem_writes(self):
        grants = {"auth_time": 1800000000, "amr": ["pwd"], "roles": ["admin", "user"]}
        self.assertEqual(context(grants), "hm9IvJxiagq2H9GhDMh_Bw")

    def test_the_cookie_has_its_prefix_over_https_and_only_there(self):
        for issuer, name in [
            ("https://api.example.com", "__Host-tandem-access"),
            ("http://localhost:8080", "tandem-access"),
        ]:
            verifier = PairVerifier(issuer, "tandem", keys=None)
            for line, code in [
                (f"{name}=x", "invalid_token"),
                (f"x{name}=x; __%48ost-tandem-access=x; Tandem-Access=x", "unauthenticated"),
            ]:
                with self.assertRaises(Refused) as refused:
                    verifier.verify([], [line])
                self.assertEqual(refused.exception.code, code)

    def test_revocations_are_asked_for_from_the_last_answer_on_and_not_believed_for_ever(self):
        asked, now = [], [0]
        answers = [
            {"now": 1000, "bound": 10, "sessions": [{"id": "a", "ended": True, "tokens_not_before": None}]},
            {"now": 2000, "bound": 10, "sessions": [{"id": "b", "ended": False, "tokens_not_before": 7}]},
        ]

        def fetch(request):
            asked.append(request.full_url)
            return answers.pop(0), {}

        revocations = Revocations("http://u", lambda anew: "t", fetch, lambda: now[0])
        self.assertRaises(Unavailable, revocations.standing, "a")
        revocations.look()
        revocations.look()
        self.assertEqual(asked, ["http://u", "http://u?since=1000"])
        self.assertTrue(revocations.standing("a").ended)
        self.assertEqual(revocations.standing("b").tokens_not_before, 7)
        self.assertIsNone(revocations.standing("c"))
        now[0] = 10.001
        self.assertRaises(Unavailable, revocations.standing, "c")

    def test_a_set_of_keys_is_kept_through_an_outage_but_not_for_ever(self):
        jwk = {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
        answers, now = [{"keys": [{**jwk, "kid": ring, "tandem_ring": ring} for ring in ("body", "cookie")]}], [0]
        keys = KeySet("http://u", lambda request: (answers[0], {}), lambda: now[0])
        self.assertTrue(keys.find("body"))
        answer = answers.pop()
        now[0] = LONGEST_OUTAGE
        self.assertTrue(keys.find("body"))
        now[0] += 60  # it was fresh for a minute
        self.assertRaises(Unavailable, keys.find, "body")
        answers.append(answer)
        now[0] += 1
        self.assertTrue(keys.find("body"))

    @mock.patch("keys.TIMEOUT", 0.5)
    def test_an_answer_that_drips_holds_nobody(self):
        def drip(server):
            connection, _ = server.accept()
            with connection:
                try:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nDrip: ")
                    while True:
                        connection.sendall(b"x")
                        time.sleep(0.05)
                except OSError:
                    pass  # it has hung up

        def find(keys):
            began = time.monotonic()
            self.assertRaises(Unavailable, keys.find, "a")
            return time.monotonic() - began

        with socket.create_server(("127.0.0.1", 0)) as server:
            dripping = threading.Thread(target=drip, args=[server])
            dripping.start()
            keys = KeySet(f"http://127.0.0.1:{server.getsockname()[1]}/")
            with ThreadPoolExecutor(8) as callers:
                self.assertLess(max(callers.map(find, [keys] * 8)), 2)
            dripping.join(5)
            self.assertFalse(dripping.is_alive())
            self.assertTrue(keys.over.wait(5))


if __name__ == "__main__":
    unittest.main()
