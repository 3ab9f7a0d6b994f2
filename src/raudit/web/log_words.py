"""Entries of the log as sentences, for people who read them in a browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from raudit.log import Entry, EventType
from raudit.web.words import spoken, stage_said

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
    values = {"system": "?", **body, "proof": _proof(body)}
    return str(SENTENCES[entry.type]) % values if entry.type in SENTENCES else entry.type


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
