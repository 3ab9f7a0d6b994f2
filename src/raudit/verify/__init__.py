"""A report in hand, against what a stranger was given: numbered steps, and the one that fails is named.

1. The file is a certified PDF without active content or attachments of one name.
2. Every signature is intact, and its certificate leads to one that was given.
3. Nothing was changed after the certification but by counter-signatures, time stamps and validation data.
4. The log issued the file, as an entry says that was hashed and that a signed checkpoint covers, and knows no later
   revision (a cut-off counter-signature leaves no trace in the file itself) and no withdrawal.
5. The record inside is canonical, fits its schema, and is the one that the logged entry names.
6. The report remade from the record is the signed base, byte for byte.
7. The checkpoint inside was signed with the log's key.
8. The log held the entry that ends the run when that checkpoint was signed.
9. The log at hand, and every checkpoint given, extend that checkpoint or are extended by it.
10. Whoever certified the file is the issuer that the logged ``report.issued`` or the reader names.
11. Every signed statement inside was made about this system with its person's key, enrolled by the log before, and
    proves what the record says is proven; only if there are any.

A step that lacks what it needs is ``not checked``, never passed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime

from raudit.canonical import sha256
from raudit.errors import IntegrityError, KeyFileError
from raudit.log import Checkpoint, Log, Verifier, parse_entry, verify_checkpoint, verify_proof
from raudit.record import Record, parse_record
from raudit.sentences import joined, say, term
from raudit.signing import (
    Fault,
    FaultCode,
    PdfCheck,
    SignatureCheck,
    SignatureKind,
    Standing,
    check_pdf,
    given_certificates,
    unusable_certificates,
)
from raudit.verify.against_log import LogView, extends_step, issued_entry, revisions_step, view_log
from raudit.verify.decided import statements_step
from raudit.verify.pages import CHECKPOINT_NAME, ENTRY_NAME, PROOF_NAME, VKEY_NAME, pages_step
from raudit.verify.steps import Step, StepStatus, Verification

RECORD_NAME = "record.json"


FILE_FAULTS = frozenset(
    {
        FaultCode.UNREADABLE,
        FaultCode.NOT_SIGNED,
        FaultCode.NOT_CERTIFIED,
        FaultCode.ACTIVE_CONTENT,
        FaultCode.DOUBLED_ATTACHMENT,
    }
)
CHANGE_FAULTS = frozenset(
    {
        FaultCode.ILLEGAL_CHANGE,
        FaultCode.METADATA_CHANGED,
        FaultCode.ATTACHMENT_CHANGED,
        FaultCode.TRAILING_BYTES,
    }
)
SIGNATURE_FAULTS = frozenset(FaultCode) - FILE_FAULTS - CHANGE_FAULTS


def verify_report(
    pdf: bytes,
    *,
    trust: Sequence[bytes] = (),
    tsa_trust: Sequence[bytes] | None = None,
    vkey: str | None = None,
    log: Log | None = None,
    checkpoints: Sequence[str] = (),
    remake: bool | None = False,
    issuer: Sequence[str] = (),
    at: datetime | None = None,
) -> Verification:
    """Verify a report; nothing is asked of any network.

    Parameters
    ----------
    pdf
        Any bytes.
    trust, tsa_trust
        Certificates to believe, PEM or DER: the issuer's and reviewers', and those of time stamp authorities.
    vkey
        The log's verifier key, from its owner.
    log
        The log, or a copy of it.
    checkpoints
        Signed checkpoints of the log from other reports or witnesses.
    issuer
        SHA-256 fingerprints of certificates, one of which is the issuer's; a logged ``report.issued`` names one too.
    remake
        Whether to render the report again (some seconds) and compare its pages; None does so if all else holds.
    at
        A time at which the file is known to have existed; see ``check_pdf``.
    """
    check = check_pdf(pdf, trust=trust, at=at, tsa_trust=tsa_trust)
    record, record_step = _record(check)
    checkpoint, checkpoint_step = _checkpoint(check, vkey)
    with log.store.snapshot() if log is not None else nullcontext():
        view = view_log(log, vkey)
        logged_step = revisions_step(check, view, record)
        extended_step = extends_step(checkpoint, vkey, log, view, checkpoints)
    before = (
        _faults(1, say("the file is a certified PDF without active content"), check, FILE_FAULTS),
        replace(
            _faults(2, say("signatures are intact and trusted"), check, SIGNATURE_FAULTS),
            warnings=unusable_certificates((*trust, *(tsa_trust or ()))),
        ),
        _faults(3, say("nothing else was changed since"), check, CHANGE_FAULTS),
        logged_step,
        record_step,
    )
    after = (
        checkpoint_step,
        _inclusion(check, vkey, record),
        extended_step,
        _issuer(check, view, issuer, trust),
        *statements_step(check, record, log, view),
    )
    found = Verification(steps=before + after, sha256=sha256(pdf), check=check, record=record)
    holds = found.exit_status == 0
    pages = pages_step(check, record, remake=remake, others_hold=holds)
    return replace(found, steps=(*before, pages, *after))


def _faults(number: int, title: str, check: PdfCheck, codes: frozenset[FaultCode]) -> Step:
    found = [fault for fault in check.faults if fault.code in codes]
    broken = [fault for fault in found if fault.standing is Standing.BROKEN]
    if broken:
        more = say(" (and {count} more)", count=len(broken) - 1) if len(broken) > 1 else ""
        field = f"{broken[0].field}: " if broken[0].field else ""
        said = say("{field}{detail}{more}", field=field, detail=broken[0].detail, more=more)
        return _step(number, title, StepStatus.FAILED, said)
    if found:
        return _step(number, title, StepStatus.NOT_CHECKED, _unproven(check, found[0]))
    if number > 1 and not check.signatures:
        return _step(number, title, StepStatus.NOT_CHECKED, say("there is no signature"))
    held = {
        1: say("{count} revisions", count=len(check.revisions)),
        2: joined(
            "; ",
            (
                _signer(item)
                for item in check.signatures
                if item.kind is not SignatureKind.TIME_STAMP
            ),
        ),
        3: say("the file is as certified and counter-signed{check}", check=_unsigned(check)),
    }
    return _step(number, title, StepStatus.OK, held[number])


def _unsigned(check: PdfCheck) -> str:
    """Say what was appended that no signature made; only validation data get this far."""
    last = max((item.revision for item in check.signatures), default=0)
    count = sum(revision.number > last for revision in check.revisions)
    noun = say("revision") if count == 1 else say("revisions")
    return (
        say(
            "; {count} {noun} of validation data after it, signed by nobody", count=count, noun=noun
        )
        if count
        else ""
    )


def _signer(item: SignatureCheck) -> str:
    """Say who signed as what; a role is the signer's own claim."""
    if item.kind is SignatureKind.CERTIFICATION:
        return say("certified by {signer}", signer=item.signer)
    return say("counter-signed by {signer}", signer=item.signer) + (
        say(", who claims the role {role}", role=repr(item.role)) if item.role else ""
    )


def _unproven(check: PdfCheck, fault: Fault) -> str:
    """Say what could not be established, and what to do about it."""
    match fault.code:
        case FaultCode.NO_TRUST_GIVEN:
            return say("{detail}; give the issuer's certificate with --trust", detail=fault.detail)
        case FaultCode.UNTRUSTED_TIMESTAMP:
            return say(
                "{detail}; give the authority's certificate with --trust-tsa", detail=fault.detail
            )
        case FaultCode.UNTRUSTED_SIGNER:
            signer = next((item for item in check.signatures if item.field == fault.field), None)
            who = (
                say(
                    "{signer} (SHA-256 {fingerprint})",
                    signer=signer.signer,
                    fingerprint=signer.fingerprint,
                )
                if signer is not None
                else say("somebody")
            )
            return say(
                "{field} is signed by {who}, whom you were not told to trust; if you have that "
                "certificate from them by a way other than this file, give it with --trust",
                field=fault.field,
                who=who,
            )
        case _:
            return fault.detail


def _issuer(check: PdfCheck, view: LogView, named: Sequence[str], trust: Sequence[bytes]) -> Step:
    """Hold the certifier against whom the log or the reader names; being trusted makes nobody the issuer."""
    title = say("the issuer is whom the log or the reader names")
    own = check.certification
    if own is None:
        return _step(10, title, StepStatus.NOT_CHECKED, say("there is no certification"))
    entry = issued_entry(check, view) if view.pinned else None
    logged = str(entry.body.get("certificate")) if entry is not None else None
    for fingerprints, source in ((named, "--issuer"), ([logged] if logged else [], say("the log"))):
        if fingerprints and own.fingerprint not in fingerprints:
            detail = say(
                "certified by {signer} (SHA-256 {fingerprint}); {source} names another certificate",
                signer=own.signer,
                fingerprint=own.fingerprint,
                source=source,
            )
            return _step(10, title, StepStatus.FAILED, detail)
    sources = ["--issuer"] * bool(named) + (
        [say("entry {index} of the log", index=entry.index)] if entry is not None else []
    )
    if sources:
        return _step(
            10,
            title,
            StepStatus.OK,
            say(
                "{signer}, named by {sources}", signer=own.signer, sources=joined(" and ", sources)
            ),
        )
    # One pinned certificate leaves no choice of issuer; an authority, or a reviewer's beside it, does.
    usable = [one for data in trust for one in given_certificates(data).usable]
    only = {sha256(certificate.dump()) for certificate in usable} == {own.fingerprint}
    detail = say(
        "certified by {signer}, {part} you trust; nothing given says that this is the issuer: "
        "--issuer CERTIFICATE, or --log with --log-key",
        signer=own.signer,
        part=say("the one certificate") if only else say("one of those"),
    )
    return _step(10, title, StepStatus.NOT_CHECKED, detail, needed=not only)


def _record(check: PdfCheck) -> tuple[Record | None, Step]:
    title = say("the record inside is whole")
    file, entry = check.file(RECORD_NAME), check.file(ENTRY_NAME)
    if file is None:
        return None, _step(
            5,
            title,
            StepStatus.FAILED,
            say("{record_name} is not attached", record_name=RECORD_NAME),
        )
    try:
        record = parse_record(file.data)
    except IntegrityError as error:
        return None, _step(5, title, StepStatus.FAILED, term(error.message))
    if entry is None:
        return record, _step(
            5,
            title,
            StepStatus.NOT_CHECKED,
            say("{entry_name} is not attached", entry_name=ENTRY_NAME),
        )
    try:
        named = json.loads(entry.data)["body"].get("record")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return record, _step(
            5,
            title,
            StepStatus.FAILED,
            say("{entry_name} is not a log entry", entry_name=ENTRY_NAME),
        )
    if named != file.sha256:
        return record, _step(
            5, title, StepStatus.FAILED, say("the logged entry names another record")
        )
    return record, _step(5, title, StepStatus.OK, say("sha256 {sha256}", sha256=file.sha256))


def _checkpoint(check: PdfCheck, vkey: str | None) -> tuple[Checkpoint | None, Step]:
    title = say("the checkpoint inside is signed by the log")
    file, inside = check.file(CHECKPOINT_NAME), check.file(VKEY_NAME)
    if file is None or inside is None:
        missing = CHECKPOINT_NAME if file is None else VKEY_NAME
        return None, _step(
            7, title, StepStatus.FAILED, say("{missing} is not attached", missing=missing)
        )
    # Pages show the key that the file names, so it is held against the checkpoint whatever key the reader has.
    own = inside.data.decode("utf-8", "replace").rstrip("\n")
    try:
        checkpoint = verify_checkpoint(file.data, vkey or own)
    except (IntegrityError, KeyFileError) as error:
        return None, _step(7, title, StepStatus.FAILED, term(error.message))
    try:
        same = vkey is None or Verifier.parse(own) == Verifier.parse(vkey)
    except KeyFileError:
        same = False
    if not same:
        detail = say(
            "{vkey_name} inside names another key than the one that you know and that signed",
            vkey_name=VKEY_NAME,
        )
        return None, _step(7, title, StepStatus.FAILED, detail)
    if vkey is None:
        return None, _step(7, title, StepStatus.NOT_CHECKED, say("no log key given; use --log-key"))
    detail = say("{origin}, {size:,} entries", origin=checkpoint.origin, size=checkpoint.size)
    return checkpoint, _step(7, title, StepStatus.OK, detail)


def _inclusion(check: PdfCheck, vkey: str | None, record: Record | None) -> Step:
    title = say("the log held the end of this run")
    proof, entry = check.file(PROOF_NAME), check.file(ENTRY_NAME)
    if proof is None or entry is None:
        return _step(
            8,
            title,
            StepStatus.FAILED,
            say(
                "{proof_name} or {entry_name} is not attached",
                proof_name=PROOF_NAME,
                entry_name=ENTRY_NAME,
            ),
        )
    if vkey is None:
        return _step(8, title, StepStatus.NOT_CHECKED, say("no log key given; use --log-key"))
    try:
        proven = verify_proof(proof.data, entry.data, vkey)
        parsed = parse_entry(proven.index, entry.data)
    except IntegrityError as error:
        return _step(8, title, StepStatus.FAILED, term(error.message))
    if parsed.type != "run.finished" or (record is not None and parsed.run != record.run.id):
        return _step(
            8,
            title,
            StepStatus.FAILED,
            say("entry {index} does not end this run", index=proven.index),
        )
    return _step(
        8,
        title,
        StepStatus.OK,
        say("entry {index} of {size:,}", index=proven.index, size=proven.checkpoint.size),
    )


def _step(number: int, title: str, status: StepStatus, detail: str, *, needed: bool = True) -> Step:
    return Step(number=number, title=title, status=status, detail=detail, needed=needed)


__all__ = ["Step", "StepStatus", "Verification", "verify_report"]
