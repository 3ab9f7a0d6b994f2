"""What the tests of a verification's steps share."""

from __future__ import annotations

from tests.verify.conftest import NOW, Sealed, files_of, with_files

from raudit.canonical import sha256
from raudit.signing import certify
from raudit.verify import Step, StepStatus, Verification, verify_report

OK, FAILED, OPEN = StepStatus.OK, StepStatus.FAILED, StepStatus.NOT_CHECKED


TITLES = {
    1: "the file is a certified PDF without active content",
    2: "signatures are intact and trusted",
    3: "nothing else was changed since",
    4: "every revision is in the log, and none is missing",
    5: "the record inside is whole",
    6: "the report remade from the record is the signed base",
    7: "the checkpoint inside is signed by the log",
    8: "the log held the end of this run",
    9: "the log still extends that checkpoint",
    10: "the issuer is whom the log or the reader names",
    11: "who signed off is proven by signed statements",
}


def step(found: Verification, number: int) -> Step:
    return next(item for item in found.steps if item.number == number)


def failed(found: Verification) -> list[int]:
    """Steps that failed, of a verification that is whole."""
    assert {item.number: item.title for item in found.steps} == {
        number: TITLES[number] for number in range(1, len(found.steps) + 1)
    }
    assert all(item.status in StepStatus for item in found.steps)
    assert found.check.sha256 == found.sha256
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
    return set(failed(found)), found.exit_status
