"""A browser without a screen: cookies, forms with their tokens, redirects."""

from __future__ import annotations

import http.cookiejar
import re
import ssl
import urllib.parse
import urllib.request

PASSWORD = "a long enough phrase"
SECTION = "/s/credit/a/small/section/first/"


class Person:
    """Someone at a served workspace."""

    def __init__(self, base: str, context: ssl.SSLContext | None = None) -> None:
        # Secure cookies are kept on localhost, as browsers do.
        policy = http.cookiejar.DefaultCookiePolicy(secure_protocols=("http", "https"))
        jar = http.cookiejar.CookieJar(policy)
        handlers: list[urllib.request.BaseHandler] = [urllib.request.HTTPCookieProcessor(jar)]
        if context is not None:
            handlers.append(urllib.request.HTTPSHandler(context=context))
        self.base, self.opener = base, urllib.request.build_opener(*handlers)
        self.headers: dict[str, str] = {}
        self.url = ""

    def get(self, path: str) -> str:
        return self._open(urllib.request.Request(self._address(path), headers=self.headers))

    def post(self, path: str, page: str, data: dict[str, str]) -> str:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token, page[:500]
        body = urllib.parse.urlencode({**data, "csrfmiddlewaretoken": token[1]}).encode()
        headers = {**self.headers, "Referer": self._address(path)}
        return self._open(urllib.request.Request(self._address(path), body, headers))

    def _address(self, path: str) -> str:
        return path if "://" in path else self.base + path

    def _open(self, request: urllib.request.Request) -> str:
        with self.opener.open(request, timeout=300) as response:
            self.url = response.url
            return str(response.read().decode())

    def sign_in(self, person: str = "ann") -> str:
        page = self.get("/accounts/login/")
        form = {"login": f"{person}@example.org", "password": PASSWORD}
        return self.post("/accounts/login/", page, form)

    def answer(self, text: str) -> None:
        page = self.get(SECTION)
        digest = re.search(r'name="d:first.what" value="([^"]*)"', page)
        assert digest
        form = {"d:first.what": digest[1], "v:first.what": text, "go": "back"}
        assert "1 answer is saved" in self.post(SECTION, page, form)
