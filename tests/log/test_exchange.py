"""Export, import, compare, witness and rotate: logs that leave their store, and keys that change."""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from raudit.errors import LogError, LogIntegrityError
from raudit.log import (
    LogKey,
    create_log_key,
    open_log,
    verify_checkpoint,
    verify_consistency,
    verify_proof,
)
from raudit.log.exchange import compare, compare_checkpoint, export_log, import_log
from raudit.log.journal import Log
from raudit.log.stores.sqlite import SqliteStore
from raudit.log.tree import merkle
from raudit.log.tree.tiles import TileReader, split_bundle, tile_path, tile_widths
from raudit.log.witness import witness

from .conftest import NOW, started
from .test_merkle import naive_root


@pytest.mark.parametrize(
    ("number", "width", "path"),
    [
        (0, 256, "tile/0/000"),
        (5, 112, "tile/0/005.p/112"),
        (1234067, 256, "tile/0/x001/x234/067"),
        (1000, 1, "tile/0/x001/000.p/1"),
    ],
)
def test_paths_of_tiles(number, width, path):
    """The second-last is the example of the specification."""
    assert tile_path("0", number, width) == path


def test_widths_of_the_specification():
    """70,000 entries: 273 full tiles and one of 112; one full and one of 17; one of 1."""
    assert [(divmod(count, 256)) for _, count in tile_widths(70_000)] == [
        (273, 112),
        (1, 17),
        (0, 1),
    ]
    assert [divmod(count, 256) for _, count in tile_widths(256)] == [(1, 0), (0, 1)]


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 700])
def test_an_export_is_the_log(tmp_path, log, key, size):
    if size > 1:
        log.append([started(f"r{i}") for i in range(size - 1)], clock=NOW)
    held = log.checkpoint(NOW)
    assert export_log(log, tmp_path / "tiles", held).checkpoint.size == size
    with open_log(tmp_path / "tiles") as copy:
        assert [entry.data for entry in copy.entries()] == [entry.data for entry in log.entries()]
        report = copy.verify([held], vkey=key.vkey)
        assert (report.failed, report.root) == (
            False,
            naive_root([entry.data for entry in log.entries()]),
        )
        assert (
            verify_proof(copy.prove(size - 1, held), log.entry(size - 1).data, key.vkey).index
            == size - 1
        )
        assert compare(log.store, copy.store).relation == "same"
        with pytest.raises(LogError, match="copy"):
            copy.append([started()], clock=NOW)
    assert not list((tmp_path / "tiles").rglob("*.new"))


def test_a_later_export_extends_the_earlier(tmp_path, log):
    for count in (3, 250, 10, 300):
        log.append([started(f"r{count}-{i}") for i in range(count)], clock=NOW)
        export_log(log, tmp_path / "tiles", log.checkpoint(NOW))
        assert not Log(TileReader(tmp_path / "tiles"), key=None).verify().failed
    assert not (tmp_path / "tiles/tile/0/000.p").exists()
    assert export_log(log, tmp_path / "tiles", log.checkpoint(NOW)).files == 0


def test_an_export_is_a_witness_too(tmp_path, log, key):
    log.append([started(f"r{i}") for i in range(9)], clock=NOW)
    export_log(log, tmp_path / "tiles", log.checkpoint(NOW))
    with open_log(
        tmp_path / "other.db", key=LogKey(name=key.name, seed=key.seed), create=True
    ) as other:
        other.append([started(f"z{i}") for i in range(20)], clock=NOW)
        with pytest.raises(LogIntegrityError, match="differs from the earlier export"):
            export_log(other, tmp_path / "tiles", other.checkpoint(NOW))
    (tmp_path / "full").mkdir()
    (tmp_path / "full/letter.txt").write_text("not a log")
    with pytest.raises(LogError, match="not empty"):
        export_log(log, tmp_path / "full", log.checkpoint(NOW))


@pytest.mark.parametrize("damage", ["flip", "cut", "gone", "swap"])
@pytest.mark.parametrize("kind", ["0", "1", "entries"])
def test_a_damaged_export_does_not_verify_and_is_not_imported(tmp_path, log, key, kind, damage):
    log.append([started(f"r{i}") for i in range(599)], clock=NOW)
    export_log(log, tmp_path / "tiles", log.checkpoint(NOW))
    victim = next(
        path for path in sorted((tmp_path / "tiles/tile" / kind).rglob("*")) if path.is_file()
    )
    data = victim.read_bytes()
    match damage:
        case "flip":
            victim.write_bytes(data[:40] + bytes([data[40] ^ 1]) + data[41:])
        case "cut":
            victim.write_bytes(data[:-1])
        case "gone":
            victim.unlink()
        case "swap":
            victim.write_bytes(data[32:64] + data[:32] + data[64:])
    with closing(SqliteStore(tmp_path / "new.db", create=True)) as store:
        with pytest.raises(
            LogIntegrityError
        ):  # some break so early that the folder cannot even be opened
            import_log(tmp_path / "tiles", store, vkey=key.vkey, clock=NOW)
        assert store.size() == 0


@given(st.binary(max_size=80))
def test_bundles_are_cut_or_refused(data):
    try:
        entries = split_bundle(data)
    except LogIntegrityError:
        return
    assert b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries) == data


def imported(tmp_path, key, name, **options):
    store = SqliteStore(tmp_path / name, create=True)
    try:
        return import_log(tmp_path / "tiles", store, vkey=key.vkey, clock=NOW, **options)
    finally:
        store.close()


def test_a_copy_reads_and_does_not_go_on(tmp_path, log, key):
    log.append([started(f"r{i}") for i in range(5000)], clock=NOW)
    export_log(log, tmp_path / "tiles", log.checkpoint(NOW))
    imported(tmp_path, key, "copy.db")
    with open_log(tmp_path / "copy.db", key=key) as copy:
        assert not copy.verify([log.checkpoint(NOW)], vkey=key.vkey).failed
        with pytest.raises(LogError, match="--recover"):
            copy.append([started()], clock=NOW)
        with pytest.raises(LogError, match="copy"):
            copy.checkpoint(NOW)
    with pytest.raises(LogError, match="not empty"):
        imported(tmp_path, key, "copy.db")


def test_a_lost_store_is_recovered_from_an_export_and_says_so(tmp_path, log, key):
    log.append([started(f"r{i}") for i in range(20)], clock=NOW)
    held = log.checkpoint(NOW)
    export_log(log, tmp_path / "tiles", held)
    imported(tmp_path, key, "new.db", recover=key, actor="Ann Example")
    with open_log(tmp_path / "new.db", key=key) as recovered:
        (event,) = recovered.find(type="recovery.performed")
        assert (event.index, event.body["size"], event.body["checkpoint"]) == (21, 21, held)
        assert not recovered.verify([held, recovered.checkpoint(NOW)], vkey=key.vkey).failed


def test_an_old_export_does_not_take_over(tmp_path, log, key):
    """What was signed after the export would be lost: the key remembers, and refuses."""
    log.append([started()], clock=NOW)
    export_log(log, tmp_path / "tiles", log.checkpoint(NOW))
    log.append([started("later")], clock=NOW)
    log.checkpoint(NOW)
    with pytest.raises(
        LogIntegrityError, match="shorter than the checkpoint that the key remembers"
    ):
        imported(tmp_path, key, "new.db", recover=key, actor="Ann Example")


def test_an_export_signed_by_another_key_is_not_imported(tmp_path, log, key, make_key):
    export_log(log, tmp_path / "tiles", log.checkpoint(NOW))
    with pytest.raises(LogIntegrityError, match="does not verify"):
        imported(tmp_path, make_key(file="other.key"), "new.db")


@pytest.mark.parametrize(
    ("common", "first", "second"), [(0, 3, 3), (1, 5, 2), (300, 1, 400), (7, 1, 1), (64, 64, 64)]
)
def test_the_first_entry_that_differs_is_found(tmp_path, key, common, first, second):
    memoryless = LogKey(name=key.name, seed=key.seed)
    with (
        open_log(tmp_path / "a.db", key=memoryless, create=True) as one,
        open_log(tmp_path / "b.db", key=memoryless, create=True) as two,
    ):
        for log, name, count in ((one, "a", first), (two, "b", second)):
            shared = [started(f"r{i}") for i in range(common)]
            events = [
                type(e)(type=e.type, run=e.run, body=e.body, actor=e.actor, id=f"{i:032}")
                for i, e in enumerate(shared)
            ]
            opening = started("opening")
            opened = type(opening)(
                type="log.opened",
                body={"origin": key.name, "vkey": key.vkey},
                actor="service:ci",
                id="0" * 32,
            )
            log.append([opened, *events, *(started(f"{name}{i}") for i in range(count))], clock=NOW)
        found = compare(one.store, two.store)
        assert (found.relation, found.split, found.first_difference) == (
            "diverged",
            True,
            common + 1,
        )
        held = two.checkpoint(NOW)
        expected = "diverged" if two.size <= one.size else "first-is-shorter"
        assert compare_checkpoint(one.store, held).relation == expected


def test_logs_of_two_names_are_not_compared(tmp_path, log, make_key):
    log.append([started()], clock=NOW)
    with open_log(tmp_path / "o.db", key=make_key("other.example", "o"), create=True) as other:
        with pytest.raises(LogError, match="different names"):
            compare(log.store, other.store)
        with pytest.raises(LogError, match="another log"):
            compare_checkpoint(log.store, other.checkpoint(NOW))


# Witnesses


def test_a_witness_follows_and_never_goes_back(tmp_path, log, key, make_key):
    own, state = make_key("witness.example", "w"), tmp_path / "state"
    log.append([started()], clock=NOW)
    log.checkpoint(NOW)
    with pytest.raises(LogError, match="--first"):
        witness(log, state, own, vkey=key.vkey, clock=NOW)
    first = witness(log, state, own, vkey=key.vkey, clock=NOW, first=True)
    with pytest.raises(LogError, match="leave --first out"):
        witness(log, state, own, vkey=key.vkey, clock=NOW, first=True)
    log.append([started("r2")], clock=NOW)
    log.checkpoint(NOW)
    second = witness(log, state, own, vkey=key.vkey, clock=NOW + timedelta(hours=1))
    assert (verify_checkpoint(first, key.vkey).size, verify_checkpoint(second, key.vkey).size) == (
        2,
        3,
    )
    with pytest.raises(LogIntegrityError, match=r"larger|shorter|prefix"):
        witness(log, state, own, vkey=key.vkey, clock=NOW, checkpoint=first)
    assert state.read_text() == second


def test_a_witness_state_signed_by_someone_else_is_refused(tmp_path, log, key, make_key):
    log.checkpoint(NOW)
    witness(
        log, tmp_path / "s", make_key("witness.example", "w"), vkey=key.vkey, clock=NOW, first=True
    )
    with pytest.raises(LogIntegrityError, match="not signed by this witness"):
        witness(log, tmp_path / "s", make_key("another.example", "w2"), vkey=key.vkey, clock=NOW)


def test_a_witness_trusts_only_the_key_it_knows(tmp_path, log, key, make_key):
    log.checkpoint(NOW)
    with pytest.raises(LogIntegrityError, match="the key you know"):
        witness(
            log,
            tmp_path / "s",
            make_key("w.example", "w"),
            vkey=make_key(file="k2").vkey,
            clock=NOW,
            first=True,
        )
    assert not (tmp_path / "s").exists()


def test_a_cosignature_must_be_by_that_witness(tmp_path, log, key, make_key):
    own, other = make_key("witness.example", "w"), make_key("other.example", "o")
    held = log.checkpoint(NOW)
    cosigned = witness(log, tmp_path / "s", own, vkey=key.vkey, clock=NOW, first=True)
    for text, vkey in ((held, own.cosigner.vkey), (cosigned, other.cosigner.vkey)):
        with pytest.raises(LogIntegrityError, match="both the log and the witness"):
            log.accept_witness(text, vkey, actor="service:ci", clock=NOW)


# Rotation


def test_a_rotated_log_verifies_with_the_first_key_and_with_the_last(tmp_path, log, key, make_key):
    new = make_key(file="new.key")
    log.append([started()], clock=NOW)
    before = log.checkpoint(NOW)
    after = log.rotate(new, actor="Ann Example", clock=NOW)
    log.append([started("r2")], clock=NOW)
    last = log.checkpoint(NOW)
    for vkey in (key.vkey, new.vkey):
        report = log.verify([before, after, last], vkey=vkey)
        assert (report.failed, report.compared) == (False, 3)
    assert verify_checkpoint(last, new.vkey).size == 4
    assert (
        verify_consistency(after, last, log.prove_consistency(after, last), new.vkey)[1].size == 4
    )
    export_log(log, tmp_path / "tiles", last)
    imported(tmp_path, key, "copy.db")
    with open_log(tmp_path / "copy.db") as copy:
        assert not copy.verify([before, last], vkey=key.vkey).failed


def test_a_retired_key_cannot_speak_for_the_log(tmp_path, log, key, make_key):
    log.append([started()], clock=NOW)
    log.rotate(make_key(file="new.key"), actor="Ann Example", clock=NOW)
    log.append([started("r2")], clock=NOW)
    with (
        open_log(tmp_path / "log.db", key=key) as old,
        pytest.raises(LogError, match="not the log's current one"),
    ):
        old.checkpoint(NOW)
    from raudit.log.tree.checkpoint import Checkpoint, sign_checkpoint

    state = Checkpoint(
        origin=key.name, size=log.size, root=merkle.root_at(log.size, log.store.node)
    )
    stolen = sign_checkpoint(state, key)
    report = log.verify([stolen], vkey=key.vkey)
    assert "not the log's at that size" in report.steps[-1].detail


def test_a_rotation_needs_both_keys_and_the_log_name(log, make_key):
    with pytest.raises(LogError, match="the log's name"):
        log.rotate(make_key("other.example", "o"), actor="Ann Example", clock=NOW)
    from raudit.log.rotation import rotation_event, spans
    from raudit.log.tree.note import sign_note

    old, new = make_key(file="a"), make_key(file="b")
    log.append([started()], clock=NOW)
    entry = log.entry(1)
    opening = replace(log.entry(0), body={"origin": old.name, "vkey": old.vkey})

    def rotated(body):
        return replace(entry, type="key.rotated", body=body)

    good = rotation_event(old, new, actor="x").body
    assert len(spans([opening, rotated(good)])) == 2
    text = str(good["note"]).split("\n\n")[0] + "\n"
    for body in ({"note": sign_note(text, new)}, {"note": sign_note(text, old)}, {}, {"note": "x"}):
        with pytest.raises(LogIntegrityError):
            spans([opening, rotated(body)])


# A log under arbitrary use, against a list and the naive tree.


class Machine(RuleBasedStateMachine):
    folder: Path

    def __init__(self):
        super().__init__()
        import tempfile

        self.folder = Path(tempfile.mkdtemp(prefix="raudit-log-"))
        self.key = create_log_key(self.folder / "k", "m.example", seed=bytes(32))
        self.log = open_log(self.folder / "log.db", key=self.key, create=True)
        self.entries: list[bytes] = []
        self.held: list[str] = []

    @rule(count=st.integers(1, 40))
    def append(self, count):
        receipt = self.log.append([started(f"r{i}") for i in range(count)], clock=NOW)
        assert len(receipt.indices) == count
        self.entries = [entry.data for entry in self.log.entries()]
        assert receipt.size == len(self.entries)

    @rule()
    def reopen(self):
        self.log.close()
        self.log = open_log(self.folder / "log.db", key=self.key)

    @rule()
    def sign(self):
        self.held.append(self.log.checkpoint(NOW))
        self.entries = [entry.data for entry in self.log.entries()]

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def prove(self, data):
        old = data.draw(st.sampled_from(self.held))
        state = verify_checkpoint(old, self.key.vkey)
        assert state.root == naive_root(self.entries[: state.size])
        index = data.draw(st.integers(0, state.size - 1))
        assert (
            verify_proof(self.log.prove(index, old), self.entries[index], self.key.vkey).index
            == index
        )
        new = self.held[-1]
        proof = self.log.prove_consistency(old, new)
        assert verify_consistency(old, new, proof, self.key.vkey)

    @rule()
    def export(self):
        export_log(self.log, self.folder / "tiles", self.log.checkpoint(NOW))
        assert (
            not Log(TileReader(self.folder / "tiles"), key=None)
            .verify(self.held, vkey=self.key.vkey)
            .failed
        )
        self.entries = [entry.data for entry in self.log.entries()]

    @invariant()
    def agrees(self):
        report = self.log.verify(self.held, vkey=self.key.vkey)
        assert not report.failed
        assert report.root == naive_root(self.entries)

    def teardown(self):
        self.log.close()
        shutil.rmtree(self.folder)


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=12, stateful_step_count=12, deadline=None)
