"""Step 6: the pages against the record, by rendering the report again and comparing every byte.

Only a difference that nothing explains is a failure. Where raudit, a library, a template or a font of this machine is
another than the one that made the file, as the file itself says, the pages are *not compared*.
"""

from __future__ import annotations

from typing import Any

from raudit.errors import RauditError
from raudit.record import Record
from raudit.report.seals import Seals
from raudit.sentences import say, term
from raudit.signing import PdfCheck
from raudit.verify.steps import PAGES_STEP, Step, StepStatus

CHECKPOINT_NAME, PROOF_NAME = "checkpoint.txt", "record.tlog-proof"
VKEY_NAME, ENTRY_NAME = "log.vkey", "run-finished.json"
STATEMENTS_NAME, PEOPLE_NAME = "statements.jsonl", "people.json"
ASK = say("not asked for; --remake renders it again")


def pages_step(
    check: PdfCheck, record: Record | None, *, remake: bool | None, others_hold: bool
) -> Step:
    """Render the report again and compare it.

    Parameters
    ----------
    remake
        None renders it if all other steps hold, and then asks for no more than what can be had here. True demands
        the comparison.
    others_hold
        Whether nothing else is wrong or missing.
    """
    if remake is False:
        return _step(StepStatus.NOT_CHECKED, ASK)
    if remake is None and not others_hold:
        return _step(StepStatus.NOT_CHECKED, say("not rendered, since another step does not hold"))
    status, detail = _compared(check, record)
    return _step(status, detail, needed=remake is True)


def _compared(check: PdfCheck, record: Record | None) -> tuple[StepStatus, str]:
    if record is None or check.base is None:
        return StepStatus.NOT_CHECKED, say("there is no record or no base to compare")
    from raudit.report import render_pdf
    from raudit.report.renderer import renderer_of

    report: Any = record.plan.get("report", {})
    try:
        again = render_pdf(
            record,
            template=report.get("template", "standard"),
            language=report.get("language", "en"),
            seals=_seals(check),
        )
    except RauditError as error:
        return StepStatus.NOT_CHECKED, term(error.message)
    if again == check.base:
        return StepStatus.OK, say("{count:,} bytes, all equal", count=len(again))
    theirs, ours = renderer_of(check.base), renderer_of(again)
    if theirs != ours:
        detail = say(
            "it was made with {theirs}; here is {ours}",
            theirs=theirs or say("what it does not say"),
            ours=ours,
        )
        return StepStatus.NOT_CHECKED, detail
    return StepStatus.FAILED, say("the bytes differ from what the record gives")


def _step(status: StepStatus, detail: str, *, needed: bool = False) -> Step:
    title = say("the report remade from the record is the signed base")
    return Step(number=PAGES_STEP, title=title, status=status, detail=detail, needed=needed)


def _seals(check: PdfCheck) -> Seals | None:
    """What the report carries from the log, as it was given to the renderer."""
    files = {
        name: check.file(name) for name in (CHECKPOINT_NAME, PROOF_NAME, VKEY_NAME, ENTRY_NAME)
    }
    found = {name: file.data for name, file in files.items() if file is not None}
    if len(found) < len(files):
        return None
    return Seals(
        checkpoint=found[CHECKPOINT_NAME],
        proof=found[PROOF_NAME],
        vkey=found[VKEY_NAME].decode("utf-8", "replace").rstrip("\n"),
        attachments={
            ENTRY_NAME: found[ENTRY_NAME],
            **{
                n: held.data
                for n in (STATEMENTS_NAME, PEOPLE_NAME)
                if (held := check.file(n)) is not None
            },
        },
    )
