"""What other packages bring: stages, checklists, report templates and log stores, by entry point.

A package names what it brings in its ``pyproject.toml``::

    [project.entry-points."raudit.stages"]
    missing_values = "bank_audit.missing_values:STAGE"

    [project.entry-points."raudit.checklists"]
    bank = "bank_audit.checklists"             # a package whose folder holds *.yaml

    [project.entry-points."raudit.report_templates"]
    bank = "bank_audit.report_templates"       # a package whose folder holds one folder a template

    [project.entry-points."raudit.log_stores"]
    vault = "bank_audit.vault:VaultStore"      # opens locations that start with vault:

Only packages that somebody installed are asked; nothing is loaded before it is needed. Two that bring one name are an
error, whichever of them was installed first: what an audit runs must not hang on the order of a folder.

References
----------
Python Packaging User Guide, "Entry points specification".
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib import metadata
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from raudit.errors import ExtensionError


class Door(StrEnum):
    """Group of entry points."""

    STAGES = "raudit.stages"
    CHECKLISTS = "raudit.checklists"
    REPORT_TEMPLATES = "raudit.report_templates"
    LOG_STORES = "raudit.log_stores"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """One thing that an installed package brings."""

    name: str
    """Left side of the entry point."""
    package: str
    """Name and version of the distribution, such as ``bank-audit 1.2``."""
    entry: EntryPoint
    """The entry point itself."""

    def load(self) -> Any:
        """Import what the entry point names.

        Raises
        ------
        ExtensionError
            If the package cannot be imported or does not hold what it promises.
        """
        try:
            return self.entry.load()
        except Exception as error:  # a stranger's import may raise anything
            raise ExtensionError(
                f"'{self.name}' of the package {self.package} cannot be loaded",
                reference="extension-broken",
                where=f"{self.entry.group}: {self.entry.value}",
                got=f"{type(error).__name__}: {error}",
                hint=f"update or remove the package: pip uninstall {self.package.split()[0]}",
            ) from error

    def folder(self) -> Path:
        """Folder of the package that the entry point names.

        Raises
        ------
        ExtensionError
            As for ``load``, or if the package lies in no folder, such as in a zip file.
        """
        module = self.load()
        paths = list(getattr(module, "__path__", ()))
        if len(paths) != 1 or not Path(paths[0]).is_dir():
            raise ExtensionError(
                f"'{self.name}' of the package {self.package} is no folder",
                reference="extension-folder",
                where=f"{self.entry.group}: {self.entry.value}",
                expected="a regular package (a folder with __init__.py) that holds the files",
            )
        return Path(paths[0])


def extensions(door: Door, *, taken: Collection[str] = ()) -> Mapping[str, Extension]:
    """List what installed packages bring through a door, by name.

    Parameters
    ----------
    door
        The group of entry points.
    taken
        Names that raudit itself has.

    Raises
    ------
    ExtensionError
        If two packages bring one name, or one brings a name of raudit's own.
    """
    brought: dict[str, Extension] = {}
    places = tuple((place, _changed(place)) for place in sys.path)
    for entry in _entries(door, places):
        extension = Extension(name=entry.name, package=_package(entry), entry=entry)
        first = brought.get(entry.name)
        if first is not None or entry.name in taken:
            raise clash(door, extension, first.package if first else "raudit itself")
        brought[entry.name] = extension
    return brought


def clash(door: Door, extension: Extension, other: str) -> ExtensionError:
    """Make the error for a name that two bring."""
    return ExtensionError(
        f"two bring the name '{extension.name}': {other} and the package {extension.package}",
        reference="extension-clash",
        where=f"entry points of the group {door}",
        hint="remove one of the packages, or rename its entry",
    )


def folders(door: Door) -> tuple[tuple[Extension, Path], ...]:
    """Folders that installed packages bring through a door, by name of the entry."""
    return tuple((extension, extension.folder()) for extension in extensions(door).values())


@lru_cache(maxsize=2 * len(Door))
def _entries(door: Door, _places: tuple[tuple[str, int], ...]) -> tuple[EntryPoint, ...]:
    """List a group in order: once for each state of the folders, since a file of every package is read for it."""
    listed = metadata.entry_points(group=door)
    return tuple(sorted(listed, key=lambda entry: (entry.name, _package(entry))))


def _changed(place: str) -> int:
    """When something was last put into a folder of ``sys.path`` or taken out; 0 if it is not there."""
    try:
        return Path(place).stat().st_mtime_ns
    except OSError:
        return 0


def _package(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else "an unknown package"
