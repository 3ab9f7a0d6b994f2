"""What a template may read: frozen values made from a record, each field documented.

Templates see these classes, the record's own, and nothing else. Values are as in the record; the template engine makes
text fit to print and escapes it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

from raudit.findings import JsonObject
from raudit.record import Figure, Input, StageRecord, WaiverUse
from raudit.report.finding_view import FindingView
from raudit.report.opinion import Opinion
from raudit.report.rates import Comparison, Rate
from raudit.report.sections import Action, Answer, Answered, Condition, Limit, Signer
from raudit.report.themes import Theme
from raudit.report.thresholds import Costs, Replayed
from raudit.report.turns import Turns


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell of a table, written out."""

    text: str
    """What is printed."""
    sort: str
    """What a sortable table compares; numbers as JSON, else the text."""
    status: str = ""
    """``passed``, ``failed``, ``indeterminate`` or empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnView:
    """Heading of a column."""

    label: str
    kind: str
    numeric: bool
    """Whether it is set flush right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableView:
    """A table cut to what the page can hold."""

    anchor: str
    title: str
    caption: str
    columns: tuple[ColumnView, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total_rows: int
    """How many rows the record holds."""
    total_columns: int
    """How many columns the record holds."""
    attachment: str
    """Name of the attached file with the whole table."""

    @property
    def is_cut(self) -> bool:
        """Whether rows or columns are left out here."""
        return len(self.rows) < self.total_rows or len(self.columns) < self.total_columns


@dataclass(frozen=True, kw_only=True)
class FigureView:
    """A figure and its drawing, which is made when a template prints it."""

    anchor: str
    figure: Figure
    draw: Callable[[], str | None]
    write: Callable[[], TableView]

    @functools.cached_property
    def svg(self) -> str | None:
        """The drawing, safe to print as it is; None if the kind is not known."""
        return self.draw()

    @functools.cached_property
    def table(self) -> TableView | None:
        """The data, printed when there is no drawing."""
        return None if self.svg else self.write()


@dataclass(frozen=True, kw_only=True)
class StageView:
    """A stage's section; its tables and figures are made when a template prints them."""

    stage: StageRecord
    number: str
    """Number of its section."""
    anchor: str
    findings: tuple[FindingView, ...]
    """Worst first."""
    failed: int
    indeterminate: int
    passed: int
    write: Callable[[], tuple[TableView, ...]]
    draw: Callable[[], tuple[FigureView, ...]]

    @functools.cached_property
    def tables(self) -> tuple[TableView, ...]:
        """Its tables, cut to what the page can hold."""
        return self.write()

    @functools.cached_property
    def figures(self) -> tuple[FigureView, ...]:
        """Its figures."""
        return self.draw()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCounts:
    """Answers of checklists that bear on a clause."""

    answered: int
    contradicted: int
    """Answers that the evidence contradicts; they are not among ``answered``."""
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementView:
    """One clause and what bears on it."""

    id: str
    """Such as ``gdpr:35.7.c``."""
    clause: str
    """Such as ``Art. 35(7)(c)``."""
    title: str
    """What it asks for, in a few words; empty if the catalogue does not know it."""
    themes: tuple[tuple[int, str, bool], ...]
    """Number and anchor of each open theme; true if a finding of it speaks against the clause, else it is untold."""
    supporting: int
    """Findings that passed."""
    against: int
    """Findings that failed."""
    untold: int
    """Findings that could not be told."""
    answers: AnswerCounts
    """What people answered."""
    state: str
    """``for``, ``against``, ``mixed`` (both), ``part`` (for, and untold), ``untold``, ``answered`` or ``none``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameworkView:
    """A law or standard and its clauses."""

    id: str
    title: str
    source: str
    """Which text the clauses refer to."""
    as_of: str
    """Month in which the source was read, such as ``2026-11``."""
    note: str
    """From when it applies; empty if nothing needs saying."""
    requirements: tuple[RequirementView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """Page one."""

    state: str
    """``passed``, ``failed``, ``indeterminate`` or ``none`` (no policy applied)."""
    because: tuple[str, ...]
    """Reasons for the verdict, worst first."""
    worst: tuple[FindingView, ...]
    """At most three failed findings, about different things where possible."""
    untold: tuple[FindingView, ...]
    """Indeterminate findings, worst first, at most three."""
    untold_total: int
    not_run: tuple[StageRecord, ...]
    """Stages that were skipped or failed."""
    acceptances: tuple[WaiverUse, ...]
    """Waivers that were applied."""
    failed: int
    indeterminate: int
    passed: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """An entry of the contents."""

    number: str
    anchor: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A name and what it says."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drivers:
    """What the model rests on."""

    figures: tuple[FigureView, ...]
    tables: tuple[TableView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """Everything a template prints."""

    title: str
    template: str
    """Name of the template, to print the command that makes this report again."""
    language: str
    medium: str
    """``pdf``, ``html`` or ``markdown``."""
    date: str
    """Date of the run, such as 21 November 2026."""
    clock: str
    """Time of the run, as in the record."""
    record_sha256: str
    """Digest of the record that this document was made from."""
    system: tuple[Pair, ...]
    """What was audited; empty fields are left out."""
    name: str
    version: str
    brief: Brief
    opinion: Opinion
    """Form of the opinion and the rule that gave it."""
    themes: tuple[Theme, ...]
    """What failed or could not be told, by theme, worst first."""
    one_liners: tuple[tuple[str, str], ...]
    """Fairness, explanation, personal data and paperwork, one line each."""
    conditions: tuple[Condition, ...]
    signers: tuple[Signer, ...]
    auditor: JsonObject
    """What the plan says of the audit itself."""
    compared: tuple[Comparison, ...]
    """Rates by attribute and intersection."""
    rate_figures: tuple[FigureView, ...]
    """One picture for each of ``compared``."""
    overall: tuple[tuple[str, Rate], ...]
    costs: Costs | None
    """What people said that wrong decisions cost."""
    replayed: tuple[Replayed, ...]
    """What other thresholds would do."""
    performance: tuple[TableView, ...]
    """How far amounts are from the truth, by attribute."""
    places: tuple[TableView, ...]
    """How a ranking treats groups, by attribute."""
    place_figures: tuple[FigureView, ...]
    """Pictures of a ranking or of amounts."""
    model_given: str
    """What was audited where there is no model file."""
    model_family: str
    limits: tuple[Limit, ...]
    drivers: Drivers
    personal: tuple[TableView, ...]
    personal_notes: tuple[str, ...]
    """How personal data were looked for, and what the search may have missed."""
    attacked: tuple[TableView, ...]
    """How often people can be found again in what is released, and in what the model gives away."""
    turns: Turns | None
    """What recorded calls of a language model say; None where there are none."""
    turn_tables: tuple[TableView, ...]
    assessed: tuple[TableView, ...]
    expected: str
    """Columns of personal data that the plan declares."""
    loose_answers: tuple[Answer, ...]
    """Answers that are open, unknown or not accepted."""
    answered: tuple[Answered, ...]
    """Answers that bear on clauses."""
    actions: tuple[Action, ...]
    glossary: tuple[Pair, ...]
    """The words of an audit that the document uses."""
    measures: tuple[Pair, ...]
    """The measures that it uses."""
    annexes: tuple[SectionView, ...]
    """Contents of the annexes."""
    sections: tuple[SectionView, ...]
    long: tuple[str, ...]
    """Anchors of sections that begin on a new page."""
    worst: tuple[FindingView, ...]
    """Failed and indeterminate findings, worst first, as many as get a card."""
    worst_left: int
    """How many failed or indeterminate findings have no card."""
    findings: tuple[FindingView, ...]
    """All findings, worst first."""
    stages: tuple[StageView, ...]
    """Stages but for the assessments."""
    all_stages: tuple[StageView, ...]
    """All stages."""
    risk_register: TableView | None
    frameworks: tuple[FrameworkView, ...]
    waivers: tuple[WaiverUse, ...]
    baseline: JsonObject
    baseline_pairs: tuple[Pair, ...]
    """What the comparison says in single values."""
    baseline_tables: tuple[TableView, ...]
    """What it says in lists."""
    inputs: tuple[Input, ...]
    policy: tuple[Pair, ...]
    options: tuple[tuple[str, tuple[Pair, ...]], ...]
    """Stage title and its options."""
    packages: tuple[Pair, ...]
    attachments: tuple[Pair, ...]
    """Names of attached files and what they are."""
    sealed: bool
    """Whether a log checkpoint is attached."""
    checkpoint: str
    """Text of the checkpoint; empty if there is none."""
    vkey: str
    """Key that checks the checkpoint."""
    lacking: frozenset[str] = frozenset()
    """Sentences that the catalogue lacks: they are English, whatever the language."""
    fonts: tuple[Pair, ...] = ()
    """Fonts of this machine that the page uses beside the shipped ones, and their digests."""
    unprinted: int = 0
    """How many letters no font here has; they are printed as code points."""
    reviewers: int = 4
    """How many reviewer signature fields there are."""
