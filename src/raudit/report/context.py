"""Record to context: everything a template prints, worked out once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from raudit.findings import Finding, Rule, Status, Threshold
from raudit.record import Figure, Outcome, Record, StageRecord, Table
from raudit.report.attachments import ANNEXES_NAME, Source, attached_files
from raudit.report.brief import make_brief, worst_first
from raudit.report.charts import Ink, draw
from raudit.report.finding_view import FindingView
from raudit.report.language import Language
from raudit.report.legal import frameworks_of
from raudit.report.letters import Letters
from raudit.report.numbers import DASH, MINUS, exact, exact_interval
from raudit.report.opinion import make_opinion
from raudit.report.rates import OVERALL, SHOWN, Comparison, comparisons, group_places, overall
from raudit.report.seals import Seals
from raudit.report.sections import (
    ASSESSMENTS,
    RISK_REGISTER,
    actions_of,
    answers_to_look_at,
    conditions_of,
    drivers_of,
    limits_of,
    one_liners,
    rates_figure,
    signers_of,
    unsaid,
)
from raudit.report.tables import figure_table, slug, view_table
from raudit.report.themes import themes_of
from raudit.report.thresholds import costs_of, replayed_of
from raudit.report.translate import in_language
from raudit.report.turns import LLM, turns_of
from raudit.report.views import (
    Drivers,
    FigureView,
    Pair,
    ReportView,
    SectionView,
    StageView,
    TableView,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How much of long things a medium shows; the record and the attached tables hold the rest."""

    rows: int
    columns: int
    cards: int


CAPS = {
    "pdf": Caps(rows=400, columns=10, cards=40),
    "html": Caps(rows=2000, columns=60, cards=400),
    "markdown": Caps(rows=100, columns=20, cards=200),
}
"""Caps by medium."""

MOST_ROWS = 15
"""Rows of a table outside an annex."""
MOST_COLUMNS = 8
"""Columns of such a table, where it comes from a stage."""


def make_context(
    source: Source,
    *,
    template: str,
    medium: str,
    language: Language,
    ink: Ink,
    frameworks: Path,
    seals: Seals,
    letters: Letters | None = None,
) -> ReportView:
    """Work out what a template prints.

    Parameters
    ----------
    source
        The record, and nothing else, decides what is printed.
    template
        Name of the template.
    medium
        ``pdf``, ``html`` or ``markdown``.
    language, ink
        Words and number marks; what makes text fit to print.
    frameworks
        Folder of the frameworks.
    seals
        Checkpoint and proof that are printed and attached.
    letters
        With which fonts the page is printed; None where the reader's own are used.
    """
    record, caps = source.record, CAPS[medium]
    spoken, lacking = in_language(record, language)
    findings = _findings(spoken, language, caps)
    themes = themes_of(findings, record.plan.get("responses") or ())
    compared, costs = comparisons(record), costs_of(record)
    ink = replace(ink, places=group_places(compared))
    maker = _Maker(language=language, ink=ink, caps=caps)
    assessed = spoken.stage(ASSESSMENTS)
    sections = _sections(language, record)
    annexes = _annexes(language, spoken.stages)
    turns = turns_of(spoken.stage(LLM), language)
    numbers = {section.anchor: section.number for section in annexes}
    views = tuple(
        maker.stage(stage, findings, numbers[f"stage-{slug(stage.name)}"])
        for stage in spoken.stages
    )
    baseline = record.verdict.baseline if record.verdict else {}
    waivers = spoken.verdict.waivers if spoken.verdict else ()
    carded = tuple(view for view in findings if view.card)
    open_findings = sum(1 for view in findings if view.finding.status is not Status.PASSED)
    return ReportView(
        title=language(
            "report-title", name=_text(record.system.get("name")) or language("unnamed-system")
        ),
        template=template,
        language=language.code,
        medium=medium,
        date=language.date(record.run.clock),
        clock=record.run.clock,
        record_sha256=source.sha256,
        system=_system(record, language),
        name=_text(record.system.get("name")) or language("unnamed-system"),
        version=_text(record.system.get("version")),
        brief=make_brief(record, findings),
        opinion=make_opinion(record, findings),
        themes=themes,
        one_liners=one_liners(record, findings, language),
        conditions=conditions_of(record, language),
        signers=signers_of(record, language),
        auditor=record.plan.get("auditor") or {},
        compared=compared,
        rate_names=tuple((name, language.metric(name)) for name in SHOWN),
        rate_figures=tuple(maker.figure(rates_figure(one, language), "rates") for one in compared),
        overall=tuple(
            (language.metric(name), rate)
            for name in OVERALL
            if (rate := overall(compared).get(name)) is not None
        ),
        costs=costs,
        replayed=replayed_of(record, costs),
        performance=maker.chosen(spoken.stage("fairness"), ("errors-",)),
        places=maker.chosen(spoken.stage("fairness"), ("ranking-",)),
        place_figures=maker.pictures(spoken.stage("fairness"), ("exposure-", "dots-mean-error-")),
        model_family=_family(record, language),
        limits=limits_of(record, language),
        drivers=maker.drivers(spoken.stage("explain")),
        personal=maker.chosen(spoken.stage("pii"), ("columns", "singling-out")),
        personal_notes=_notes(spoken.stage("pii")),
        attacked=maker.chosen(spoken.stage("reidentification"), ("attacks", "membership")),
        turns=turns,
        turn_tables=maker.short(turns.tables, LLM) if turns else (),
        assessed=maker.chosen(assessed, ("overview",)),
        expected=", ".join(_expected(record)),
        loose_answers=answers_to_look_at(record, language),
        actions=actions_of(record, language),
        glossary=_glossary(record, compared, seals, language),
        sections=sections,
        annexes=annexes,
        long=tuple(
            view.anchor
            for view in views
            if view.stage.name != ASSESSMENTS and (view.stage.tables or view.stage.figures)
        ),
        worst=carded,
        worst_left=open_findings - len(carded),
        findings=findings,
        stages=tuple(view for view in views if view.stage.name != ASSESSMENTS),
        all_stages=views,
        risk_register=maker.risk_register(spoken),
        frameworks=frameworks_of(record, findings, themes, frameworks, language.code),
        waivers=waivers,
        baseline=baseline,
        baseline_pairs=_pairs({k: v for k, v in baseline.items() if not _is_rows(v)}),
        baseline_tables=maker.baseline(baseline),
        inputs=record.inputs,
        policy=_pairs(record.verdict.policy if record.verdict else {}),
        options=tuple(
            (stage.title, _pairs(stage.options)) for stage in record.stages if stage.options
        ),
        packages=_pairs(record.run.packages),
        attachments=_attachments(source, seals, template, language),
        sealed=bool(seals.checkpoint),
        checkpoint=seals.checkpoint.decode("utf-8", "replace"),
        vkey=seals.vkey,
        lacking=lacking,
        fonts=tuple(
            Pair(name=font.file.name, value=font.sha256)
            for font in (letters.lent if letters else ())
        ),
        unprinted=len(letters.missing) if letters else 0,
    )


def _attachments(
    source: Source, seals: Seals, template: str, language: Language
) -> tuple[Pair, ...]:
    """What is attached, by purpose: the tables in one line."""
    files = attached_files(source, seals)
    tables = [file for file in files if file.kind == "attached-table"]
    others = [file for file in files if file.kind != "attached-table"]
    listed = [Pair(name=file.name, value=language(file.kind, stage=file.stage)) for file in others]
    if template != ANNEXES:
        listed.insert(1, Pair(name=ANNEXES_NAME, value=language("attached-annexes", stage="")))
    if tables:
        listed.append(
            Pair(name="table-….csv", value=language("attached-tables", count=len(tables)))
        )
    return tuple(listed)


def _expected(record: Record) -> list[str]:
    """Columns of personal data that the plan declares."""
    stage = record.stage("pii")
    declared = stage.options.get("expected") if stage else None
    found = declared if isinstance(declared, list | tuple) else ()
    return [str(one.get("column", "")) if isinstance(one, Mapping) else str(one) for one in found]


def _findings(record: Record, language: Language, caps: Caps) -> tuple[FindingView, ...]:
    """Write out all findings, worst first; anchors are unique even where fingerprints are not."""
    blocking = frozenset(record.verdict.blocking if record.verdict else ())
    applied = {
        w.fingerprint: w
        for w in (record.verdict.waivers if record.verdict else ())
        if w.state == "applied"
    }
    views: list[FindingView] = []
    seen: dict[str, int] = {}
    for stage in record.stages:
        rules = {rule.id: rule for rule in stage.rules}
        for finding in stage.findings:
            count = seen[finding.fingerprint] = seen.get(finding.fingerprint, 0) + 1
            anchor = finding.fingerprint[:16] + (f"-{count}" if count > 1 else "")
            view = _finding(finding, rules.get(finding.rule), stage.name, anchor, language)
            views.append(
                replace(
                    view,
                    blocking=finding.fingerprint in blocking,
                    waiver=applied.get(finding.fingerprint),
                )
            )
    ordered = worst_first(views)
    explained: set[str] = set()
    carded: list[FindingView] = []
    for i, view in enumerate(ordered):
        shown = view.finding.status is not Status.PASSED and i < caps.cards
        carded.append(replace(view, card=shown, first_of_rule=view.finding.rule not in explained))
        explained.add(view.finding.rule)
    return tuple(carded)


def _finding(
    finding: Finding, rule: Rule | None, stage: str, anchor: str, language: Language
) -> FindingView:
    m = finding.measurement
    numbers = language.numbers
    interval = m.interval if m else None
    return FindingView(
        finding=finding,
        rule=rule,
        stage=stage,
        anchor=anchor,
        card=False,
        first_of_rule=False,
        title=rule.title if rule else finding.rule,
        subject=_subject(finding),
        subject_name=finding.subject.name,
        level=numbers.percent(interval.level, 0) if interval else "",
        value=numbers.measurement(m) if m else "",
        interval=_interval(finding, language),
        coverage=f"{numbers.percent(interval.level, 0)} {interval.method}" if interval else "",
        n=numbers.count(m.n) if m else "",
        threshold=_threshold(finding.threshold, language),
        exact_value=exact(m.value) if m else "",
        exact_interval=exact_interval(interval),
        exact_n=exact(m.n) if m else "",
        blocking=False,
        waiver=None,
    )


def _interval(finding: Finding, language: Language) -> str:
    m = finding.measurement
    if m is None or m.interval is None:
        return ""
    numbers = language.numbers
    low = (
        MINUS + "∞"
        if m.interval.low is None
        else numbers.measured(m.interval.low, replace(m, unit=""))
    )
    high = (
        "∞" if m.interval.high is None else numbers.measured(m.interval.high, replace(m, unit=""))
    )
    return language("from-to", low=low, high=high)


def _threshold(threshold: Threshold | None, language: Language) -> str:
    if threshold is None:
        return ""
    write = language.numbers.number
    match threshold.low, threshold.high:
        case None, None:
            return ""
        case low, None:
            text = language("at-least", value=write(low))
        case None, high:
            text = language("at-most", value=write(high))
        case low, high:
            text = language("between", low=write(low), high=write(high))
    return f"{text} ({threshold.source})" if threshold.source else text


def _subject(finding: Finding) -> str:
    """Name the subject and what narrows it; a metric is named elsewhere."""
    detail = [f"{key} {value}" for key, value in finding.subject.detail.items()]
    return ", ".join([f"{finding.subject.kind} {finding.subject.name}", *detail])


ANNEXES = "annexes"
"""Template of the annexes, which every other template's PDF carries as a page to read."""

SECTIONS = (
    "scope",
    "findings",
    "performance",
    "fairness",
    "drivers",
    "personal",
    "language",
    "assessments",
    "requirements",
    "register",
    "method",
    "verify",
)
"""Sections of the report after the page of the decision."""


def _sections(language: Language, record: Record) -> tuple[SectionView, ...]:
    names = [name for name in SECTIONS if name != "language" or record.stage(LLM)]
    return tuple(
        SectionView(number=str(i), anchor=name, title=language(f"section-{name}"))
        for i, name in enumerate(names, start=1)
    )


def _annexes(language: Language, stages: Iterable[StageRecord]) -> tuple[SectionView, ...]:
    titles = [(f"stage-{slug(stage.name)}", language.stage_title(stage)) for stage in stages]
    titles += [(key, language(key)) for key in ("all-findings", "environment")]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return tuple(
        SectionView(
            number=letters[i] if i < len(letters) else str(i + 1), anchor=anchor, title=title
        )
        for i, (anchor, title) in enumerate(titles)
    )


def _glossary(
    record: Record, compared: Sequence[Comparison], seals: Seals, language: Language
) -> tuple[Pair, ...]:
    """The terms that this document uses, and no other."""
    explained = record.stage("explain")
    used = {
        "selection-rate": bool(compared),
        "parity-difference": bool(compared),
        "impact-ratio": bool(compared),
        "odds-difference": bool(compared),
        "attribution": explained is not None and explained.outcome is Outcome.COMPLETED,
        "waiver": bool(record.verdict and record.verdict.waivers),
        "baseline": bool(record.verdict and record.verdict.baseline),
        "checkpoint": bool(seals.checkpoint),
    }
    always = ("finding", "indeterminate", "interval", "n", "record", "opinion")
    names = (*always, *(name for name, yes in used.items() if yes))
    parts = (language(f"term-{name}").partition(": ") for name in names)
    return tuple(Pair(name=term, value=text) for term, _, text in parts)


def _notes(stage: StageRecord | None) -> tuple[str, ...]:
    """How a stage looked and what it may have missed."""
    return stage.notes if stage else ()


def _family(record: Record, language: Language) -> str:
    """What kind of model was opened; empty where none was."""
    stage = record.stage("explain")
    family = stage.facts.get("explain.method") if stage else None
    if not family:
        return ""
    key = f"family-{family}"
    return language("model-family", family=language(key) if language.has(key) else family)


def _system(record: Record, language: Language) -> tuple[Pair, ...]:
    known = (
        "name",
        "version",
        "purpose",
        "affected",
        "owner",
        "organisation",
        "jurisdictions",
        "sector",
        "standards",
        "distribution_date",
    )
    keys = [*known, *(key for key in record.system if key not in known)]
    coded = ("jurisdictions", "sector", "standards")
    named = (
        (
            language(f"system-{key}") if key in known else key,
            _words(record.system.get(key), language)
            if key in coded
            else _text(record.system.get(key)),
        )
        for key in keys
    )
    return tuple(Pair(name=name, value=value) for name, value in named if value)


def _words(value: object, language: Language) -> str:
    """Codes of the plan in words: ``credit``, ``eu``."""
    codes = value if isinstance(value, list | tuple) else [value] if value else []
    return ", ".join(language.word(str(code)) for code in codes)


def _pairs(values: Mapping[str, Any]) -> tuple[Pair, ...]:
    return tuple(Pair(name=str(key), value=_text(value) or DASH) for key, value in values.items())


def _text(value: object) -> str:
    """Write a JSON value in one line."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return exact(value)
        case Mapping():
            return "; ".join(f"{key}: {_text(item)}" for key, item in value.items())
        case list() | tuple():
            return ", ".join(_text(item) for item in value)
        case _:
            return str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Maker:
    """Writes out stages, tables and figures."""

    language: Language
    ink: Ink
    caps: Caps

    def stage(self, stage: StageRecord, findings: Iterable[FindingView], number: str) -> StageView:
        own = tuple(view for view in findings if view.stage == stage.name)
        states = [view.finding.status for view in own]
        return StageView(
            stage=stage,
            number=number,
            anchor=f"stage-{slug(stage.name)}",
            findings=own,
            write=lambda: tuple(self.table(table, stage.name) for table in stage.tables),
            draw=lambda: tuple(self.figure(figure, stage.name) for figure in stage.figures),
            failed=states.count(Status.FAILED),
            indeterminate=states.count(Status.INDETERMINATE),
            passed=states.count(Status.PASSED),
        )

    def table(self, table: Table, stage: str) -> TableView:
        return view_table(
            table,
            stage=stage,
            numbers=self.language.numbers,
            max_rows=self.caps.rows,
            max_columns=self.caps.columns,
        )

    def chosen(self, stage: StageRecord | None, names: Sequence[str]) -> tuple[TableView, ...]:
        """Tables of a stage by id or, ending in a dash, its beginning; at most fifteen rows of each."""
        if stage is None:
            return ()
        found = (
            t
            for name in names
            for t in stage.tables
            if t.rows and (t.id == name or (name.endswith("-") and t.id.startswith(name)))
        )
        return self.short(found, stage.name)

    def short(self, tables: Iterable[Table], stage: str) -> tuple[TableView, ...]:
        """Tables outside an annex: at most fifteen rows and eight columns of each."""
        maker = replace(self, caps=replace(self.caps, rows=MOST_ROWS, columns=MOST_COLUMNS))
        return tuple(maker.table(table, stage) for table in tables)

    def pictures(self, stage: StageRecord | None, names: Sequence[str]) -> tuple[FigureView, ...]:
        """Figures of a stage by the beginnings of their ids."""
        if stage is None:
            return ()
        seen: set[str] = set()
        return tuple(
            self.figure(replace(figure, caption=unsaid(figure.caption, seen)), stage.name)
            for figure in stage.figures
            if figure.id.startswith(tuple(names))
        )

    def drivers(self, stage: StageRecord | None) -> Drivers:
        """What the section on the model's reasons prints."""
        figures, tables = drivers_of(stage, self.language)
        short = replace(self, caps=replace(self.caps, rows=MOST_ROWS))
        return Drivers(
            figures=tuple(self.figure(figure, "explain") for figure in figures),
            tables=tuple(short.table(table, "explain") for table in tables),
        )

    def risk_register(self, record: Record) -> TableView | None:
        for stage in record.stages:
            for table in stage.tables:
                if table.id == RISK_REGISTER:
                    return self.table(table, stage.name)
        return None

    def baseline(self, baseline: Mapping[str, Any]) -> tuple[TableView, ...]:
        """Any list of objects in the comparison becomes a table."""
        found = []
        for key, value in baseline.items():
            if _is_rows(value):
                table = figure_table(_as_figure(str(key), value), "")
                found.append(self.table(table, "baseline"))
        return tuple(found)

    def figure(self, figure: Any, stage: str) -> FigureView:
        return FigureView(
            anchor=f"g-{slug(stage)}-{slug(figure.id)}",
            figure=figure,
            draw=lambda: draw(figure, self.ink),
            write=lambda: self.table(figure_table(figure, stage), stage),
        )


def _as_figure(key: str, rows: Any) -> Any:
    return Figure(
        id=key,
        kind="rows",
        title=key.replace("_", " "),
        alt="",
        data={"rows": [dict(r) for r in rows]},
    )


def _is_rows(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and bool(value)
        and all(isinstance(item, Mapping) for item in value)
    )
