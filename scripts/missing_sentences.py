"""List the sentences of the program that a language's catalogue lacks, ready to be translated.

    .venv/bin/python scripts/missing_sentences.py de >> report_templates/_shared/languages/de.po

What a checklist says goes into checklists/languages/de.po instead.

A sentence is the template of ``say`` or a separator of ``joined``, a heading or text that a stage gives to a rule,
table, figure or finding, a text of a checklist, or a word of the rule book of personal data. Tests hold every
shipped catalogue against this list.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from raudit.checklists.spoken import spoken_texts
from raudit.evidence import discover_stages
from raudit.report.language import load_language
from raudit.sentences import has_words
from raudit.stages.pii.report.recall import recall_by_origin
from raudit.stages.pii.vocabulary.rulebook import load_rulebook
from raudit.statements import Kind, Standing

ROOT = Path(__file__).resolve().parents[1]
ROOMS = tuple(
    ROOT / "src" / "raudit" / name for name in ("stages", "policy", "trend", "model/formats")
)
SCORING = tuple(
    file
    for name in ("assess/*.py", "conditions.py", "documents.py", "signoff.py", "prints/register.py")
    for file in sorted((ROOT / "src" / "raudit" / "checklists").glob(name))
)
"""Modules of the checklists whose sentences come into a record."""
PRINTED = tuple(
    ROOT / "src" / "raudit" / name
    for name in (
        "gate/comparison.py",
        "checklists/exchange/pages.py",
        "cli/verify.py",
        "emit/reports.py",
        "canonical.py",
        "kept.py",
        "record.py",
        "sentences.py",
    )
) + tuple(
    file
    for room in ("log", "signing", "statements", "verify")
    for file in sorted((ROOT / "src" / "raudit" / room).rglob("*.py"))
)
"""Modules that say sentences in the reader's language without a record."""
DECISIONS = ("accepted", "to_correct", "approve", "approve_with_conditions", "reject", "refer")
"""Words of decisions that statements hold."""
KEYS = ("certificate", "ssh", "minisign", "public_key", "passkey")
"""Kinds of keys by which a person is proven."""
ERRORS = frozenset(
    {
        "CanonicalFormError",
        "LogIntegrityError",
        "RecordIntegrityError",
        "IntegrityError",
        "_malformed",
        "term",
    }
)
"""What `raudit verify` is refused with, whose first argument is its sentence."""
CHECKLISTS = ROOT / "checklists"
LANGUAGES = ROOT / "report_templates" / "_shared" / "languages"
SPOKEN = frozenset(
    {"label", "title", "caption", "statement", "reason", "remedy", "summary", "alt", "unit"}
    | {"undefined_because", "x_label", "y_label", "start_label", "end_label", "source"}
)
"""Arguments and keys whose text a reader sees."""


def sentences_of(source: str) -> Iterator[str]:
    """Every sentence in a module's text."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(
                func=ast.Name(id="say" | "joined"), args=[ast.Constant(value=str(text)), *_]
            ):
                yield text
            case ast.Call(func=ast.Name(id=name), args=[value, *_]) if name in ERRORS:
                yield from _constants(value)
            case ast.keyword(arg=name, value=value) if name in SPOKEN:
                yield from _constants(value)


def _constants(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from _constants(body)
            yield from _constants(orelse)


def all_sentences() -> tuple[str, ...]:
    """Every sentence of stages and policy, their rules and the rule book, each once."""
    files = [*sorted(file for room in ROOMS for file in room.rglob("*.py")), *SCORING, *PRINTED]
    found = [text for file in files for text in sentences_of(file.read_text())]
    for stage in discover_stages().values():
        found.append(stage.title)
        for rule in stage.rules:
            found += [rule.title, rule.why, rule.how, rule.fix]
    book = load_rulebook(("en",))
    found += [rule.label for rule in (*book.entities.values(), *book.special.values())]
    found += [row["origin"] for row in recall_by_origin()]
    found += [str(word).replace("_", " ") for word in (*Standing, *Kind, *DECISIONS, *KEYS)]
    for checklist in sorted(CHECKLISTS.glob("*.yaml")):
        found += spoken_texts(yaml.safe_load(checklist.read_text(encoding="utf-8")))
    return tuple(text for text in dict.fromkeys(found) if has_words(text))


def missing(code: str) -> tuple[str, ...]:
    """What the catalogue of a language lacks."""
    known = load_language(code, [LANGUAGES]).messages
    return tuple(text for text in all_sentences() if text not in known)


if __name__ == "__main__":
    for sentence in missing(sys.argv[1]):
        print(f'msgid {json.dumps(sentence, ensure_ascii=False)}\nmsgstr ""\n')
