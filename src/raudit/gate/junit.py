"""JUnit XML in the dialect that Jenkins and GitLab read: a suite a stage, a case a finding.

The first suite says what was covered, so that an audit that measured nothing never shows green.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from raudit.findings import Status
from raudit.gate.anchors import PlanLines
from raudit.gate.view import GateFinding, findings_of, unsettled
from raudit.printable import for_terminal, printable
from raudit.record import Outcome, Record, StageRecord


def junit_xml(record: Record, anchors: PlanLines) -> bytes:
    """Make a JUnit file."""
    by_stage: dict[str, list[GateFinding]] = {stage.title: [] for stage in record.stages}
    for item in findings_of(record):
        if item.effect != "ignored":
            by_stage[item.stage].append(item)
    suites = [_coverage(record, sum(map(len, by_stage.values())))]
    suites += [_suite(stage, by_stage[stage.title], record, anchors) for stage in record.stages]
    root = ET.Element("testsuites", {"name": "raudit", **_totals(suites)})
    root.extend(suites)
    ET.indent(root)
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _coverage(record: Record, judged: int) -> ET.Element:
    verdict = record.verdict
    assert verdict is not None  # noqa: S101 -- findings_of has looked
    cases = [_case("something was evaluated", "raudit.coverage")]
    if judged == 0 or verdict.exit_status == 5:
        _child(
            cases[0],
            "failure",
            "nothing was evaluated",
            "nothing-evaluated",
            " ".join(verdict.because),
        )
    verdict_case = _case("verdict", "raudit.coverage")
    if verdict.exit_status == 1:
        _child(
            verdict_case,
            "failure",
            "the gate blocks",
            "blocked",
            "\n".join(map(printable, verdict.because)),
        )
    elif verdict.exit_status != 0:
        _child(
            verdict_case,
            "error",
            "the gate could not tell",
            "could-not-tell",
            "\n".join(map(printable, verdict.because)),
        )
    cases.append(verdict_case)
    for item in unsettled(record):
        if item.kind != "nothing":  # the first case says so
            case = _case(f"{item.name} settled", "raudit.coverage")
            _child(
                case, "error", f"{item.name} is not settled", "not-settled", printable(item.text)
            )
            cases.append(case)
    return _close("coverage", cases, record)


def _suite(
    stage: StageRecord, items: Sequence[GateFinding], record: Record, anchors: PlanLines
) -> ET.Element:
    assert record.verdict is not None  # noqa: S101 -- findings_of has looked
    cases: list[ET.Element] = []
    if stage.outcome is not Outcome.COMPLETED:
        case = _case("completed", f"raudit.{stage.name}")
        if stage.outcome is Outcome.FAILED:
            _child(case, "error", "the stage failed", "stage-failed", stage.reason)
        elif stage.name in record.verdict.not_run:
            _child(case, "error", "a required stage was skipped", "stage-skipped", stage.reason)
        else:
            _child(case, "skipped", f"skipped: {stage.reason}", "stage-skipped", "")
        cases.append(case)
    cases += [_finding(stage, item, anchors) for item in items]
    return _close(stage.name, cases, record)


def _finding(stage: StageRecord, item: GateFinding, anchors: PlanLines) -> ET.Element:
    subject = item.finding.subject
    detail = ", ".join(f"{key}={value}" for key, value in sorted(subject.detail.items()))
    name = f"{item.finding.rule} {subject.kind} {subject.name}" + (f" ({detail})" if detail else "")
    case = _case(name, f"raudit.{stage.name}")
    place = anchors.place(item.anchor)
    body = "\n".join(
        line
        for line in (
            printable(item.finding.statement),
            printable(item.why),
            printable(item.explanation),
            printable(item.finding.remedy),
            f"set at {place.uri}:{place.line}; fingerprint {item.finding.fingerprint}",
        )
        if line
    )
    match item.effect:
        case "blocks":
            _child(case, "failure", item.finding.statement, str(item.severity), body)
        case "undecided":
            _child(case, "error", f"could not be told: {item.reason}", "indeterminate", body)
        case "waived":
            _child(case, "skipped", f"waived: {item.explanation}", "waived", body)
        case "known":
            _child(case, "skipped", f"in the baseline: {item.explanation}", "baseline", body)
        case "noted" if item.status is Status.INDETERMINATE:
            _child(case, "skipped", f"could not be told: {item.reason}", "indeterminate", body)
        case "noted":
            _child(
                case, "skipped", f"failed, does not block: {item.finding.statement}", "noted", body
            )
    return case


def _case(name: str, classname: str) -> ET.Element:
    return ET.Element(
        "testcase",
        {"name": _clean(printable(name)), "classname": printable(classname), "time": "0"},
    )


def _child(case: ET.Element, tag: str, message: str, kind: str, body: str) -> None:
    child = ET.SubElement(case, tag, {"message": _clean(printable(message)), "type": kind})
    child.text = _clean(body) or None


def _close(name: str, cases: Sequence[ET.Element], record: Record) -> ET.Element:
    def count(tag: str) -> str:
        return str(sum(case.find(tag) is not None for case in cases))

    suite = ET.Element(
        "testsuite",
        {
            "name": f"raudit.{name}",
            "tests": str(len(cases)),
            "failures": count("failure"),
            "errors": count("error"),
            "skipped": count("skipped"),
            "time": "0",
            "timestamp": record.run.clock.removesuffix("Z").split("+")[0].split(".")[0],
        },
    )
    suite.extend(cases)
    return suite


def _totals(suites: Sequence[ET.Element]) -> dict[str, str]:
    return {
        key: str(sum(int(suite.attrib[key]) for suite in suites))
        for key in ("tests", "failures", "errors")
    }


def _clean(text: str) -> str:
    """Lines of ours, each printable; what XML 1.0 does not allow is among what is escaped."""
    return for_terminal(text)
