"""Export a log as C2SP tlog-tiles, import such a folder, and compare two logs."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from raudit.errors import EnvironmentFault, LogError, LogIntegrityError
from raudit.files import write_whole
from raudit.log.attested import check_rows
from raudit.log.events import Event, EventType
from raudit.log.journal import Log
from raudit.log.rotation import keys_of, spans_of
from raudit.log.stores.store import ROTATED, SIGNED, Reader, Store, StoredNote
from raudit.log.tree import merkle
from raudit.log.tree.checkpoint import Checkpoint, parse_body, verify_checkpoint_any
from raudit.log.tree.extends import check_extends
from raudit.log.tree.note import LogKey, Verifier, split_note
from raudit.log.tree.tiles import HEIGHT, WIDTH, TileReader, tile_path, tile_widths
from raudit.ordinary import read_file

_BATCH = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What an export wrote."""

    checkpoint: Checkpoint
    files: int
    """Files that were new."""


def export_log(log: Log, folder: Path, checkpoint: str) -> Exported:
    """Write a log up to a checkpoint as tlog-tiles; the checkpoint is written last, so readers see a whole export.

    An earlier export in the folder is extended, and only if its checkpoint is a prefix of the log.

    Parameters
    ----------
    log
        The log.
    folder
        A new folder, or one with an earlier export of the same log.
    checkpoint
        Signed checkpoint of the log, see `Log.checkpoint`.

    Raises
    ------
    LogIntegrityError
        If the entries do not give the checkpoint's root, or an earlier export is no prefix of the log.
    EnvironmentFault
        If the folder cannot be written.
    """
    state = verify_checkpoint_any(checkpoint, keys_of(log))
    check_extends(state, log.size, log.store.node, "the checkpoint")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _check_earlier(log, folder, state)
        with log.store.snapshot():
            files = _write_tiles(log.store, folder, state)
        write_whole(folder / "checkpoint", checkpoint.encode())
    except OSError as error:
        raise EnvironmentFault(
            "the export cannot be written",
            reference="log-export-write",
            where=str(error.filename or folder),
            got=error.strerror or "",
            hint="check space and permissions; an earlier export there is still whole",
        ) from error
    return Exported(checkpoint=state, files=files)


def _check_earlier(log: Log, folder: Path, state: Checkpoint) -> None:
    if (folder / "checkpoint").exists():
        earlier = verify_checkpoint_any(read_file(folder / "checkpoint"), keys_of(log))
        check_extends(earlier, state.size, log.store.node, "the earlier export in this folder")
    elif any(folder.iterdir()):
        raise LogError(
            "the folder is not empty and holds no export",
            reference="log-export-folder",
            where=str(folder),
            hint="name a new folder",
        )


def _write_tiles(store: Reader, folder: Path, state: Checkpoint) -> int:
    """Write bundles and tiles from the entries themselves, and check that they give the checkpoint's root."""
    written = 0
    rows: list[list[bytes]] = [[] for _ in tile_widths(state.size)] or [[]]
    tree = merkle.Frontier()
    bundle: list[bytes] = []
    numbers = [0] * len(rows)

    def flush(level: int) -> None:
        nonlocal written
        written += _write(
            folder, tile_path(str(level), numbers[level], len(rows[level])), b"".join(rows[level])
        )
        rows[level] = []
        numbers[level] += 1

    def flush_bundle(number: int) -> None:
        nonlocal written
        data = b"".join(len(entry).to_bytes(2, "big") + entry for entry in bundle)
        written += _write(folder, tile_path("entries", number, len(bundle)), data)
        bundle.clear()

    for index, entry in store.entries(0, state.size):
        bundle.append(entry)
        for level, value in enumerate(tree.push(merkle.leaf_hash(entry))):
            if level % HEIGHT == 0:
                rows[level // HEIGHT].append(value)
                if len(rows[level // HEIGHT]) == WIDTH:
                    flush(level // HEIGHT)
        if len(bundle) == WIDTH:
            flush_bundle(index // WIDTH)
    if tree.size != state.size or tree.root() != state.root:
        raise LogIntegrityError(
            "the entries do not give the checkpoint's root",
            reference="log-differs",
            got=tree.root().hex(),
            expected=state.root.hex(),
            hint="run `raudit log verify LOG`",
        )
    for level, row in enumerate(rows):
        if row:
            flush(level)
    if bundle:
        flush_bundle(state.size // WIDTH)
    return written


def _write(folder: Path, name: str, data: bytes) -> int:
    """Write a tile once; a tile that is there must be the same."""
    path = folder / name
    if path.exists():
        if read_file(path) == data:
            return 0
        raise LogIntegrityError(
            "a tile of the earlier export differs",
            reference="log-tile-differs",
            where=name,
            hint="the export was changed; keep it for evidence and export into a new folder",
        )
    write_whole(path, data)
    partial = path.with_name(path.name + ".p")
    if partial.is_dir() and not path.parent.name.endswith(".p"):
        shutil.rmtree(partial)
    return 1


def import_log(
    folder: Path,
    store: Store,
    *,
    vkey: str,
    recover: LogKey | None = None,
    actor: str = "",
    clock: datetime,
) -> Checkpoint:
    """Copy an export into an empty store, after verifying all of it.

    Parameters
    ----------
    folder
        The export.
    store
        An empty store, just made.
    vkey
        The log's verifier key, known from elsewhere.
    recover
        The log's key, if this store is to go on as the log. Then nothing that the key remembers, and no later
        checkpoint, may be missing, and a ``recovery.performed`` entry is added. Without it the copy is read-only.
    actor
        Who recovers.
    clock
        Time of the recovery.

    Raises
    ------
    LogIntegrityError
        If the export does not verify.
    LogError
        If the store is not empty.
    """
    source = TileReader(folder)
    exported = Log(source, key=None)
    report = exported.verify([("the export's checkpoint", source.checkpoint_text)], vkey=vkey)
    if report.failed:
        step = next(step for step in report.steps if step.status == "failed")
        raise LogIntegrityError(
            "the export does not verify",
            reference="log-import",
            where=step.title,
            got=step.detail,
            hint="nothing was imported; get another copy",
        )
    _copy(source, store, copy=recover is None, vkey=spans_of(exported)[0].verifier)
    if recover is not None:
        with_key = Log(store, key=recover)
        # Signing first proves that nothing the key has signed is missing from what was recovered.
        with_key.checkpoint(clock)
        body = {
            "source": "export",
            "size": source.size(),
            "checkpoint": source.checkpoint_text,
            "by": actor,
        }
        with_key.append(
            [Event(type=EventType.RECOVERY_PERFORMED, body=body, actor=actor)], clock=clock
        )
    return source.checkpoint


def _copy(source: TileReader, store: Store, *, copy: bool, vkey: Verifier) -> None:
    with store.transaction() as writer:
        if writer.size() or "origin" in store.meta():
            raise LogError(
                "the place to import into is not empty",
                reference="log-import-target",
                where=store.location,
                hint="name a new file",
            )
        writer.set_meta("origin", source.checkpoint.origin)
        writer.set_meta("vkey", vkey.vkey)
        if copy:
            writer.set_meta("copy", "import")
        tree = merkle.Frontier()
        for batch in _batches(data for _, data in source.entries(0, source.size())):
            first = tree.size
            nodes = [node for data in batch for node in tree.push(merkle.leaf_hash(data))]
            writer.add(first, batch, merkle.stored_count(first), nodes)
        for note in source.notes(ROTATED):
            writer.add_note(note)
        writer.add_note(StoredNote(kind=SIGNED, size=source.size(), note=source.checkpoint_text))


def _batches(entries: Iterable[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    for entry in entries:
        batch.append(entry)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How two logs, or a log and a checkpoint, relate."""

    relation: str
    """``same``, ``first-is-prefix``, ``second-is-prefix``, ``first-is-shorter`` (than a checkpoint) or ``diverged``."""
    sizes: tuple[int, int]
    first_difference: int | None
    """Index of the first entry that differs, if both logs could be read; None otherwise."""

    @property
    def split(self) -> bool:
        """Whether the two cannot both be honest views of one log."""
        return self.relation == "diverged"


def compare(first: Reader, second: Reader) -> Difference:
    """Compare two logs by their trees: which is a prefix of which, or the first entry that differs.

    Raises
    ------
    LogError
        If they are not of one origin.
    LogIntegrityError
        If the tree that one of them stores is not that of its entries.
    """
    origins = (first.meta().get("origin"), second.meta().get("origin"))
    if origins[0] != origins[1]:
        raise LogError(
            "these are two logs with different names",
            reference="log-origin",
            got=str(origins[1]),
            expected=str(origins[0]),
        )
    sizes = (first.size(), second.size())
    for log, size in zip((first, second), sizes, strict=True):
        check_rows(log, size, frozenset(), [])
    common = min(sizes)
    if merkle.root_at(common, first.node) == merkle.root_at(common, second.node):
        return Difference(relation=_relation(*sizes), sizes=sizes, first_difference=None)
    low, high = 0, common
    while high - low > 1:  # the roots at `low` agree, those at `high` do not
        middle = (low + high) // 2
        same = merkle.root_at(middle, first.node) == merkle.root_at(middle, second.node)
        low, high = (middle, high) if same else (low, middle)
    return Difference(relation="diverged", sizes=sizes, first_difference=low)


def compare_checkpoint(log: Reader, text: str) -> Difference:
    """Compare a log, recomputed, with a checkpoint, whose signature is not judged here."""
    check_rows(log, log.size(), frozenset(), [])
    checkpoint = parse_body(split_note(text)[0])
    if checkpoint.origin != log.meta().get("origin"):
        raise LogError(
            "the checkpoint is of another log",
            reference="log-origin",
            got=checkpoint.origin,
            expected=str(log.meta().get("origin")),
        )
    sizes = (log.size(), checkpoint.size)
    if checkpoint.size > log.size():
        return Difference(relation="first-is-shorter", sizes=sizes, first_difference=None)
    if merkle.root_at(checkpoint.size, log.node) != checkpoint.root:
        return Difference(relation="diverged", sizes=sizes, first_difference=None)
    return Difference(relation=_relation(*sizes), sizes=sizes, first_difference=None)


def _relation(first: int, second: int) -> str:
    return (
        "same" if first == second else "first-is-prefix" if first < second else "second-is-prefix"
    )
