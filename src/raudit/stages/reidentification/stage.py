"""The stage: attacks on a released table and on the model, each with what chance and strangers explain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np

from raudit.data import ColumnName, DataSet
from raudit.data.rows import Overlap, overlap, row_hashes, written_as_text
from raudit.errors import NotEvaluable
from raudit.evidence import Evidence, Released, StageResult
from raudit.facts import Fact
from raudit.findings import Finding, Rule, Status
from raudit.sentences import say
from raudit.stages.reidentification import rules
from raudit.stages.reidentification.facts import FACTS
from raudit.stages.reidentification.membership import FEWEST, Recognised, recognised
from raudit.stages.reidentification.neighbours import inference, linkability
from raudit.stages.reidentification.options import Options
from raudit.stages.reidentification.report import (
    attack_finding,
    attack_table,
    membership_finding,
    membership_table,
    nothing_tried,
)
from raudit.stages.reidentification.risk import Attacked, risk
from raudit.stages.reidentification.singling_out import singling_out
from raudit.stages.reidentification.tables import Encoded, encoded, shared_columns
from raudit.validate import Strict

Tried = tuple[Rule, Attacked]


class Reidentification:
    """Attacks on what is given away."""

    name: ClassVar[str] = "reidentification"
    title: ClassVar[str] = "Re-identification"
    options: ClassVar[type[Strict]] = Options
    rules: ClassVar[tuple[Rule, ...]] = rules.RULES
    facts: ClassVar[tuple[Fact, ...]] = FACTS
    reads_facts: ClassVar[bool] = False
    order: ClassVar[int] = 55
    needs_released: ClassVar[bool] = True

    def run(self, evidence: Evidence, options: Options) -> StageResult:
        """Attack the released table and the model, as far as the plan names what that takes."""
        tried, empty = _attacks(evidence, options)
        members, notes = _members(evidence, options)
        if not tried and not empty and not members:
            raise NotEvaluable(
                "there is neither a released table nor a model with its training data to attack",
                reference="nothing-to-attack",
                hint="name data.released with a control, or data.reference of the kind training",
            )
        findings = [
            *(attack_finding(rule, attacked, options) for rule, attacked in tried),
            *empty,
            *(membership_finding(one, options) for one in members),
        ]
        tables = [attack_table(tried)] if tried else []
        tables += [membership_table(members)] if members else []
        measured = [
            name for name, rule in _RULES.items() if any(rule.id == f.rule for f in findings)
        ]
        highest = max((risk(attacked).value for _rule, attacked in tried), default=None)
        facts = {
            "reidentification.measured": measured,
            **({} if highest is None else {"reidentification.risk_max": highest}),
            **(
                {"reidentification.membership_tpr": members[0].hits / members[0].n}
                if members
                else {}
            ),
        }
        return StageResult(
            summary=_summary(findings),
            findings=tuple(findings),
            tables=tuple(tables),
            facts=facts,
            notes=(*_notes(evidence, tried), *notes),
        )


_RULES = {
    "singling_out": rules.SINGLING,
    "linkability": rules.LINKING,
    "inference": rules.INFERENCE,
    "membership": rules.MEMBERSHIP,
}


def _attacks(evidence: Evidence, options: Options) -> tuple[list[Tried], list[Finding]]:
    """What was tried on the released table, and findings on attacks for which it offers nothing."""
    if evidence.released is None:
        return [], []
    original, released, control = _encoded(evidence, evidence.released)
    without = _no_strangers(evidence.data, evidence.released)
    if without:
        control = None
    if min(original.n, released.n) == 0 or len(released.columns) < 2:
        raise NotEvaluable(
            "the released table shares no two columns with the data, or one of them has no rows",
            reference="nothing-to-attack",
        )
    rng = np.random.default_rng(evidence.seed)
    tried: list[Tried] = []
    empty: list[Finding] = []
    if "singling_out" in options.attacks:
        found = singling_out(
            original,
            released,
            control,
            n=options.n_attacks,
            n_columns=options.n_columns,
            rng=rng,
        )
        tried += [(rules.SINGLING, one) for one in found]
        empty += [] if found else [nothing_tried(rules.SINGLING)]
    if "linkability" in options.attacks:
        linked = options.linked or (released.columns[::2], released.columns[1::2])
        one = linkability(original, released, control, linked=linked, n=options.n_attacks, rng=rng)
        tried.append((rules.LINKING, one))
    if "inference" in options.attacks:
        for secret in _secrets(evidence, released.columns, options):
            one = inference(
                original, released, control, secret=secret, n=options.n_attacks, rng=rng
            )
            tried.append((rules.INFERENCE, one))
    return [(rule, replace(one, without=without)) for rule, one in tried], empty


def _no_strangers(data: DataSet, released: Released) -> str:
    """Why a control does not say what succeeds against strangers: it holds the same people; empty if it may."""
    control = released.control
    if control is None:
        return ""
    if control.sha256 == released.data.sha256:
        return say("the control is the released table itself, so it says nothing about strangers")
    both = _overlap(control, data, [ColumnName(name) for name in shared_columns([data, control])])
    if not both.beyond:
        return ""
    return say(
        "{events:,} of {n:,} rows of the control stand in the data as well, where coincidence would give about "
        "{expected:,.0f}: against the same people an attack succeeds as often, so what the table adds cannot be told",
        events=both.events,
        n=both.n,
        expected=both.expected,
    )


def _overlap(rows: DataSet, others: DataSet, columns: Sequence[ColumnName]) -> Overlap:
    as_text = written_as_text(columns, rows, others)
    ours, theirs = (row_hashes(one, columns, as_text=as_text) for one in (rows, others))
    return overlap(ours, theirs)


def _encoded(evidence: Evidence, released: Released) -> tuple[Encoded, Encoded, Encoded | None]:
    tables = [evidence.data, released.data]
    tables += [released.control] if released.control is not None else []
    ours = {str(name) for name in released.data.kinds}
    columns = [name for name in shared_columns(tables) if name in ours]
    original, given, *control = encoded(tables, columns)
    return original, given, control[0] if control else None


def _secrets(evidence: Evidence, columns: Sequence[str], options: Options) -> Iterator[str]:
    named = [ColumnName(a.column) for a in evidence.roles.sensitive]
    if evidence.roles.label is not None:
        named.insert(0, evidence.roles.label.column)
    for name in dict.fromkeys(options.secrets or [str(column) for column in named]):
        if name in columns:
            yield name
        elif options.secrets:
            raise NotEvaluable(
                f"the secret {name!r} is not a column of all tables", reference="no-column"
            )


def _members(evidence: Evidence, options: Options) -> tuple[list[Recognised], list[str]]:
    """Training rows that the model gives away, or why that was not tried."""
    if "membership" not in options.attacks:
        return [], []
    reference = evidence.reference
    if reference is None or reference.kind != "training":
        return [], [
            say("Membership was not tried: the plan names no training data as data.reference.")
        ]
    if evidence.data.n_rows < FEWEST:
        return [], [
            say(
                "Membership was not tried: it takes {fewest:,} rows that were not learnt from.",
                fewest=FEWEST,
            )
        ]
    both = _overlap(evidence.data, reference.data, _told_apart_by(evidence, reference.data))
    if both.beyond:
        return [], [
            say(
                "Membership was not tried: {events:,} of {n:,} audited rows stand in the training data as well, where "
                "coincidence would give about {expected:,.0f}, so the model did learn from them.",
                events=both.events,
                n=both.n,
                expected=both.expected,
            )
        ]
    found = recognised(
        (reference.data, reference.roles),
        (evidence.data, evidence.roles),
        min_group=options.min_group,
        seed=evidence.seed,
    )
    missing = say(
        "Membership was not tried: it takes labels and scores that are probabilities, on both."
    )
    return found, [] if found else [missing]


def _told_apart_by(evidence: Evidence, training: DataSet) -> list[ColumnName]:
    """Columns by which an audited row is known again among training rows: what the model takes, and the label."""
    roles, columns = evidence.roles, shared_columns([evidence.data, training])
    used = {*roles.features, *([roles.label.column] if roles.label else [])}
    return [ColumnName(name) for name in columns if not roles.features or name in used]


def _notes(evidence: Evidence, tried: Sequence[Tried]) -> Iterator[str]:
    if not tried or evidence.released is None:
        return
    yield say(
        "Other attacks may succeed where these do not: a risk that is not seen here is not shown to be absent."
    )


def _summary(findings: Sequence[Finding]) -> str:
    failed = sum(finding.status is Status.FAILED for finding in findings)
    untold = sum(finding.status is Status.INDETERMINATE for finding in findings)
    return say(
        "Attacks measured: {count:,}; {failed:,} succeeded beyond the limit, of {untold:,} it could not be told.",
        count=len(findings),
        failed=failed,
        untold=untold,
    )


STAGE = Reidentification()
