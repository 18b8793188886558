"""Authlib over requests: how most Python applications sign people in."""

import json
import subprocess
import unittest
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import requests
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet

CALLBACK = "https://hrm.nordvik.example/callback"
SIGNED_OUT = "https://hrm.nordvik.example/signed-out"
API = "https://hrm.nordvik.example/api"
KIT = Path(__file__).parent.parent / "kit"
PATIENCE = 20  # longer than any honest chain of pages, shorter than a loop


class Forms(HTMLParser):
    """The first form in the page's main part, and where the page goes on by itself."""

    def __init__(self, text):
        super().__init__()
        self.action, self.fields, self.goes_on_to, self._at = None, [], None, None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag == "meta" and (found.get("http-equiv") or "").lower() == "refresh":
            self.goes_on_to = found["content"].split("=", 1)[1]
        elif tag == "main":
            self._at = "main"
        elif tag == "form" and self._at == "main" and self.action is None:
            self._at, self.action = "form", found.get("action") or ""
        elif self._at == "form" and tag in ("input", "button"):
            kind = found.get("type") or ("submit" if tag == "button" else "text")
            self.fields.append((found.get("name"), found.get("value") or "", kind, found))

    def handle_endtag(self, tag):
        if tag == "form" and self._at == "form":
            self._at = "main"

    def filled(self, address, password):
        """What Enter sends: every field, and the first button."""
        sent, pressed = [], False
        for name, value, kind, found in self.fields:
            if kind == "submit":
                if pressed:
                    continue
                pressed = True
            if not name or kind == "button" or (kind in ("checkbox", "radio") and "checked" not in found):
                continue
            if kind == "password":
                value = password
            elif "readonly" not in found and kind != "hidden" and (kind == "email" or "username" in (found.get("autocomplete") or "")):
                value = address
            sent.append((name, value))
        return sent


class AuthlibTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        command = ["node", str(KIT / "serve.mjs"), CALLBACK, SIGNED_OUT, API]
        cls.server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls._stop)
        line = cls.server.stdout.readline()
        if not line:
            raise RuntimeError("the deployment did not start")
        cls.world = json.loads(line)
        discovery = cls.world["issuer"] + "/.well-known/openid-configuration"
        cls.metadata = requests.get(discovery, verify=cls.world["authority"], timeout=30).json()
        keys = requests.get(cls.metadata["jwks_uri"], verify=cls.world["authority"], timeout=30).json()
        cls.keys = KeySet.import_key_set(keys)

    @classmethod
    def _stop(cls):
        cls.server.stdin.close()
        cls.server.wait(30)
        cls.server.stdout.close()

    def session(self, app, **more):
        session = OAuth2Session(self.world[app]["client_id"], self.world[app]["client_secret"], **more)
        session.trust_env, session.verify = False, self.world["authority"]
        self.addCleanup(session.close)
        return session

    def drive(self, url):
        """A browser without script: signs in, and returns the address at which it leaves for the app."""
        with requests.Session() as browser:
            # The machine's own REQUESTS_CA_BUNDLE would win over `verify`.
            browser.trust_env, browser.verify = False, self.world["authority"]
            answer = browser.get(url, allow_redirects=False, timeout=30)
            for _ in range(PATIENCE):
                page = Forms(answer.text)
                following = answer.headers.get("location") or page.goes_on_to
                if following:
                    url = urljoin(answer.url, following)
                    if not url.startswith(self.world["issuer"] + "/"):
                        return url
                    answer = browser.get(url, allow_redirects=False, timeout=30)
                    continue
                self.assertIsNotNone(page.action, answer.text)
                filled = page.filled(self.world["address"], self.world["password"])
                origin = {"origin": self.world["issuer"], "referer": answer.url}
                action = urljoin(answer.url, page.action)
                answer = browser.post(action, filled, headers=origin, allow_redirects=False, timeout=30)
        self.fail("pages without end")

    def signed_in(self):
        session = self.session(
            "hrm", scope="openid profile email", redirect_uri=CALLBACK, code_challenge_method="S256"
        )
        verifier = "a verifier of forty-three characters or more-0123456789".replace(" ", "-")
        url, state = session.create_authorization_url(
            self.metadata["authorization_endpoint"], code_verifier=verifier, nonce="a-nonce"
        )
        back = self.drive(url)
        self.assertEqual(parse_qs(urlsplit(back).query)["iss"], [self.world["issuer"]])
        tokens = session.fetch_token(
            self.metadata["token_endpoint"], authorization_response=back, state=state, code_verifier=verifier
        )
        return session, tokens

    def claims(self, token, client):
        """The claims of a token whose signature, issuer, audience and times are right."""
        claims = jwt.decode(token, self.keys, algorithms=["RS256", "ES256"]).claims
        issuer = {"essential": True, "value": self.world["issuer"]}
        jwt.JWTClaimsRegistry(iss=issuer, aud={"essential": True, "value": client}).validate(claims)
        return claims

    def test_code_with_pkce_gives_an_id_token_and_userinfo_speaks_of_the_same_person(self):
        session, tokens = self.signed_in()
        claims = self.claims(tokens["id_token"], self.world["hrm"]["client_id"])
        self.assertEqual(claims["nonce"], "a-nonce")
        person = session.get(self.metadata["userinfo_endpoint"], timeout=30).json()
        self.assertEqual(person["sub"], claims["sub"])
        self.assertEqual((person["email"], person["name"]), (self.world["address"], "Anna Svensson"))

    def test_a_refresh_token_gives_a_new_access_token(self):
        session, tokens = self.signed_in()
        fresh = session.refresh_token(self.metadata["token_endpoint"], tokens["refresh_token"])
        self.assertNotEqual(fresh["access_token"], tokens["access_token"])
        self.assertEqual(session.get(self.metadata["userinfo_endpoint"], timeout=30).status_code, 200)

    def test_introspection_follows_revocation(self):
        session, tokens = self.signed_in()
        ask = lambda: session.introspect_token(
            self.metadata["introspection_endpoint"], token=tokens["access_token"]
        ).json()
        self.assertIs(ask()["active"], True)
        session.revoke_token(self.metadata["revocation_endpoint"], token=tokens["access_token"])
        self.assertEqual(ask(), {"active": False})

    def test_client_credentials_gives_a_token_for_the_api_that_was_named(self):
        session = self.session("machine", token_endpoint_auth_method="client_secret_post", scope="hours:write")
        token = session.fetch_token(self.metadata["token_endpoint"], grant_type="client_credentials", resource=API)
        self.assertEqual(self.claims(token["access_token"], API)["client_id"], self.world["machine"]["client_id"])

    def test_the_end_session_address_leads_back_to_the_app(self):
        _, tokens = self.signed_in()
        asked = requests.Request(
            "GET",
            self.metadata["end_session_endpoint"],
            params={"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": SIGNED_OUT, "state": "bye"},
        ).prepare()
        self.assertEqual(self.drive(asked.url), SIGNED_OUT + "?state=bye")


if __name__ == "__main__":
    unittest.main()
