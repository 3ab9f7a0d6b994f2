"""What the tests of a verification's steps share."""

from __future__ import annotations

from tests.verify.conftest import NOW, Sealed, files_of, with_files

from raudit.canonical import sha256
from raudit.signing import certify
from raudit.verify import StepStatus, Verification, verify_report

OK, FAILED, OPEN = StepStatus.OK, StepStatus.FAILED, StepStatus.NOT_CHECKED


def step(found: Verification, number: int):
    return next(item for item in found.steps if item.number == number)


def failed(found: Verification) -> list[int]:
    return [item.number for item in found.steps if item.status is FAILED]


def verified(sealed: Sealed, pdf: bytes = b"", **more) -> Verification:
    with sealed.opened() as log:
        return verify_report(pdf or sealed.pdf, **sealed.given(log=log, **more))


def certified(sealed: Sealed, files: dict[str, bytes | None]) -> bytes:
    """The issuer certifies other attachments; None takes one out."""
    with sealed.opened() as log:
        checkpoint = log.store.notes("signed")[0].note
        whole = files_of(log, sealed.record, 2, checkpoint) | files
    held = {name: data for name, data in whole.items() if data is not None}
    with sealed.signer() as signer:
        return certify(with_files(held), signer, reason="x", name="Issuer", clock=NOW)


def sha256_of(pem: bytes) -> str:
    from raudit.signing import read_certificates

    return sha256(read_certificates(pem, where="x")[0])


def outcome(sealed: Sealed, pdf: bytes, **more) -> tuple[set[int], int]:
    found = verify_report(pdf, **sealed.given(**more))
    return {s.number for s in found.steps if s.status is StepStatus.FAILED}, found.exit_status
