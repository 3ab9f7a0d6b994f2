"""A row of any format to a row of the table of turns, by the format's fields and the plan's."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from raudit.errors import DataError
from raudit.turns.formats import Condition, FieldMap, Format, TestsMap
from raudit.turns.front import Unreadable
from raudit.turns.paths import MISSING, look
from raudit.turns.reading import Tally
from raudit.turns.texts import Said, label, said, text_of, whole
from raudit.yamltext import nearest

TEXTS = ("prompt", "output", "system", "context", "error")
LABELS = (
    "turn_id",
    "conversation_id",
    "pair_id",
    "item_id",
    "variant",
    "decision",
    "control",
    "model",
    "prompt_version",
    "time",
)
TRUTHS = (
    "passed",
    "refused",
    "grounded",
    "helpful",
    "attacked",
    "downvoted",
    "escalated",
    "resolved",
    "reopened",
    "abandoned",
    "deflected",
    "cached",
)
NUMBERS = ("score", "rank", "repeat", "latency_ms", "cost_usd", "tokens_in", "tokens_out")
FAMILIES = ("group", "human", "judge", "label", "answer")
"""Prefixes of open sets of labels, such as ``group.gender``."""
NOT_NEGATIVE = frozenset({"rank", "repeat", "latency_ms", "cost_usd", "tokens_in", "tokens_out"})
MOST_COLUMNS = 200
TOLD = "tool says passed"
"""Key under which a turn carries the tool's own verdict until it is counted; no field of turns."""
MOST_KEYS = 10_000
"""Keys of rows whose meaning is remembered."""

STATUSES = ("answered", "error", "blocked")

_YES = frozenset({"yes", "true", "1", "1.0", "y", "pass", "passed"})
_NO = frozenset({"no", "false", "0", "0.0", "n", "fail", "failed"})


OUTCOMES = ("passed", "refused", "attacked", "score", "decision", "grounded", "helpful")
"""What is said of an answer, and of nothing where there is none."""


def known(name: str) -> bool:
    """Tell whether a name is a field of the table of turns.

    Examples
    --------
    >>> known("group.gender"), known("latency_ms"), known("sex")
    (True, True, False)
    """
    family, _, rest = name.partition(".")
    return name in TEXTS + LABELS + TRUTHS + NUMBERS or (family in FAMILIES and bool(rest))


def no_field(name: str, where: str = "") -> DataError:
    """The error for a name that ``known`` does not know."""
    families = (f"{family}.NAME" for family in FAMILIES)
    return DataError(
        f"there is no field '{label(name)}' of turns",
        reference="turns-field",
        where=where,
        hint=nearest(name, [*TEXTS, *LABELS, *TRUTHS, *NUMBERS, *families]),
    )


def as_text(value: object) -> str:
    """A JSON scalar as a plan would write it."""
    if value is True or value is False:
        return "true" if value else "false"
    return "null" if value is None else str(value)


def holds(condition: Condition, row: object) -> bool:
    """Tell whether a condition holds of a row."""
    value = _first(row, condition.path)
    if value is MISSING and any(look(row, path) is None for path in condition.path):
        value = None
    if condition.present:
        return value is not MISSING and value is not None and value not in ("", [], {})
    if condition.starts:
        return isinstance(value, str) and value.startswith(condition.starts)
    return (
        value is not MISSING
        and not isinstance(value, dict | list)
        and as_text(value) in condition.equals
    )


def _first(row: object, paths: tuple[str, ...]) -> Any:
    """The first value that is there; an empty text only where no later path has anything."""
    empty: Any = MISSING
    for path in paths:
        value = look(row, path)
        if value is MISSING or value is None:
            continue
        if value != "":
            return value
        empty = value
    return empty


class Mapper:
    """Maps the rows of one file.

    Parameters
    ----------
    format_
        The format.
    own
        The plan's fields; they go before the format's and are read leniently (``yes`` is a truth value), since a team's
        own metadata is often text.
    tally
        Told what could not be read.
    """

    def __init__(self, format_: Format, own: Mapping[str, FieldMap], tally: Tally) -> None:
        self.format, self.tally = format_, tally
        self.fields = [
            (name, spec, name in own) for name, spec in {**format_.fields, **own}.items()
        ]
        self.taken = {name for name, _, _ in self.fields}
        self._as_named: dict[str, bool] = {}
        self.lenient = format_.container in ("csv", "parquet") or format_.canonical

    def turn(self, row: object, place: int) -> dict[str, Any] | None:
        """Map one row; None if it is no turn.

        Raises
        ------
        Unreadable
            If the row is no turn of this format.
        """
        if not isinstance(row, dict):
            raise Unreadable("a row that is no object")
        if self.format.keep is not None and not holds(self.format.keep, row):
            if self.format.left_out is not None and not holds(self.format.left_out, row):
                raise Unreadable("a row of a kind that is not known")
            return None
        turn: dict[str, Any] = {}
        ended = self._ended(row)
        for name, spec, own in self.fields:
            if ended != "answered" and name in OUTCOMES:
                continue  # nothing was answered, so nothing was judged, whatever stands there
            value = _value(row, spec)
            if value is MISSING and own and _ends_early(row, spec):
                self.tally.unreadable_values[label(name)] += 1
            elif value is not MISSING:
                self._put(
                    turn, name, value, strict=not own and not self.lenient and not spec.values
                )
        if self.format.canonical:
            for name, value in row.items():
                if value is not None and self._is_taken_as_named(name):
                    self._put(turn, name, value, strict=False)
        self._messages(turn, row)
        told = turn.get("passed")
        self._tests(turn, row)
        if not turn:
            raise Unreadable("a row without any field of turns")
        self._status(turn, row, ended)
        if turn.get("cached") is True:
            # What a cache gave took no time and cost nothing, and says nothing of what the model would.
            turn.pop("latency_ms", None)
            turn.pop("cost_usd", None)
        if ended == "blocked" and self.format.totals and "passed" in self.format.fields:
            told = _value(row, self.format.fields["passed"])
        if isinstance(told, bool):
            turn[TOLD] = told
        if len(turn) > MOST_COLUMNS:
            raise Unreadable(f"more than {MOST_COLUMNS} fields")
        return turn

    def _is_taken_as_named(self, name: str) -> bool:
        """Tell whether a key of a row is a field of the table that nothing maps."""
        if name not in self._as_named:
            if len(self._as_named) > MOST_KEYS:
                self._as_named.clear()
            self._as_named[name] = name not in self.taken and known(name)
        return self._as_named[name]

    def _put(self, turn: dict[str, Any], name: str, value: object, *, strict: bool) -> None:
        typed = typed_value(name, value, strict=strict)
        if typed is MISSING:
            if strict:
                raise Unreadable(f"a value of {name} that is of the wrong type")
            self.tally.unreadable_values[label(name)] += 1
        elif typed is not None:
            turn[name] = typed

    def _messages(self, turn: dict[str, Any], row: object) -> None:
        paths = self.format.messages
        if not paths:
            return
        asked = self._said(row, paths.get("input", ""), turn)
        answered = self._said(row, paths.get("output", ""), turn)
        context = [text for text in (asked.context, answered.context) if text]
        found = {
            "prompt": asked.prompt,
            "system": asked.system,
            "context": "\n".join(context) or None,
            "output": answered.output if "output" in paths else asked.output,
        }
        if "output" in paths and answered.output is None and answered.prompt is not None:
            found["output"] = answered.prompt  # an answer written as plain text
        for name, text in found.items():
            if text is not None and name not in turn:
                turn[name] = whole(text)

    def _said(self, row: object, path: str, turn: dict[str, Any]) -> Said:
        value = look(row, path) if path else MISSING
        if value is MISSING or value is None:
            return Said()
        return said(value)

    def _tests(self, turn: dict[str, Any], row: dict[str, Any]) -> None:
        spec = self.format.tests
        given = row.get("tests") if spec is None and self.format.shape != "rows" else None
        for name, outcome in given.items() if isinstance(given, dict) else ():
            if isinstance(outcome, tuple):  # a shape's own; what a file says is never one
                self._test(turn, name, *outcome)
        if spec is None:
            return
        each = look(row, spec.each)
        if each is MISSING and _ends_early(row, FieldMap(path=(spec.each,))):
            raise Unreadable("tests that are no list")
        if each is MISSING or each is None:
            return
        if not isinstance(each, list):
            raise Unreadable("tests that are no list")
        for test in each:
            self._mapped(turn, test, spec)
        if turn.get("passed") is False and _only_judges_failed(each, spec):
            # The tool takes a judge that failed for an answer that did.
            turn.pop("passed")
            turn.pop("score", None)
            self.tally.not_judged["passed"] += 1

    def _mapped(self, turn: dict[str, Any], test: object, spec: TestsMap) -> None:
        name = _first(test, spec.name)
        if name is MISSING and _has_no_parent(test, spec.name[0]):
            return
        if not isinstance(name, str):
            raise Unreadable("a test without a name")
        if _ungraded(test, spec):
            self._test(turn, name, None, None)
            return
        passed, score = look(test, spec.passed), look(test, spec.score)
        if score is not MISSING and score is not None and not _is_number(score):
            raise Unreadable("a score that is no number")
        if spec.unweighted is not None and holds(spec.unweighted, test):
            passed = score >= _threshold(test, spec) if _is_number(score) else None
        elif passed is MISSING or passed is None:
            self.tally.not_judged[label(name)] += score is not MISSING and score is not None
        elif not isinstance(passed, bool):
            raise Unreadable("a test whose outcome is no truth value")
        self._test(
            turn,
            name,
            passed if isinstance(passed, bool) else None,
            score if _is_number(score) else None,
        )

    def _test(
        self, turn: dict[str, Any], name: object, passed: bool | None, score: float | None
    ) -> None:
        """Put a test's outcome down; a second one of the same name is a test of its own."""
        shown = _unused(turn, label(name))
        if passed is None and score is None:
            self.tally.not_judged[shown] += 1
            return
        if passed is not None:
            turn[f"passed.{shown}"] = passed
        if score is not None:
            number = as_number(score)
            if number is None:
                raise Unreadable("a score that is no finite number")
            turn[f"test.{shown}"] = number

    def _ended(self, row: object) -> str:
        """How a call ended, as far as the format's conditions tell."""
        if any(holds(condition, row) for condition in self.format.blocked):
            return "blocked"
        if any(holds(condition, row) for condition in self.format.failed):
            return "error"
        if self.format.answered is not None and not holds(self.format.answered, row):
            raise Unreadable("a call that ended in a way that is not known")
        return "answered"

    def _status(self, turn: dict[str, Any], row: Any, ended: str) -> None:
        if not self.format.failed and ended == "answered" and turn.get("error"):
            ended = "error"
        turn["status"] = ended
        own = self.format.canonical and self.format.shape == "rows"
        written = row.get("status") if own else None
        if written not in (None, ""):
            turn["status"] = _as_status(written)
        if turn["status"] != "answered":
            for name in [name for name in turn if _is_outcome(name)]:
                del turn[name]


def _is_outcome(name: str) -> bool:
    """Tell whether a field says something of an answer, as tests do too."""
    return name in OUTCOMES or name.startswith(("passed.", "test."))


def _as_status(written: object) -> str:
    """A status of the table itself; what is none of its words may have no answer, so the row is not read."""
    word = as_text(written).strip().lower() if isinstance(written, str) else ""
    if word not in STATUSES:
        raise Unreadable("a status that is none of answered, error, blocked")
    return word


def _unused(turn: dict[str, Any], name: str) -> str:
    """The name of a test, numbered where the turn has a test of that name already."""
    number, shown = 1, name
    while f"passed.{shown}" in turn or f"test.{shown}" in turn:
        number += 1
        shown = f"{name} {number}"
    return shown


def _threshold(test: object, spec: TestsMap) -> float:
    """The score from which a test passes; some tests have a limit there that is no share."""
    limit = look(test, spec.threshold) if spec.threshold else MISSING
    return float(limit) if _is_number(limit) and 0 < limit <= 1 else 0.5


def _only_judges_failed(each: list[Any], spec: TestsMap) -> bool:
    """Tell whether every test that is not passed is one whose judge failed, and there is one."""
    failed = [test for test in each if look(test, spec.passed) is False]
    return bool(failed) and all(_ungraded(test, spec) for test in failed)


def _ungraded(test: object, spec: TestsMap) -> bool:
    """Tell whether a test's judge failed: the tool says so, or it says "not passed" and no grade."""
    if any(holds(condition, test) for condition in spec.failed_to_judge):
        return True
    graded = look(test, spec.score) not in (MISSING, None)
    return not graded and look(test, spec.passed) is False and not spec.unweighted


def _has_no_parent(test: object, path: str) -> bool:
    """Tell whether what would hold the name is null, as where promptfoo sums several tests up."""
    parent = path.rpartition(".")[0]
    return bool(parent) and isinstance(test, dict) and look(test, parent) in (None, MISSING)


def _value(row: object, spec: FieldMap) -> Any:
    if spec.when is not None and not holds(spec.when, row):
        return MISSING
    if spec.constant is not None:
        return spec.constant
    if spec.join:
        parts = [look(row, path) for path in spec.join]
        if any(part is MISSING or part is None for part in parts):
            return MISSING
        return "#".join(as_text(part) for part in parts)
    value = _first(row, spec.path)
    if spec.values and value is not MISSING and value != "":
        return spec.values.get(
            as_text(value), _Unmapped if spec.otherwise is None else spec.otherwise
        )
    if spec.scale != 1.0 and value is not MISSING:
        number = as_number(value)
        return value if number is None else number * spec.scale
    return value


def _ends_early(row: dict[str, Any], spec: FieldMap) -> bool:
    """Tell whether a path leads into something that is neither empty nor an object or list, such as a text."""
    for path in (*spec.path, *spec.join):
        head, inner = path.partition(".")[0], row.get(path.partition(".")[0])
        if head != path and inner and not isinstance(inner, dict | list):
            return not isinstance(inner, str) or inner[:1] not in "[{"
    return False


class _Unmapped:
    """A value that the plan's or format's ``values`` do not name."""


def typed_value(name: str, value: object, *, strict: bool) -> Any:
    """A value in the type of its field; None if it is empty, ``MISSING`` if it is of another type."""
    if value is None or value == "":
        return None
    if value is _Unmapped:
        return MISSING
    if name in TEXTS:
        try:
            text = text_of(value)
        except Unreadable:
            return MISSING
        return None if text is None else whole(text)
    if name in TRUTHS:
        if isinstance(value, bool):
            return value
        text = as_text(value).strip().lower()
        if strict and not isinstance(value, int):
            return MISSING
        return True if text in _YES else False if text in _NO else MISSING
    if name in NUMBERS:
        if strict and isinstance(value, bool):
            return MISSING
        number = as_number(value)
        return MISSING if number is None or (number < 0 and name in NOT_NEGATIVE) else number
    if isinstance(value, dict | list):
        return MISSING
    if strict and isinstance(value, bool):
        return MISSING
    return label(as_text(value) if not isinstance(value, str) else value)


def as_number(value: Any) -> float | None:
    """A finite number from a number or the text of one."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and len(value) > 40:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and as_number(value) is not None
    )
