"""Levels with a time stamp, made against a local certificate and time stamp authority."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from raudit.errors import TimeStampError, UsageError
from raudit.signing.check import check_pdf
from raudit.signing.keys import SigningKey
from raudit.signing.sign import certify, countersign, renew_archive
from raudit.signing.timestamping import Level, TimeStamping
from raudit.signing.verdict import FaultCode, PdfCheck, SignatureKind, Standing


def stamping(authority: Any, level: Level) -> TimeStamping:
    return TimeStamping(url=authority.tsa(), level=level, trust=(authority.root,))


@pytest.fixture(scope="module")
def signed(authority: Any, base_pdf: bytes, clock: datetime) -> dict[Level | None, bytes]:
    """One certified and counter-signed report for each level."""
    issuer, reviewer = authority.signer("issuer"), authority.signer("reviewer")
    reports = {}
    for level in (None, *Level):
        tsa = stamping(authority, level) if level else None
        pdf = certify(base_pdf, issuer, reason="Issued", name="Issuer", clock=clock, tsa=tsa)
        reports[level] = countersign(
            pdf, reviewer, role="dpo", name="Reviewer", clock=clock, tsa=tsa
        )
    return reports


def codes(check: PdfCheck) -> set[FaultCode]:
    return {fault.code for fault in check.faults}


@pytest.mark.parametrize("level", [None, *Level])
def test_each_level_holds_without_network(
    level: Level | None,
    signed: dict[Level | None, bytes],
    authority: Any,
    base_pdf: bytes,
    no_network: Callable[[], None],
) -> None:
    check = check_pdf(signed[level], trust=[authority.root])
    assert check.faults == ()
    assert check.base == base_pdf
    people = [item for item in check.signatures if item.kind is not SignatureKind.TIME_STAMP]
    assert [item.role for item in people] == ["", "dpo"]
    assert all((item.timestamp is not None) == (level is not None) for item in people)
    stamps = [item for item in check.signatures if item.kind is SignatureKind.TIME_STAMP]
    assert len(stamps) == (2 if level is Level.B_LTA else 0)


def test_long_term_levels_carry_revocation_lists(signed: dict[Level | None, bytes]) -> None:
    assert all(
        (b"/CRLs" in pdf) == (level in {Level.B_LT, Level.B_LTA}) for level, pdf in signed.items()
    )


def test_a_time_stamp_proves_the_time_after_the_signer_expired(
    signed: dict[Level | None, bytes], authority: Any, clock: datetime
) -> None:
    """The signers' certificates end after 900 days, the authority's after 4,000."""
    later = clock + timedelta(days=2000)
    for level in Level:
        check = check_pdf(signed[level], trust=[authority.root], at=later)
        assert check.faults == (), level
        assert {
            item.judged_at for item in check.signatures if item.kind is not SignatureKind.TIME_STAMP
        } == {clock}
    without = check_pdf(signed[None], trust=[authority.root], at=later)
    assert codes(without) == {FaultCode.OUTSIDE_VALIDITY}
    assert without.intact, "nothing is broken; the time is unproven"


def test_a_time_known_from_outside_settles_it_when_everything_expired(
    signed: dict[Level | None, bytes], authority: Any, clock: datetime
) -> None:
    much_later = clock + timedelta(days=5000)
    for level in (None, *Level):
        assert not check_pdf(signed[level], trust=[authority.root], at=much_later).holds
        assert check_pdf(signed[level], trust=[authority.root], at=clock + timedelta(days=30)).holds


def test_without_the_authoritys_root_the_time_is_unproven(
    signed: dict[Level | None, bytes], authority: Any
) -> None:
    issuer, reviewer = authority.signer("issuer"), authority.signer("reviewer")
    pinned = [issuer.certificate, reviewer.certificate]
    check = check_pdf(signed[Level.B_T], trust=pinned)
    assert codes(check) == {FaultCode.UNTRUSTED_TIMESTAMP}
    assert check.intact
    assert check_pdf(signed[Level.B_T], trust=pinned, tsa_trust=[authority.root]).holds


def test_a_root_for_time_stamps_does_not_vouch_for_signers(
    signed: dict[Level | None, bytes], authority: Any
) -> None:
    check = check_pdf(
        signed[Level.B_T],
        trust=[authority.signer("issuer").certificate],
        tsa_trust=[authority.root],
    )
    assert [(f.code, f.field) for f in check.faults] == [
        (FaultCode.UNTRUSTED_SIGNER, "raudit-reviewer-1")
    ]


def test_a_revoked_signer_is_refused(authority: Any, base_pdf: bytes, clock: datetime) -> None:
    """The list in the file says so, for B-LT; nobody would make such a file with this tool."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.validation.dss import DocumentSecurityStore

    pdf = certify(
        base_pdf,
        authority.signer("revoked"),
        reason="Issued",
        name="R",
        clock=clock,
        tsa=stamping(authority, Level.B_T),
    )
    assert check_pdf(pdf, trust=[authority.root]).holds, (
        "B-T holds no revocation data, and nothing is fetched"
    )
    lists = [authority.arch.service_registry.get_crl(name, clock) for name in ("root", "inter")]
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    DocumentSecurityStore.supply_dss_in_writer(writer, None, crls=lists)
    output = io.BytesIO()
    writer.write(output)
    check = check_pdf(output.getvalue(), trust=[authority.root])
    assert codes(check) == {FaultCode.REVOKED}
    assert not check.intact


def test_signing_with_a_revoked_certificate_is_refused_when_lists_are_fetched(
    authority: Any, base_pdf: bytes, clock: datetime
) -> None:
    with pytest.raises(UsageError, match="could not be validated"):
        certify(
            base_pdf,
            authority.signer("revoked"),
            reason="Issued",
            name="R",
            clock=clock,
            tsa=stamping(authority, Level.B_LT),
        )


def test_a_time_stamp_of_another_signature_is_refused(
    signed: dict[Level | None, bytes], authority: Any
) -> None:
    """Move the token of one signature to the other: genuine, but not over these bytes."""
    pdf = signed[Level.B_T]
    first, second = re.findall(rb"/Contents <([0-9A-F]{2000,})>", pdf)[:2]
    tokens = [_token(bytes.fromhex(item.decode())) for item in (first, second)]
    if len(tokens[0]) != len(tokens[1]):
        pytest.skip("the two tokens happen to differ in length")
    moved = pdf.replace(tokens[0].hex().upper().encode(), tokens[1].hex().upper().encode())
    check = check_pdf(moved, trust=[authority.root])
    assert FaultCode.TIMESTAMP_INVALID in codes(check)
    assert not check.intact


def _token(contents: bytes) -> bytes:
    from asn1crypto import cms

    signer = cms.ContentInfo.load(contents)["content"]["signer_infos"][0]
    return bytes(
        next(
            a for a in signer["unsigned_attrs"] if a["type"].native == "signature_time_stamp_token"
        ).dump()
    )


def test_an_archive_time_stamp_can_be_renewed(
    signed: dict[Level | None, bytes], authority: Any, base_pdf: bytes
) -> None:
    tsa = stamping(authority, Level.B_LTA)
    for level in (None, *Level):
        renewed = renew_archive(signed[level], tsa)
        assert renewed.startswith(signed[level])
        check = check_pdf(renewed, trust=[authority.root])
        assert check.faults == (), level
        assert check.signatures[-1].kind is SignatureKind.TIME_STAMP
        assert check.base == base_pdf


def test_a_self_signed_issuer_reaches_every_level(
    authority: Any,
    base_pdf: bytes,
    local_key: SigningKey,
    local_trust: list[bytes],
    clock: datetime,
) -> None:
    for level in Level:
        pdf = certify(
            base_pdf,
            local_key,
            reason="Issued",
            name="L",
            clock=clock,
            tsa=stamping(authority, level),
        )
        assert check_pdf(pdf, trust=local_trust, tsa_trust=[authority.root]).faults == (), level


def test_an_rsa_signer_holds(authority: Any, base_pdf: bytes, clock: datetime) -> None:
    pdf = certify(base_pdf, authority.signer("rsa"), reason="Issued", name="R", clock=clock)
    assert check_pdf(pdf, trust=[authority.root]).holds


def test_an_authority_out_of_reach_is_one_clear_error(
    base_pdf: bytes, local_key: SigningKey, clock: datetime
) -> None:
    with pytest.raises(TimeStampError, match="no usable answer") as caught:
        certify(
            base_pdf,
            local_key,
            reason="Issued",
            name="L",
            clock=clock,
            tsa=TimeStamping(url="http://127.0.0.1:9/tsa", timeout=2),
        )
    assert caught.value.where == "http://127.0.0.1:9/tsa"


def test_an_answer_that_is_no_time_stamp_is_one_clear_error(
    authority: Any, base_pdf: bytes, local_key: SigningKey, clock: datetime
) -> None:
    with pytest.raises(TimeStampError):
        certify(
            base_pdf,
            local_key,
            reason="Issued",
            name="L",
            clock=clock,
            tsa=TimeStamping(url=f"{authority.url}/testing/ocsp/none", timeout=2),
        )


def test_bad_settings_are_refused(authority: Any) -> None:
    with pytest.raises(UsageError, match="no address"):
        TimeStamping(url="file:///etc/passwd")
    with pytest.raises(UsageError, match="root must be given"):
        TimeStamping(url=authority.tsa(), level=Level.B_LT)


def test_trust_must_be_certificates(certified: bytes) -> None:
    from raudit.errors import KeyFileError

    with pytest.raises(KeyFileError, match="no certificate"):
        check_pdf(certified, trust=[b"not a certificate"])


def test_untrusted_time_is_unproven_not_broken() -> None:
    from raudit.signing.verdict import Fault

    assert Fault(code=FaultCode.UNTRUSTED_TIMESTAMP, detail="").standing is Standing.UNPROVEN
    assert Fault(code=FaultCode.UNTRUSTED_SIGNER, detail="").standing is Standing.UNPROVEN
    assert Fault(code=FaultCode.IMPERSONATION, detail="").standing is Standing.BROKEN
