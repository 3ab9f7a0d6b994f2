"""Statements: a review, sign-off, met condition, waiver or approval, signed by a person over exactly what was decided.

Entry points::

    Statement(kind=, person=, subjects=, decided=, at=, nonce=, ...)   what is said; .payload() its canonical bytes
    load_person_key(path) -> PersonKey                                  a private key: PEM, OpenSSH, PKCS#12
    sign_statement(statement, key) -> bytes                             a DSSE envelope
    passkey_envelope(payload, assertion) -> bytes                       the same around a WebAuthn assertion
    check_statements(envelopes, people, enrolment=) -> outcomes         offline; hostile bytes give outcomes
    add_statement(path, envelope), read_statements(path)                the file beside the answers
    whole_statements(path) -> envelopes                                 to judge by: refuses a line that is none
"""

from raudit.statements.check import (
    Outcome,
    Standing,
    about_system,
    check_statement,
    check_statements,
)
from raudit.statements.enrolment import Enrolment, Word
from raudit.statements.envelope import sign_statement
from raudit.statements.passkey import Assertion, passkey_envelope
from raudit.statements.private import PersonKey, load_person_key
from raudit.statements.statement import Kind, LogState, Statement, parse_statement
from raudit.statements.storage import (
    add_statement,
    read_statements,
    statements_path,
    whole_statements,
)

__all__ = [
    "Assertion",
    "Enrolment",
    "Kind",
    "LogState",
    "Outcome",
    "PersonKey",
    "Standing",
    "Statement",
    "Word",
    "about_system",
    "add_statement",
    "check_statement",
    "check_statements",
    "load_person_key",
    "parse_statement",
    "passkey_envelope",
    "read_statements",
    "sign_statement",
    "statements_path",
    "whole_statements",
]
