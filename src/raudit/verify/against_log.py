"""The steps that hold a report against its log: which revisions it knows, whom it names, and whether it still extends.

An entry counts only if it was hashed and a checkpoint signed by the log's key covers it (`raudit.log.attested`). What
speaks against a report, such as a withdrawal, is heard from uncovered entries too: a doubt needs no signature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from raudit.canonical import sha256
from raudit.errors import IntegrityError, KeyFileError, RauditError
from raudit.log import (
    AttestedLog,
    Checkpoint,
    Entry,
    EventType,
    Log,
    attest_held,
    check_kept,
    verify_checkpoint,
)
from raudit.record import Record
from raudit.sentences import joined, say, term
from raudit.signing import PdfCheck, RevisionKind, SignatureKind
from raudit.verify.steps import Step, StepStatus

LOGGED = (
    EventType.RUN_STARTED,
    EventType.REPORT_ISSUED,
    EventType.REPORT_COUNTERSIGNED,
    EventType.REPORT_WITHDRAWN,
    EventType.REPORT_SUPERSEDED,
)
"""Types of the entries that speak of reports."""

REVISIONS = say("every revision is in the log, and none is missing")
EXTENDS = say("the log still extends that checkpoint")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogView:
    """A log as far as it can be relied on."""

    attested: AttestedLog | None
    """None if no log was given, or it does not hold."""
    fault: str = ""
    """Why it does not hold; empty if it does, or none was given."""
    pinned: bool = False
    """Whether the key it was held against was known from elsewhere."""


def view_log(log: Log | None, vkey: str | None) -> LogView:
    """Hash a log and hold it against the key that was given; the caller holds a snapshot."""
    if log is None:
        return LogView(attested=None)
    try:
        attested = attest_held(log, log.size, vkey=vkey, types=LOGGED)
    except (IntegrityError, KeyFileError) as error:
        return LogView(attested=None, fault=reason_of(error), pinned=vkey is not None)
    return LogView(attested=attested, pinned=vkey is not None)


def reason_of(error: RauditError) -> str:
    """Write an error in one line."""
    if not error.got:
        return term(error.message)
    said = say("{message}: {got}", message=term(error.message), got=error.got)
    if not error.expected:
        return said
    return say("{said}, expected {expected}", said=said, expected=error.expected)


def issued_entry(check: PdfCheck, view: LogView) -> Entry | None:
    """Find the covered entry that issued this file: its digest is that of a revision which holds the certification."""
    if view.attested is None:
        return None
    first = check.certification.revision if check.certification is not None else 0
    digests = {revision.sha256 for revision in check.revisions if revision.number >= first}
    issued = view.attested.of(EventType.REPORT_ISSUED)
    return next((entry for entry in issued if entry.body.get("pdf") in digests), None)


def revisions_step(check: PdfCheck, view: LogView, record: Record | None) -> Step:
    """Step 4: the log issued this file, and knows no later revision, withdrawal or other base of it."""
    attested = view.attested
    if attested is None and not view.fault:
        detail = say("no log given; --log compares digests")
        return _step(4, REVISIONS, StepStatus.NOT_CHECKED, detail, needed=False)
    if attested is None:
        return _step(
            4, REVISIONS, StepStatus.FAILED, say("the log does not hold: {fault}", fault=view.fault)
        )
    against = _against(check, attested, issued_entry(check, view))
    if against:
        return _step(4, REVISIONS, StepStatus.FAILED, against)
    if not view.pinned:
        detail = say("no log key given, so nobody says that this is the log; use --log-key")
        return _step(4, REVISIONS, StepStatus.NOT_CHECKED, detail, needed=False)
    known = [revision for revision in check.revisions if revision.sha256 in _known(attested)]
    warnings = (*_unknown_signatures(check, attested), *_newer(check, attested, record))
    noun = say("revision") if len(known) == 1 else say("revisions")
    beyond = say("; {beyond}", beyond=attested.describe_beyond) if attested.describe_beyond else ""
    detail = say("{count} signed {noun} logged{beyond}", count=len(known), noun=noun, beyond=beyond)
    return _step(4, REVISIONS, StepStatus.OK, detail, warnings=warnings)


def _known(attested: AttestedLog) -> frozenset[str]:
    """Digests of all files that covered entries issued or counter-signed."""
    kinds = (EventType.REPORT_ISSUED, EventType.REPORT_COUNTERSIGNED)
    return frozenset(str(entry.body.get("pdf")) for kind in kinds for entry in attested.of(kind))


def _everywhere(attested: AttestedLog, kind: EventType) -> tuple[Entry, ...]:
    return (*attested.of(kind), *attested.beyond(kind))


def _against(check: PdfCheck, attested: AttestedLog, issued: Entry | None) -> str:
    """Say what in the log speaks against the file; empty if nothing does."""
    digests = [revision.sha256 for revision in check.revisions]
    if issued is None:
        beyond = [
            e for e in attested.beyond(EventType.REPORT_ISSUED) if e.body.get("pdf") in digests
        ]
        if beyond:
            return say(
                "entry {index}, which issued it, is covered by no signed checkpoint, so anyone could "
                "have written it: {beyond}",
                index=beyond[0].index,
                beyond=attested.describe_beyond,
            )
        first = next((r for r in check.revisions if r.kind is RevisionKind.SIGNATURE), None)
        name = (
            say("revision {number} ({sha256}…)", number=first.number, sha256=first.sha256[:16])
            if first is not None
            else say("the file")
        )
        return say("{name} is not in the log: it issued no such report", name=name)
    rendered = issued.body.get("rendered")
    if rendered is not None and check.base is not None and sha256(check.base) != rendered:
        return say("entry {index} issued another base than the one inside", index=issued.index)
    known = _known(attested)
    final = check.revisions[-1]
    if final.kind is not RevisionKind.SIGNATURE and final.sha256 not in known:
        return say(
            "revision {number} ({sha256}…) is not in the log, and no signature made it",
            number=final.number,
            sha256=final.sha256[:16],
        )
    last = next(digest for digest in reversed(digests) if digest in known)
    for entry in _everywhere(attested, EventType.REPORT_COUNTERSIGNED):
        if entry.body.get("previous") == last and entry.body.get("pdf") not in digests:
            later = str(entry.body.get("pdf"))[:16]
            return say(
                "the log knows a counter-signed revision ({later}…, entry {index}) that is not in this file",
                later=later,
                index=entry.index,
            )
    for entry in _everywhere(attested, EventType.REPORT_WITHDRAWN):
        if entry.body.get("pdf") in digests:
            return say(
                "the report was withdrawn (entry {index}): {reason}",
                index=entry.index,
                reason=entry.body.get("reason"),
            )
    return ""


def _unknown_signatures(check: PdfCheck, attested: AttestedLog) -> tuple[str, ...]:
    """Name signatures that are not logged, with the remedy."""
    known = _known(attested)
    numbers = [revision.number for revision in check.revisions if revision.sha256 in known]
    last = max(numbers, default=0)
    branches = [
        say(
            "the log knows another copy, counter-signed in entry {index}, whose signature this "
            "file lacks",
            index=entry.index,
        )
        for entry in _everywhere(attested, EventType.REPORT_COUNTERSIGNED)
        if entry.body.get("previous") in {r.sha256 for r in check.revisions}
        and entry.body.get("pdf") not in {r.sha256 for r in check.revisions}
    ]
    unknown = [
        say(
            "the log does not know the signature in {field} by {signer}, so nobody would notice if "
            "it were cut off; the log's owner takes it up with: raudit log accept REPORT --log LOG "
            "--key FILE",
            field=item.field,
            signer=item.signer,
        )
        for item in check.signatures
        if item.revision > last and item.kind is not SignatureKind.TIME_STAMP
    ]
    return (*unknown, *branches)


def _newer(check: PdfCheck, attested: AttestedLog, record: Record | None) -> tuple[str, ...]:
    """Say whether the log knows a later report of the same system."""
    digests = {revision.sha256 for revision in check.revisions}
    superseded = [
        e
        for e in _everywhere(attested, EventType.REPORT_SUPERSEDED)
        if e.body.get("pdf") in digests
    ]
    if superseded:
        entry = superseded[-1]
        return (
            say(
                "superseded by the report {by}… (entry {index})",
                by=str(entry.body.get("by"))[:16],
                index=entry.index,
            ),
        )
    system = record.system.get("name") if record is not None else None
    runs = {
        e.run
        for e in attested.of(EventType.RUN_STARTED)
        if system and e.body.get("system") == system
    }
    issued = [e for e in attested.of(EventType.REPORT_ISSUED) if e.run in runs]
    own = [e.index for e in issued if e.body.get("pdf") in digests]
    later = [e for e in issued if own and e.index > max(own)]
    if not later:
        return ()
    last = later[-1]
    return (
        say(
            "there is a newer report of this system, issued {time} (entry {index})",
            time=last.time[:10],
            index=last.index,
        ),
    )


def extends_step(
    checkpoint: Checkpoint | None,
    vkey: str | None,
    log: Log | None,
    view: LogView,
    others: Sequence[str],
) -> Step:
    """Step 9: the log and every checkpoint given extend the report's checkpoint, or are extended by it."""
    if log is None and not others:
        detail = say("no log and no other checkpoint given")
        return _step(9, EXTENDS, StepStatus.NOT_CHECKED, detail, needed=False)
    if view.fault:
        return _step(
            9, EXTENDS, StepStatus.FAILED, say("the log does not hold: {fault}", fault=view.fault)
        )
    if checkpoint is None or vkey is None:
        detail = say("there is no verified checkpoint to start from")
        return _step(9, EXTENDS, StepStatus.NOT_CHECKED, detail, needed=False)
    try:
        said = [_agrees(checkpoint, text, vkey, log) for text in others]
        if log is not None:
            said.append(_extends(checkpoint, log))
    except IntegrityError as error:
        return _step(9, EXTENDS, StepStatus.FAILED, reason_of(error))
    if view.attested is not None and view.attested.describe_beyond:
        said.append(view.attested.describe_beyond)
    return _step(9, EXTENDS, StepStatus.OK, joined("; ", said))


def _extends(checkpoint: Checkpoint, log: Log) -> str:
    # The stored hashes were recomputed from the entries in this same snapshot.
    from raudit.log.tree.extends import check_extends

    check_extends(checkpoint, log.size, log.store.node, "the report's checkpoint")
    check_kept(log.store, checkpoint, "the report")
    return say(
        "the log has {size:,} entries and begins with these {first:,}",
        size=log.size,
        first=checkpoint.size,
    )


def _agrees(checkpoint: Checkpoint, text: str, vkey: str, log: Log | None) -> str:
    other = verify_checkpoint(text, vkey)
    if other.size == checkpoint.size and other.root != checkpoint.root:
        raise IntegrityError(
            "two checkpoints of one size differ: the log was shown in two versions",
            reference="split-view",
        )
    if log is not None:
        _extends(other, log)
        return say("a checkpoint of {size:,} entries agrees", size=other.size)
    if other.size == checkpoint.size:
        return say("a checkpoint of the same {size:,} entries agrees", size=other.size)
    return say(
        "a checkpoint of {size:,} entries is signed by the same log; without the log nothing ties "
        "the two",
        size=other.size,
    )


def _step(
    number: int,
    title: str,
    status: StepStatus,
    detail: str,
    *,
    needed: bool = True,
    warnings: tuple[str, ...] = (),
) -> Step:
    return Step(
        number=number, title=title, status=status, detail=detail, needed=needed, warnings=warnings
    )
