"""A whole report without its rendering: record, log, proofs and certification, in a second and not in twenty."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
import pytest
from pikepdf import AttachedFileSpec, Name
from tests.report.synthetic import make_record
from tests.signing.conftest import make_pdf

from raudit.canonical import sha256
from raudit.log import Event, Log, create_log_key, load_log_key, open_log
from raudit.record import Record, record_bytes
from raudit.signing import PemFiles, certify, countersign, load_signer
from raudit.signing.keys import SigningKey
from raudit.signing.selfsigned import init_keys

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
A = "a" * 64


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """What a run leaves behind, and what a stranger is given."""

    folder: Path
    pdf: bytes
    base: bytes
    record: Record
    trust: bytes
    vkey: str

    @property
    def log(self) -> Path:
        return self.folder / "log.db"

    def given(self, **more) -> dict:
        """What a stranger gives to the verifier."""
        return {"trust": [self.trust], "vkey": self.vkey} | more

    def opened(self) -> Log:
        return open_log(self.log, key=load_log_key(self.folder / "log.key"))

    def signer(self, name: str = "issuer") -> SigningKey:
        place = self.folder / name
        if not place.exists():
            init_keys(place, name=name.title(), clock=NOW - timedelta(days=1))
        return load_signer(
            PemFiles(key=place / "raudit-signing.key", certificate=place / "raudit-signing.crt")
        )

    def countersigned(self, name: str = "reviewer", pdf: bytes = b"") -> bytes:
        with self.signer(name) as key:
            return countersign(pdf or self.pdf, key, role="dpo", name=name.title(), clock=NOW)

    def certificate(self, name: str) -> bytes:
        return (self.folder / name / "raudit-signing.crt").read_bytes()


def with_files(files: dict[str, bytes]) -> bytes:
    """A small report that carries these files instead of its own."""
    with pikepdf.open(io.BytesIO(make_pdf(pages=2))) as pdf:
        pdf.Root.AF = pikepdf.Array()
        del pdf.attachments["record.json"]
        for name, data in sorted(files.items()):
            at = {"creation_date": "D:20260101000000Z", "mod_date": "D:20260101000000Z"}
            spec = AttachedFileSpec(
                pdf, data, filename=name, mime_type="text/plain", relationship=Name.Data, **at
            )
            pdf.attachments[name] = spec
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True)
    return out.getvalue()


def start(record: Record, run: str) -> Event:
    body = {"plan": A, "data": A, "model": None, "code": A, "environment": A, "seed": 7}
    system = {"system": str(record.system["name"])}
    return Event(type="run.started", run=run, actor="service:ci", body=body | system)


def finish(record: Record, run: str) -> Event:
    body = {"record": sha256(record_bytes(record)), "verdict": "passed", "exit_status": 0}
    return Event(type="run.finished", run=run, actor="service:ci", body=body)


def issue(record: Record, run: str, pdf: bytes, base: bytes, certificate: str) -> Event:
    own = {"record": sha256(record_bytes(record)), "certificate": certificate}
    body = {"pdf": sha256(pdf), "rendered": sha256(base)} | own
    return Event(type="report.issued", run=run, actor="service:ci", body=body)


def files_of(log: Log, record: Record, index: int, checkpoint: str) -> dict[str, bytes]:
    return {
        "record.json": record_bytes(record),
        "checkpoint.txt": checkpoint.encode(),
        "record.tlog-proof": log.prove(index, checkpoint).encode(),
        "log.vkey": log.vkey.encode(),
        "run-finished.json": log.store.entry(index),
    }


def small_record() -> Record:
    """A record with one stage that was skipped: to read a whole one takes longer than all else in a verification."""
    record = make_record()
    return replace(record, stages=tuple(s for s in record.stages if s.name == "robustness"))


def make_sealed(folder: Path) -> Sealed:
    """Issue a report as a run does, but for the pages, which hold one line."""
    record = small_record()
    key = create_log_key(folder / "log.key", "example.org/log", seed=b"v" * 32)
    made = Sealed(folder=folder, pdf=b"", base=b"", record=record, trust=b"", vkey=key.vkey)
    run = record.run.id
    with open_log(folder / "log.db", key=key, create=True) as log, made.signer() as signer:
        log.append([start(record, run), finish(record, run)], clock=NOW)
        checkpoint = log.checkpoint(NOW)
        base = with_files(files_of(log, record, 2, checkpoint))
        pdf = certify(base, signer, reason="Issued", name="Issuer", clock=NOW)
        log.append([issue(record, run, pdf, base, signer.fingerprint)], clock=NOW)
        log.checkpoint(NOW)
    return replace(made, pdf=pdf, base=base, trust=made.certificate("issuer"))


@pytest.fixture(scope="session")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    """Only looked at; a test that tells the log anything takes a `copy`."""
    return make_sealed(tmp_path_factory.mktemp("sealed"))


@pytest.fixture
def copy(sealed: Sealed, tmp_path: Path) -> Sealed:
    import shutil

    shutil.copytree(sealed.folder, tmp_path / "sealed")
    return replace(sealed, folder=tmp_path / "sealed")
