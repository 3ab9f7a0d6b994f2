"""Reading a log that was exported as C2SP tlog-tiles: a folder of plain files that any tlog client understands.

The folder is a store to read from, so verifying, proving, comparing and auditing work on it as on the log itself.

References
----------
C2SP tlog-tiles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property, lru_cache
from pathlib import Path

from raudit.errors import LogError, LogIntegrityError
from raudit.log.events import EventType, parse_entry
from raudit.log.stores.store import ROTATED, SIGNED, SideRows, StoredNote, no_entry
from raudit.log.tree import merkle
from raudit.log.tree.checkpoint import Checkpoint, parse_body
from raudit.log.tree.note import split_note
from raudit.ordinary import read_file

LONGEST = 256 * (2 + 0xFFFF)
"""Bytes of a full bundle of the longest entries: nothing in an export is larger."""
HEIGHT = 8
WIDTH = 1 << HEIGHT
"""Hashes of a full tile, and entries of a full bundle."""


def tile_path(kind: str, number: int, width: int) -> str:
    """Return a tile's path: ``kind`` is a level or ``entries``; ``width`` is below 256 for a partial tile."""
    digits = f"{number:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    parts = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    path = "/".join(["x" + part for part in parts[:-1]] + parts[-1:])
    return f"tile/{kind}/{path}" + ("" if width == WIDTH else f".p/{width}")


def tile_widths(size: int) -> Iterator[tuple[int, int]]:
    """Yield (level, number of hashes) of each level of tiles in a tree of ``size`` leaves."""
    level = 0
    while size:
        yield level, size
        size >>= HEIGHT
        level += 1


def split_bundle(data: bytes) -> list[bytes]:
    """Cut an entry bundle into entries.

    Raises
    ------
    LogIntegrityError
        If a length goes past the end.
    """
    entries, place = [], 0
    while place < len(data):
        length = int.from_bytes(data[place : place + 2], "big")
        entry = data[place + 2 : place + 2 + length]
        if place + 2 > len(data) or len(entry) != length:
            raise LogIntegrityError("an entry bundle is cut off", reference="log-bundle")
        entries.append(entry)
        place += 2 + length
    return entries


class TileReader:
    """An exported log.

    Parameters
    ----------
    folder
        The folder that holds ``checkpoint`` and ``tile``.

    Raises
    ------
    LogError
        If it holds no checkpoint.
    LogIntegrityError
        If the checkpoint is malformed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            self.checkpoint_text = read_file(folder / "checkpoint").decode("utf-8")
        except (OSError, ValueError) as error:
            raise LogError(
                "this folder holds no exported log",
                reference="log-export-missing",
                where=str(folder),
                expected="a readable file 'checkpoint' in it",
                hint="make one with `raudit log export LOG FOLDER`",
            ) from error
        self.checkpoint: Checkpoint = parse_body(split_note(self.checkpoint_text)[0])
        self._tile = lru_cache(maxsize=64)(self._read_tile)
        self._bundle = lru_cache(maxsize=8)(self._read_bundle)

    @property
    def location(self) -> str:
        """The folder."""
        return str(self._folder)

    def meta(self) -> Mapping[str, str]:
        """Return what the checkpoint and the first entry say; an export is a copy."""
        opened = parse_entry(0, self.entry(0)) if self.size() else None
        vkey = (
            str(opened.body.get("vkey", ""))
            if opened and opened.type == EventType.LOG_OPENED
            else ""
        )
        return {"origin": self.checkpoint.origin, "vkey": vkey, "copy": "export"}

    def size(self) -> int:
        """Return the checkpoint's size."""
        return self.checkpoint.size

    def counts(self) -> tuple[int, int]:
        """Return the sizes that the checkpoint asks for; missing files are noticed when they are read."""
        return self.size(), merkle.stored_count(self.size())

    def node(self, level: int, position: int) -> bytes:
        """Fold a tile's hashes into the hash of a complete subtree."""
        tile_level, inner = divmod(level, HEIGHT)
        first = position << inner
        hashes = self._tile(tile_level, first >> HEIGHT)
        place = (first & (WIDTH - 1)) * merkle.HASH_SIZE
        row = [hashes[place + i * 32 : place + i * 32 + 32] for i in range(1 << inner)]
        while len(row) > 1:
            row = [merkle.node_hash(a, b) for a, b in zip(row[::2], row[1::2], strict=True)]
        return row[0]

    def entry(self, index: int) -> bytes:
        """Return an entry's bytes."""
        if not 0 <= index < self.size():
            raise no_entry(index, self.size(), self.location)
        return self._bundle(index >> HEIGHT)[index & (WIDTH - 1)]

    def entries(
        self, start: int, stop: int, containing: Sequence[bytes] = ()
    ) -> Iterator[tuple[int, bytes]]:
        """Yield entries in order."""
        for number in range(start >> HEIGHT, -(-stop >> HEIGHT)):
            for index, data in enumerate(self._bundle(number), number << HEIGHT):
                if start <= index < stop and all(needle in data for needle in containing):
                    yield index, data

    def leaves_and_nodes(self, size: int) -> tuple[Iterator[bytes], Iterator[bytes]]:
        """Stream entries, and hashes of which the files hold every eighth level; the others follow from those."""
        return (data for _, data in self.entries(0, size)), self._nodes(size)

    def _nodes(self, size: int) -> Iterator[bytes]:
        tree = merkle.Frontier()
        for index in range(size):
            for level, computed in enumerate(tree.push(self.node(0, index))):
                yield computed if level % HEIGHT else self.node(level, index >> level)

    def side_rows(self) -> SideRows:
        """Return nothing: an export holds the tree and its checkpoint alone."""
        return SideRows()

    def notes(self, kind: str, last: int | None = None) -> list[StoredNote]:
        """Return the export's checkpoint, or the key rotations, which are searched for once."""
        if kind == SIGNED:
            return [StoredNote(kind=kind, size=self.size(), note=self.checkpoint_text)]
        return self._rotations if kind == ROTATED else []

    @cached_property
    def _rotations(self) -> list[StoredNote]:
        needle = f'"type":"{EventType.KEY_ROTATED}"'.encode()
        found = (parse_entry(index, data) for index, data in self.entries(0, self.size(), [needle]))
        return [
            StoredNote(kind=ROTATED, size=entry.index, note=str(entry.body.get("note")))
            for entry in found
            if entry.type == EventType.KEY_ROTATED
        ]

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Do nothing: the checkpoint was read once and fixes the size."""
        yield

    def close(self) -> None:
        """Do nothing."""

    def _read(self, path: str, length: int | None) -> bytes:
        try:
            data = read_file(self._folder / path, most=LONGEST)
        except OSError as error:
            raise LogIntegrityError(
                "a file of the export is missing",
                reference="log-tile-missing",
                where=path,
                got=error.strerror or "",
                hint="export again",
            ) from error
        if length is not None and len(data) != length:
            raise LogIntegrityError(
                "a tile has the wrong length",
                reference="log-tile",
                where=path,
                got=f"{len(data)} bytes",
                expected=f"{length}",
            )
        return data

    def _read_tile(self, level: int, number: int) -> bytes:
        width = min(WIDTH, (self.size() >> (HEIGHT * level)) - number * WIDTH)
        return self._read(tile_path(str(level), number, width), width * merkle.HASH_SIZE)

    def _read_bundle(self, number: int) -> list[bytes]:
        width = min(WIDTH, self.size() - number * WIDTH)
        path = tile_path("entries", number, width)
        entries = split_bundle(self._read(path, None))
        if len(entries) != width:
            raise LogIntegrityError(
                "an entry bundle has the wrong number of entries",
                reference="log-bundle",
                where=path,
                got=str(len(entries)),
                expected=str(width),
            )
        return entries
