"""Entries of the log as sentences, for people who read them in a browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from raudit.log import Entry, EventType
from raudit.web.words import role_said, spoken, stage_said

Body = Mapping[str, Any]


def in_words(entry: Entry, names: Mapping[str, str]) -> str:
    """What an entry says, in a sentence; its type where no sentence is written for it.

    Parameters
    ----------
    names
        Names by pseudonym, as far as they have not been deleted.
    """
    body = {
        key: names.get(value, value) if isinstance(value, str) else value
        for key, value in entry.body.items()
    }
    if entry.type in FORMS:
        return FORMS[entry.type](body)
    values = {"system": "?", **body, **_told(body), "proof": _proof(body)}
    return str(SENTENCES[entry.type]) % values if entry.type in SENTENCES else entry.type


def _told(body: Body) -> dict[str, str]:
    """Words of the program in an entry, in the person's language."""
    words = {key: spoken(body[key]) for key in ("verdict", "state") if key in body}
    return words | ({"role": role_said(str(body["role"]))} if "role" in body else {})


def _proof(body: Body) -> str:
    return _("signed") if body.get("statement") else _("stated, not proven")


def _answers(body: Body) -> str:
    place = {"question": body.get("question") or "", "checklist": body["checklist"]}
    if body.get("question"):
        return _("Answered %(question)s of %(checklist)s") % place
    return _("Changed answers of %(checklist)s") % place


def _review(body: Body) -> str:
    place = {"question": body["question"], "checklist": body["checklist"], "proof": _proof(body)}
    if body["state"] == "accepted":
        return _("Accepted %(question)s of %(checklist)s (%(proof)s)") % place
    return _("Sent %(question)s of %(checklist)s back (%(proof)s)") % place


def _stage(body: Body) -> str:
    place = {"stage": stage_said(body["stage"]), "outcome": spoken(body["outcome"])}
    return _("Stage %(stage)s: %(outcome)s") % place


def _people(body: Body) -> str:
    counts = {
        "added": len(body.get("enrolled") or ()),
        "gone": len(body.get("withdrawn") or ()),
    }
    return _("Changed people.yaml: %(added)d keys enrolled, %(gone)d withdrawn") % counts


SENTENCES: Mapping[str, Promise] = {
    EventType.LOG_OPENED: lazy("Opened the log %(origin)s"),
    EventType.RUN_STARTED: lazy("Started an audit of %(system)s"),
    EventType.RUN_FINISHED: lazy("Finished an audit: %(verdict)s"),
    EventType.RUN_FAILED: lazy("An audit failed: %(error)s"),
    EventType.RUN_ABORTED: lazy("An audit was stopped: %(reason)s"),
    EventType.ANSWERS_SUBMITTED: lazy("Submitted %(checklist)s for review"),
    EventType.WAIVER_GRANTED: lazy(
        "Asked for waiver %(waiver)s of %(rule)s until %(expires)s (%(proof)s)"
    ),
    EventType.WAIVER_APPROVED: lazy("Approved waiver %(waiver)s (%(proof)s)"),
    EventType.WAIVER_REVOKED: lazy("Took waiver %(waiver)s back (%(proof)s)"),
    EventType.WAIVER_EXPIRED: lazy("Waiver %(waiver)s expired on %(expires)s"),
    EventType.WAIVER_USED: lazy("Waiver %(waiver)s of %(rule)s was used: %(state)s"),
    EventType.BASELINE_APPROVED: lazy("Approved %(added)d findings as the baseline"),
    EventType.SIGNOFF_GIVEN: lazy("Decided on %(checklist)s as %(role)s (%(proof)s)"),
    EventType.SIGNOFF_VOIDED: lazy(
        "The decision of entry %(signoff)d on %(checklist)s does not hold any more: %(reason)s"
    ),
    EventType.CONDITION_MET: lazy(
        "Condition %(condition)d of %(role)s on %(checklist)s is met (%(proof)s)"
    ),
    EventType.REPORT_RENDERED: lazy("Made a report"),
    EventType.REPORT_ISSUED: lazy("Signed and issued a report"),
    EventType.REPORT_COUNTERSIGNED: lazy("Counter-signed a report"),
    EventType.REPORT_SUPERSEDED: lazy("Replaced a report by a newer one"),
    EventType.REPORT_WITHDRAWN: lazy("Withdrew a report: %(reason)s"),
    EventType.POLICY_CHANGED: lazy("Changed the policy"),
    EventType.KEY_ROTATED: lazy("Changed the key of the log"),
    EventType.CHECKPOINT_WITNESSED: lazy("A witness confirmed the log"),
    EventType.RECOVERY_PERFORMED: lazy("Recovered the log from %(source)s"),
    EventType.FILE_DOWNLOADED: lazy("Downloaded %(name)s"),
    EventType.SIGNIN_FAILED: lazy("%(attempts)d wrong passwords for %(account)s"),
}
"""What the types say whose sentence has one form."""

FORMS: Mapping[str, Callable[[Body], str]] = {
    EventType.ANSWERS_CHANGED: _answers,
    EventType.REVIEW_GIVEN: _review,
    EventType.PEOPLE_CHANGED: _people,
    EventType.STAGE_FINISHED: _stage,
}

KINDS: Mapping[str, Promise] = {
    EventType.LOG_OPENED: lazy("Log opened"),
    EventType.RUN_STARTED: lazy("Audit started"),
    EventType.RUN_FINISHED: lazy("Audit finished"),
    EventType.RUN_FAILED: lazy("Audit failed"),
    EventType.RUN_ABORTED: lazy("Audit stopped"),
    EventType.STAGE_FINISHED: lazy("Stage finished"),
    EventType.ANSWERS_CHANGED: lazy("Answers changed"),
    EventType.ANSWERS_SUBMITTED: lazy("Answers submitted"),
    EventType.REVIEW_GIVEN: lazy("Answer reviewed"),
    EventType.PEOPLE_CHANGED: lazy("People changed"),
    EventType.WAIVER_GRANTED: lazy("Waiver asked for"),
    EventType.WAIVER_APPROVED: lazy("Waiver approved"),
    EventType.WAIVER_REVOKED: lazy("Waiver taken back"),
    EventType.WAIVER_EXPIRED: lazy("Waiver expired"),
    EventType.WAIVER_USED: lazy("Waiver used"),
    EventType.BASELINE_APPROVED: lazy("Baseline approved"),
    EventType.SIGNOFF_GIVEN: lazy("Decision on an assessment"),
    EventType.SIGNOFF_VOIDED: lazy("Decision void"),
    EventType.CONDITION_MET: lazy("Condition met"),
    EventType.REPORT_RENDERED: lazy("Report made"),
    EventType.REPORT_ISSUED: lazy("Report issued"),
    EventType.REPORT_COUNTERSIGNED: lazy("Report counter-signed"),
    EventType.REPORT_SUPERSEDED: lazy("Report replaced"),
    EventType.REPORT_WITHDRAWN: lazy("Report withdrawn"),
    EventType.POLICY_CHANGED: lazy("Policy changed"),
    EventType.KEY_ROTATED: lazy("Key of the log changed"),
    EventType.CHECKPOINT_WITNESSED: lazy("Checkpoint witnessed"),
    EventType.RECOVERY_PERFORMED: lazy("Log recovered"),
    EventType.FILE_DOWNLOADED: lazy("File downloaded"),
    EventType.SIGNIN_FAILED: lazy("Sign-in failed"),
}
"""What each type is called, to choose by."""
