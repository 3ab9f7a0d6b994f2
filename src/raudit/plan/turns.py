"""How a file of recorded turns of a language model is read: which of its values is what."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from raudit.validate import Strict


def _texts(value: object) -> Any:
    return (value,) if isinstance(value, str) else value


Paths = Annotated[tuple[str, ...], BeforeValidator(_texts)]


class Condition(Strict):
    """What must hold of a row."""

    path: Paths
    """Where to look; the first of several paths that leads somewhere counts."""
    equals: Paths = Field(default=(), alias="is")
    """Values as text (``true``, ``2``); one of them must be there."""
    starts: str = ""
    """Text the value must start with."""
    present: bool = False
    """Only asks that there is a value that is neither null nor empty."""


class FieldMap(Strict):
    """Where a field of the table of turns comes from."""

    path: Paths = ()
    """The first of several paths that leads somewhere counts."""
    join: tuple[str, ...] = ()
    """Paths whose texts are joined by ``#``, for ids that are made of several."""
    scale: float = 1.0
    """Factor for numbers, such as 1000 from seconds to milliseconds."""
    values: dict[str, str] = Field(default_factory=dict)
    """Values as text to the values meant; any other value counts as unreadable."""
    otherwise: str | None = None
    """What a value means that ``values`` does not name; none makes it unreadable."""
    when: Condition | None = None
    """Only where this holds."""
    constant: str | None = None
    """The same for every row."""


def _field(value: object) -> Any:
    return {"path": value} if isinstance(value, str | list | tuple) else value


FieldOrPath = Annotated[FieldMap, BeforeValidator(_field)]


class TurnsSection(Strict):
    """Says that ``data.path`` holds recorded turns of a language model, and where their fields are."""

    format: str = "auto"
    """Id of the format; by default told from the file."""
    also: Paths = ()
    """Further files of turns, relative to raudit.yaml; all of them are one table."""
    fields: dict[str, FieldOrPath] = Field(default_factory=dict)
    """Fields of the table of turns (``group.gender``, ``human.first``, ``refused``) to where they are in a row."""
    labels: Paths = ()
    """Files of labels by people, as ``raudit llm sample`` makes them: .csv or .xlsx, joined by ``turn_id``."""
    system_prompt: str | None = None
    """File with the standing instructions that answers may not repeat; by default those that the turns record."""
