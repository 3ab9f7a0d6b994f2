"""Rules of the formats that a small slip in the code would break without any other test noticing."""

import base64

import pytest

from raudit.errors import LogIntegrityError
from raudit.log.tree import merkle
from raudit.log.tree.checkpoint import (
    Checkpoint,
    parse_body,
    parse_number,
    sign_checkpoint,
    verify_consistency,
)
from raudit.log.tree.note import LogKey
from raudit.log.tree.proof import parse_proof

from .conftest import NOW

LEAVES = [merkle.leaf_hash(bytes([n])) for n in range(7)]


def tree():
    frontier, nodes = merkle.Frontier(), {}
    for index, leaf in enumerate(LEAVES):
        for level, node in enumerate(frontier.push(leaf)):
            nodes[level, index >> level] = node
    return frontier.root(), lambda level, place: nodes[level, place]


@pytest.mark.parametrize("index", range(7))
def test_an_inclusion_proof_that_is_cut_short_is_refused_as_such(index):
    root, node = tree()
    proof = merkle.inclusion_proof(index, 7, node)
    merkle.verify_inclusion(index, 7, LEAVES[index], proof, root)
    # The hash reached so far, given out for the root: only the length tells.
    reached = LEAVES[index]
    with pytest.raises(LogIntegrityError, match="too short"):
        merkle.verify_inclusion(index, 7, reached, (), reached)
    with pytest.raises(LogIntegrityError, match="too long"):
        merkle.verify_inclusion(index, 7, LEAVES[index], (*proof, root), root)


@pytest.mark.parametrize(
    "text", ["00", "01", "007", "+1", "-1", " 1", "1 ", "", "\u0661", str(1 << 63), "1" * 20]
)
def test_a_number_has_one_spelling(text):
    with pytest.raises(LogIntegrityError):
        parse_number(text, "size")
    assert [parse_number(fine, "size") for fine in ("0", "7", str((1 << 63) - 1))] == [
        0,
        7,
        (1 << 63) - 1,
    ]


HASH = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([], "there is no index"),
        (["extra eA=="], "there is no index"),
        (["number 3"], "there is no index"),
        (["index 3", *[HASH] * 64], "more than 63 hashes"),
        (["index 3", HASH[:-4]], "not base64 of 32 bytes"),
    ],
)
def test_what_is_no_proof_is_told_why(lines, why):
    with pytest.raises(LogIntegrityError, match=why):
        parse_proof("\n".join(["c2sp.org/tlog-proof@v1", *lines]) + "\n\nx\n")
    whole = ["c2sp.org/tlog-proof@v1", "extra eA==", "index 3", *[HASH] * 63]
    read = parse_proof("\n".join(whole) + "\n\nx\n")
    assert (read.index, len(read.hashes), read.extra, read.checkpoint) == (3, 63, b"x", "x\n")


def test_one_checkpoint_goes_on_from_another_by_the_key_of_the_log_alone():
    key, other = (LogKey(name="small-log", seed=seed * 32) for seed in (b"k", b"o"))
    whole, node = tree()
    four = merkle.Frontier()
    for leaf in LEAVES[:4]:
        four.push(leaf)
    proof = merkle.consistency_proof(4, 7, node)

    def signed(size, root, by=key):
        return sign_checkpoint(Checkpoint(origin="small-log", size=size, root=root), by)

    old, new = signed(4, four.root()), signed(7, whole)
    assert [c.size for c in verify_consistency(old, new, proof, key.vkey)] == [4, 7]
    for first, second in (
        (signed(4, four.root(), other), new),
        (old, signed(7, whole, other)),
        (old, signed(7, bytes(32))),
        (signed(4, bytes(32)), new),
    ):
        with pytest.raises(LogIntegrityError):
            verify_consistency(first, second, proof, key.vkey)


def test_a_size_with_a_leading_zero_is_no_checkpoint():
    whole = Checkpoint(origin="x", size=7, root=bytes(32)).text()
    assert parse_body(whole).size == 7
    with pytest.raises(LogIntegrityError, match="not a plain decimal number"):
        parse_body(whole.replace("\n7\n", "\n07\n"))


def test_a_cosignature_whose_time_has_its_high_bit_set_is_refused():
    """A time is 63 bits (C2SP tlog-cosignature); a signed one beyond them is refused although its signature fits."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = LogKey(name="w", seed=b"w" * 32)
    text = Checkpoint(origin="x", size=7, root=bytes(32)).text()
    fine = base64.b64decode(key.cosign(text, NOW).rsplit(" ", 1)[1])[4:]
    assert key.cosigner.verify(text, fine)
    late = (1 << 63) + 5
    message = f"cosignature/v1\ntime {late}\n{text}".encode()
    signed = late.to_bytes(8, "big") + Ed25519PrivateKey.from_private_bytes(key.seed).sign(message)
    assert not key.cosigner.verify(text, signed)
