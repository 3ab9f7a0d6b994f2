"""``raudit readiness``: whether a data set is fit to be learnt from or audited, without a plan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from raudit.cli._shared.clock import clock_option, now_or
from raudit.cli._shared.reading import reading_options

if TYPE_CHECKING:
    from datetime import datetime

    from raudit.plan import Plan
    from raudit.record import Record

FILE = click.Path(path_type=Path)


@click.command(
    short_help="Check a data set: copies, leaks, placeholders, labels, drift.",
    epilog="Exit status: 0 nothing blocks, 1 a check failed, 2 wrong usage or unreadable data, 3 a check "
    "that was asked for "
    "could not be made, 5 nothing was evaluated.",
)
@click.argument("data", type=FILE)
@click.option("--reference", type=FILE, help="Training data: for overlap, the contract and drift.")
@click.option(
    "--earlier", type=FILE, help="Data of an earlier time instead: for the contract and drift only."
)
@click.option("--label", help="Column with the right answers; guessed by its name if not given.")
@click.option(
    "--feature", "features", multiple=True, help="Column by which rows are compared (repeatable)."
)
@click.option(
    "--unit", "units", multiple=True, help="Column that names a person or unit (repeatable)."
)
@click.option("--time", help="Column with the time of each row.")
@click.option("--as-of", help="Day against which the age of the data is told, such as 2026-11-26.")
@click.option(
    "--group", "groups", multiple=True, help="Column whose groups are compared (repeatable)."
)
@click.option("--contract", type=FILE, help="Contract that the columns must keep.")
@click.option("--write-contract", type=FILE, help="Learn the contract of DATA and write it.")
@click.option(
    "-o",
    "--output",
    type=FILE,
    multiple=True,
    help="One page: .pdf, .html, .md, or .json for the record.",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print findings and facts as JSON.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@reading_options
@clock_option
def command(
    data: Path,
    output: tuple[Path, ...],
    write_contract: Path | None,
    as_json: bool,
    quiet: bool,
    clock: datetime | None,
    **given: Any,
) -> None:
    """Check DATA without a plan: copies, overlap, leaks, placeholders, labels, columns that moved.

    A finding of medium severity or worse that fails ends in exit status 1.
    """
    from raudit.audit import judge_plan
    from raudit.cli._shared.pages import PAGES, check_ending, record_file
    from raudit.cli._shared.progress import progress_bars
    from raudit.files import write_or_refuse

    for path in output:
        check_ending(path, (*PAGES, ".json"))
    plan, said = _plan(data, given)
    files: dict[Path, bytes] = {}
    if write_contract is not None:
        from raudit.data.contract import contract_bytes, learn_contract
        from raudit.pipeline import opened_data

        learnt = learn_contract(opened_data(plan)[0])
        files[write_contract] = contract_bytes(learnt)
    with progress_bars(quiet=quiet or as_json) as progress:
        record = judge_plan(plan, clock=now_or(clock), progress=progress)
    files |= {path: record_file(record, path, template="brief") for path in output}
    if files:
        write_or_refuse(files)
    if as_json:
        click.echo(_json(record))
    elif not quiet:
        _print(record, said)
    click.get_current_context().exit(record.verdict.exit_status if record.verdict else 4)


def _plan(data: Path, given: dict[str, Any]) -> tuple[Plan, str]:
    """The plan that the options amount to, and what was guessed."""
    from raudit.cli._shared.reading import nameable, read_options
    from raudit.data import open_data
    from raudit.data.readers.options import declared
    from raudit.errors import UsageError
    from raudit.plan import parse_plan

    reading = read_options(given)
    others = (given["reference"], given["earlier"], given["contract"])
    nameable(*(path.resolve() for path in (data, *others) if path))
    opened = open_data(data.resolve(), options=reading)
    label, said = given["label"], ""
    if label is None:
        label, said = _guessed_label(opened)
    elif label not in opened.kinds:
        raise UsageError(
            f"the data has no column '{label}'",
            reference="no-column",
            where=str(data),
            hint="name it with --label",
        )
    if given["reference"] and given["earlier"]:
        raise UsageError("give --reference or --earlier, not both", reference="two-references")
    section: dict[str, Any] = {"path": str(data.resolve()), **declared(reading)}
    reference = given["reference"] or given["earlier"]
    if reference:
        kind = "training" if given["reference"] else "earlier"
        section["reference"] = {"path": str(reference.resolve()), "kind": kind}
    if given["contract"]:
        section["contract"] = str(given["contract"].resolve())
    if label is not None:
        section["label"] = {"column": label}
    options: dict[str, Any] = {"unit": list(given["units"]), "features": list(given["features"])}
    if given["time"]:
        options["time"] = given["time"]
    if given["as_of"]:
        options["freshness"] = {"as_of": given["as_of"]}
    text = {
        "schema": "raudit.plan/1",
        "system": {"name": data.name, "version": opened.sha256[:12]},
        # Which class is the favourable one does not matter here, and a binary task would ask.
        "task": "multiclass",
        "data": section,
        "sensitive_features": list(given["groups"]),
        "stages": {"data_readiness": options, **({"drift": {}} if reference else {})},
        "policy": "default",
        "seed": given["seed"],
    }
    return parse_plan(
        json.dumps(text), folder=Path.cwd(), source="the options of the command"
    ), said


def _guessed_label(opened: Any) -> tuple[str | None, str]:
    from raudit.data.look import look_at
    from raudit.plan.draft import LABEL
    from raudit.printable import printable

    for look in look_at(opened):
        if LABEL.search(look.name.lower()) and 1 < look.distinct <= 12 and not look.more:
            return (
                look.name,
                f"The label was guessed by its name: {printable(look.name)}. Name another with --label.",
            )
    return (
        None,
        "No column is called like a label, so leakage and labels were not checked. Name one with --label.",
    )


def _json(record: Record) -> str:
    findings = [
        {
            "rule": f.rule,
            "subject": f.subject.name,
            "detail": dict(f.subject.detail),
            "status": str(f.status),
            "severity": str(f.severity),
            "statement": f.statement,
            "reason": f.reason,
        }
        for f in record.findings
    ]
    facts = {name: value for stage in record.stages for name, value in stage.facts.items()}
    status = record.verdict.exit_status if record.verdict else 4
    return json.dumps(
        {"exit_status": status, "findings": findings, "facts": facts}, indent=2, ensure_ascii=False
    )


def _print(record: Record, said: str) -> None:
    from raudit.findings import Status
    from raudit.record import Outcome

    words = {
        Status.FAILED: "failed",
        Status.INDETERMINATE: "could not tell",
        Status.PASSED: "passed",
    }
    if said:
        click.echo(said)
    for stage in record.stages:
        click.echo(f"\n{stage.title}: {stage.summary or stage.reason}")
        if stage.outcome is not Outcome.COMPLETED:
            continue
        for status, word in words.items():
            found = sorted(
                (f for f in stage.findings if f.status is status),
                key=lambda f: (f.severity.rank, f.rule),
            )
            columns = [f for f in found if status is Status.PASSED and f.subject.kind == "column"]
            for finding in found:
                if finding not in columns:
                    click.echo(f"  {word:15}{finding.rule}  {finding.statement}")
                    if finding.reason and finding.reason not in finding.statement:
                        click.echo(f"  {'':15}{finding.reason}.")
            if columns:
                click.echo(f"  {'passed':15}{len(columns)} more answers about single columns.")
        for note in stage.notes:
            click.echo(f"  {'note':15}{note}")
    if record.verdict is not None:
        click.echo(
            f"\nexit status {record.verdict.exit_status}: {'; '.join(record.verdict.because[:2])}"
        )
