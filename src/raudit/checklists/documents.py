"""Evidence files: kept under their digest beside the answers, and looked at again whenever it matters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from raudit.canonical import sha256, sha256_file
from raudit.checklists.answers import Answers, EvidenceLink
from raudit.errors import AnswersError
from raudit.files import write_whole
from raudit.ordinary import read_file
from raudit.sentences import say

FOLDER = "evidence"
MAX_BYTES = 256 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFault:
    """Evidence that does not stand: its file is not what was linked, or its day has passed."""

    question: str
    path: str
    fault: str
    """Such as ``is missing``, ``was changed`` or ``expired on 2026-11-21``."""

    @property
    def text(self) -> str:
        """One sentence."""
        return say(
            "the evidence for {question} {fault}: {path}",
            question=self.question,
            fault=self.fault,
            path=self.path,
        )


def store_document(answers: Path, file: Path, *, observed: str = "") -> dict[str, str]:
    """Keep a copy of an evidence file under its digest, beside the answers.

    Returns
    -------
    dict
        The link for the answer's ``evidence``: kind, path relative to the answers, sha256.

    Raises
    ------
    AnswersError
        If it cannot be read, or is larger than 256 MB.
    """
    try:
        if file.stat().st_size > MAX_BYTES:
            raise AnswersError(
                "the evidence file is too large",
                reference="evidence-large",
                where=str(file),
                expected=f"at most {MAX_BYTES >> 20} MB",
                hint="link an extract, or a place",
            )
        data = read_file(file)
    except OSError as error:
        raise AnswersError(
            "the evidence file cannot be read",
            reference="file-unreadable",
            where=str(file),
            got=error.strerror or "",
            hint="check the path",
        ) from error
    own = sha256(data)
    # The file's own name tells a reader what it is; everything that is not plain is left out of it.
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", file.name)[-80:].lstrip(".") or "file"
    path = Path(FOLDER) / f"{own}-{name}"
    target = answers.parent / path
    if not target.is_file() or sha256_file(target) != own:
        write_whole(target, data)
    return {
        "kind": "document",
        "path": path.as_posix(),
        "sha256": own,
        **({"observed": observed} if observed else {}),
    }


def document_faults(answers: Answers, folder: Path, today: date) -> tuple[DocumentFault, ...]:
    """Hash every evidence file, and name what is missing, changed, given without a digest, or expired before a day."""
    found = []
    for question, answer in answers.file.answers.items():
        for link in answer.evidence:
            fault = _fault(link, folder) or _expired(link, today)
            if fault:
                found.append(DocumentFault(question=question, path=link.path, fault=fault))
    return tuple(found)


def _expired(link: EvidenceLink, today: date) -> str:
    if link.expires is None or today <= link.expires:
        return ""
    return say("expired on {day}", day=link.expires)


def _fault(link: EvidenceLink, folder: Path) -> str:
    if link.sha256 is None and (link.kind != "document" or not link.path):
        return ""  # a place, a person, or a fact of the audit: no file was given
    if not link.path or "://" in link.path:
        return "" if "://" in link.path else say("names no file")
    path = folder / link.path
    try:
        if not path.is_file():
            return say("is missing")
        if link.sha256 is None:
            return say(
                "is given without its digest, so that a change would not show "
                "(raudit assess evidence ANSWERS QUESTION FILE --by NAME links it anew)"
            )
        return "" if sha256_file(path) == link.sha256 else say("was changed")
    except OSError:
        return say("cannot be read")
