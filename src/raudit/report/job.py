"""What the child process is asked to do, as bytes."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path

from raudit.report.seals import Seals


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One rendering."""

    record: bytes
    """Canonical bytes of the record."""
    stored: bool
    """Whether they come from a file: the child then holds them to the canonical form, as ``parse_record`` does."""
    medium: str
    template: str
    language: str
    templates_dir: Path | None
    seals: Seals

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
                "stored": self.stored,
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
            stored=value["stored"],
        )


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
