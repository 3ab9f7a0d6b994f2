"""Entries of the log as sentences, for people who read them in a browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from raudit.log import Entry, EventType

Body = Mapping[str, Any]


def in_words(entry: Entry, names: Mapping[str, str]) -> str:
    """What an entry says, in a sentence; its type where no sentence is written for it.

    Parameters
    ----------
    names
        Names by pseudonym, as far as they have not been deleted.
    """
    make = SENTENCES.get(str(entry.type))
    if make is None:
        return str(entry.type)
    body = {
        key: names.get(value, value) if isinstance(value, str) else value
        for key, value in entry.body.items()
    }
    return make(body)


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


def _people(body: Body) -> str:
    counts = {
        "added": len(body.get("enrolled") or ()),
        "gone": len(body.get("withdrawn") or ()),
    }
    return _("Changed people.yaml: %(added)d keys enrolled, %(gone)d withdrawn") % counts


SENTENCES: Mapping[str, Callable[[Body], str]] = {
    EventType.LOG_OPENED: lambda b: _("Opened the log %(origin)s") % b,
    EventType.RUN_STARTED: lambda b: _("Started an audit of %(system)s")
    % {"system": b.get("system") or "?"},
    EventType.STAGE_FINISHED: lambda b: _("Stage %(stage)s: %(outcome)s") % b,
    EventType.RUN_FINISHED: lambda b: _("Finished an audit: %(verdict)s") % b,
    EventType.RUN_FAILED: lambda b: _("An audit failed: %(error)s") % b,
    EventType.RUN_ABORTED: lambda b: _("An audit was stopped: %(reason)s") % b,
    EventType.ANSWERS_CHANGED: _answers,
    EventType.ANSWERS_SUBMITTED: lambda b: _("Submitted %(checklist)s for review") % b,
    EventType.WAIVER_GRANTED: lambda b: _(
        "Asked for waiver %(waiver)s of %(rule)s until %(expires)s (%(proof)s)"
    )
    % {**b, "proof": _proof(b)},
    EventType.WAIVER_APPROVED: lambda b: _("Approved waiver %(waiver)s (%(proof)s)")
    % {**b, "proof": _proof(b)},
    EventType.WAIVER_REVOKED: lambda b: _("Took waiver %(waiver)s back (%(proof)s)")
    % {**b, "proof": _proof(b)},
    EventType.WAIVER_EXPIRED: lambda b: _("Waiver %(waiver)s expired on %(expires)s") % b,
    EventType.WAIVER_USED: lambda b: _("Waiver %(waiver)s of %(rule)s was used: %(state)s") % b,
    EventType.BASELINE_APPROVED: lambda b: _("Approved %(added)d findings as the baseline") % b,
    EventType.REVIEW_GIVEN: _review,
    EventType.SIGNOFF_GIVEN: lambda b: _("Decided on %(checklist)s as %(role)s (%(proof)s)")
    % {**b, "proof": _proof(b)},
    EventType.SIGNOFF_VOIDED: lambda b: _(
        "The decision of entry %(signoff)d on %(checklist)s does not hold any more: %(reason)s"
    )
    % b,
    EventType.CONDITION_MET: lambda b: _(
        "Condition %(condition)d of %(role)s on %(checklist)s is met (%(proof)s)"
    )
    % {**b, "proof": _proof(b)},
    EventType.REPORT_RENDERED: lambda b: _("Made a report"),
    EventType.REPORT_ISSUED: lambda b: _("Signed and issued a report"),
    EventType.REPORT_COUNTERSIGNED: lambda b: _("Counter-signed a report"),
    EventType.REPORT_SUPERSEDED: lambda b: _("Replaced a report by a newer one"),
    EventType.REPORT_WITHDRAWN: lambda b: _("Withdrew a report: %(reason)s") % b,
    EventType.POLICY_CHANGED: lambda b: _("Changed the policy"),
    EventType.PEOPLE_CHANGED: _people,
    EventType.KEY_ROTATED: lambda b: _("Changed the key of the log"),
    EventType.CHECKPOINT_WITNESSED: lambda b: _("A witness confirmed the log"),
    EventType.RECOVERY_PERFORMED: lambda b: _("Recovered the log from %(source)s") % b,
    EventType.FILE_DOWNLOADED: lambda b: _("Downloaded %(name)s") % b,
    EventType.SIGNIN_FAILED: lambda b: _("%(attempts)d wrong passwords for %(account)s") % b,
}
