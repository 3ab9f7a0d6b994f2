"""A small tagged-enough PDF, local keys, and a certificate and time stamp authority on the loopback interface."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, AttachedFileSpec, Dictionary, Name, String

from raudit.signing.keys import SigningKey, load_signer
from raudit.signing.selfsigned import KeyPaths, init_keys
from raudit.signing.sign import certify, countersign
from raudit.signing.sources import PemFiles, Pkcs12File

NOW = datetime.now(UTC).replace(microsecond=0)
RECORD = b'{"verdict":"passed"}'


def make_pdf(*, pages: int = 1, fields: bool = True, text: str = "Audit report") -> bytes:
    """Make a PDF with text, a title, an attachment and, if wanted, empty signature fields as a report has them."""
    pdf = pikepdf.new()
    font = pdf.make_indirect(
        Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    )
    for number in range(pages):
        page = pdf.add_blank_page()
        page.Resources = Dictionary(Font=Dictionary(F1=font))
        page.Contents = pdf.make_stream(
            f"BT /F1 18 Tf 72 700 Td ({text}, page {number + 1}) Tj ET".encode()
        )
    spec = AttachedFileSpec(
        pdf,
        RECORD,
        filename="record.json",
        mime_type="application/json",
        relationship=Name.Data,
        creation_date="D:20260101000000Z",
        mod_date="D:20260101000000Z",
    )
    pdf.attachments["record.json"] = spec
    pdf.Root.AF = Array([pdf.attachments["record.json"].obj])
    with pdf.open_metadata(set_pikepdf_as_editor=False) as metadata:
        metadata["dc:title"] = "Audit of a model"
    if fields:
        _add_fields(pdf)
    output = io.BytesIO()
    pdf.save(output, deterministic_id=True)
    return output.getvalue()


def _add_fields(pdf: pikepdf.Pdf) -> None:
    names = ["raudit-issuer", *(f"raudit-reviewer-{number}" for number in range(1, 5))]
    page = pdf.pages[-1]
    widgets = [
        pdf.make_indirect(
            Dictionary(
                Type=Name.Annot,
                Subtype=Name.Widget,
                FT=Name.Sig,
                T=String(name),
                TU=String(name),
                F=132,
                Rect=Array([72, 60 + 40 * row, 272, 90 + 40 * row]),
                P=page.obj,
                AP=Dictionary(
                    N=pdf.make_stream(
                        b"", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9])
                    )
                ),
            )
        )
        for row, name in enumerate(names)
    ]
    page.Annots = Array(widgets)
    pdf.Root.AcroForm = Dictionary(Fields=Array(widgets), SigFlags=0)


@pytest.fixture(scope="session")
def clock() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def base_pdf() -> bytes:
    return make_pdf()


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> KeyPaths:
    return init_keys(
        tmp_path_factory.mktemp("keys"), name="Local Issuer", clock=NOW - timedelta(days=1)
    )


@pytest.fixture(scope="session")
def local_key(local: KeyPaths) -> SigningKey:
    return load_signer(PemFiles(key=local.key, certificate=local.certificate))


@pytest.fixture(scope="session")
def local_trust(local: KeyPaths) -> list[bytes]:
    return [local.certificate.read_bytes()]


@pytest.fixture(scope="session")
def certified(base_pdf: bytes, local_key: SigningKey) -> bytes:
    return certify(base_pdf, local_key, reason="Issued", name="Local Issuer", clock=NOW)


@pytest.fixture(scope="session")
def countersigned(certified: bytes, local_key: SigningKey) -> bytes:
    return countersign(certified, local_key, role="dpo", name="A Reviewer", clock=NOW)


@dataclass
class Authority:
    """Root, intermediate, signers and two time stamp authorities, served over HTTP by certomancer."""

    folder: Path
    url: str
    arch: Any

    def certificate(self, label: str) -> bytes:
        return bytes(self.arch.get_cert(label).dump())

    @cached_property
    def root(self) -> bytes:
        return self.certificate("root")

    def tsa(self, label: str = "tsa") -> str:
        return f"{self.url}/testing/tsa/{label}"

    def signer(self, label: str) -> SigningKey:
        path = self.folder / f"{label}.p12"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_bytes(self.arch.package_pkcs12(label, password=b"secret"))
        return load_signer(Pkcs12File(path=path, passphrase="secret"))


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    from certomancer.registry import ArchLabel, CertomancerConfig

    folder = tmp_path_factory.mktemp("authority")
    _write_keys(folder)
    state = SimpleNamespace(arch=None)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    url = f"http://127.0.0.1:{server.server_port}"
    config = CertomancerConfig.from_yaml(
        _CONFIG, key_search_dir=str(folder), external_url_prefix=url
    )
    state.arch = config.get_pki_arch(ArchLabel("testing"))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Authority(folder=folder, url=url, arch=state.arch)
    server.shutdown()
    server.server_close()
    thread.join()


def _handler(state: SimpleNamespace) -> type[BaseHTTPRequestHandler]:
    from asn1crypto import ocsp, tsp

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            service, label = self.path.split("/")[2:4]
            registry = state.arch.service_registry
            if service == "tsa":
                reply = registry.summon_timestamper(label, NOW).request_tsa_response(
                    tsp.TimeStampReq.load(body)
                )
                self._send(reply.dump(), "application/timestamp-reply")
            else:
                reply = registry.summon_responder(label, NOW).build_ocsp_response(
                    ocsp.OCSPRequest.load(body)
                )
                self._send(reply.dump(), "application/ocsp-response")

        def do_GET(self) -> None:
            service, label = self.path.split("/")[2:4]
            if service == "crls":
                self._send(
                    state.arch.service_registry.get_crl(label, NOW).dump(), "application/pkix-crl"
                )
            else:
                self.send_error(404)

        def _send(self, data: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            pass

    return Handler


def _write_keys(folder: Path) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    for name in ("root", "inter", "issuer", "reviewer", "revoked", "tsa", "rsa"):
        key: Any = (
            rsa.generate_private_key(65537, 2048)
            if name in {"rsa", "tsa"}
            else ec.generate_private_key(ec.SECP256R1())
        )
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        (folder / f"{name}.key.pem").write_bytes(pem)


def _iso(days: int) -> str:
    return (NOW + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S+0000")


_CONFIG = f"""
external-url-prefix: http://127.0.0.1
keysets:
  keys:
    path-prefix: .
    keys:
      root: {{path: root.key.pem}}
      inter: {{path: inter.key.pem}}
      issuer: {{path: issuer.key.pem}}
      reviewer: {{path: reviewer.key.pem}}
      revoked: {{path: revoked.key.pem}}
      rsa: {{path: rsa.key.pem}}
      tsa: {{path: tsa.key.pem}}
pki-architectures:
  testing:
    keyset: keys
    entity-defaults: {{organization-name: Testing Authority, country-name: BE}}
    entities:
      root: {{common-name: Root}}
      inter: {{common-name: Intermediate}}
      issuer: {{common-name: Issuer}}
      reviewer: {{common-name: Reviewer}}
      revoked: {{common-name: Revoked}}
      rsa: {{common-name: RSA Signer}}
      tsa: {{common-name: Time Stamp Authority}}
    certs:
      root:
        subject: root
        issuer: root
        validity: {{valid-from: "{_iso(-3000)}", valid-to: "{_iso(9000)}"}}
        extensions:
          - {{id: basic_constraints, critical: true, value: {{ca: true}}}}
          - {{id: key_usage, critical: true, smart-value: {{schema: key-usage, params: [key_cert_sign, crl_sign]}}}}
      inter:
        subject: inter
        issuer: root
        validity: {{valid-from: "{_iso(-3000)}", valid-to: "{_iso(8000)}"}}
        extensions:
          - {{id: basic_constraints, critical: true, value: {{ca: true, path_len_constraint: 0}}}}
          - {{id: key_usage, critical: true, smart-value: {{schema: key-usage, params: [key_cert_sign, crl_sign]}}}}
          - id: crl_distribution_points
            smart-value: {{schema: crl-dist-url, params: {{crl-repo-names: [root]}}}}
{{signers}}
      tsa:
        subject: tsa
        issuer: root
        validity: {{valid-from: "{_iso(-1000)}", valid-to: "{_iso(4000)}"}}
        extensions:
          - {{id: extended_key_usage, critical: true, value: [time_stamping]}}
          - id: crl_distribution_points
            smart-value: {{schema: crl-dist-url, params: {{crl-repo-names: [root]}}}}
    services:
      crl-repo:
        root:
          for-issuer: root
          signing-key: root
          simulated-update-schedule: "P60D"
        inter:
          for-issuer: inter
          signing-key: inter
          simulated-update-schedule: "P60D"
      time-stamping:
        tsa: {{signing-cert: tsa}}
""".replace(
    "{signers}",
    "".join(
        f"""
      {name}:
        subject: {name}
        issuer: inter
        validity: {{valid-from: "{_iso(-100)}", valid-to: "{_iso(900)}"}}
        {'revocation: {revoked-since: "' + _iso(-50) + '", reason: key_compromise}' if name == "revoked" else ""}
        extensions:
          - id: key_usage
            critical: true
            smart-value: {{schema: key-usage, params: [digital_signature, non_repudiation]}}
          - id: crl_distribution_points
            smart-value: {{schema: crl-dist-url, params: {{crl-repo-names: [inter]}}}}
"""
        for name in ("issuer", "reviewer", "revoked", "rsa")
    ),
)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Make any attempt to open a connection fail the test."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a connection was attempted")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return lambda: None
