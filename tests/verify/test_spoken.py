"""A verification can be said in another language, down to the last reason; a record keeps its words as they are."""

from __future__ import annotations

import json

import pytest
from tests.command_line import raudit
from tests.verify.conftest import NOW, A, Sealed, issue
from tests.verify.steps import certified, verified
from tests.verify.test_decided import inside, said

from raudit.people import NOBODY
from raudit.report.language import load_language
from raudit.report.templates import find_template
from raudit.sentences import Sentence
from raudit.statements import check_statements
from raudit.verify import Verification, verify_report

GERMAN = load_language("de", find_template("standard").language_folders())


def unspoken(found: Verification) -> list[str]:
    """What the German catalogue cannot say of a verification."""
    texts = [found.verdict]
    for step in found.steps:
        texts += [step.title, step.detail, *step.warnings]
    plain = [text for text in texts if not isinstance(text, Sentence)]
    return plain + [
        template
        for text in texts
        if isinstance(text, Sentence)
        for template in GERMAN.sentences_in(text)
        if not GERMAN.knows(template)
    ]


def test_whatever_a_verification_comes_to_is_said_in_german(sealed):
    other = said(sealed, system="Mortgage")
    found = [
        verified(sealed),
        verify_report(sealed.pdf),
        verify_report(sealed.pdf, trust=[sealed.certificate("reviewer")], vkey=sealed.vkey)
        if (sealed.folder / "reviewer").exists()
        else verified(sealed, sealed.countersigned()),
        verified(sealed, sealed.countersigned()),
        verify_report(b"%PDF-1.7", **sealed.given()),
        verify_report(sealed.base, **sealed.given()),
        verify_report(sealed.pdf + b"x", **sealed.given()),
        verify_report(
            certified(sealed, {"log.vkey": b"x", "checkpoint.txt": b"y"}), **sealed.given()
        ),
        verify_report(certified(sealed, {"record.json": b"{}"}), **sealed.given()),
        verify_report(certified(sealed, {"record.json": None, "log.vkey": None}), **sealed.given()),
        verify_report(certified(sealed, inside(said(sealed), other)), **sealed.given()),
        verified(sealed, certified(sealed, inside(said(sealed), other))),
        verify_report(
            certified(sealed, inside(other) | {"people.json": b"\xff"}), **sealed.given()
        ),
    ]
    assert [text for one in found for text in unspoken(one)] == []
    assert {one.exit_status for one in found} == {0, 3, 6}


def test_the_command_speaks_german_in_both_outputs_and_the_file_stays(copy: Sealed):
    desk = copy.folder
    (desk / "report.pdf").write_bytes(copy.pdf)
    (desk / "issuer.crt").write_bytes(copy.trust)
    with copy.opened() as log:
        log.append([issue(copy.record, "r9", b"x", b"", A)], clock=NOW)
    words = ["verify", "report.pdf", "--trust", "issuer.crt", "--log-key", copy.vkey, "--no-remake"]
    words += ["--log", "log.db", "--language"]
    done, english = raudit(*words, "de", cwd=desk), raudit(*words, "en", cwd=desk)
    assert (done.returncode, english.returncode) == (0, 0)
    assert "jede Revision steht im Protokoll, und keine fehlt" in done.stdout
    assert "1 Eintrag liegt hinter dem letzten unterschriebenen Prüfpunkt (Länge 4)" in done.stdout
    assert done.stdout.endswith("GEPRÜFT, Seiten nicht mit dem Datensatz verglichen\n")
    assert not {"every", "the", "and", "signed", "with"} & set(done.stdout.split())
    there, here = (
        json.loads(raudit(*words, code, "--json", cwd=desk).stdout) for code in ("de", "en")
    )
    assert there["verdict"] == "GEPRÜFT, Seiten nicht mit dem Datensatz verglichen"
    assert here["verdict"] == "VERIFIED, pages not compared with the record"
    for key in ("file", "sha256", "exit_status", "pages_compared"):
        assert there[key] == here[key]
    for one, two in zip(there["steps"], here["steps"], strict=True):
        assert {k: one[k] for k in ("number", "status", "needed")} == {
            k: two[k] for k in ("number", "status", "needed")
        }
        assert one["title"] != two["title"]
    assert (desk / "report.pdf").read_bytes() == copy.pdf
    refused = raudit(*words, "xx", cwd=desk)
    assert (refused.returncode, "xx" in refused.stderr) == (2, True)


@pytest.mark.parametrize("lines", [lambda s: inside(said(s))["statements.jsonl"], lambda s: b"x"])
def test_what_a_record_says_of_a_statement_is_text_and_no_more(sealed, lines):
    """A sentence would leave its template in the record, whose bytes are those of every version before."""
    (outcome,) = check_statements([lines(sealed).strip()], NOBODY)
    assert type(outcome.detail) is str
    assert type(outcome.text) is str
