"""What the child process is asked to do, as bytes."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from raudit.report.seals import Seals


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One rendering."""

    record: bytes
    """Canonical bytes of the record."""
    medium: str
    template: str
    language: str
    templates_dir: Path | None
    seals: Seals
    clock: str
    """Time of the run; every date in the document comes from it."""

    @property
    def epoch(self) -> int:
        """Seconds since 1970 of the clock."""
        return int(datetime.fromisoformat(self.clock).timestamp())

    def to_bytes(self) -> bytes:
        """Serialise for the child."""
        seals = self.seals
        return json.dumps(
            {
                "record": _b64(self.record),
                "medium": self.medium,
                "template": self.template,
                "language": self.language,
                "templates_dir": None if self.templates_dir is None else str(self.templates_dir),
                "clock": self.clock,
                "checkpoint": _b64(seals.checkpoint),
                "proof": _b64(seals.proof),
                "vkey": seals.vkey,
                "attachments": {name: _b64(data) for name, data in seals.attachments.items()},
            }
        ).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Job:
        """Read what ``to_bytes`` wrote."""
        value = json.loads(data)
        seals = Seals(
            checkpoint=base64.b64decode(value["checkpoint"]),
            proof=base64.b64decode(value["proof"]),
            vkey=value["vkey"],
            attachments={
                name: base64.b64decode(text) for name, text in value["attachments"].items()
            },
        )
        folder = value["templates_dir"]
        return cls(
            record=base64.b64decode(value["record"]),
            medium=value["medium"],
            template=value["template"],
            language=value["language"],
            templates_dir=None if folder is None else Path(folder),
            seals=seals,
            clock=value["clock"],
        )


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
