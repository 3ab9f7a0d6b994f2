"""Rules of the formats that a small slip in the code would break without any other test noticing."""

import base64

import pytest

from raudit.errors import LogIntegrityError
from raudit.log.tree import merkle
from raudit.log.tree.checkpoint import Checkpoint, parse_body, parse_number
from raudit.log.tree.note import LogKey

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
