"""Time stamps of checkpoints by a local authority, judged by us and by OpenSSL."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from datetime import timedelta

import pytest
from asn1crypto import tsp
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from tests import command_line

from raudit.errors import LogError, LogIntegrityError
from raudit.log import attest_log
from raudit.log.stamp import stamp_request, verify_stamp

from .conftest import NOW
from .test_note import SIGNED

CONFIG = """
pki-architectures:
  log:
    keyset: log
    entity-defaults: {country-name: XX, organization-name: Log Tests}
    entities:
      root: {common-name: Root}
      tsa: {common-name: Time Stamps}
      tsa2: {common-name: More Time Stamps}
      web: {common-name: A Web Server}
      other: {common-name: Another Root}
    certs:
      root: &root
        subject: root
        issuer: root
        validity: {valid-from: "2025-01-01T00:00:00+0000", valid-to: "2036-01-01T00:00:00+0000"}
        extensions:
          - {id: basic_constraints, critical: true, value: {ca: true}}
          - {id: key_usage, critical: true, smart-value: {schema: key-usage, params: [key_cert_sign]}}
      other: {<<: *root, subject: other, issuer: other}
      tsa: &tsa
        subject: tsa
        issuer: root
        validity: {valid-from: "2025-01-01T00:00:00+0000", valid-to: "2030-01-01T00:00:00+0000"}
        extensions:
          - {id: key_usage, critical: true, smart-value: {schema: key-usage, params: [digital_signature]}}
          - {id: extended_key_usage, critical: true, value: [time_stamping]}
      tsa2: {<<: *tsa, subject: tsa2}
      web:
        <<: *tsa
        subject: web
        extensions:
          - {id: key_usage, critical: true, smart-value: {schema: key-usage, params: [digital_signature]}}
          - {id: extended_key_usage, critical: true, value: [server_auth]}
    services:
      time-stamping:
        tsa: {signing-cert: tsa}
        tsa2: {signing-cert: tsa2}
        web: {signing-cert: web}
keysets:
  log:
    path-prefix: .
    keys:
      root: {path: root.pem}
      tsa: {path: tsa.pem}
      tsa2: {path: tsa2.pem}
      web: {path: web.pem}
      other: {path: other.pem}
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    from certomancer.registry import ArchLabel, CertomancerConfig

    folder = tmp_path_factory.mktemp("authority")
    for name in ("root", "tsa", "tsa2", "web", "other"):
        key = (
            rsa.generate_private_key(65537, 2048)
            if name == "tsa"
            else ec.generate_private_key(ec.SECP256R1())
        )
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        (folder / f"{name}.pem").write_bytes(pem)
    return CertomancerConfig.from_yaml(CONFIG, key_search_dir=str(folder)).get_pki_arch(
        ArchLabel("log")
    )


def pem(arch, label) -> bytes:
    from asn1crypto.pem import armor

    return armor("CERTIFICATE", arch.get_cert(label).dump())


def stamped(arch, service="tsa", text=SIGNED, time=NOW) -> bytes:
    request = tsp.TimeStampReq.load(stamp_request(text, nonce=0x1234567890ABCDEF))
    return (
        arch.service_registry.summon_timestamper(service, time).request_tsa_response(request).dump()
    )


@pytest.mark.parametrize("service", ["tsa", "tsa2"])
@pytest.mark.parametrize("trusted", ["root", "own"])
def test_a_stamp_verifies(authority, service, trusted):
    found = verify_stamp(
        stamped(authority, service),
        SIGNED,
        [pem(authority, service if trusted == "own" else "root")],
    )
    assert found.time == NOW
    assert "Time Stamps" in found.authority


def test_the_bare_token_verifies_too(authority):
    token = tsp.TimeStampResp.load(stamped(authority))["time_stamp_token"].dump()
    assert verify_stamp(token, SIGNED, [pem(authority, "root")]).time == NOW


def test_openssl_accepts_the_same(authority, tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("OpenSSL is not installed (Debian: apt-get install openssl)")
    (tmp_path / "checkpoint").write_text(SIGNED)
    (tmp_path / "reply").write_bytes(stamped(authority))
    (tmp_path / "root.pem").write_bytes(pem(authority, "root"))
    command = [
        "openssl",
        "ts",
        "-verify",
        "-data",
        "checkpoint",
        "-in",
        "reply",
        "-CAfile",
        "root.pem",
    ]
    done = subprocess.run(
        [*command, "-attime", str(int(NOW.timestamp()))],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert "Verification: OK" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda arch: (stamped(arch, text=SIGNED + "x"), "root"), "something else"),
        (lambda arch: (stamped(arch), "other"), "no trusted certificate"),
        (lambda arch: (stamped(arch, "web"), "root"), "no time stamp authority"),
        (
            lambda arch: (stamped(arch, time=NOW + timedelta(days=2000)), "root"),
            "not valid at its time",
        ),
        (lambda arch: (b"", "root"), "malformed"),
        (lambda arch: (b"\x30\x03\x02\x01\x00", "root"), "refused"),
    ],
)
def test_other_stamps_are_refused(authority, change, says):
    token, trusted = change(authority)
    with pytest.raises(LogIntegrityError, match=says):
        verify_stamp(token, SIGNED, [pem(authority, trusted)])


def test_every_flipped_byte_of_the_signed_part_is_noticed(authority):
    token = stamped(authority)
    trust = [pem(authority, "root")]
    inner = tsp.TimeStampResp.load(token)["time_stamp_token"]["content"]
    signed = inner["encap_content_info"]["content"].contents
    start = token.index(signed)
    signature = inner["signer_infos"][0]["signature"].native
    places = [
        *range(start, start + len(signed), 3),
        *range(token.rindex(signature), len(token), 11),
    ]
    for place in places:
        forged = token[:place] + bytes([token[place] ^ 1]) + token[place + 1 :]
        with pytest.raises(LogIntegrityError):
            verify_stamp(forged, SIGNED, trust)


def test_trusting_nobody_is_a_mistake(authority):
    with pytest.raises(LogError, match="no certificate is trusted"):
        verify_stamp(stamped(authority), SIGNED, [])


def test_the_log_keeps_stamps_and_verifies_them(authority, log, key):
    held = log.checkpoint(NOW)
    log.accept_stamp(held, stamped(authority, text=held), trust=[pem(authority, "root")])
    report = log.verify([held], vkey=key.vkey, trust=[pem(authority, "root")])
    step = next(step for step in report.steps if step.title == "Time stamps of checkpoints")
    assert (step.status, "2026-03-01" in step.detail) == ("passed", True)
    assert attest_log(log).signed is not None  # whoever asks the log reads what was stamped, too
    assert log.verify([held], vkey=key.vkey, trust=[pem(authority, "other")]).failed
    untrusted = next(s for s in log.verify([held]).steps if s.title == "Time stamps of checkpoints")
    assert untrusted.status == "indeterminate"
    token = stamped(authority)  # of a checkpoint that another key signed
    with pytest.raises(LogIntegrityError, match="no known key"):
        log.accept_stamp(SIGNED, token, trust=[pem(authority, "root")])


def test_the_command_line_asks_and_accepts(authority, tmp_path, log):
    held = log.checkpoint(NOW)
    (tmp_path / "root.pem").write_bytes(pem(authority, "root"))
    (tmp_path / "other.pem").write_bytes(pem(authority, "other"))

    def raudit(*arguments):
        return command_line.raudit("log", *arguments, cwd=tmp_path)

    assert raudit("stamp", "log.db", "--request", "query").returncode == 0
    request = tsp.TimeStampReq.load((tmp_path / "query").read_bytes())
    assert (
        request["message_imprint"]["hashed_message"].native
        == hashlib.sha256(held.encode()).digest()
    )
    reply = (
        authority.service_registry.summon_timestamper("tsa", NOW)
        .request_tsa_response(request)
        .dump()
    )
    (tmp_path / "reply").write_bytes(reply)
    assert raudit("stamp", "log.db", "--accept", "reply", "--trust", "other.pem").returncode == 6
    assert raudit("stamp", "log.db", "--accept", "reply", "--trust", "root.pem").stdout.startswith(
        "stamped 2026-03-01"
    )
    assert (
        "the last at size 1: 2026-03-01" in raudit("verify", "log.db", "--trust", "root.pem").stdout
    )
    assert raudit("stamp", "log.db").returncode == 2
