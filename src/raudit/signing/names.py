"""Names in certificates, whatever they are made of: compared without an error, shown without a trick.

asn1crypto, which pyHanko compares names with, prepares them by RFC 4518 but adds what that leaves out: it refuses text
in two writing directions (section 2.5: bidirectional characters are ignored), and characters younger than Unicode 3.2,
such as every emoji. One such certificate then ends every path that is built beside it.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Any

MAX_SHOWN = 300
COMMON_NAME = "2.5.4.3"
SHORT = {
    COMMON_NAME: "CN",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.6": "C",
    "2.5.4.9": "STREET",
    "0.9.2342.19200300.100.1.25": "DC",
    "0.9.2342.19200300.100.1.1": "UID",
}
"""Short names of attribute types (RFC 4514, section 3)."""


@cache
def tolerate_names() -> None:
    """Let asn1crypto compare any two names; call it before certificates meet pyHanko."""
    from asn1crypto.x509 import NameTypeAndValue

    strict = NameTypeAndValue._ldap_string_prep

    def prepared(self: object, string: str) -> str:
        """Prepare a value for comparison; one that the library refuses is normalised only."""
        try:
            return str(strict(self, string))
        except (ValueError, IndexError):
            folded = unicodedata.normalize("NFKC", str(string)).casefold()
            return f" {'  '.join(folded.split())} "

    NameTypeAndValue._ldap_string_prep = prepared


def printable(text: str, limit: int = MAX_SHOWN) -> str:
    """Replace what repaints a terminal or turns text around, and cut what is long.

    ``str.isprintable`` is false for controls, for marks of writing direction and for unassigned code points.
    """
    shown = "".join(char if char.isprintable() else "?" for char in text)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def subject_name(certificate: object) -> str:
    """Write an asn1crypto certificate's subject as RFC 4514 does; ``(no name)`` if it is empty."""
    return _rfc4514(certificate, "subject")


def issuer_name(certificate: object) -> str:
    """Write an asn1crypto certificate's issuer as RFC 4514 does; ``(no name)`` if it is empty."""
    return _rfc4514(certificate, "issuer")


def _rfc4514(certificate: object, which: str) -> str:
    """Join the relative names, last first (RFC 4514, 2.1); ``cryptography`` warns of long values and refuses others."""
    try:
        relative = ["+".join(map(_pair, one)) for one in getattr(certificate, which).chosen]
    except Exception:  # noqa: BLE001 -- a certificate's bytes are hostile, and parsers' exceptions have no closed list
        return "(a name that cannot be read)"
    return printable(",".join(reversed(relative))) or "(no name)"


def _pair(pair: Any) -> str:
    kind = str(pair["type"].dotted)
    return f"{SHORT.get(kind, kind)}={_escaped(str(pair['value'].native))}"


def _escaped(text: str) -> str:
    """Escape a value as RFC 4514, 2.4 asks."""
    inner = "".join(
        f"\\{char}" if char in '"+,;<>\\' else "\\00" if char == "\0" else char for char in text
    )
    if inner.startswith(("#", " ")):
        inner = f"\\{inner}"
    return f"{inner[:-1]}\\ " if len(inner) > 1 and inner.endswith(" ") else inner


def common_name_of(certificate: Any) -> str:
    """Find the last common name in the subject, or the whole subject if it has none; printable."""
    try:
        pairs = [pair for relative in certificate.subject.chosen for pair in relative]
        found = [str(pair["value"].native) for pair in pairs if pair["type"].dotted == COMMON_NAME]
    except Exception:  # noqa: BLE001 -- a certificate's bytes are hostile
        found = []
    return (printable(found[-1]).strip() if found else "") or subject_name(certificate)


def names_itself(certificate: Any) -> bool:
    """Tell whether a certificate's subject is its issuer, byte by byte."""
    return bool(certificate.subject.dump() == certificate.issuer.dump())
