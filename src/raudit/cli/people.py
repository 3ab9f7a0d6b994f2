"""``raudit people``: who people are, and what proves them."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from raudit.cli._shared.clock import clock_option, now_or

MAX_KEY_FILE = 100_000
FILE = click.Path(path_type=Path, dir_okay=False)
PEOPLE = click.option(
    "--people",
    type=FILE,
    default=Path("people.yaml"),
    show_default=True,
    help="The file of people.",
)
PLAN = click.option(
    "--plan", type=FILE, help="The plan with the log. Default: a raudit.yaml beside the file."
)
BY = click.option("--by", default="", help="Who changes it, for the log. Default: the login name.")


@click.group(short_help="Who people are, and what proves them.")
def command() -> None:
    """People: a stable id, the names by which someone is known, roles, and keys. Every change is told to the log."""


@command.command(name="list")
@PEOPLE
def list_(people: Path) -> None:
    """List people with their roles and keys."""
    from raudit.people import load_people

    held = load_people(people)
    for entry in held.by_id.values():
        roles = ", ".join(grant.role for grant in entry.roles) or "no role"
        click.echo(f"{entry.id:20} {entry.name or '-'}  ({roles})")
        for key in held.keys(entry.id):
            ended = f", withdrawn {key.entry.until.isoformat()}" if key.entry.until else ""
            click.echo(f"  {key.entry.kind.replace('_', ' ')} {key.fingerprint}{ended}")


@command.command(short_help="Add a person and what proves them.")
@click.argument("person")
@click.option("--name", default="", help="Name to print.")
@click.option("--known-as", multiple=True, help="A further name or address. May be repeated.")
@click.option(
    "--role",
    multiple=True,
    help="A role this person may hold, as ROLE or ROLE=SYSTEM. May be repeated.",
)
@PEOPLE
@PLAN
@BY
@clock_option
def add(
    person: str,
    name: str,
    known_as: tuple[str, ...],
    role: tuple[str, ...],
    people: Path,
    plan: Path | None,
    by: str,
    clock: datetime | None,
) -> None:
    """Add PERSON, by an id that is never given to someone else."""
    from raudit.cli._shared.people import change

    def added(document: Any) -> None:
        entry: dict[str, Any] = {"id": person}
        entry |= {"name": name} if name else {}
        entry |= {"known_as": list(known_as)} if known_as else {}
        entry |= {"roles": [_grant(text) for text in role]} if role else {}
        document["people"].append(entry)

    change(people, added, plan=plan, by=by, clock=now_or(clock))
    click.echo(f"added {person} to {people}")


def _public_half(kind: str, path: Path) -> Any:
    """What a file says of a key, as people.yaml holds it."""
    from raudit.errors import PeopleError
    from raudit.ordinary import open_file

    def refused(message: str, reference: str, expected: str) -> PeopleError:
        return PeopleError(message, reference=reference, where=str(path), expected=expected)

    try:
        with open_file(path) as file:
            data = file.read(MAX_KEY_FILE)
        text = data.decode("utf-8").strip()
        return json.loads(text) if kind == "passkey" else text + "\n" * ("\n" in text)
    except OSError as error:
        raise refused(
            f"the file of the key cannot be read: {error.strerror}", "file-unreadable", "a file"
        ) from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        expected = "JSON" if kind == "passkey" else "text: PEM, an SSH line or a minisign key"
        raise refused("this file holds no public key", "enrol-key-file", expected) from error


def _grant(text: str) -> Any:
    role, _equals, system = text.partition("=")
    return {"role": role, "systems": [system]} if system else role


@command.command()
@click.argument("person")
@click.option("--ssh", type=FILE, help="File with an OpenSSH public key.")
@click.option("--certificate", type=FILE, help="File with an X.509 certificate, PEM.")
@click.option("--public-key", type=FILE, help="File with a public key, PEM.")
@click.option("--minisign", type=FILE, help="File with a minisign public key.")
@click.option(
    "--passkey", type=FILE, help="JSON file with credential, public_key, rp_id and origin."
)
@PEOPLE
@PLAN
@BY
@clock_option
def enrol(
    person: str,
    people: Path,
    plan: Path | None,
    by: str,
    clock: datetime | None,
    **files: Path | None,
) -> None:
    """Enrol a key of PERSON; it counts from now on."""
    from raudit.cli._shared.people import change
    from raudit.emit.people import entry_of
    from raudit.errors import PeopleError

    given = {kind: path for kind, path in files.items() if path is not None}
    if len(given) != 1:
        raise PeopleError(
            "name one key to enrol",
            reference="enrol-key",
            expected="one of --ssh, --certificate, --public-key, --minisign and --passkey",
        )
    ((kind, path),) = given.items()
    value = _public_half(kind, path)
    now = now_or(clock)

    def enrolled(document: object) -> None:
        entry = entry_of(document, person)
        since = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        entry["keys"] = [*(entry.get("keys") or []), {kind: value, "since": since}]

    change(people, enrolled, plan=plan, by=by, clock=now)
    click.echo(f"enrolled a {kind.replace('_', ' ')} of {person}")


@command.command(short_help="Withdraw a person's key.")
@click.argument("person")
@click.argument("fingerprint")
@PEOPLE
@PLAN
@BY
@clock_option
def withdraw(
    person: str, fingerprint: str, people: Path, plan: Path | None, by: str, clock: datetime | None
) -> None:
    """Withdraw the key of PERSON whose FINGERPRINT begins so; what it signed before still verifies."""
    from raudit.cli._shared.people import change
    from raudit.emit.people import entry_of
    from raudit.errors import PeopleError
    from raudit.people import load_people

    keys = load_people(people).keys(person)
    places = [
        n
        for n, key in enumerate(keys)
        if key.fingerprint.startswith(fingerprint) and not key.entry.until
    ]
    if len(places) != 1:
        raise PeopleError(
            "there is no such key to withdraw",
            reference="no-person-key",
            where=str(people),
            got=fingerprint,
            expected=", ".join(key.fingerprint[:16] for key in keys)
            or "a key of this person; there is none",
        )
    now = now_or(clock)

    def ended(document: object) -> None:
        entry_of(document, person)["keys"][places[0]]["until"] = now.strftime("%Y-%m-%dT%H:%M:%SZ")

    change(people, ended, plan=plan, by=by, clock=now)
    click.echo(f"withdrew {keys[places[0]].fingerprint[:16]} of {person}")
