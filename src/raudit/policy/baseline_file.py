"""The baseline as a file: canonical JSON, and the digests by which a log knows its approvals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raudit.canonical import Sha256, canonical_bytes, digest, sha256
from raudit.errors import PolicyError
from raudit.findings import Interval, Measurement, Threshold
from raudit.ordinary import read_file
from raudit.policy.baseline import Approval, Baseline, Entry

if TYPE_CHECKING:
    from raudit.policy.baseline_schema import BaselineEntry, BaselineFile, MeasurementEntry

SCHEMA = "raudit.baseline/1"
MAX_BYTES = 16_000_000


def vouched(baseline: Baseline, digests: frozenset[Sha256]) -> Baseline:
    """Return the baseline with only the approvals whose digests are given, such as those that a log holds."""
    kept = tuple(a for a in baseline.approvals if approval_sha256(a) in digests)
    return replace(baseline, approvals=kept)


def baseline_bytes(baseline: Baseline) -> bytes:
    """The file's bytes: canonical JSON and a new line."""
    return canonical_bytes(_json(baseline)) + b"\n"


def baseline_sha256(baseline: Baseline) -> Sha256:
    """Digest of the file's bytes; what the log keeps of an approval."""
    return sha256(baseline_bytes(baseline))


def approval_sha256(approval: Approval) -> Sha256:
    """Digest of an approval as the file says it; the log keeps it, so that an approval written by hand shows."""
    return digest(_approval_json(approval))


def load_baseline(path: Path) -> Baseline:
    """Read a baseline file.

    Raises
    ------
    PolicyError
        If it cannot be read, is not a baseline, or is from a newer version.
    """
    import json

    try:
        if path.stat().st_size > MAX_BYTES:
            raise _bad("the baseline is too large", "baseline-too-large", path)
        data = read_file(path)
        value = json.loads(data)
    except OSError as fault:
        raise _bad(
            "the baseline cannot be read", "file-unreadable", path, got=fault.strerror or ""
        ) from fault
    except (ValueError, RecursionError) as fault:
        raise _bad(
            "the baseline is not JSON", "baseline-not-json", path, got=str(fault)[:120]
        ) from fault
    version = value.get("schema") if isinstance(value, dict) else None
    if version != SCHEMA:
        newer = isinstance(version, str) and version.startswith("raudit.baseline/")
        raise _bad(
            "the baseline is from another version of raudit"
            if newer
            else "the file is not a baseline",
            "baseline-version" if newer else "not-a-baseline",
            path,
            got=repr(version)[:80],
        )
    import pydantic

    from raudit.policy.baseline_schema import BaselineFile

    try:
        parsed = BaselineFile.model_validate(value)
    except pydantic.ValidationError as fault:
        first = fault.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise _bad(
            f"the baseline breaks its schema: {first['msg']}", "baseline-schema", path, got=place
        ) from fault
    return _from_file(parsed, path.name)


def _bad(message: str, reference: str, path: Path, *, got: str = "") -> PolicyError:
    return PolicyError(
        message,
        reference=reference,
        where=str(path),
        got=got,
        expected=SCHEMA,
        hint="write it anew from an accepted record, with: raudit check --baseline FILE --update-baseline",
    )


def _json(baseline: Baseline) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "entries": [_entry_json(baseline.entries[key]) for key in sorted(baseline.entries)],
        "approvals": [_approval_json(approval) for approval in baseline.approvals],
    }


def _approval_json(approval: Approval) -> dict[str, Any]:
    said: dict[str, Any] = {
        "approver": approval.approver,
        "reason": approval.reason,
        "date": approval.date.isoformat(),
        "record_sha256": approval.record_sha256,
        "added": list(approval.added),
    }
    if approval.entries:
        said["entries"] = [_entry_json(entry) for entry in approval.entries]
    if approval.system:
        said["system"] = approval.system
    return said


def _entry_json(entry: Entry) -> dict[str, Any]:
    said: dict[str, Any] = {
        "fingerprint": entry.fingerprint,
        "rule": entry.rule,
        "subject": entry.subject,
    }
    if entry.severity is not None:
        said["severity"] = str(entry.severity)
    if entry.measurement is not None:
        m = entry.measurement
        said["measurement"] = {
            "metric": m.metric,
            "value": m.value,
            "n": m.n,
            "events": m.events,
            "unit": m.unit,
        }
        if m.interval is not None:
            i = m.interval
            said["measurement"]["interval"] = {
                "low": i.low,
                "high": i.high,
                "level": i.level,
                "method": i.method,
            }
    if entry.threshold is not None:
        said["threshold"] = {"low": entry.threshold.low, "high": entry.threshold.high}
    return said


def _from_file(file: BaselineFile, source: str) -> Baseline:
    approvals = tuple(
        Approval(
            approver=item.approver,
            reason=item.reason,
            date=item.date,
            record_sha256=Sha256(item.record_sha256),
            added=item.added,
            entries=tuple(map(_entry_from, item.entries)),
            system=item.system,
        )
        for item in file.approvals
    )
    entries = {item.fingerprint: _entry_from(item) for item in file.entries}
    return Baseline(entries=entries, approvals=approvals, source=source)


def _entry_from(item: BaselineEntry) -> Entry:
    limit = item.threshold
    return Entry(
        fingerprint=item.fingerprint,
        rule=item.rule,
        subject=item.subject,
        measurement=None if item.measurement is None else _measurement_from(item.measurement),
        threshold=None
        if limit is None
        else Threshold(low=limit.low, high=limit.high, source="baseline"),
        severity=item.severity,
    )


def _measurement_from(item: MeasurementEntry) -> Measurement:
    span = item.interval
    return Measurement(
        metric=item.metric,
        value=item.value,
        n=item.n,
        events=item.events,
        unit=item.unit,
        interval=None
        if span is None
        else Interval(low=span.low, high=span.high, level=span.level, method=span.method),
    )
