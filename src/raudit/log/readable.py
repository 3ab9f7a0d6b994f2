"""A log that is open to be read: its entries, each held against its stored hash, and what it says of itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Self

from raudit.canonical import canonical_bytes
from raudit.errors import LogError, LogIntegrityError
from raudit.log.events import Entry, parse_entry
from raudit.log.stores.memory import FORGETFUL, Memory, recall
from raudit.log.stores.store import Reader, Store
from raudit.log.tree import merkle
from raudit.log.tree.note import LogKey, Verifier
from raudit.sentences import say


class ReadableLog:
    """What reads and judges a log needs of it; `raudit.log.Log` is one that can be written too.

    Parameters
    ----------
    store
        Where it is kept.
    key
        The log's own, which remembers what it signed; None if it was opened without.
    pinned
        The log's verifier key, known from elsewhere, where its own is not at hand.
    """

    def __init__(
        self, store: Store | Reader, *, key: LogKey | None, pinned: Verifier | None = None
    ) -> None:
        self._reader: Reader = store
        self._key = key
        self.pinned = pinned
        """The verifier key that it was opened with; None if it was opened with its own key, or with none."""
        meta = store.meta()
        self.origin = meta.get("origin", "")
        """Name of the log."""
        self.vkey = meta.get("vkey", "")
        """Verifier key that the store names; trust the one you were given instead."""
        self.is_copy = "copy" in meta
        """Whether this is an imported copy, which does not go on."""
        if key is not None and key.name != self.origin:
            self._refuse_edited_name(key)
            raise LogError(
                "this key is of another log",
                reference="log-key-origin",
                where=store.location,
                got=key.name,
                expected=self.origin,
                hint="name the key file of this log",
            )

    def _refuse_edited_name(self, key: LogKey) -> None:
        """Tell a store whose name was edited from a key of another log: the first entry holds the name too."""
        first = parse_entry(0, self._reader.entry(0)) if self._reader.size() else None
        if first is not None and first.body.get("origin") == key.name:
            raise LogIntegrityError(
                "the store names another log than its first entry does",
                reference="log-meta",
                where=self._reader.location,
                got=self.origin,
                expected=key.name,
                hint="the store was edited; keep it for evidence",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the store."""
        self._reader.close()

    @property
    def store(self) -> Reader:
        """The store, to read."""
        return self._reader

    @property
    def size(self) -> int:
        """Number of entries."""
        return self._reader.size()

    def check_in_place(self) -> None:
        """Refuse to go on with a log whose file was removed or replaced while it was open.

        Raises
        ------
        LogIntegrityError
            Naming its path.
        """
        check = getattr(self._reader, "check_in_place", None)
        if check is not None:
            check()

    @property
    def own_verifier(self) -> Verifier | None:
        """Public half of the key that the log was opened with, if any."""
        return self._key.verifier if self._key is not None else self.pinned

    def remembered(self) -> Memory:
        """Return what the key remembers to have signed, if the log was opened with one."""
        return recall(self._key) if self._key is not None else FORGETFUL

    def entry(self, index: int) -> Entry:
        """Return one entry, which must match its stored hash."""
        return parse_entry(index, self._hashed(index, self._reader.entry(index)))

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """Yield entries in order."""
        for index, data in self._reader.entries(start, self.size if stop is None else stop):
            yield parse_entry(index, self._hashed(index, data))

    def find(
        self,
        *,
        type: str | None = None,  # noqa: A002 -- the field's own name
        run: str | None = None,
        actor: str | None = None,
    ) -> Iterator[Entry]:
        """Yield entries of a type, run or actor, in order.

        Canonical bytes have one spelling, so the store can search for it; no index needs to be trusted. An entry that
        was edited is refused if it is found, but may no longer be found: what is to be relied on is read by
        `raudit.log.attested.attest_log`.
        """
        wanted = {"type": type, "run": run, "actor": actor}
        asked = {name: value for name, value in wanted.items() if value is not None}
        needles = [
            canonical_bytes(name) + b":" + canonical_bytes(value) for name, value in asked.items()
        ]
        for index, data in self._reader.entries(0, self.size, needles):
            entry = parse_entry(index, self._hashed(index, data))
            if all(getattr(entry, name) == value for name, value in asked.items()):
                yield entry

    def _hashed(self, index: int, data: bytes) -> bytes:
        if merkle.leaf_hash(data) != self._reader.node(0, index):
            raise LogIntegrityError(
                say("entry {index} does not match its stored hash", index=index),
                reference="log-tree",
                where=f"entry {index}",
                hint="it was changed behind the log's back; `raudit log verify LOG` says more",
            )
        return data

    def people(self) -> Mapping[str, str]:
        """Return what the pseudonyms stand for, as far as it has not been deleted."""
        people = getattr(self._reader, "people", None)
        return people() if people is not None else {}
