"""A record in the reader's language: every sentence said again from its template, every number with its marks.

What the catalogue lacks stays English and is listed, so that a page can mark it and a test can refuse
it. Names from the data and words of the plan are nobody's to translate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from raudit.findings import Finding, Rule
from raudit.record import Column, Figure, Record, StageRecord, Table, Verdict, WaiverUse
from raudit.report.language import ENGLISH, Language, typeset
from raudit.sentences import Message, Sentence, rebuilt

_LABELS = frozenset({"x_label", "y_label", "start_label", "end_label"})
"""Keys of a figure's data whose words are the program's, whatever the data say."""


def in_language(record: Record, language: Language) -> tuple[Record, frozenset[str]]:
    """Say a record in a language.

    Returns
    -------
    Record
        The same findings, tables and figures in other words; for reading, never for a digest.
    frozenset of str
        Sentences that the catalogue lacks, in English.
    """
    lacking: set[str] = set()
    stages = tuple(
        _Speaker(language, stage.messages, lacking).stage(stage) for stage in record.stages
    )
    verdict = record.verdict
    if verdict is not None:
        verdict = _Speaker(language, verdict.messages, lacking).verdict(verdict)
    return replace(record, stages=stages, verdict=verdict), frozenset(lacking)


def speaker(language: Language) -> Callable[[str], str]:
    """What says sentences of the program in a language; other text stays as it is."""

    def speak(text: str) -> str:
        return language.sentence(text) if isinstance(text, Sentence) else text

    return str if language.code == ENGLISH else speak


@dataclass(frozen=True, slots=True)
class _Speaker:
    """Says the sentences of one stage."""

    language: Language
    messages: Mapping[str, Message]
    lacking: set[str] = field(default_factory=set)

    def text(self, text: str) -> str:
        """Say a sentence or heading of the program."""
        if not text or text in self.messages:
            return self.word(text)
        known = self.language.messages.get(text)
        said = typeset(known or text)
        if self.language.code != ENGLISH and known is None and any(c.isalpha() for c in text):
            self.lacking.add(said)
        return said

    def word(self, text: str) -> str:
        """Say a cell or label if it is the program's; a value of the data stays as it is."""
        message = self.messages.get(text)
        sentence = rebuilt(text, message) if message is not None else None
        if sentence is None:
            return text
        said = self.language.sentence(sentence)
        if not all(map(self.language.knows, self.language.sentences_in(sentence))):
            self.lacking.add(said)
        return said

    def value(self, value: object, key: str = "") -> Any:
        """Say whatever is a sentence in a JSON value."""
        match value:
            case str():
                return self.text(value) if key in _LABELS else self.word(value)
            case Mapping():
                return {name: self.value(item, str(name)) for name, item in value.items()}
            case list() | tuple():
                return [self.value(item) for item in value]
            case _:
                return value

    def stage(self, stage: StageRecord) -> StageRecord:
        return replace(
            stage,
            title=self.text(stage.title),
            reason=self.text(stage.reason),
            summary=self.text(stage.summary),
            rules=tuple(map(self.rule, stage.rules)),
            findings=tuple(map(self.finding, stage.findings)),
            tables=tuple(map(self.table, stage.tables)),
            figures=tuple(map(self.figure, stage.figures)),
            notes=tuple(map(self.text, stage.notes)),
        )

    def rule(self, rule: Rule) -> Rule:
        return replace(
            rule,
            title=self.text(rule.title),
            why=self.text(rule.why),
            how=self.text(rule.how),
            fix=self.text(rule.fix),
        )

    def finding(self, finding: Finding) -> Finding:
        threshold, measured = finding.threshold, finding.measurement
        if threshold is not None:
            threshold = replace(threshold, source=self.text(threshold.source))
        if measured is not None:
            measured = replace(
                measured,
                unit=self.text(measured.unit),
                undefined_because=self.text(measured.undefined_because),
            )
        return replace(
            finding,
            statement=self.text(finding.statement),
            reason=self.text(finding.reason),
            remedy=self.text(finding.remedy),
            threshold=threshold,
            measurement=measured,
        )

    def table(self, table: Table) -> Table:
        return replace(
            table,
            title=self.text(table.title),
            caption=self.text(table.caption),
            columns=tuple(map(self.column, table.columns)),
            rows=tuple(self.value(row) for row in table.rows),
        )

    def column(self, column: Column) -> Column:
        return replace(column, label=self.text(column.label))

    def figure(self, figure: Figure) -> Figure:
        return replace(
            figure,
            title=self.text(figure.title),
            alt=self.text(figure.alt),
            caption=self.text(figure.caption),
            data=self.value(figure.data),
        )

    def verdict(self, verdict: Verdict) -> Verdict:
        return replace(
            verdict,
            because=tuple(map(self.word, verdict.because)),
            waivers=tuple(map(self.waiver, verdict.waivers)),
        )

    def waiver(self, waiver: WaiverUse) -> WaiverUse:
        return replace(waiver, explanation=self.word(waiver.explanation))
