"""During a run: tell the log that it started, how each stage ended, and how the run ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from raudit.canonical import Sha256, digest, sha256
from raudit.errors import RauditError
from raudit.log import Event, EventType, Log
from raudit.pipeline import Prepared
from raudit.record import Input, StageRecord, record_to_json


class LoggedRun:
    """Appends a run's events to the log."""

    def __init__(self, log: Log, run: str, actor: str, clock: datetime) -> None:
        self.log, self.run, self.actor, self.clock = log, run, actor, clock
        self.ended = False

    def say(self, kind: EventType, body: Mapping[str, Any]) -> int:
        """Append one event and return its index."""
        event = Event(type=kind, run=self.run, actor=self.actor, body=dict(body))
        self.ended = self.ended or kind in {
            EventType.RUN_FINISHED,
            EventType.RUN_FAILED,
            EventType.RUN_ABORTED,
        }
        return self.log.append([event], clock=self.clock).size - 1

    def say_unless_ended(self, kind: EventType, body: Mapping[str, Any]) -> None:
        """Append how the run ended, if it has not: what goes wrong later leaves a finished run without a report."""
        if not self.ended:
            self.say(kind, body)

    def stage(self, stage: StageRecord) -> None:
        """Log that a stage has ended."""
        result = digest(record_to_json(stage)) if stage.outcome == "completed" else None
        self.say(
            EventType.STAGE_FINISHED,
            {"stage": stage.name, "outcome": str(stage.outcome), "result": result},
        )


@contextmanager
def logged_run(log: Log, prepared: Prepared, actor: str, clock: datetime) -> Iterator[LoggedRun]:
    """Log the start of a run (1), and its failure if it does not come to its end."""
    logged = LoggedRun(log, prepared.run.id, actor, clock)
    logged.say(EventType.RUN_STARTED, _started(prepared))
    try:
        yield logged
    except RauditError as error:
        logged.say_unless_ended(
            EventType.RUN_FAILED, {"error": error.reference, "exit_status": error.exit_status}
        )
        raise
    except KeyboardInterrupt:
        logged.say_unless_ended(EventType.RUN_ABORTED, {"reason": "interrupted"})
        raise
    except BaseException:
        logged.say_unless_ended(EventType.RUN_FAILED, {"error": "internal", "exit_status": 4})
        raise


def _started(prepared: Prepared) -> dict[str, Any]:
    def of(role: str) -> list[Input]:
        return [item for item in prepared.inputs if item.role == role]

    body: dict[str, Any] = {
        "plan": of("plan")[0].sha256,
        "data": of("data")[0].sha256,
        "code": code_sha256(),
        "environment": digest(
            {"python": prepared.run.python, "packages": dict(prepared.run.packages)}
        ),
        "seed": prepared.run.seed,
        "system": prepared.plan.file.system.name,
    }
    for role in ("model", "policy"):
        if of(role):
            body[role] = of(role)[0].sha256
    if of("answers"):
        body["answers"] = digest([item.sha256 for item in of("answers")])
    return body


def code_sha256() -> Sha256:
    """Digest of raudit's own source files, by name."""
    folder = Path(__file__).resolve().parents[1]
    files = sorted(path for path in folder.rglob("*.py") if "_resources" not in path.parts)
    return digest(
        [[path.relative_to(folder).as_posix(), sha256(path.read_bytes())] for path in files]
    )
