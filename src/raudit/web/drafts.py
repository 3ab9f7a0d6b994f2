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
from raudit.web.looking import Look, dumped, loaded, look
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


def make_draft(request: Any, source: str) -> Draft | None:
    """Keep what was uploaded, or the example's data, and look at its columns; None if there is neither.

    Raises
    ------
    DataError
        If the data cannot be read as a table.
    """
    earlier = str(request.session.pop("draft", ""))
    if TOKEN.fullmatch(earlier):
        shutil.rmtree(drafts() / earlier, ignore_errors=True)
    data = request.FILES.get("data") if source == "upload" else None
    model = request.FILES.get("model")
    if source == "upload" and data is None:
        raise DataError("no file was chosen", reference="upload-none", hint="choose one, or Later")
    if source not in ("upload", "example") and model is None:
        return None
    sweep(drafts())
    token = secrets.token_hex(16)
    folder = drafts() / token
    folder.mkdir(parents=True, mode=0o700)
    name = ""
    if source == "example":
        name = "decisions.csv"
        (folder / name).write_text(example_csv(), "utf-8")
    elif data is not None:
        name = "decisions" + Path(data.name or "").suffix.lower()
        _write(data, folder / name)
    found = look(folder / name) if name else None
    if found is not None:
        (folder / LOOK).write_text(dumped(found), "utf-8")
    if model is not None:
        _write(model, folder / f"model{Path(model.name or '').suffix.lower()}")
    request.session["draft"] = token
    return kept_draft(request)


def kept_draft(request: Any) -> Draft | None:
    """The draft of a session, if it is still there."""
    token = str(request.session.get("draft", ""))
    folder = drafts() / token
    if not TOKEN.fullmatch(token) or not folder.is_dir():
        return None
    names = sorted(path.name for path in folder.iterdir() if path.name != LOOK)
    held = folder / LOOK
    return Draft(
        folder=folder,
        data=next((name for name in names if name.startswith("decisions.")), ""),
        model=next((name for name in names if name.startswith("model.")), ""),
        look=loaded(json.loads(held.read_text("utf-8"))) if held.is_file() else None,
    )


def _write(upload: Any, path: Path) -> None:
    with path.open("wb") as file:
        for chunk in upload.chunks():
            file.write(chunk)
