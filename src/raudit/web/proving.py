"""Prove a decision by passkey: the statement waits as its very bytes, and the passkey signs their SHA-256.

Sign-offs, reviews, met conditions and waivers take the same way as on the command line: the statement is made by the
function that the command calls, and is written down only if the assertion proves it and it still fits the files.
Each form names the statement that it showed, so that a second tab never has something else written than was read.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from raudit.canonical import sha256
from raudit.errors import StatementError
from raudit.people import Key, unpadded
from raudit.statements import Assertion, passkey_envelope
from raudit.statements.passkey import base64url, challenge_of
from raudit.statements.statement import Statement, in_words, parse_statement
from raudit.web.views.frame import Asks, page
from raudit.web.workspace import now

WAITING = "raudit.statements"
MOST = 10
"""Statements that may wait in a session; a tab that was left open for longer begins again."""


def passkeys(request: Asks) -> list[Key]:
    """My passkeys that count now."""
    keys = request.who.people.keys(request.who.person)
    return [key for key in keys if key.entry.passkey is not None and key.counts_at(now())]


def confirm(
    request: Asks,
    statement: Statement,
    *,
    back: str,
    at: str = "",
    status: int = 200,
    error: str = "",
    carry: Mapping[str, str] | None = None,
    at_once: bool = False,
    **context: Any,
) -> HttpResponse:
    """Show a statement that waits to be signed.

    Parameters
    ----------
    back
        Page to go to if it is not signed.
    at
        Page that takes the signature; by default the one that is open.
    carry
        Fields that the form brings along.
    at_once
        Whether the passkey is asked for without another click.
    """
    payload = statement.payload()
    name = str(sha256(payload))
    kept = dict(request.session.get(WAITING, {}))
    kept[name] = [at or request.path, base64.b64encode(payload).decode()]
    request.session[WAITING] = dict(list(kept.items())[-MOST:])
    keys = passkeys(request)
    options = {
        "challenge": base64url(challenge_of(payload)),
        "credentials": [key.entry.passkey.credential for key in keys if key.entry.passkey],
        "rp": keys[0].entry.passkey.rp_id if keys and keys[0].entry.passkey else "",
        "now": at_once and not error,
    }
    return page(
        request,
        "sign_confirm.html",
        status=status,
        statement=statement,
        text=json.dumps(json.loads(payload), indent=2, ensure_ascii=False),
        sha256=name,
        options=json.dumps(options),
        words=in_words(statement),
        error=error,
        passkeys=len(keys),
        carry={"statement": name, **(carry or {})},
        back=back,
        at=at or request.path,
        **context,
    )


def waiting(request: Asks) -> Statement:
    """The statement that a form names; it must have been shown on this very page to this very session.

    Raises
    ------
    StatementError
        If there is none.
    """
    held = request.session.get(WAITING, {}).get(request.POST.get("statement", ""))
    if held is None or held[0] != request.path:
        raise StatementError(
            _("There is nothing to sign any more. Begin again."), reference="statement-gone"
        )
    return parse_statement(base64.b64decode(held[1]))


def last_waiting(request: Asks) -> Statement | None:
    """The statement that was last shown on this page, if it was not signed yet."""
    held = [
        payload
        for path, payload in request.session.get(WAITING, {}).values()
        if path == request.path
    ]
    return parse_statement(base64.b64decode(held[-1])) if held else None


def done(request: Asks, statement: Statement) -> None:
    """Let a statement wait no longer."""
    left = dict(request.session.get(WAITING, {}))
    left.pop(str(sha256(statement.payload())), None)
    request.session[WAITING] = left


def envelope_of(request: Asks, statement: Statement) -> bytes | None:
    """The assertion of a form, as the envelope that is kept; None if the person chose to state it without proof.

    Raises
    ------
    StatementError
        If there is neither, or the passkey is none of this person's.
    """
    raw = request.POST.get("assertion", "")
    if not raw:
        if request.POST.get("without") != "proof":
            raise StatementError(_("Nothing was signed"), reference="statement-unsigned")
        return None
    try:
        given = json.loads(raw)
        parts = {
            name: unpadded(str(given[name]))
            for name in ("id", "clientDataJSON", "authenticatorData", "signature")
        }
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise StatementError(
            _("The browser gave no assertion"), reference="assertion-unreadable"
        ) from error
    key = next(
        (
            key
            for key in passkeys(request)
            if key.entry.passkey and unpadded(key.entry.passkey.credential) == parts["id"]
        ),
        None,
    )
    if key is None:
        raise StatementError(
            _("This passkey is not enrolled for you"), reference="key-not-enrolled"
        )
    assertion = Assertion(
        credential=parts["id"],
        client_data_json=parts["clientDataJSON"],
        authenticator_data=parts["authenticatorData"],
        signature=parts["signature"],
    )
    return passkey_envelope(statement.payload(), assertion, key=key)


def wants_proof(request: Asks) -> bool:
    """Whether a form asks for the passkey."""
    return request.POST.get("prove") == "passkey" and bool(passkeys(request))
