"""The files that a plan names: where they are, and their digests."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from raudit.canonical import sha256_file
from raudit.checklists import checklist_path, shipped_checklists
from raudit.data import DataSet
from raudit.data.declared import Declared, open_declared
from raudit.data.naming import without_somebody
from raudit.data.open import digest_of, manifest
from raudit.errors import PlanError
from raudit.evidence import AssessmentFiles
from raudit.plan import Plan
from raudit.printable import printable
from raudit.record import Input, InputRole
from raudit.statements import statements_path
from raudit.turns import open_turns

NamedFile = tuple[InputRole, Path, tuple[str | int, ...]]
"""Role of a file, where it is, and where in the plan it is named."""

_FOLDER_ROLES: frozenset[InputRole] = frozenset(
    {"data", "attributes", "reference", "released", "control"}
)
_FILE_ROLES: tuple[InputRole, ...] = ("policy", "waivers", "baseline", "people")


def assessment_files(plan: Plan) -> tuple[AssessmentFiles, ...]:
    """Checklist and answers of every assessment that a plan names."""
    files = []
    for number, section in enumerate(plan.file.assessments):
        path = checklist_path(section.checklist) or plan.path(section.checklist)
        if not path.is_file():
            known = ", ".join(shipped_checklists())
            raise PlanError(
                f"there is no checklist '{section.checklist}'",
                reference="no-checklist",
                where=plan.yaml.where(("assessments", number, "checklist")),
                hint=f"shipped: {known}; or give a path relative to raudit.yaml",
            )
        answers = plan.path(section.answers) if section.answers else None
        anchor = f"assessments.{number}"
        files.append(
            AssessmentFiles(
                checklist=section.checklist,
                checklist_path=path,
                answers_path=answers,
                anchor=anchor,
            )
        )
    return tuple(files)


def data_path(plan: Plan) -> Path | None:
    """What ``data.path`` names; a path on a cluster's own file system stays as it is."""
    return None if plan.file.data.path is None else plan.path(plan.file.data.path)


def _data_input(plan: Plan, database: Declared | None) -> Input:
    path = data_path(plan)
    if database is not None:
        name = plan.file.data.table or (printable(path.name) if path is not None else "query")
        size = path.stat().st_size if path is not None and path.is_file() else None
        shown = without_somebody(printable(name))
        return Input(role="data", name=shown, sha256=database.content_sha256, bytes=size)
    assert path is not None  # noqa: S101 -- the plan was checked
    return _input(plan, "data", path, ("data", "path"))


def declared_inputs(
    plan: Plan, assessments: Sequence[AssessmentFiles], database: Declared | None
) -> tuple[Input, ...]:
    """Digest every file that a plan names, the plan itself first.

    Parameters
    ----------
    database
        The data, where a database gives it.

    Raises
    ------
    PlanError
        If one of them cannot be read.
    """
    text = plan.yaml.text.encode()
    own = Input(role="plan", name=plan.yaml.source, sha256=plan.sha256, bytes=len(text))
    named = [
        *_beside_data(plan),
        *_of_model(plan),
        *_of_assessments(assessments),
        *_of_policy(plan),
    ]
    return (
        own,
        _data_input(plan, database),
        *(_input(plan, role, path, at) for role, path, at in named),
    )


def _beside_data(plan: Plan) -> Iterator[NamedFile]:
    data = plan.file.data
    if data.turns is not None:
        for name in data.turns.also:
            yield "turns", plan.path(name), ("data", "turns", "also")
        for name in data.turns.labels:
            yield "labels", plan.path(name), ("data", "turns", "labels")
        if data.turns.system_prompt:
            at = ("data", "turns", "system_prompt")
            yield "system-prompt", plan.path(data.turns.system_prompt), at
    if data.attributes is not None:
        yield "attributes", plan.path(data.attributes.path), ("data", "attributes", "path")
    if data.reference is not None:
        yield "reference", plan.path(data.reference.path), ("data", "reference")
    if data.released is not None:
        yield "released", plan.path(data.released.path), ("data", "released")
        if data.released.control is not None:
            yield "control", plan.path(data.released.control), ("data", "released", "control")
    if data.contract is not None:
        yield "contract", plan.path(data.contract), ("data", "contract")


def _of_model(plan: Plan) -> Iterator[NamedFile]:
    # A model that is not there is the model's own error, which lets other stages run.
    if plan.file.model is not None and plan.path(plan.file.model.path).is_file():
        yield "model", plan.path(plan.file.model.path), ("model", "path")


def _of_assessments(assessments: Sequence[AssessmentFiles]) -> Iterator[NamedFile]:
    for number, item in enumerate(assessments):
        yield "checklist", item.checklist_path, ("assessments", number, "checklist")
        if item.answers_path is None:
            continue
        place = ("assessments", number, "answers")
        yield "answers", item.answers_path, place
        if statements_path(item.answers_path).is_file():
            yield "statements", statements_path(item.answers_path), place


def _of_policy(plan: Plan) -> Iterator[NamedFile]:
    for role in _FILE_ROLES:
        value = getattr(plan.file, role)
        # A policy may also be the name of a preset, or stand in the plan itself.
        if isinstance(value, str) and (role != "policy" or value.endswith((".yaml", ".yml"))):
            yield role, plan.path(value), (role,)


def _input(plan: Plan, role: InputRole, path: Path, at: tuple[str | int, ...]) -> Input:
    try:
        if path.is_dir() and role in _FOLDER_ROLES:
            size = sum(int(item["bytes"]) for item in manifest(path))
            name = without_somebody(printable(path.name))
            return Input(role=role, name=name, sha256=digest_of(path), bytes=size)
        if not path.is_file():
            gone = not os.path.lexists(path)
            raise FileNotFoundError(2, "no such file" if gone else "no file that can be read")
        return Input(
            role=role,
            name=without_somebody(printable(path.name)),
            sha256=sha256_file(path),
            bytes=path.stat().st_size,
        )
    except OSError as error:
        raise PlanError(
            f"the {role} file cannot be read",
            reference="input-unreadable",
            where=plan.yaml.where(at),
            got=f"{error.strerror}: {path}",
            hint="paths are taken relative to the folder of raudit.yaml",
        ) from error


def opened_data(plan: Plan, database: Declared | None = None) -> tuple[DataSet, Mapping[str, Any]]:
    """Open a plan's data: a table, or recorded turns with their labels.

    Parameters
    ----------
    database
        The data, if it was read from a database already.

    Returns
    -------
    tuple
        The data set, and how it was read, for the record.

    Raises
    ------
    DataError
        If they cannot be read.
    """
    section = plan.file.data
    if section.turns is None:
        declared = database or open_declared(section, data_path(plan))
        return declared.data, declared.detail
    turns, first = section.turns, data_path(plan)
    if first is None:
        raise PlanError(
            "recorded turns are read from a file",
            reference="turns-path",
            where=plan.yaml.where(("data", "turns")),
            hint="name it as data.path, and leave out data.connection",
        )
    prompt = plan.path(turns.system_prompt) if turns.system_prompt else None
    data = open_turns(
        [first, *(plan.path(name) for name in turns.also)],
        layout=turns.format,
        fields=turns.fields,
        labels=[plan.path(name) for name in turns.labels],
        system_prompt=prompt,
        limits=section.limits,
    )
    return data, data.described
