"""Several outputs of one record at once, each made from the record alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from raudit.errors import UsageError
from raudit.files import write_or_refuse
from raudit.gate.anchors import PlanLines
from raudit.record import Record, record_bytes
from raudit.yamltext import nearest

_MAKERS = {
    "github": "raudit.gate.github:workflow_commands",
    "gitlab": "raudit.gate.gitlab:code_quality",
    "json": "raudit.gate.as_json:gate_json",
    "junit": "raudit.gate.junit:junit_xml",
    "markdown": "raudit.gate.markdown:step_summary",
    "record": "raudit.gate.outputs:judged_record",
    "sarif": "raudit.gate.sarif:sarif_log",
    "text": "raudit.gate.text:plain_text",
}
_ALIASES = {"md": "markdown"}
KINDS = tuple(sorted(_MAKERS))
"""Kinds of output."""


def parse_output(text: str) -> tuple[str, Path]:
    """Split ``kind=path``.

    Raises
    ------
    UsageError
        If there is no path, or no such kind.
    """
    kind, equals, path = text.partition("=")
    kind = _ALIASES.get(kind, kind)
    if kind not in _MAKERS:
        raise UsageError(
            f"there is no output kind '{kind}'",
            reference="unknown-output",
            where="--output",
            expected=", ".join(KINDS),
            hint=nearest(kind, list(KINDS)),
        )
    if not equals or not path:
        raise UsageError(
            "an output needs a path",
            reference="output-without-path",
            where="--output",
            got=text,
            expected="kind=path",
            hint=f"write --output {kind}=FILE",
        )
    return kind, Path(path)


def judged_record(record: Record, anchors: PlanLines) -> bytes:  # noqa: ARG001 -- all makers take the same
    """The record itself, its verdict inside, in canonical bytes."""
    return record_bytes(record)


def render(record: Record, kind: str, *, anchors: PlanLines) -> bytes:
    """Make one output."""
    module, name = _MAKERS[_ALIASES.get(kind, kind)].split(":")
    maker: Callable[[Record, PlanLines], bytes] = getattr(import_module(module), name)
    return maker(record, anchors)


def write_outputs(
    record: Record, outputs: Sequence[tuple[str, Path]], *, anchors: PlanLines
) -> None:
    """Make all outputs, then write them: all or none.

    Raises
    ------
    UsageError
        If two outputs go to the same file.
    EnvironmentFault
        If a file cannot be written.
    """
    paths = [path.resolve() for _kind, path in outputs]
    if len(set(paths)) < len(paths):
        raise UsageError(
            "two outputs go to the same file",
            reference="output-twice",
            where="--output",
            hint="give each output a path of its own",
        )
    write_or_refuse({path: render(record, kind, anchors=anchors) for kind, path in outputs})
