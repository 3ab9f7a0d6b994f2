"""Read a checklist, compile its expressions, and refuse one that refers to what it does not have."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path
from typing import Any

from raudit.canonical import digest
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.form.faults import compiled, faults_in, first_of
from raudit.checklists.form.schema import ChecklistFile, Kind, Question, Section
from raudit.checklists.prints.priority import with_priority
from raudit.doors import Door, clash, folders
from raudit.errors import ChecklistError
from raudit.resources import resource_dir
from raudit.validate import faults_of, validate
from raudit.yamltext import YamlText, parse_yaml, read_yaml


def shipped_checklists() -> tuple[str, ...]:
    """Ids of the checklists that come with raudit or with an installed package."""
    return tuple(sorted(_known()))


def checklist_path(name: str) -> Path | None:
    """Find the file of a checklist that comes with raudit or with an installed package; None if none does."""
    return _known().get(name)


def _known() -> dict[str, Path]:
    known = {path.stem: path for path in resource_dir("checklists").glob("*.yaml")}
    for extension, folder in folders(Door.CHECKLISTS):
        for path in sorted(folder.glob("*.yaml")):
            if path.stem in known:
                raise clash(Door.CHECKLISTS, replace(extension, name=path.stem), "another folder")
            known[path.stem] = path
    return known


def load_checklist(path: Path) -> Checklist:
    """Read a checklist file.

    Raises
    ------
    ChecklistError
        With file, line, key and what to do.
    """
    return _checked(read_yaml(path, error=ChecklistError))


def parse_checklist(text: str, *, source: str = "checklist.yaml") -> Checklist:
    """Read the text of a checklist."""
    return _checked(parse_yaml(text, source=source, error=ChecklistError))


def _checked(yaml: YamlText) -> Checklist:
    checklist, faults = examine(yaml)
    if checklist is None or faults:
        raise first_of(faults)
    return checklist


def lint_checklist(path: Path) -> tuple[Checklist | None, tuple[ChecklistError, ...]]:
    """Read a checklist file and list all that is wrong with it, by line.

    Returns
    -------
    tuple
        The checklist, None if its shape is wrong; and every fault.

    Raises
    ------
    ChecklistError
        If it is no YAML, or no mapping.
    """
    return examine(read_yaml(path, error=ChecklistError))


def examine(yaml: YamlText) -> tuple[Checklist | None, tuple[ChecklistError, ...]]:
    """Build a checklist and list its faults; of a wrong shape nothing can be built, and only that is listed."""
    if not isinstance(yaml.value, dict):
        raise ChecklistError(
            "the checklist is not a mapping",
            reference="checklist-not-a-mapping",
            where=yaml.where(()),
            expected="keys such as schema, id and sections",
            hint="see docs/reference/checklists.md",
        )
    shape = faults_of(ChecklistFile, yaml, error=ChecklistError)
    if shape:
        return None, shape
    file = validate(ChecklistFile, yaml, error=ChecklistError)
    questions: dict[str, Question] = {}
    section_of: dict[str, Section] = {}
    for section in file.sections:
        for question in section.questions:
            listed = question.id in file.register_from and question.type is Kind.ROWS
            questions.setdefault(question.id, with_priority(question) if listed else question)
            section_of.setdefault(question.id, section)
    expressions, broken = compiled(file, yaml)
    checklist = Checklist(
        file=file,
        sha256=digest(file.model_dump(mode="json", by_alias=True, exclude_defaults=True)),
        questions=questions,
        section_of=section_of,
        expressions=expressions,
    )
    return checklist, (*broken, *faults_in(checklist, yaml))


@functools.cache
def shipped(name: str) -> Checklist:
    """A shipped checklist by its id."""
    path = checklist_path(name)
    if path is None:
        raise ChecklistError(f"there is no checklist '{name}'", reference="no-checklist")
    return load_checklist(path)


def json_schema() -> dict[str, Any]:
    """JSON Schema of checklist files, for editors."""
    return ChecklistFile.model_json_schema(by_alias=True)
