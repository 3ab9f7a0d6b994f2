"""Data and model of a system that is being made: kept aside under a name that nobody can guess, until it is made."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from raudit.errors import DataError
from raudit.web.example import example_csv
from raudit.web.looking import Look, Written, dumped, loaded, look
from raudit.web.middleware import workspace

TOKEN = re.compile(r"[0-9a-f]{32}")
HOURS = 12
LOOK = "look.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Files of a system to be."""

    folder: Path
    data: str
    """Name of the data file; empty for none."""
    model: str
    """Name of the model file; empty for none."""
    look: Look | None

    def move_to(self, system: Path) -> None:
        """Move the files to their system."""
        for name, place in ((self.data, "data"), (self.model, "model")):
            if name:
                (system / place).mkdir(parents=True, exist_ok=True)
                shutil.move(self.folder / name, system / place / name)
        shutil.rmtree(self.folder, ignore_errors=True)


def drafts() -> Path:
    """Folder of all drafts."""
    return workspace().data / "drafts"


def sweep(folder: Path) -> None:
    """Remove what was never made into a system."""
    for place in folder.iterdir() if folder.is_dir() else ():
        if place.stat().st_mtime < time.time() - HOURS * 3600:
            shutil.rmtree(place, ignore_errors=True)


def make_draft(request: Any, source: str, written: Written) -> Draft | None:
    """Keep what was uploaded, or the example's data, and look at its columns; None if there is neither.

    A file that was uploaded before is kept unless another takes its place, even if it could not be read as it was.

    Parameters
    ----------
    source
        ``upload``, ``example`` or ``later``.
    written
        How the file is written, as somebody said.

    Raises
    ------
    DataError
        If the data cannot be read as a table.
    """
    data = request.FILES.get("data") if source == "upload" else None
    model = request.FILES.get("model")
    earlier = _folder(request)
    if source == "upload" and data is None and not _named(earlier, "decisions."):
        raise DataError("no file was chosen", reference="upload-none", hint="choose one, or Later")
    if source not in ("upload", "example") and model is None:
        _drop(request, earlier)
        return None
    if earlier is None or source != "upload" or data is not None:
        _drop(request, earlier)
        earlier = _begin(request, source, data)
    if model is not None:
        _write(model, earlier / f"model{Path(model.name or '').suffix.lower()}")
    name = _named(earlier, "decisions.")
    (earlier / LOOK).unlink(missing_ok=True)
    if name:
        (earlier / LOOK).write_text(dumped(look(earlier / name, written)), "utf-8")
    return kept_draft(request)


def _begin(request: Any, source: str, data: Any) -> Path:
    """A folder for a new draft, with its data."""
    sweep(drafts())
    token = secrets.token_hex(16)
    folder = drafts() / token
    folder.mkdir(parents=True, mode=0o700)
    if source == "example":
        (folder / "decisions.csv").write_text(example_csv(), "utf-8")
    elif data is not None:
        _write(data, folder / ("decisions" + Path(data.name or "").suffix.lower()))
    request.session["draft"] = token
    return folder


def _folder(request: Any) -> Path | None:
    token = str(request.session.get("draft", ""))
    folder = drafts() / token
    return folder if TOKEN.fullmatch(token) and folder.is_dir() else None


def _drop(request: Any, folder: Path | None) -> None:
    request.session.pop("draft", None)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


def _named(folder: Path | None, start: str) -> str:
    """Name of a draft's file; empty if there is none."""
    names = sorted(path.name for path in folder.iterdir()) if folder else []
    return next((name for name in names if name.startswith(start)), "")


def kept_draft(request: Any) -> Draft | None:
    """The draft of a session, if it is still there and its data can be read."""
    folder = _folder(request)
    if folder is None:
        return None
    held, data = folder / LOOK, _named(folder, "decisions.")
    if data and not held.is_file():
        return None
    return Draft(
        folder=folder,
        data=data,
        model=_named(folder, "model."),
        look=loaded(json.loads(held.read_text("utf-8"))) if data else None,
    )


def _write(upload: Any, path: Path) -> None:
    with path.open("wb") as file:
        for chunk in upload.chunks():
            file.write(chunk)
