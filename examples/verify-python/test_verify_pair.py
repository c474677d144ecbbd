"""What needs no service. The rest is in tests/elsewhere."""

import unittest

from keys import Unavailable
from revocations import Revocations
from verify_pair import PairVerifier, Refused, context


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


if __name__ == "__main__":
    unittest.main()
