"""``raudit log``: the append-only log of runs, reports and decisions."""

from __future__ import annotations

import json
import os
import sys
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from raudit.cli._shared.log_io import (
    bundle_of,
    checkpoint_in,
    content,
    discarding,
    give,
    give_bytes,
    is_database,
    key_from,
    last_checkpoint,
    opened,
    utc,
    whoami,
)
from raudit.cli._shared.log_text import (
    entry_json,
    entry_lines,
    lead_lines,
    printable,
    report_json,
    report_lines,
)
from raudit.errors import LogError

LOCATION = click.argument("location", metavar="LOG")
KEY = click.option(
    "--key", "key_file", type=click.Path(path_type=Path), help="Key file of the log."
)
VKEY = click.option(
    "--vkey", metavar="VKEY", help="Verifier key you know for this log: text or a file."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
ACTOR = click.option(
    "--actor", default="", help="Who does this; logged as a salted digest.  [default: you]"
)


@click.group()
def command() -> None:
    """Read, verify and prove the log of runs, reports and decisions.

    LOG is a SQLite file, postgresql+psycopg://USER@HOST/DATABASE, or the folder of an export. An encrypted key file
    takes its passphrase from RAUDIT_LOG_KEY_PASSPHRASE.
    """


@command.command("key", short_help="Create a key and print its verifier keys.")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
def make_key(name: str, file: Path) -> None:
    """Create a key called NAME in FILE, for a log or a witness, and print its verifier keys.

    NAME becomes the log's origin, such as audit.example.org/credit.
    """
    from raudit.log import PASSPHRASE_VARIABLE, create_log_key

    key = create_log_key(file, name, passphrase=os.environ.get(PASSPHRASE_VARIABLE))
    click.echo(key.vkey)
    click.echo(
        f"written to {file}, for you alone to read; the line above is what others need to verify",
        err=True,
    )
    click.echo(f"as a witness's key, give out this line instead: {key.cosigner.vkey}", err=True)


@command.command(short_help="Make a new, empty log.")
@LOCATION
@click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path),
    required=True,
    help="Key file of the new log.",
)
@click.option(
    "--writer-role", metavar="ROLE", help="PostgreSQL: existing role that may read and append only."
)
def init(location: str, key_file: Path, writer_role: str | None) -> None:
    """Make a new, empty log."""
    from raudit.log import open_log

    if writer_role is not None:
        from raudit.log.stores.postgres import PostgresStore, is_postgres

        if not is_postgres(location):
            raise LogError(
                "only PostgreSQL has roles", reference="log-role", hint="leave --writer-role out"
            )
        PostgresStore(location, create=True, writer_role=writer_role).close()
    with open_log(location, key=key_from(key_file), create=True) as log:
        click.echo(f"{log.origin} at {printable(log.store.location)}, {log.size:,} entries")


@command.command(short_help="Show entries, oldest first.")
@LOCATION
@click.option(
    "--type", "type_", metavar="TYPE", help="Only events of this type, such as run.started."
)
@click.option("--run", metavar="RUN", help="Only events of this run.")
@click.option(
    "--actor", metavar="ACTOR", help="Only events by this person, pseudonym or service:NAME."
)
@click.option("--since", metavar="TIME", help="Only from this time on, ISO 8601.")
@click.option("--until", metavar="TIME", help="Only before this time, ISO 8601.")
@click.option("--last", type=click.IntRange(1), help="Only the last so many of them.")
@JSON
def show(
    location: str,
    type_: str | None,
    run: str | None,
    actor: str | None,
    since: str | None,
    until: str | None,
    last: int | None,
    as_json: bool,
) -> None:
    """Show entries, oldest first. Exits with 6 if the log was edited."""
    from raudit.log import attest_log

    start, stop = utc(since), utc(until)
    with opened(location) as log:
        people = log.people()
        pseudonyms = {name: pseudonym for pseudonym, name in people.items()}
        found = (
            entry
            for entry in log.find(type=type_, run=run, actor=pseudonyms.get(actor or "", actor))
            if (not start or entry.time >= start) and (not stop or entry.time < stop)
        )
        shown = 0
        for entry in found if last is None else deque(found, maxlen=last):
            shown += 1
            if as_json:
                click.echo(json.dumps(entry_json(entry, people), ensure_ascii=False))
            else:
                for line in entry_lines(entry, people):
                    click.echo(line)
        click.echo(f"{shown:,} of {log.size:,} entries", err=True)
        attest_log(log)  # an edited log is shown, since it is evidence, but never without a word


@command.command(short_help="Sign the log as it is now.")
@LOCATION
@KEY
@click.option(
    "--witnessed",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Checkpoint that others hold: checked first.",
)
@click.option(
    "--output", type=click.Path(path_type=Path), help="File to write; otherwise it is printed."
)
def checkpoint(
    location: str, key_file: Path | None, witnessed: tuple[Path, ...], output: Path | None
) -> None:
    """Sign the log's present size and root, unless it lost or changed anything signed before."""
    with opened(location, key_file) as log:
        held = [checkpoint_in(path) for path in witnessed]
        give(log.checkpoint(datetime.now(UTC), witnessed=held), output)


@command.command(short_help="Recompute all and compare with what others hold.")
@LOCATION
@VKEY
@click.option(
    "--checkpoint",
    "checkpoints",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Checkpoint, .tlog-proof or export from outside, to compare with. May be repeated.",
)
@click.option(
    "--witness", "witnesses", metavar="VKEY", multiple=True, help="Verifier key of a witness."
)
@click.option(
    "--trust",
    type=click.Path(path_type=Path),
    multiple=True,
    help="PEM certificate behind time stamps.",
)
@click.option(
    "--strict",
    is_flag=True,
    help="Exit with 3 if there was no checkpoint from outside to compare with.",
)
@JSON
def verify(
    location: str,
    vkey: str | None,
    checkpoints: tuple[Path, ...],
    witnesses: tuple[str, ...],
    trust: tuple[Path, ...],
    strict: bool,
    as_json: bool,
) -> None:
    """Recompute everything and compare with checkpoints that others hold. Exits with 6 if anything contradicts."""
    from raudit.log.keys import read_vkey

    outside = [(path.name, checkpoint_in(path)) for path in checkpoints]
    with opened(location) as log:
        report = log.verify(
            outside,
            vkey=read_vkey(vkey).vkey if vkey else None,
            witnesses=[read_vkey(w).vkey for w in witnesses],
            trust=[content(path) for path in trust],
        )
    if as_json:
        click.echo(json.dumps(report_json(report), indent=2))
    else:
        click.echo("\n".join(report_lines(report)))
    sys.exit(report.exit_status or (3 if strict and not report.compared else 0))


@command.command(short_help="Prove that an entry is in the log.")
@LOCATION
@click.argument("index", type=click.IntRange(0))
@click.option(
    "--checkpoint",
    "file",
    type=click.Path(path_type=Path),
    help="Checkpoint to prove it in, not the last.",
)
@click.option(
    "--since",
    type=click.Path(path_type=Path),
    help="Instead prove that this older checkpoint is a prefix.",
)
@click.option(
    "--output", type=click.Path(path_type=Path), help="File to write; otherwise it is printed."
)
def prove(
    location: str, index: int, file: Path | None, since: Path | None, output: Path | None
) -> None:
    """Prove that entry INDEX is in the log, as a .tlog-proof that verifies offline.

    With --since, print a JSON bundle that also proves that an older checkpoint is a prefix of the newer one.
    """
    with opened(location) as log:
        now = checkpoint_in(file) if file else last_checkpoint(log)
        if since is None:
            give(log.prove(index, now), output)
        else:
            give(
                json.dumps(bundle_of(log, index, checkpoint_in(since), now), indent=2) + "\n",
                output,
            )


@command.command(short_help="Take up counter-signatures made elsewhere.")
@click.argument("report", type=click.Path(path_type=Path))
@click.option(
    "--log", "location", metavar="LOG", required=True, help="The log that issued the report."
)
@click.option(
    "--key", "key_file", type=click.Path(path_type=Path), required=True, help="Key file of the log."
)
@click.option(
    "--trust",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Certificate of a signer, PEM or DER: signatures by others are then refused. May be repeated.",
)
@ACTOR
def accept(
    report: Path, location: str, key_file: Path, trust: tuple[Path, ...], actor: str
) -> None:
    """Log the counter-signatures in REPORT that the log does not know yet, and sign a checkpoint.

    For a report that somebody without the log's key has signed. Until then nobody would notice if the signature were
    cut off. A report that this log did not issue, or that was changed, is refused.
    """
    from raudit.verify.accept import accept_signatures

    with opened(location, key_file) as log:
        done = accept_signatures(
            content(report),
            log,
            actor=actor or whoami(),
            clock=datetime.now(UTC),
            trust=[content(path) for path in trust],
        )
    for item in done.signatures:
        role = f", who claims the role {item.role!r}" if item.role else ""
        click.echo(
            printable(f"logged: {item.field} by {item.signer}{role} (SHA-256 {item.fingerprint})")
        )
    if not done.signatures:
        click.echo("nothing to tell: the log knows every signature in this report")
    elif not done.trusted:
        click.echo(
            "the signers were held against no certificate of yours; --trust CERTIFICATE does that",
            err=True,
        )


@command.command("verify-proof", short_help="Verify a proof offline.")
@click.argument("proof", type=click.Path(path_type=Path))
@click.option(
    "--entry",
    type=click.Path(path_type=Path),
    required=True,
    help="File with the entry's exact bytes.",
)
@click.option(
    "--vkey",
    metavar="VKEY",
    required=True,
    help="Verifier key you know for the log: text or a file.",
)
def check_proof(proof: Path, entry: Path, vkey: str) -> None:
    """Verify a .tlog-proof offline, without the log."""
    from raudit.log import verify_proof
    from raudit.log.keys import read_vkey

    proven = verify_proof(content(proof), content(entry), read_vkey(vkey).vkey)
    where = proven.checkpoint
    click.echo(
        f"The entry is number {proven.index} of {printable(where.origin)} at {where.describe()}."
    )


@command.command(short_help="Write the log as C2SP tlog-tiles.")
@LOCATION
@click.argument("folder", type=click.Path(path_type=Path))
@KEY
@click.option(
    "--checkpoint",
    "file",
    type=click.Path(path_type=Path),
    help="Signed checkpoint to write up to, such as one that the store lost.",
)
def export(location: str, folder: Path, key_file: Path | None, file: Path | None) -> None:
    """Write the log as C2SP tlog-tiles, up to a new checkpoint if --key is given, else up to the last one signed."""
    from raudit.log.exchange import export_log

    with opened(location, key_file) as log:
        if file is not None:
            text = checkpoint_in(file)
        else:
            text = log.checkpoint(datetime.now(UTC)) if key_file else last_checkpoint(log)
        written = export_log(log, folder, text)
    click.echo(
        f"{printable(str(folder))}: {written.checkpoint.describe()}, {written.files:,} new files"
    )


@command.command("import", short_help="Verify an export and copy it into a log.")
@click.argument("folder", type=click.Path(path_type=Path))
@LOCATION
@click.option(
    "--vkey",
    metavar="VKEY",
    required=True,
    help="Verifier key you know for the log: text or a file.",
)
@click.option("--recover", is_flag=True, help="The copy takes over as the log; needs --key.")
@KEY
@ACTOR
def import_(
    folder: Path, location: str, vkey: str, recover: bool, key_file: Path | None, actor: str
) -> None:
    """Verify an export and copy it into a new log file: read-only, or with --recover to go on with."""
    from raudit.log import open_store
    from raudit.log.exchange import import_log
    from raudit.log.keys import read_vkey

    if recover and key_file is None:
        raise LogError(
            "a log cannot take over without its key", reference="log-no-key", hint="--key FILE"
        )
    key = key_from(key_file) if recover and key_file else None
    with discarding(location):
        store: Any = open_store(location, create=True)
        try:
            state = import_log(
                folder,
                store,
                vkey=read_vkey(vkey).vkey,
                recover=key,
                actor=actor or whoami(),
                clock=datetime.now(UTC),
            )
        finally:
            store.close()
    role = "takes over as the log" if recover else "is a copy to read"
    click.echo(f"{printable(location)} {role}: {state.describe()}")


@command.command(short_help="Cosign, or take a cosignature back.")
@LOCATION
@click.option(
    "--state",
    type=click.Path(path_type=Path),
    help="As a witness: file with the last checkpoint you saw.",
)
@KEY
@VKEY
@click.option("--first", is_flag=True, help="As a witness: you have never seen this log.")
@click.option(
    "--accept", type=click.Path(path_type=Path), help="As the log: take back a cosigned checkpoint."
)
@click.option(
    "--witness", "witness_vkey", metavar="VKEY", help="As the log: verifier key of that witness."
)
@ACTOR
def witness(
    location: str,
    state: Path | None,
    key_file: Path | None,
    vkey: str | None,
    first: bool,
    accept: Path | None,
    witness_vkey: str | None,
    actor: str,
) -> None:
    """Cosign the log's last checkpoint if it extends the one you saw before; or take a cosigned one back.

    As a witness: --state FILE --key YOUR-KEY --vkey LOG-VKEY. As the log: --accept FILE --witness VKEY.
    """
    from raudit.log.keys import read_vkey
    from raudit.log.witness import witness as cosign

    if accept is not None and witness_vkey is not None:
        with opened(location) as log:
            log.accept_witness(
                checkpoint_in(accept),
                read_vkey(witness_vkey).vkey,
                actor=actor or whoami(),
                clock=datetime.now(UTC),
            )
        click.echo("accepted; the log can never again be signed shorter than this checkpoint")
    elif state is not None and key_file is not None and vkey is not None:
        with opened(location) as log:
            key = key_from(key_file)
            text = cosign(
                log, state, key, vkey=read_vkey(vkey).vkey, clock=datetime.now(UTC), first=first
            )
        click.echo(text, nl=False)
    else:
        raise LogError(
            "say what you are",
            reference="log-witness-usage",
            expected="--state, --key and --vkey as a witness, or --accept and --witness as the log",
        )


@command.command(short_help="Have an authority time-stamp a checkpoint.")
@LOCATION
@click.option(
    "--request",
    type=click.Path(path_type=Path),
    help="File to write: the request to send to an authority.",
)
@click.option("--accept", type=click.Path(path_type=Path), help="File with the authority's answer.")
@click.option(
    "--trust",
    type=click.Path(path_type=Path),
    multiple=True,
    help="PEM certificate that you trust.",
)
def stamp(
    location: str, request: Path | None, accept: Path | None, trust: tuple[Path, ...]
) -> None:
    """Have an authority time-stamp the last checkpoint (RFC 3161): write the request, later accept the answer.

    Send the request yourself: curl -H 'Content-Type: application/timestamp-query' --data-binary @REQUEST URL
    """
    from secrets import randbits

    from raudit.log.stamp import stamp_request

    if (request is None) == (accept is None):
        raise LogError("say --request FILE or --accept FILE", reference="log-stamp-usage")
    with opened(location) as log:
        held = last_checkpoint(log)
        if request is not None:
            give_bytes(stamp_request(held, nonce=randbits(63)), request)
        elif accept is not None:
            found = log.accept_stamp(held, content(accept), trust=[content(path) for path in trust])
            click.echo(
                f"stamped {found.time:%Y-%m-%d %H:%M:%S} UTC by {printable(found.authority)}"
            )


@command.command(short_help="Compare two logs or checkpoints.")
@click.argument("first", metavar="LOG")
@click.argument("second", metavar="OTHER")
@JSON
def diff(first: str, second: str, as_json: bool) -> None:
    """Compare two logs, exports or checkpoint files of one log: same, one longer, or two histories (exit 6)."""
    from raudit.log.exchange import compare, compare_checkpoint

    with opened(first) as log:
        other = Path(second)
        if other.is_file() and not is_database(other):
            found = compare_checkpoint(log.store, checkpoint_in(other))
        else:
            with opened(second) as there:
                found = compare(log.store, there.store)
    if as_json:
        shown = {
            "relation": found.relation,
            "sizes": found.sizes,
            "first_difference": found.first_difference,
        }
        click.echo(json.dumps(shown))
    else:
        where = (
            f" from entry {found.first_difference} on" if found.first_difference is not None else ""
        )
        says = {
            "same": "The same log.",
            "first-is-prefix": "The second is the first, and goes on.",
            "second-is-prefix": "The first is the second, and goes on.",
            "first-is-shorter": "The log is shorter than the checkpoint: its end is missing.",
            "diverged": f"Two histories under one name: they differ{where}.",
        }
        click.echo(f"{says[found.relation]} Sizes {found.sizes[0]:,} and {found.sizes[1]:,}.")
    sys.exit(6 if found.relation in {"diverged", "first-is-shorter"} else 0)


@command.command(short_help="List what a reviewer asks about.")
@LOCATION
@click.option("--strict", is_flag=True, help="Exit with 1 if there is anything to ask about.")
@JSON
def audit(location: str, strict: bool, as_json: bool) -> None:
    """List what a reviewer hunts for: unfinished runs, re-runs until green, renewed waivers, orphaned reports."""
    from raudit.log import attest_log
    from raudit.log.review import KINDS, hunt, not_recorded

    with opened(location) as log:
        attest_log(log)  # of an edited log nothing is to be said
        leads = hunt(log.entries(), today=datetime.now(UTC).date().isoformat())
        unrecorded = not_recorded(log.entries())
        if as_json:
            shown = [
                {"kind": x.kind, "run": x.run, "entries": x.entries, "text": x.text} for x in leads
            ]
            found = {"size": log.size, "leads": shown, "not_recorded": unrecorded}
            click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        else:
            click.echo("\n".join(lead_lines(leads, KINDS, log.size, unrecorded=unrecorded)))
    sys.exit(1 if strict and leads else 0)


@command.command(short_help="Say that a report is not to be relied on any more.")
@LOCATION
@click.argument("report")
@click.option("--reason", required=True, help="A word such as wrong-data.")
@KEY
@ACTOR
def withdraw(location: str, report: str, reason: str, key_file: Path | None, actor: str) -> None:
    """Write down that REPORT, a file or its SHA-256, is withdrawn; 'raudit verify' refuses it from now on."""
    from raudit.cli._shared.log_reports import digest_of
    from raudit.emit import withdraw as withdraw_report

    with opened(location, key_file) as log:
        withdraw_report(
            log, digest_of(report), reason=reason, actor=actor or whoami(), clock=datetime.now(UTC)
        )
    click.echo(f"withdrawn: {reason}")


@command.command(short_help="Say that a report is replaced by another.")
@LOCATION
@click.argument("report")
@click.argument("newer")
@KEY
@ACTOR
def supersede(location: str, report: str, newer: str, key_file: Path | None, actor: str) -> None:
    """Write down that REPORT is replaced by NEWER; each is a file or its SHA-256."""
    from raudit.cli._shared.log_reports import digest_of
    from raudit.emit import supersede as supersede_report

    with opened(location, key_file) as log:
        old, new = digest_of(report), digest_of(newer)
        supersede_report(log, old, new, actor=actor or whoami(), clock=datetime.now(UTC))
    click.echo(f"{old[:16]}… is superseded by {new[:16]}…")


@command.command(short_help="Let another key take over.")
@LOCATION
@click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path),
    required=True,
    help="The log's current key file.",
)
@click.option(
    "--new",
    "new_file",
    type=click.Path(path_type=Path),
    required=True,
    help="Key file that takes over.",
)
@ACTOR
def rotate(location: str, key_file: Path, new_file: Path, actor: str) -> None:
    """Let another key take over, in a statement that both keys sign."""
    with opened(location, key_file) as log:
        click.echo(
            log.rotate(key_from(new_file), actor=actor or whoami(), clock=datetime.now(UTC)),
            nl=False,
        )


@command.command(short_help="Delete the name behind a pseudonym.")
@LOCATION
@click.argument("pseudonym")
def forget(location: str, pseudonym: str) -> None:
    """Delete for good the name behind a salted digest; all entries stay and still verify."""
    with opened(location) as log:
        gone = log.forget(pseudonym)
    if not gone:
        raise LogError(
            "nothing is known about this pseudonym",
            reference="log-forget",
            expected="salted: and 64 hex digits",
        )
    click.echo("deleted; copies in backups are yours to delete")
