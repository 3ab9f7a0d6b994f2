"""Signed notes, checkpoints and proofs: published vectors, hand-made forgeries, and fuzzing of every parser."""

from __future__ import annotations

import base64
import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from raudit.errors import KeyFileError, LogIntegrityError, RauditError
from raudit.log.tree import checkpoint, merkle, note, proof
from raudit.log.tree.note import LogKey, Verifier

KEY = LogKey(name="example.org/log", seed=bytes(range(32)))
OTHER = LogKey(name="example.org/log", seed=bytes(32))
ROOT = merkle.root_of([b"one", b"two", b"three"])
SIGNED = checkpoint.sign_checkpoint(checkpoint.Checkpoint(origin=KEY.name, size=3, root=ROOT), KEY)


@pytest.fixture
def notes(vectors):
    return json.loads((vectors / "merkle" / "signed_note_vectors.json").read_text())


def test_bit_exact_signature(notes):
    case = notes["sign"]
    seed = base64.b64decode(case["skey"].split("+", 4)[-1])[1:]
    key = LogKey(name="PeterNeumann", seed=seed)
    assert key.vkey == case["vkey"]
    assert note.sign_note(case["text"], key) == case["note"]


def test_published_notes(notes):
    assert len(notes["notes"]) == 13
    for case in notes["notes"]:
        verifiers = [Verifier.parse(vkey) for vkey in case["vkeys"]]
        assert opens(bytes.fromhex(case["hex"]), verifiers) == case["ok"], case["desc"]


def opens(text: bytes, verifiers: list[Verifier]) -> bool:
    try:
        note.open_note(text, verifiers)
    except LogIntegrityError:
        return False
    return True


def test_published_bad_verifier_keys(notes):
    for vkey in notes["bad_vkeys"]:
        with pytest.raises(KeyFileError):
            Verifier.parse(vkey)


def test_published_checkpoint_bodies(notes):
    for case in notes["checkpoint_bodies"]:
        if case["ok"]:
            assert checkpoint.parse_body(case["text"]).origin == "Log"
        else:
            with pytest.raises(LogIntegrityError):
                checkpoint.parse_body(case["text"])


def test_a_checkpoint_verifies_and_reads_back():
    found = checkpoint.verify_checkpoint(SIGNED, KEY.vkey)
    assert (found.origin, found.size, found.root) == (KEY.name, 3, ROOT)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda s: s.replace("\n3\n", "\n2\n"), "does not verify"),
        (lambda s: s.replace("\n3\n", "\n03\n"), "does not verify"),
        (lambda s: s.replace("example.org/log\n", "example.org/other\n", 1), "does not verify"),
        (
            lambda s: s.split("\n\n")[0] + "\n\n" + OTHER.sign(s.split("\n\n")[0] + "\n") + "\n",
            "no known key",
        ),
        (lambda s: s.rstrip("\n"), "not a signed note"),
        (lambda s: s.replace("\n\n", "\n"), "not a signed note"),
    ],
)
def test_changed_checkpoints_are_refused(change, what):
    with pytest.raises(LogIntegrityError, match=what):
        checkpoint.verify_checkpoint(change(SIGNED), KEY.vkey)


def test_a_root_that_is_no_hash_is_refused_although_signed():
    short = checkpoint.sign_checkpoint(
        checkpoint.Checkpoint(origin=KEY.name, size=3, root=b"bananas"), KEY
    )
    with pytest.raises(LogIntegrityError, match="32 bytes"):
        checkpoint.verify_checkpoint(short, KEY.vkey)


def test_a_checkpoint_of_another_origin_is_refused_although_signed():
    foreign = note.sign_note(
        checkpoint.Checkpoint(origin="another.example", size=3, root=ROOT).text(), KEY
    )
    with pytest.raises(LogIntegrityError, match="another log"):
        checkpoint.verify_checkpoint(foreign, KEY.vkey)


def test_unknown_signatures_are_ignored_but_bad_known_ones_are_not():
    text = SIGNED + OTHER.sign("anything\n") + "\n"
    assert checkpoint.verify_checkpoint(text, KEY.vkey).size == 3
    with pytest.raises(LogIntegrityError, match="does not verify"):
        note.open_note(text, [KEY.verifier, OTHER.verifier])


def test_cosignature_binds_time_and_text():
    text, _ = note.split_note(SIGNED)
    line = OTHER.cosign(text, datetime(2026, 1, 1, tzinfo=UTC))
    opened = note.open_note(SIGNED + line + "\n", [KEY.verifier, OTHER.cosigner])
    assert {s.time for s in opened.verified if s.key_id == OTHER.cosigner.key_id} == {1767225600}
    raw = bytearray(base64.b64decode(line.split(" ")[2]))
    raw[11] ^= 1  # the last bit of the time
    forged = f"{line.rsplit(' ', 1)[0]} {base64.b64encode(raw).decode()}"
    with pytest.raises(LogIntegrityError, match="does not verify"):
        note.open_note(SIGNED + forged + "\n", [OTHER.cosigner])


def test_the_cosignature_of_the_specification_verifies():
    """The example of C2SP tlog-cosignature carries no public key, so only its form and time can be checked."""
    text = (
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+"
        "zyWE+xeMcTOAYQ8=\n"
        "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0"
        "xUe+mbIUBkBIfZ+qnA==\n"
    )
    body, signatures = note.split_note(text)
    assert checkpoint.parse_body(body).size == 20852163
    assert signatures[1].time == 1679315147


def test_verifier_keys_round_trip_and_are_strict():
    assert Verifier.parse(KEY.vkey) == KEY.verifier
    assert Verifier.parse(KEY.cosigner.vkey) == KEY.cosigner
    for bad in ("", "x", "a+b+c", KEY.vkey.replace("+", " "), KEY.vkey[:-1], "x" + KEY.vkey):
        with pytest.raises(KeyFileError):
            Verifier.parse(bad)


@pytest.mark.parametrize("text", ["no newline", "tab\t\n", "nul\0\n"])
def test_texts_that_no_note_may_hold_are_not_signed(text):
    with pytest.raises(ValueError, match="newline"):
        note.sign_note(text, KEY)


# Fuzzing: whatever comes in, a parser answers with a value or with its own error, and accepts nothing forged.

PROOF = proof.write_proof(1, [merkle.leaf_hash(b"one"), merkle.leaf_hash(b"three")], SIGNED)


def mutated(original: bytes):
    edits = st.lists(
        st.tuples(st.integers(0, len(original) - 1), st.binary(max_size=6), st.integers(0, 9)),
        max_size=5,
    )

    def apply(changes):
        data = original
        for place, insert, drop in changes:
            data = data[:place] + insert + data[place + drop :]
        return data

    return st.one_of(st.binary(max_size=400), edits.map(apply))


@given(mutated(SIGNED.encode()))
def test_fuzzed_checkpoints_are_refused_unless_they_say_the_same(data):
    try:
        found = checkpoint.verify_checkpoint(data, KEY.vkey)
    except RauditError:
        return
    assert (found.size, found.root) == (3, ROOT)


@given(mutated(PROOF.encode()))
@example(PROOF.encode().replace(b"index 1", b"index 2"))
@example(b"c2sp.org/tlog-proof@v1\nindex 0\n\n")
def test_fuzzed_proofs_are_refused_unless_they_say_the_same(data):
    try:
        found = proof.verify_proof(data, b"two", KEY.vkey)
    except RauditError:
        return
    assert (found.index, found.checkpoint.root) == (1, ROOT)


@given(st.text(max_size=200))
def test_fuzzed_text_never_crashes_a_parser(text):
    for parse in (note.split_note, checkpoint.parse_body, proof.parse_proof, Verifier.parse):
        with contextlib.suppress(RauditError):
            parse(text)


def test_proofs_round_trip_with_extra_data():
    text = proof.write_proof(1, [bytes(32)], SIGNED, extra=b"anything")
    read = proof.parse_proof(text)
    assert (read.index, read.hashes, read.extra, read.checkpoint) == (
        1,
        (bytes(32),),
        b"anything",
        SIGNED,
    )
    assert proof.write_proof(read.index, read.hashes, read.checkpoint, extra=read.extra) == text


@pytest.mark.parametrize("entry", [b"one", b"", b"two "])
def test_a_proof_is_of_one_entry_only(entry):
    assert proof.verify_proof(PROOF, b"two", KEY.vkey).index == 1
    with pytest.raises(LogIntegrityError):
        proof.verify_proof(PROOF, entry, KEY.vkey)
