"""MLflow: attach record, report and verdict to a run.

::

    import mlflow
    from raudit.mlflow_plugin import log_to_mlflow

    with mlflow.start_run():
        log_to_mlflow("record.json", report="report.pdf")

MLflow is not a dependency: whatever module is given (or installed) needs only ``log_artifact``, ``log_dict``,
``log_metrics`` and ``set_tags`` as MLflow has had them since 1.14.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from raudit.checking import read_record
from raudit.errors import MissingExtraError, UsageError
from raudit.gate import PlanLines, findings_of
from raudit.record import Record, record_sha256

FOLDER = "raudit"
MAX_METRICS = 500


def log_to_mlflow(
    record: Record | str | Path, *, report: str | Path | None = None, mlflow: Any = None
) -> dict[str, str]:
    """Attach a judged record to the active MLflow run.

    Parameters
    ----------
    record
        A record with its verdict, or the file that holds one.
    report
        The signed report, to attach beside it.
    mlflow
        The module, or anything of its shape; by default the installed one.

    Returns
    -------
    dict
        The tags that were set.

    Raises
    ------
    UsageError
        If the record has no verdict yet, or a file is not there.
    MissingExtraError
        If MLflow is not installed and none was given.
    """
    module = mlflow or _installed()
    judged = record if isinstance(record, Record) else read_record(Path(record))
    tags = _tags(judged)
    files = [str(path) for path in (record, report) if isinstance(path, str | Path)]
    for file in files:
        if not Path(file).is_file():
            raise UsageError("the file is not there", reference="file-unreadable", where=file)
    module.set_tags(tags)
    module.log_metrics(_metrics(judged))
    module.log_dict(_summary(judged), f"{FOLDER}/gate.json")
    for file in files:
        module.log_artifact(file, FOLDER)
    return tags


def _tags(record: Record) -> dict[str, str]:
    verdict = record.verdict
    if verdict is None:
        raise UsageError(
            "the record has no verdict yet",
            reference="record-not-judged",
            hint="judge it with raudit check --record record.json --output record=judged.json",
        )
    return {
        "raudit.verdict": str(verdict.status),
        "raudit.exit_status": str(verdict.exit_status),
        "raudit.run": record.run.id,
        "raudit.record_sha256": record_sha256(record),
        "raudit.version": record.run.raudit,
        "raudit.policy": str(verdict.policy.get("name", "")),
    }


def _installed() -> Any:
    import importlib

    try:
        return importlib.import_module("mlflow")
    except ImportError as error:
        raise MissingExtraError(
            "mlflow is needed to attach an audit to an MLflow run and is not installed",
            reference="missing-extra",
            hint="pip install mlflow",
        ) from error


def _metrics(record: Record) -> dict[str, float]:
    """Counts by effect, and every measured value under a name that MLflow accepts."""
    rows = findings_of(record)
    found: dict[str, float] = {}
    for item in rows:
        found[f"raudit.{item.effect}"] = found.get(f"raudit.{item.effect}", 0.0) + 1.0
    for item in rows:
        measured = item.finding.measurement
        if measured is not None and measured.value is not None and len(found) < MAX_METRICS:
            found[f"raudit.{item.finding.rule}.{item.finding.fingerprint[:8]}"] = measured.value
    return found


def _summary(record: Record) -> dict[str, Any]:
    import json

    from raudit.gate import render

    gate: dict[str, Any] = json.loads(render(record, "json", anchors=PlanLines()))
    return gate | {"findings_count": len(findings_of(record))}
