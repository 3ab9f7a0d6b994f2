"""What a stage established, kept by what it was established from, so that an unchanged stage need not run again.

The key is the digest of everything a stage may see: its name and options, the digests of data, model, checklists and
answers, the plan's sections that describe them, the seed, raudit's own source, every installed package with its
version, Python and the platform; for a stage that judges what others measured, their facts and the time too. So a
stage taken from here is the one that would have been measured, to the byte. A signed report never takes one: what is
signed was measured.
"""

from __future__ import annotations

import functools
import platform
from collections.abc import Mapping
from email import message_from_string
from importlib import metadata
from pathlib import Path
from typing import Any

from raudit.canonical import Sha256, canonical_bytes, digest, parse_canonical, sha256
from raudit.errors import RecordIntegrityError
from raudit.files import write_whole
from raudit.record import Input, Outcome, StageRecord, record_to_json

SCHEMA = "raudit.cache/1"
_NOT_SEEN = ("plan", "policy", "waivers", "baseline")
"""Inputs that no stage sees; of the plan it sees some sections, which are part of the key by themselves."""
_SECTIONS = (
    "system",
    "task",
    "data",
    "model",
    "sensitive_features",
    "control_features",
    "assessments",
)


class StageCache:
    """A folder of kept stages.

    Parameters
    ----------
    folder
        Made when something is first kept.
    code
        Digest of raudit's own source.
    """

    def __init__(self, folder: Path, *, code: Sha256) -> None:
        self.folder = folder
        self.code = code
        self._environment = _environment()
        self._hits: list[str] = []

    @property
    def hits(self) -> tuple[str, ...]:
        """Names of the stages that were taken from here."""
        return tuple(self._hits)

    def key(
        self,
        plan: Mapping[str, Any],
        inputs: tuple[Input, ...],
        seed: int,
        facts: Mapping[str, Any],
        **more: Any,
    ) -> Sha256:
        """Digest of what a stage may see.

        Parameters
        ----------
        plan
            The plan as JSON.
        inputs
            What was digested before the run.
        facts
            What the caller or other stages told.
        more
            Name, options and, for a stage that sees it, the time.
        """
        seen = [
            [item.role, item.name, item.sha256] for item in inputs if item.role not in _NOT_SEEN
        ]
        return digest(
            {
                "schema": SCHEMA,
                "code": self.code,
                "environment": self._environment,
                "inputs": seen,
                "plan": {name: plan.get(name) for name in _SECTIONS},
                "seed": seed,
                "facts": dict(facts),
                **more,
            }
        )

    def load(self, key: Sha256) -> Any:
        """What was kept under a key; None if there is nothing, or not what was kept."""
        try:
            value = parse_canonical((self.folder / f"{key}.json").read_bytes())
        except (OSError, RecordIntegrityError):
            return None
        if not isinstance(value, Mapping) or value.get("key") != key or "value" not in value:
            return None
        return value["value"] if value.get("sha256") == digest(value["value"]) else None

    def load_stage(self, key: Sha256) -> StageRecord | None:
        """A kept stage."""
        value = self.load(key)
        stage = stage_from_json(canonical_bytes(value)) if value is not None else None
        if stage is not None:
            self._hits.append(stage.name)
        return stage

    def keep(self, key: Sha256, value: Any) -> None:
        """Keep a value; a full disk or a read-only folder only means that nothing is kept."""
        plain = canonical_bytes(value)
        said = {"key": key, "sha256": sha256(plain), "value": value}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / ".gitignore").write_text("*\n")
            write_whole(self.folder / f"{key}.json", canonical_bytes(said))
        except OSError:
            return

    def keep_stage(self, key: Sha256, stage: StageRecord) -> None:
        """Keep a stage that completed or had nothing to measure; one that failed is tried again each time."""
        if stage.outcome is not Outcome.FAILED:
            self.keep(key, record_to_json(stage))


def stage_from_json(content: bytes) -> StageRecord | None:
    """A stage's record from its canonical JSON; None if that is not what it would be written as."""
    import pydantic

    try:
        stage: StageRecord = pydantic.TypeAdapter(StageRecord).validate_json(content)
    except pydantic.ValidationError:
        return None
    return stage if canonical_bytes(record_to_json(stage)) == content else None


@functools.cache
def _environment() -> Sha256:
    """Digest of Python, the platform and every installed package; what this process runs does not change."""
    packages = sorted({_name_and_version(found) for found in metadata.distributions()})
    return digest(
        [
            platform.python_version(),
            platform.system(),
            platform.machine(),
            [list(p) for p in packages],
        ]
    )


def _name_and_version(found: metadata.Distribution) -> tuple[str, str]:
    # Without the page that describes the package: hundreds of them take a second to parse.
    text = found.read_text("METADATA") or found.read_text("PKG-INFO") or ""
    head = message_from_string(text.partition("\n\n")[0])
    return head["Name"] or "", head["Version"] or ""
