# ruff: noqa: E501
"""A rich synthetic record: every kind of figure, every outcome, waivers, hostile strings."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from raudit.canonical import Sha256
from raudit.findings import (
    Finding,
    Interval,
    Measurement,
    Rule,
    Severity,
    Status,
    Subject,
    Threshold,
)
from raudit.record import (
    Column,
    Figure,
    Input,
    Outcome,
    Record,
    Run,
    StageRecord,
    Table,
    Verdict,
    WaiverUse,
)

HOSTILE = (
    '<img src="http://127.0.0.1:9/x.png">',
    "</td></tr></table><script>alert(1)</script>",
    "{{ 7*7 }}{% for x in y %}",
    "age\u202egnp.exe",
    "\x00\x07\x1bname",
    '=HYPERLINK("http://127.0.0.1:9")',
    '" onload="x',
    "url(http://127.0.0.1:9/a)",
    "شخص",
    "名前",
    "a" * 300,
)


def digest_of(n: int) -> Sha256:
    return Sha256(f"{n:064x}")


FAIR = Rule(
    id="RA-FAIR-001",
    title="Selection rates differ between groups",
    why="People of one group get the favourable decision less often than people of another.",
    how="Largest minus smallest selection rate, with a Newcombe interval.",
    fix="Look at what the model uses in place of the attribute, and weigh a group-aware threshold with counsel.",
    severity=Severity.HIGH,
    requirements=("eu-ai-act:10", "nist-ai-rmf:MEASURE-2.11", "nyc-ll144", "gdpr:35.7.c"),
)
ODDS = Rule(
    id="RA-FAIR-004",
    title="Error rates differ between groups",
    why="Mistakes are not shared equally.",
    how="Equalized odds difference.",
    fix="Compare thresholds per group.",
    severity=Severity.HIGH,
    requirements=("eu-ai-act:15", "nist-ai-rmf:MEASURE-2.11"),
)
PII = Rule(
    id="RA-PII-001",
    title="Column holds personal data",
    why="Personal data need a purpose and protection.",
    how="Detectors with validation on a sample.",
    fix="Drop or pseudonymise the column.",
    severity=Severity.CRITICAL,
    requirements=("gdpr:5.1.c", "gdpr:32"),
)


def finding(
    rule: Rule, name: str, status: Status, value: float | None = None, **more: Any
) -> Finding:
    interval = more.pop("interval", None)
    n = more.pop("n", 48842)
    measurement = None
    if value is not None or interval:
        measurement = Measurement(
            metric=more.pop("metric", "demographic_parity_difference"),
            value=value,
            n=n,
            interval=Interval(low=interval[0], high=interval[1], method="Newcombe")
            if interval
            else None,
            method="difference of proportions",
        )
    reason = more.pop(
        "reason", "too few rows: 7 where 30 are needed" if status is Status.INDETERMINATE else ""
    )
    return Finding(
        rule=rule.id,
        subject=Subject(
            kind=more.pop("kind", "attribute"), name=name, detail=more.pop("detail", {})
        ),
        status=status,
        severity=more.pop("severity", rule.severity),
        measurement=measurement,
        reason=reason,
        requirements=rule.requirements,
        **more,
    )


def fairness() -> StageRecord:
    findings = [
        finding(
            FAIR,
            "sex",
            Status.FAILED,
            0.19628431005,
            interval=(0.1893, 0.20321177),
            threshold=Threshold(high=0.1, source="plan"),
            statement="Women are selected in 10.9 % of cases and men in 30.6 %: a difference of 19.6 percentage points on 48,842 people.",
            anchor="stages.fairness.thresholds",
            detail={"metric": "selection_rate"},
        ),
        finding(
            ODDS,
            "race",
            Status.FAILED,
            0.11275,
            interval=(0.0712, 0.1539),
            threshold=Threshold(high=0.1, source="plan"),
            metric="equalized_odds_difference",
            severity=Severity.MEDIUM,
            statement="Qualified Black applicants are missed more often than qualified White applicants, by 11.3 percentage points.",
        ),
        finding(
            FAIR,
            "race",
            Status.PASSED,
            0.0831,
            interval=(0.061, 0.0999),
            threshold=Threshold(high=0.1),
            statement="Selection rates by race differ by 8.3 percentage points, within the accepted 10.",
        ),
        finding(
            ODDS,
            "sex × race",
            Status.INDETERMINATE,
            0.25,
            interval=(-0.02, 0.61),
            n=7,
            metric="equalized_odds_difference",
            statement="For Amer-Indian-Eskimo women error rates could not be told: 7 of them had a positive outcome.",
            detail={"group": "Female, Amer-Indian-Eskimo"},
        ),
    ]
    findings += [
        finding(
            FAIR,
            f"control {i}",
            Status.PASSED if i % 3 else Status.INDETERMINATE,
            i / 977,
            interval=(i / 1200, i / 800),
            n=1000 + i,
            statement=f"Within department {i} selection rates differ by {i / 9.77:.1f} percentage points.",
            detail={"level": str(i)},
        )
        for i in range(1, 25)
    ]
    rates = Table(
        id="rates-sex",
        title="Selection rates by sex",
        caption="48,842 rows; intervals are 95 % Wilson.",
        columns=(
            Column(key="group", label="Group"),
            Column(key="n", label="n", kind="count"),
            Column(key="selected", label="Selected", kind="count"),
            Column(key="rate", label="Selection rate", kind="proportion"),
            Column(key="ci", label="95 % interval", kind="interval"),
            Column(key="ratio", label="Impact ratio", kind="number"),
            Column(key="p", label="p", kind="p_value"),
            Column(key="state", label="Status", kind="status"),
        ),
        rows=(
            {
                "group": "Female",
                "n": 16192,
                "selected": 1769,
                "rate": 0.10925,
                "ci": [0.10454, 0.11415],
                "ratio": 0.3577,
                "p": 1e-9,
                "state": "failed",
            },
            {
                "group": "Male",
                "n": 32650,
                "selected": 9973,
                "rate": 0.30545,
                "ci": [0.30048, 0.31047],
                "ratio": 1,
                "p": None,
                "state": "passed",
            },
            {"group": "unknown", "n": 7, "rate": None, "ci": None, "state": "indeterminate"},
        ),
    )
    long = Table(
        id="cells",
        title="Cell table",
        caption="All combinations.",
        columns=(
            Column(key="a", label="Sex"),
            Column(key="b", label="Race"),
            Column(key="n", label="n", kind="count"),
            Column(key="r", label="Rate", kind="proportion"),
        ),
        rows=tuple(
            {"a": "F" if i % 2 else "M", "b": f"group {i}", "n": i * 37, "r": (i % 97) / 97}
            for i in range(300)
        ),
    )
    dots = Figure(
        id="rates",
        kind="dots",
        title="Selection rate by group",
        alt="Women 10.9 percent, men 30.5 percent; the intervals do not overlap.",
        caption="Dots are rates, lines 95 % intervals; the dashed line is the overall rate.",
        data={
            "rows": [
                {"label": "Female", "value": 0.109, "low": 0.1045, "high": 0.1142, "n": 16192},
                {"label": "Male", "value": 0.3055, "low": 0.3005, "high": 0.3105, "n": 32650},
                {
                    "label": "Amer-Indian-Eskimo women, a long label that must be cut",
                    "value": 0.06,
                    "low": 0.02,
                    "high": 0.19,
                    "n": 39,
                },
                {"label": "unknown", "value": None, "n": 7},
            ],
            "x_label": "selection rate",
            "reference": 0.24,
            "percent": True,
        },
    )
    series = Figure(
        id="errors",
        kind="dots",
        title="Error rates by group",
        alt="True positive rates differ more than false positive rates.",
        data={
            "rows": [
                {"label": g, "value": v + d, "low": v + d - 0.03, "high": v + d + 0.03, "series": s}
                for i, g in enumerate(("White", "Black", "Asian"))
                for s, v, d in (
                    ("true positive rate", 0.6, i * 0.04),
                    ("false positive rate", 0.08, i * 0.02),
                )
            ],
            "x_label": "rate",
            "band": [0.5, 0.7],
        },
    )
    bars = Figure(
        id="n",
        kind="bars",
        title="Rows by group",
        alt="Twice as many men as women.",
        data={
            "rows": [{"label": "Female", "value": 16192}, {"label": "Male", "value": 32650}],
            "x_label": "rows",
        },
    )
    calibration = Figure(
        id="calibration",
        kind="lines",
        title="Calibration by sex",
        alt="Both curves lie near the diagonal.",
        data={
            "series": [
                {
                    "label": s,
                    "x": [i / 10 for i in range(11)],
                    "y": [min(1, i / 10 + d) for i in range(11)],
                    "low": [i / 10 + d - 0.05 for i in range(11)],
                    "high": [i / 10 + d + 0.05 for i in range(11)],
                }
                for s, d in (("Female", 0.03), ("Male", -0.02))
            ],
            "x_label": "score",
            "y_label": "observed rate",
            "diagonal": True,
            "marks": [{"x": 0.5, "label": "threshold 0.5"}],
        },
    )
    return StageRecord(
        name="fairness",
        title="Fairness",
        outcome=Outcome.COMPLETED,
        rules=(FAIR, ODDS),
        findings=tuple(findings),
        summary="Selection and error rates were compared over sex, race and their intersections. The largest gap is between women and men.",
        tables=(rates, long),
        figures=(dots, series, bars, calibration),
        options={"min_group": 30, "level": 0.95, "resamples": 2000},
        notes=(
            "Groups of fewer than 30 rows are not estimated.",
            "7 rows without a known sex were left out of every ratio.",
        ),
    )


def explain() -> StageRecord:
    points = [math.sin(i * 12.9898) * 0.5 for i in range(300)]
    return StageRecord(
        name="explain",
        title="Explanations",
        outcome=Outcome.COMPLETED,
        summary="SHAP values of 300 rows against a background of 100.",
        figures=(
            Figure(
                id="waterfall",
                kind="waterfall",
                title="One refused applicant",
                alt="Hours per week lowers, education raises the score.",
                data={
                    "steps": [
                        {"label": "hours-per-week = 20", "value": -0.9, "low": -1.0, "high": -0.8},
                        {"label": "education-num = 13", "value": 0.62},
                        {"label": "age = 24", "value": -0.41},
                    ],
                    "total": -2.1,
                    "x_label": "log-odds",
                    "start_label": "average",
                    "end_label": "this applicant",
                },
            ),
            Figure(
                id="swarm",
                kind="swarm",
                title="What moves scores",
                alt="Age and education move scores most.",
                data={
                    "features": [
                        {
                            "label": n,
                            "x": [p * s for p in points],
                            "color": [(p + 0.5) if j % 9 else None for j, p in enumerate(points)],
                        }
                        for n, s in (("age", 2.0), ("education-num", 1.4), ("hours-per-week", 0.9))
                    ],
                    "x_label": "SHAP value (log-odds)",
                },
            ),
            Figure(
                id="dependence",
                kind="scatter",
                title="Age",
                alt="The SHAP value of age rises to 50 and falls after.",
                data={
                    "series": [
                        {
                            "label": "women",
                            "x": [20 + i % 50 for i in range(120)],
                            "y": [math.sin(i / 19) for i in range(120)],
                        },
                        {
                            "label": "men",
                            "x": [22 + i % 47 for i in range(120)],
                            "y": [math.cos(i / 17) for i in range(120)],
                        },
                    ],
                    "x_label": "age",
                    "y_label": "SHAP value",
                },
            ),
            Figure(
                id="odd",
                kind="hologram",
                title="A kind nobody can draw",
                alt="Two points.",
                data={"rows": [{"x": 1, "y": 2}, {"x": 3, "y": 4}]},
            ),
        ),
        notes=("Values change with the background; its digest is in the record.",),
    )


def pii() -> StageRecord:
    columns = tuple(
        {
            "column": name,
            "entity": "PERSON",
            "hits": i,
            "share": i / 400,
            "state": "failed" if i % 2 else "passed",
        }
        for i, name in enumerate(HOSTILE)
    )
    return StageRecord(
        name="pii",
        title="Personal data",
        outcome=Outcome.COMPLETED,
        summary="Every column was scanned.",
        rules=(PII,),
        findings=tuple(
            finding(
                PII,
                name,
                Status.FAILED,
                0.0375 + i / 1000,
                interval=(0.02, 0.06),
                n=400,
                kind="column",
                metric="share_of_values",
                severity=Severity.LOW,
                statement=f"Column {name} holds names in some of its values.",
            )
            for i, name in enumerate(HOSTILE)
        ),
        tables=(
            Table(
                id="columns",
                title="Columns",
                columns=(
                    Column(key="column", label="Column", kind="code"),
                    Column(key="entity", label="Entity type"),
                    Column(key="hits", label="Hits", kind="count"),
                    Column(key="share", label="Share", kind="proportion"),
                    Column(key="state", label="Status", kind="status"),
                ),
                rows=columns,
            ),
        ),
    )


def assessments() -> StageRecord:
    return StageRecord(
        name="assessments",
        title="Assessments",
        outcome=Outcome.COMPLETED,
        summary="The impact assessment is answered and reviewed by the data protection officer; ethics has not signed off.",
        tables=(
            Table(
                id="answers-dpia",
                title="Data protection impact assessment",
                columns=(
                    Column(key="q", label="Question"),
                    Column(key="a", label="Answer"),
                    Column(key="r", label="Review"),
                ),
                rows=(
                    {
                        "q": "Is the processing likely to result in a high risk?",
                        "a": "Yes, it decides about credit.",
                        "r": "accepted",
                    },
                    {
                        "q": "Are special categories processed?",
                        "a": "No",
                        "r": "contradicted by RA-PII-001",
                    },
                ),
            ),
            Table(
                id="sign-offs",
                title="Sign-offs",
                columns=(
                    Column(key="who", label="Role"),
                    Column(key="name", label="Name"),
                    Column(key="state", label="State"),
                    Column(key="date", label="Date"),
                ),
                rows=(
                    {
                        "who": "Data protection officer",
                        "name": "A. Example",
                        "state": "signed off",
                        "date": "2026-11-20",
                    },
                    {"who": "Ethics", "name": "B. Example", "state": "open"},
                ),
            ),
            Table(
                id="risk-register",
                title="Risk register",
                columns=(
                    Column(key="id", label="Id", kind="code"),
                    Column(key="risk", label="Risk"),
                    Column(key="l", label="Likelihood"),
                    Column(key="i", label="Impact"),
                    Column(key="m", label="Measure"),
                    Column(key="o", label="Owner"),
                ),
                rows=(
                    {
                        "id": "R-1",
                        "risk": "Women are refused more often than the data warrant.",
                        "l": "likely",
                        "i": "severe",
                        "m": "Group-aware threshold, review by people",
                        "o": "Credit lead",
                    },
                    {
                        "id": "R-2",
                        "risk": "Names leak from a free-text column.",
                        "l": "possible",
                        "i": "moderate",
                        "m": "Column is dropped",
                        "o": "Data lead",
                    },
                ),
            ),
        ),
        figures=(
            Figure(
                id="matrix",
                kind="matrix",
                title="Risks by likelihood and impact",
                alt="One risk is likely and severe, one possible and moderate.",
                data={
                    "rows": ["likely", "possible", "unlikely"],
                    "columns": ["minor", "moderate", "severe"],
                    "cells": [
                        [
                            {"text": "", "level": 1},
                            {"text": "", "level": 3},
                            {"text": "R-1", "level": 4},
                        ],
                        [
                            {"text": "", "level": 0},
                            {"text": "R-2", "level": 2},
                            {"text": "", "level": 3},
                        ],
                        [
                            {"text": "", "level": 0},
                            {"text": "", "level": 1},
                            {"text": "", "level": 2},
                        ],
                    ],
                },
            ),
        ),
    )


def make_record() -> Record:
    """The record most tests use."""
    stages = (
        fairness(),
        explain(),
        pii(),
        StageRecord(
            name="robustness",
            title="Robustness",
            outcome=Outcome.SKIPPED,
            reason="no model was given, only predictions",
        ),
        StageRecord(
            name="drift",
            title="Drift",
            outcome=Outcome.FAILED,
            reason="the earlier data set lacks the column age",
        ),
        assessments(),
    )
    f = stages[0].findings
    waived = f[1]
    verdict = Verdict(
        status=Status.FAILED,
        exit_status=1,
        because=(
            "Selection rates by sex differ by 0.196; the policy accepts 0.1.",
            "The required stage drift broke off.",
        ),
        blocking=(f[0].fingerprint,),
        undecided=(f[3].fingerprint,),
        not_run=("drift",),
        waivers=(
            WaiverUse(
                id="W-014",
                state="applied",
                rule="RA-FAIR-004",
                fingerprint=waived.fingerprint,
                reason="Retraining is under way; cases are reviewed by people until then.",
                owner="pm@x.example",
                approver="compliance@x.example",
                expires="2027-01-31",
                explanation="Holds 0.113, accepted up to 0.14.",
            ),
            WaiverUse(
                id="W-009",
                state="expired",
                rule="RA-PII-001",
                reason="Legacy export",
                owner="data@x.example",
                approver="dpo@x.example",
                expires="2026-10-01",
                explanation="Expired 51 days ago; the finding counts again.",
            ),
        ),
        policy={"fail_on": "high", "require": ["fairness", "drift"], "on_indeterminate": "review"},
        baseline={
            "source": "baseline.json",
            "entries": 23,
            "known": 1,
            "worse": 0,
            "new": 1,
            "unapproved": 0,
            "accepted": 1,
            "gone": ["0" * 32, "1" * 32],
            "findings": [
                {
                    "fingerprint": f[1].fingerprint,
                    "state": "known",
                    "explanation": "It is in the baseline and not clearly worse: 0.11 then, 0.113 now.",
                    "difference": {"value": 0.003, "low": -0.02, "high": 0.026, "level": 0.95},
                },
                {
                    "fingerprint": f[0].fingerprint,
                    "state": "new",
                    "explanation": "It is not in the baseline.",
                },
            ],
        },
    )
    return Record(
        run=Run(
            id="3fa9c1d27e5b8a04",
            clock="2026-11-21T04:00:00Z",
            seed=7,
            raudit="0.1.0",
            python="3.11.9",
            platform="Linux x86_64",
            packages={
                "fairlearn": "0.15.0",
                "numpy": "2.3.1",
                "shap": "0.51.0",
                "scikit-learn": "1.9.1",
            },
        ),
        system={
            "name": "Credit pre-screening",
            "version": "2026.11-rc2",
            "purpose": "Decides which applications go to a person and which are declined at once.",
            "owner": "Head of consumer credit",
            "organisation": "Example Bank",
            "affected": "Applicants for consumer credit in the EU.",
        },
        plan={"schema": "raudit.plan/1"},
        inputs=(
            Input(role="plan", name="raudit.yaml", sha256=digest_of(1), bytes=2311),
            Input(
                role="data",
                name="applications.parquet",
                sha256=digest_of(2**200 + 7),
                bytes=9183221,
                detail={"rows": 48842, "columns": 15},
            ),
            Input(
                role="model",
                name="model.skops",
                sha256=digest_of(3**150),
                bytes=812231,
                detail={"format": "skops"},
            ),
        ),
        stages=stages,
        verdict=verdict,
    )


def for_template(template: str) -> Record:
    """The record, with the tables without which a template refuses."""
    record = make_record()
    if template != "nyc-ll144":
        return record
    table = Table(
        id="ll144-sex",
        title="Impact ratios by sex",
        columns=(
            Column(key="category", label="Category"),
            Column(key="n", label="n", kind="count"),
        ),
        rows=({"category": "Female", "n": 16192},),
    )
    stages = tuple(
        replace(stage, tables=(*stage.tables, table)) if stage.name == "fairness" else stage
        for stage in record.stages
    )
    return replace(record, stages=stages)
