"""How teams serve it, really run: behind a proxy with TLS, with a provider of sign-ins, on PostgreSQL."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import pwd
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from .conftest import Served, free_port, make_workspace, start, stop
from .person import SECTION, Person
from .test_services import Quiet, listening


@contextmanager
def served_with(folder: Path, **options: Any) -> Iterator[Served]:
    server = start(folder, **options)
    try:
        yield server
    finally:
        stop(server)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost, signed by itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, private = folder / "tls.pem", folder / "tls.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return pem, private


def proxy_to(port: int, address: str = "203.0.113.7") -> type[BaseHTTPRequestHandler]:
    """A proxy as the how-to sets nginx up: Host unchanged, the client's address added, the scheme said."""

    class Proxy(Quiet):
        def _pass_on(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            headers = {k: v for k, v in self.headers.items() if k.lower() != "connection"}
            before = headers.pop("X-Forwarded-For", "")
            headers["X-Forwarded-For"] = f"{before}, {address}" if before else address
            headers["X-Forwarded-Proto"] = "https"
            behind = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
            behind.request(self.command, self.path, self.rfile.read(length), headers)
            answer = behind.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            behind.close()

        do_GET = do_POST = _pass_on  # noqa: N815 -- their names

    return Proxy


def test_behind_a_proxy_with_tls(tmp_path: Path) -> None:
    pem, private = certificate(tmp_path)
    folder, port = make_workspace(tmp_path / "w"), free_port()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, private)
    with listening(proxy_to(port)) as proxy:
        proxy.socket = context.wrap_socket(proxy.socket, server_side=True)
        origin = f"https://localhost:{proxy.server_port}"
        with served_with(folder, port=port, origin=origin, trusted_proxies=1):
            trusting = ssl.create_default_context(cafile=str(pem))
            ann = Person(origin, trusting)
            ann.sign_in()
            ann.answer("Through the proxy")
            assert "Through the proxy" in (folder / "credit/answers/small.yaml").read_text()
            with ann.opener.open(f"{origin}/") as answer:
                assert "max-age" in answer.headers["Strict-Transport-Security"]
            # Whoever reaches the server itself is led to TLS, and a foreign name is refused.
            with pytest.raises(urllib.error.HTTPError) as found:
                Person(f"http://127.0.0.1:{port}").get("/")
            with found.value:
                assert found.value.code in (301, 400)
            # The address that counts is the one that the proxy saw, whatever a client writes.
            ann.headers = {"X-Forwarded-For": "198.51.100.1"}
            page = ann.get("/verify/")
            statuses = [verify_nothing(ann, page, turn) for turn in range(22)]
            assert statuses[:20] == ["Choose a report."] * 20
            assert statuses[-1].startswith("Too many")


def verify_nothing(person: Person, page: str, turn: int) -> str:
    person.headers = {"X-Forwarded-For": f"198.51.100.{turn}"}
    try:
        said = person.post("/verify/", page, {})
    except urllib.error.HTTPError as error:
        with error:
            said = error.read().decode()
    found = re.search(r'id="faults".*?<p>(.*?)</p>', said, re.DOTALL)
    assert found, said
    return found[1]


class Provider:
    """A small OpenID Connect provider: discovery, a code with PKCE, a signed token, the person's claims."""

    def __init__(self) -> None:
        from cryptography.hazmat.primitives.asymmetric import rsa

        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.claims: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.faults: list[str] = []
        self.base = ""

    def handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(Quiet):
            def _json(self, value: Any, status: int = 200) -> None:
                content = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def do_GET(self) -> None:  # noqa: N802 -- its name
                url = urllib.parse.urlsplit(self.path)
                asked = dict(urllib.parse.parse_qsl(url.query))
                if url.path == "/.well-known/openid-configuration":
                    self._json(provider.discovery())
                elif url.path == "/keys":
                    self._json(provider.keys())
                elif url.path == "/claims":
                    self._json(provider.claims)
                elif url.path == "/authorize":
                    code = f"code-{len(provider.codes)}"
                    provider.codes[code] = asked
                    back = urllib.parse.urlencode({"code": code, "state": asked["state"]})
                    self.send_response(302)
                    self.send_header("Location", f"{asked['redirect_uri']}?{back}")
                    self.end_headers()

            def do_POST(self) -> None:  # noqa: N802 -- its name
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._json(provider.token(dict(urllib.parse.parse_qsl(body)), self.headers))

        return Handler

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.base,
            "authorization_endpoint": f"{self.base}/authorize",
            "token_endpoint": f"{self.base}/token",
            "userinfo_endpoint": f"{self.base}/claims",
            "jwks_uri": f"{self.base}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }

    def keys(self) -> dict[str, Any]:
        from jwt.algorithms import RSAAlgorithm

        public = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**public, "kid": "one", "alg": "RS256", "use": "sig"}]}

    def token(self, form: dict[str, str], headers: Any) -> dict[str, Any]:
        import jwt

        asked = self.codes.pop(form["code"])
        basic = base64.b64decode(headers.get("Authorization", "Basic ")[6:]).decode()
        secret = form.get("client_secret") or basic.partition(":")[2]
        if secret != "the secret":
            self.faults.append("secret")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked.get("code_challenge") not in (None, challenge):
            self.faults.append("PKCE")
        now = int(time.time())
        claims = {"iss": self.base, "aud": "raudit", "iat": now, "exp": now + 60, **self.claims}
        if "nonce" in asked:
            claims["nonce"] = asked["nonce"]
        token = jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "one"})
        return {"access_token": "a", "token_type": "Bearer", "id_token": token, "expires_in": 60}


def through_the_provider(base: str) -> tuple[Person, str]:
    person = Person(base)
    page = person.get("/accounts/login/")
    found = re.search(r'/accounts/oidc/company/login/[^"]*', page)
    assert found, page
    asked = person.get(found[0])
    return person, person.post(found[0], asked, {})


def test_a_provider_signs_in_whom_it_vouches_for_and_who_was_invited(tmp_path: Path) -> None:
    provider, folder = Provider(), make_workspace(tmp_path / "w")
    with listening(provider.handler()) as server:
        provider.base = f"http://127.0.0.1:{server.server_port}"
        company = {
            "provider_id": "company",
            "name": "Company",
            "client_id": "raudit",
            "secret": "the secret",
            "settings": {"server_url": provider.base, "oauth_pkce_enabled": True},
        }
        with served_with(folder, oidc=(company,)) as served:
            provider.claims = {"sub": "1", "email": "rita@example.org", "email_verified": True}
            person, page = through_the_provider(served.base)
            assert "Rita Reads" in page, page
            assert person.url == f"{served.base}/"
            # Somebody whom nobody invited, and an address that the provider does not vouch for.
            provider.claims = {"sub": "2", "email": "new@example.org", "email_verified": True}
            assert refused(served.base)
            provider.claims = {"sub": "3", "email": "adam@example.org", "email_verified": False}
            assert refused(served.base)
    assert provider.faults == []


def refused(base: str) -> bool:
    try:
        person, page = through_the_provider(base)
    except urllib.error.HTTPError as error:
        with error:
            return error.code == 403
    with pytest.raises(AssertionError):
        person.answer("never")
    return "Waiting for you" not in page


# -- PostgreSQL


class Postgres:
    """A server of its own, in a folder that belongs to whom it runs as."""

    def __init__(self, programs: Path, owner: str) -> None:
        self.programs, self.owner = programs, owner
        self.folder = Path(tempfile.mkdtemp(prefix="raudit-web-pg-"))
        if os.getuid() == 0:
            shutil.chown(self.folder, owner)
        self.port = free_port()
        self._run("initdb", "-U", "owner", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
        self.start()

    @property
    def url(self) -> str:
        """Address of its database."""
        return f"postgresql://owner@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        sockets = f"-c unix_socket_directories={self.folder}"
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 {sockets}"
        self._run("pg_ctl", "-w", "-l", str(self.folder / "server.log"), "-o", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-m", "immediate", "-w", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), "-D", str(self.folder / "data"), *arguments]
        if os.getuid() == 0:
            command = ["setpriv", f"--reuid={self.owner}", "--clear-groups", *command]
        quiet = subprocess.DEVNULL
        subprocess.run(command, check=True, cwd=self.folder, stdout=quiet, stderr=quiet)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """PostgreSQL from the system's package; skipped with the reason where there is none."""
    pytest.importorskip(
        "psycopg", reason="psycopg is not installed (pip install 'raudit[postgres]')"
    )
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not versions:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    owner = pwd.getpwuid(os.getuid()).pw_name
    if os.getuid() == 0:
        names = {entry.pw_name for entry in pwd.getpwall()}
        owner = next((name for name in ("postgres", "nobody") if name in names), "")
        if not owner:
            pytest.skip("PostgreSQL does not run as root, and there is no other user")
    server = Postgres(versions[-1], owner)
    yield server
    server.stop()
    shutil.rmtree(server.folder)


def test_on_postgresql_and_through_its_restart(tmp_path: Path, postgres: Postgres) -> None:
    folder = make_workspace(tmp_path / "w")
    with served_with(folder, database=postgres.url) as served:
        ann = Person(served.base)
        ann.sign_in()
        ann.answer("Before")
        page = ann.get("/s/credit/a/small/q/first.people/")
        ann.post("/s/credit/a/small/q/first.people/assign/", page, {"person": "ann"})
        assert "Is it about people?" in ann.get("/")
        postgres.stop()
        late: list[str] = []

        def impatient() -> None:
            try:
                ann.get("/")
            except urllib.error.HTTPError as error:
                with error:
                    late.append(type(error).__name__)

        thread = threading.Thread(target=impatient)
        thread.start()
        thread.join(60)
        assert late == ["HTTPError"]  # said, and nothing acknowledged
        postgres.start()
        assert "Waiting for you" in ann.get("/")
        ann.answer("After")
        assert "After" in ann.get(SECTION)
    assert not (folder / ".raudit-web/web.sqlite3").exists()
    # The accounts are where the URL says: another server finds them there.
    with served_with(folder, database=postgres.url) as served:
        assert "Waiting for you" in Person(served.base).sign_in("rex")


@pytest.mark.slow
def test_the_pages_tests_pass_on_postgresql(postgres: Postgres) -> None:
    here = Path(__file__).parent
    environment = os.environ | {"RAUDIT_TEST_DATABASE": postgres.url}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    names = [str(here / name) for name in ("test_pages.py", "test_access.py")]
    done = subprocess.run([*command, *names], env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode()[-4000:]
