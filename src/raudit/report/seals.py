"""What the log gives a report to carry: bytes that are printed and attached, never interpreted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Seals:
    """Checkpoint, proof and further attachments."""

    checkpoint: bytes = b""
    """Signed checkpoint of the log (C2SP tlog-checkpoint), attached as ``checkpoint.txt``."""
    proof: bytes = b""
    """Proof that the record's entry is in the log (C2SP tlog-proof), attached as ``record.tlog-proof``."""
    vkey: str = ""
    """Verifier key of the log (C2SP signed-note), attached as ``log.vkey``."""
    attachments: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    """Further files by name."""

    def files(self) -> dict[str, bytes]:
        """All files to attach, by name."""
        named = {
            "checkpoint.txt": self.checkpoint,
            "record.tlog-proof": self.proof,
            "log.vkey": f"{self.vkey}\n".encode() if self.vkey else b"",
        }
        return {
            name: data for name, data in (*named.items(), *sorted(self.attachments.items())) if data
        }
