"""Being a witness: on another machine or in a repository, keep a log's last checkpoint and cosign only what extends it.

Steps, tagged in the code:

1. Verify the newest checkpoint with the log's key, known from elsewhere.
2. Take the last checkpoint this witness cosigned. There must be one, unless this is the first look.
3. Prove that the last is a prefix of the newest.
4. Cosign the newest, put it in the place of the last, and hand it back to the log.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from raudit.errors import EnvironmentFault, LogError, LogIntegrityError
from raudit.files import write_whole
from raudit.log.journal import Log
from raudit.log.rotation import KeySpan, open_spanned, spans_of
from raudit.log.stores.store import SIGNED
from raudit.log.tree.checkpoint import Checkpoint, open_checkpoint
from raudit.log.tree.extends import prove_extends
from raudit.log.tree.note import LogKey, Verifier
from raudit.ordinary import read_file


def witness(
    log: Log,
    state: Path,
    key: LogKey,
    *,
    vkey: str,
    clock: datetime,
    first: bool = False,
    checkpoint: str | None = None,
) -> str:
    """Cosign a log's newest checkpoint if it extends the last one seen.

    Parameters
    ----------
    log
        The log, or better an export of it, opened to read.
    state
        The file in which this witness keeps the last checkpoint; not on the log's machine.
    key
        The witness's own key.
    vkey
        The log's verifier key, known from elsewhere.
    clock
        Time of the cosignature.
    first
        This is the first look, so there is no last checkpoint; refused if there is one.
    checkpoint
        The checkpoint to cosign; by default the last that the log signed.

    Returns
    -------
    str
        The cosigned checkpoint.

    Raises
    ------
    LogIntegrityError
        If the log does not extend what this witness has seen: it was cut, rebuilt, or shows others another history.
    LogError
        If there is no checkpoint, or ``first`` does not fit.
    """
    if checkpoint is None:
        signed = log.store.notes(SIGNED, last=1)
        if not signed:
            raise LogError(
                "the log has signed no checkpoint",
                reference="log-no-checkpoint",
                where=log.store.location,
                hint="raudit log checkpoint LOG --key FILE",
            )
        checkpoint = signed[0].note
    keys = _trusted(log, vkey)
    now = open_spanned(checkpoint, keys)  # (1)
    last = _last(state, keys, key, first=first)  # (2)
    prove_extends(now, now, log.store.node, "its own checkpoint")
    if last is not None:
        prove_extends(last, now, log.store.node, "what this witness has seen")  # (3)
    text = _without(checkpoint, key) + key.cosign(now.text(), clock) + "\n"  # (4)
    try:
        write_whole(state, text.encode())
    except OSError as error:
        raise EnvironmentFault(
            "the witness's state cannot be written",
            reference="log-witness-state",
            where=str(state),
            got=error.strerror or "",
            hint="nothing was cosigned",
        ) from error
    return text


def _trusted(log: Log, vkey: str) -> tuple[KeySpan, ...]:
    spans = spans_of(log)
    known = Verifier.parse(vkey)
    if known not in {span.verifier for span in spans}:
        raise LogIntegrityError(
            "the log is not signed by the key you know",
            reference="log-key-unknown",
            got=", ".join(span.verifier.vkey for span in spans),
            expected=vkey,
        )
    return spans


def _last(state: Path, keys: tuple[KeySpan, ...], key: LogKey, *, first: bool) -> Checkpoint | None:
    try:
        text = read_file(state).decode("utf-8")
    except FileNotFoundError:
        if first:
            return None
        raise LogError(
            "this witness has no last checkpoint",
            reference="log-witness-first",
            where=str(state),
            hint="if it has never seen this log, say --first; if it has, restore the file: it is all a witness knows",
        ) from None
    except (OSError, ValueError) as error:
        raise EnvironmentFault(
            "the witness's state cannot be read",
            reference="log-witness-state",
            where=str(state),
            got=str(error)[:80],
        ) from error
    if first:
        raise LogError(
            "this witness has seen the log before",
            reference="log-witness-first",
            where=str(state),
            hint="leave --first out",
        )
    checkpoint, opened = open_checkpoint(text, [*(span.verifier for span in keys), key.cosigner])
    if (key.name, key.cosigner.key_id) not in {(s.name, s.key_id) for s in opened.verified}:
        raise LogIntegrityError(
            "the witness's state is not signed by this witness",
            reference="log-witness-state",
            where=str(state),
            hint="name the key with which this witness has cosigned before",
        )
    return checkpoint


def _without(note: str, key: LogKey) -> str:
    """Drop this witness's earlier cosignatures of the same checkpoint."""
    start = f"\N{EM DASH} {key.name} "
    head, _, tail = note.rpartition("\n\n")
    lines = [
        line
        for line in tail.splitlines()
        if not line.startswith(start) or key.name == head.split("\n")[0]
    ]
    return head + "\n\n" + "".join(line + "\n" for line in lines)
