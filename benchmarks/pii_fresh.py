"""The parts "fresh" and "unseen" of the labelled set, collected and labelled by somebody who had not read the rules.

Each was scanned once blind before the rules were mended. Public tables and their labels stand in ``pii_PART.yaml`` (installed
packages) and ``pii_PART_packs.yaml``, generated ones in ``pii_PART_generated.yaml``. Those of ``pii_PART_packs.yaml`` are
read out of archives that ``pii_packs.py`` fetches; without a folder that holds them they are left out and this is said.
"""

from __future__ import annotations

import ast
import io
import json
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pii_packs import Reader, digest, listing, members, packs
from pii_public import as_arrow


@dataclass(frozen=True)
class FreshTable:
    """A table with what its columns hold."""

    key: str
    table: Any
    personal: frozenset[str]
    doubtful: frozenset[str]


def fresh_public(part: str, folders: Sequence[Path], only: str = "") -> Iterator[FreshTable]:
    """Public tables of the packages that are there; a table that cannot be read as its entry says stops the run."""
    from ruamel.yaml import YAML

    installed = Path(__file__).with_name(f"pii_{part}.yaml")
    listed = YAML(typ="safe").load(installed) if installed.is_file() else {}
    archived = packs(part) if folders else {}
    if not folders:
        print(
            f"left out: the archives of {listing(part).name}, no --packs FOLDER was given (pii_packs.py fills one)",
            file=sys.stderr,
        )
    for name, package in ((listed or {}) | archived).items():
        read = _reader(name, package, folders)
        if read is None:
            continue
        for table, how in package["tables"].items():
            if only in (key := f"{part}/{name}/{table}"):
                yield _labelled(key, package["in"], read, how)


def _reader(name: str, package: dict[str, Any], folders: Sequence[Path]) -> Reader | None:
    """How to read the files of a package; None, with a reason told, if it is not there."""
    if "archive" in package:
        archive = next(
            (found for folder in folders if (found := folder / package["archive"]).is_file()), None
        )
        if archive is None:
            print(f"left out: {name}, {package['archive']} is missing", file=sys.stderr)
            return None
        if digest(archive) != package["sha256"]:
            sys.exit(f"{archive} is not the file that was labelled")
        return members(archive)
    spec = find_spec(package["in"].split("/")[0])
    if spec is None or spec.origin is None:
        print(f"left out: {name} is not installed", file=sys.stderr)
        return None
    if (found := metadata.version(name)) != str(package["version"]):
        print(
            f"{name} {found} is installed, its columns were labelled in {package['version']}",
            file=sys.stderr,
        )
    root = Path(spec.origin).parent.parent

    def read(pattern: str) -> list[bytes]:
        return [file.read_bytes() for file in sorted(root.glob(pattern))]

    return read


def _labelled(key: str, inside: str, read: Reader, how: dict[str, Any]) -> FreshTable:
    files = read(f"{inside}/{how['file']}".removeprefix("/"))
    if not files:
        sys.exit(f"{key}: no file {inside}/{how['file']}")
    table = as_arrow(lambda: _plain(_load(files, how), how))
    if table is None:
        sys.exit(f"{key}: not a table of a few columns, a few rows and some words")
    personal, doubtful = how.get("personal", {}), how.get("doubtful", {})
    if missing := {*personal, *doubtful} - set(table.column_names):
        sys.exit(f"{key}: no column {missing}, there are {table.column_names}")
    return FreshTable(key, table, frozenset(personal), frozenset(doubtful))


def _plain(frame: Any, how: dict[str, Any]) -> Any:
    """Without the columns that are not read, and with one kind of missing value."""
    frame = frame[[c for c in frame.columns if not str(c).startswith(tuple(how.get("drop", ())))]]
    words = [c for c in frame.columns if str(frame[c].dtype) in {"string", "category"}]
    return frame.assign(**{c: frame[c].astype(object).where(frame[c].notna(), None) for c in words})


def _load(files: list[bytes], how: dict[str, Any]) -> Any:
    import pandas as pd

    data, suffix = files[0], Path(how["file"].removesuffix(".gz")).suffix
    if len(files) > 1:
        return pd.json_normalize([json.loads(file) for file in files])
    return LOADERS[suffix](data, how)


def _csv(data: bytes, how: dict[str, Any]) -> Any:
    import gzip

    import pandas as pd

    text = _text(gzip.decompress(data) if how["file"].endswith(".gz") else data)
    more = {"names": how["names"], "header": None} if "names" in how else {}
    return pd.read_csv(
        io.StringIO(text),
        sep=how.get("sep", ","),
        dtype=str if how.get("text") else None,
        low_memory=False,
        **more,
    )


def _json(data: bytes, how: dict[str, Any]) -> Any:
    import pandas as pd

    content = json.loads(_text(data))
    if how.get("at") == "each":  # an entry, or a list of entries, beside each key
        lists = {key: held if isinstance(held, list) else [held] for key, held in content.items()}
        content = [{"key": key} | entry for key, entries in lists.items() for entry in entries]
    elif "at" in how:
        content = content[how["at"]]
    return pd.json_normalize(content)


def _literal(data: bytes, how: dict[str, Any]) -> Any:
    """A list that stands in a Python module, or lists in the values of a mapping: ``NAME/key``."""
    import pandas as pd

    name, _, inner = how["at"].partition("/")
    for node in ast.parse(data).body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id == name
        ):
            value = ast.literal_eval(node.value)
            rows = [row for entry in value.values() for row in entry[inner]] if inner else value
            return (
                pd.DataFrame(rows, columns=how["names"])
                if "names" in how
                else pd.json_normalize(rows)
            )
    sys.exit(f"no {name} in {how['file']}")


def _script(data: bytes, how: dict[str, Any]) -> Any:
    import pandas as pd

    found = re.search(rf"\.{how['at']} = (\[.*?\]);", _text(data), re.DOTALL)
    return pd.DataFrame(json.loads(found[1])) if found else None


def _sqlite(data: bytes, how: dict[str, Any]) -> Any:
    import pandas as pd

    base = sqlite3.connect(":memory:")
    base.deserialize(data)
    return pd.read_sql(f'select * from "{how["at"]}"', base)


def _xml(data: bytes, how: dict[str, Any]) -> Any:
    import pandas as pd

    frame = pd.read_xml(io.BytesIO(data), xpath=how.get("at", "./*"))
    return frame.map(lambda v: " ".join(v.split()) if isinstance(v, str) else v)


def _parquet(data: bytes, _: dict[str, Any]) -> Any:
    import pandas as pd

    return pd.read_parquet(io.BytesIO(data))


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


LOADERS: dict[str, Callable[[bytes, dict[str, Any]], Any]] = {
    ".csv": _csv,
    ".db": _sqlite,
    ".gramps": _xml,
    ".js": _script,
    ".json": _json,
    ".parquet": _parquet,
    ".py": _literal,
    ".sqlite": _sqlite,
    ".tsv": _csv,
    ".txt": _json,
    ".xml": _xml,
}
