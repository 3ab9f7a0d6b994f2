"""Whether a log extends a checkpoint: the question behind every signature and every comparison."""

from __future__ import annotations

from raudit.errors import LogIntegrityError
from raudit.log.tree import merkle
from raudit.log.tree.checkpoint import Checkpoint
from raudit.sentences import say, term


def check_extends(old: Checkpoint, size: int, node: merkle.NodeReader, source: str) -> None:
    """Refuse a log that is shorter than a checkpoint, or different from it.

    Raises
    ------
    LogIntegrityError
        With what the checkpoint says and what the log has.
    """
    if old.size > size:
        raise LogIntegrityError(
            say("the log is shorter than {source}", source=term(source)),
            reference="log-shorter",
            got=say("{size:,} entries", size=size),
            expected=say("at least {size:,}", size=old.size),
            hint="the end was cut off or an older copy was restored; keep this store for evidence",
        )
    root = merkle.root_at(old.size, node)
    if root != old.root:
        raise LogIntegrityError(
            say("the log differs from {source}", source=term(source)),
            reference="log-differs",
            where=f"the first {old.size:,} entries",
            got=say("root {root}", root=root.hex()),
            expected=say("root {root}", root=old.root.hex()),
            hint="entries were changed after they were signed; keep this store for evidence",
        )


def prove_extends(old: Checkpoint, new: Checkpoint, node: merkle.NodeReader, source: str) -> None:
    """Make a consistency proof from an older checkpoint and verify it, as any stranger would."""
    check_extends(old, new.size, node, source)
    if old.size:
        proof = merkle.consistency_proof(old.size, new.size, node)
        merkle.verify_consistency(old.size, new.size, proof, old.root, new.root)
