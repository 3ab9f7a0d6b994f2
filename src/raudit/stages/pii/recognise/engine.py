"""Presidio's recognisers, run only where their patterns can match, with the spans presidio itself would give.

``Engine.spans`` equals ``AnalyzerEngine.analyze`` on the same recognisers: presidio's own patterns, validators, context
words and removal of duplicates decide. What is left out is work that cannot change the answer: a prefilter by RE2 skips
recognisers whose patterns cannot match, and phone numbers are asked for only in regions that could have one.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from raudit.stages.pii.recognise.checksums import validator
from raudit.stages.pii.recognise.digits import plain
from raudit.stages.pii.recognise.models import SCORE, LanguageModel
from raudit.stages.pii.recognise.names import in_marks, name_lists, persons_in_text, refuted
from raudit.stages.pii.recognise.phones import phone_numbers
from raudit.stages.pii.recognise.prefilter import column_of, may_match
from raudit.stages.pii.recognise.spans import Span, parted, without_duplicates, without_echoes
from raudit.stages.pii.vocabulary.rulebook import Rulebook

THRESHOLD = 0.4
"""Presidio's findings with a lower score are noise; its own examples and most users cut here."""

CHUNK = 4096


@dataclass(frozen=True, slots=True)
class Engine:
    """Recognisers and the language model."""

    recognizers: tuple[Any, ...]
    """Presidio's pattern recognisers, in presidio's order."""
    phone: Any
    """Presidio's phone recogniser, or None."""
    model: LanguageModel | None
    allow: frozenset[str] = frozenset()
    """Values that are never reported."""
    deny: frozenset[str] = frozenset()
    names: Rulebook | None = None
    """Lists of names that are looked up in sentences, because the model knows names of some origins better than others;
    None to find what presidio finds and no more."""
    contexts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Lower-case context words by id of recogniser."""

    def spans(
        self,
        texts: Sequence[str],
        *,
        ner: bool = True,
        threshold: float = THRESHOLD,
        ner_texts: Sequence[str | None] | None = None,
        only: str = "",
    ) -> list[tuple[Span, ...]]:
        """Find the entities of many texts.

        Parameters
        ----------
        texts
            The texts.
        ner
            Whether the language model looks at them too.
        threshold
            Lowest score that counts.
        ner_texts
            What the language model sees instead, such as title case, of the same length; None if it does not look.
        only
            The one entity type that is asked for; all if empty. Types do not depend on one another.

        Returns
        -------
        list of tuple of Span
            One tuple a text, sorted.
        """
        found: list[list[Any]] = [[] for _ in texts]
        written = texts if self.names is None else [plain(text) for text in texts]
        array = column_of(written)
        asked = [r for r in self.recognizers if not only or only in r.supported_entities]
        for recognizer in asked:
            for index in may_match(recognizer, array, threshold, self.contexts[recognizer.id]):
                found[index].extend(
                    recognizer.analyze(written[index], recognizer.supported_entities)
                )
        if self.phone is not None and only in {"", "PHONE_NUMBER"}:
            for index in may_match(self.phone, array, threshold, self.contexts[self.phone.id]):
                found[index].extend(phone_numbers(self.phone, written[index]))
        people: list[Sequence[Any]] = [()] * len(texts)
        looked = [
            ner and (ner_texts is None or ner_texts[i] is not None) for i in range(len(texts))
        ]
        if ner and self.model is not None:
            shown = [
                (i, t)
                for i, t in enumerate(texts if ner_texts is None else ner_texts)
                if t is not None
            ]
            for (index, _), entities in zip(
                shown, self.model.entities([t for _, t in shown]), strict=True
            ):
                people[index] = entities
        return [
            self._decide(text, results, entities, threshold, by_name)
            for text, results, entities, by_name in zip(texts, found, people, looked, strict=True)
        ]

    def _decide(
        self, text: str, results: list[Any], entities: Sequence[Any], threshold: float, looked: bool
    ) -> tuple[Span, ...]:
        spans = [Span(kind, start, end, SCORE) for kind, start, end in entities]
        if self.names is not None and looked:
            spans = [part for span in spans for part in parted(text, span)]
            spans = [
                s for s in spans if s.entity_type != "PERSON" or not refuted(text, (s.start, s.end))
            ]
            spans += [Span("PERSON", a, b, SCORE) for a, b in persons_in_text(text, entities)]
        elif self.names is not None:
            # Full names between marks are sure enough where nobody reads the cells as a language.
            spans += [Span("PERSON", a, b, SCORE) for a, b in in_marks(text, name_lists())]
        if results:
            spans += self._with_context(text, results)
        if len(spans) > 1:
            spans = without_duplicates(spans)
        if self.names is not None:
            spans = without_echoes(spans, text)
        kept = (
            s for s in spans if s.score >= threshold and text[s.start : s.end] not in self.allow
        )
        return tuple(sorted(kept))

    def _with_context(self, text: str, results: list[Any]) -> list[Span]:
        """Raise the score of a match that has one of its recogniser's context words among the five words before it."""
        lowered = text.lower()
        spans, tokens = [], None
        for result in results:
            score = result.score
            words = self.contexts.get(result.recognition_metadata["recognizer_identifier"], ())
            if any(word in lowered for word in words):
                tokens = tokens if tokens is not None else _tokens(text, self.model)
                before = _words_before(tokens, result.start)
                if any(word in token for word in words for token in before):
                    score = min(max(score + 0.35, 0.4), 1.0)
            spans.append(Span(result.entity_type, result.start, result.end, score))
        return spans


def _tokens(text: str, model: LanguageModel | None) -> Any:
    return (model.pipe if model else _blank()).make_doc(text)


@cache
def _blank() -> Any:
    """A tokeniser without a model; to make one takes longer than to read a thousand cells with it."""
    import spacy

    return spacy.blank("en")


def _words_before(doc: Any, start: int) -> list[str]:
    """The word at a place and the five before it that carry meaning, in lower case."""
    index = next(
        (i for i, t in enumerate(doc) if t.idx == start or start < t.idx + len(t)), len(doc) - 1
    )
    found: list[str] = []
    while index >= 0 and len(found) < 6:
        token = doc[index]
        if not token.is_stop and not token.is_punct and token.lower_ != "be":
            found.append(token.lower_)
        index -= 1
    return found


def build_engine(
    rulebook: Rulebook,
    model: LanguageModel | None,
    *,
    own_patterns: bool = True,
    custom: Sequence[Mapping[str, Any]] = (),
    allow: Iterable[str] = (),
    deny: Iterable[str] = (),
) -> Engine:
    """Load presidio's recognisers, ours, and a team's.

    Parameters
    ----------
    rulebook
        Rules with our own patterns.
    model
        The language model, or None.
    own_patterns
        False to run exactly what presidio runs by default.
    custom
        Recognisers in presidio's YAML shape (``name``, ``supported_entity``, ``patterns``, ``context``, ``deny_list``).
    allow, deny
        Values that are never, or always, reported.
    """
    stay_offline()
    from presidio_analyzer import RecognizerRegistry

    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    found = [r for r in registry.recognizers if getattr(r, "patterns", None)]
    if own_patterns:
        # What presidio reads in any number beside a word such as "lic" is searched by the words that announce it.
        announced = {e for e, r in rulebook.entities.items() if r.needs_hint and r.patterns}
        found = [r for r in found if not announced & set(r.supported_entities)]
        # Types that no rule describes could be counted, but not judged; a newer presidio brings more of them.
        found = [r for r in found if set(r.supported_entities) & rulebook.entities.keys()]
        found += [*_more_of_presidio(), *_ours(rulebook)]
    found += _teams(custom, deny)
    phone = next((r for r in registry.recognizers if type(r).__name__ == "PhoneRecognizer"), None)
    contexts = {
        r.id: tuple(w.lower() for w in r.context or ())
        for r in [*found, *([phone] if phone else [])]
    }
    single = tuple(part for recognizer in found for part in _by_pattern(recognizer))
    names = rulebook if own_patterns else None
    return Engine(single, phone, model, frozenset(allow), frozenset(deny), names, contexts)


def _by_pattern(recognizer: Any) -> Iterable[Any]:
    """One copy of a recogniser for each of its patterns, so that each has a prefilter of its own.

    Duplicates among them are removed with all others at the end.
    """
    for pattern in recognizer.patterns:
        part = copy.copy(recognizer)
        part.patterns = [pattern]
        yield part


def stay_offline() -> None:
    """Keep presidio's e-mail recogniser from fetching the list of public suffixes.

    It calls ``tldextract.extract``, which tries two hosts on first use; the snapshot inside the package is enough.
    """
    import logging

    import tldextract

    tldextract_module: Any = tldextract
    tldextract_module.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    # Presidio logs what it could not validate, value included.
    logging.getLogger("presidio-analyzer").setLevel(logging.CRITICAL)


def _more_of_presidio() -> list[Any]:
    from presidio_analyzer import predefined_recognizers as p

    return [
        kind(supported_language="en")
        for kind in (
            p.EsNifRecognizer,
            p.EsNieRecognizer,
            p.UkNinoRecognizer,
            p.ItFiscalCodeRecognizer,
        )
    ]


def _ours(rulebook: Rulebook) -> list[Any]:
    from presidio_analyzer import Pattern, PatternRecognizer

    class Checked(PatternRecognizer):
        """A recogniser whose matches must pass one of our checksums."""

        validator = ""

        def validate_result(self, pattern_text: str) -> bool | None:
            return validator(self.validator)(pattern_text) if self.validator else None

    found: list[Any] = []
    for entity, rule in rulebook.entities.items():
        for own in rule.patterns:
            check = own.validator or rule.validator
            recognizer = Checked(
                supported_entity=entity,
                name=f"raudit {entity}",
                patterns=[Pattern(own.name, own.regex, own.score)],
                global_regex_flags=int(re.IGNORECASE) if check else int(re.MULTILINE),
            )
            recognizer.validator = check
            found.append(recognizer)
        if entity in {"SECRET_KEY", "PASSWORD"} and rule.native:
            pattern = Pattern(entity.lower(), rule.native.replace("(?i)", ""), 0.9)
            found.append(
                PatternRecognizer(
                    supported_entity=entity,
                    name=f"raudit {entity}",
                    patterns=[pattern],
                    global_regex_flags=int(
                        re.MULTILINE | (re.IGNORECASE if entity == "PASSWORD" else 0)
                    ),
                )
            )
    return found


def _teams(custom: Sequence[Mapping[str, Any]], deny: Iterable[str]) -> list[Any]:
    from presidio_analyzer import PatternRecognizer

    found = [PatternRecognizer.from_dict(dict(entry)) for entry in custom]
    words = list(deny)
    if words:
        found.append(
            PatternRecognizer(
                supported_entity="DENY_LIST", name="raudit deny list", deny_list=words
            )
        )
    return found
