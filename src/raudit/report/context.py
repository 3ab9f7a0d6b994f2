"""Record to context: everything a template prints, worked out once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from raudit.findings import Status
from raudit.record import Record, StageRecord
from raudit.report.about import (
    expected_of,
    family_of,
    given_of,
    glossary_of,
    measures_of,
    notes_of,
    pairs_of,
    system_of,
    text_of,
)
from raudit.report.attachments import ANNEXES_NAME, Source, attached_files
from raudit.report.brief import make_brief
from raudit.report.charts import Ink
from raudit.report.held import held_pairs, held_tables
from raudit.report.judged import as_judged
from raudit.report.language import Language
from raudit.report.legal import frameworks_of
from raudit.report.letters import Letters
from raudit.report.maker import CAPS, Maker
from raudit.report.one_liners import one_liners
from raudit.report.opinion import make_opinion
from raudit.report.rates import OVERALL, comparisons, group_places, overall
from raudit.report.seals import Seals
from raudit.report.sections import (
    ASSESSMENTS,
    actions_of,
    answered_in,
    answers_to_look_at,
    conditions_of,
    limits_of,
    rates_figure,
    signers_of,
)
from raudit.report.tables import slug
from raudit.report.themes import themes_of
from raudit.report.thresholds import costs_of, replayed_of
from raudit.report.translate import in_language
from raudit.report.turns import LLM, turns_of
from raudit.report.views import Pair, ReportView, SectionView
from raudit.report.written_findings import view_findings


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
    record, caps = as_judged(source.record, language), CAPS[medium]
    spoken, lacking = in_language(record, language)
    findings = view_findings(spoken, language, caps.cards)
    themes = themes_of(findings, record.plan.get("responses") or ())
    compared, costs = comparisons(record), costs_of(record)
    ink = replace(ink, places=group_places(compared))
    maker = Maker(language=language, ink=ink, caps=caps)
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
            "report-title", name=text_of(record.system.get("name")) or language("unnamed-system")
        ),
        template=template,
        language=language.code,
        medium=medium,
        date=language.date(record.run.clock),
        clock=record.run.clock,
        record_sha256=source.sha256,
        system=system_of(record, language),
        name=text_of(record.system.get("name")) or language("unnamed-system"),
        version=text_of(record.system.get("version")),
        brief=make_brief(spoken, findings),
        opinion=make_opinion(record, findings),
        themes=themes,
        one_liners=one_liners(record, findings, language),
        conditions=conditions_of(record, language),
        signers=signers_of(record, language),
        auditor=record.plan.get("auditor") or {},
        compared=compared,
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
        model_family=family_of(record, language),
        model_given=given_of(record, language),
        limits=limits_of(record, language),
        drivers=maker.drivers(spoken.stage("explain")),
        personal=maker.chosen(spoken.stage("pii"), ("columns", "singling-out")),
        personal_notes=notes_of(spoken.stage("pii")),
        attacked=maker.chosen(spoken.stage("reidentification"), ("attacks", "membership")),
        turns=turns,
        turn_tables=maker.short(turns.tables, LLM) if turns else (),
        assessed=maker.chosen(assessed, ("overview",)),
        expected=", ".join(expected_of(record)),
        loose_answers=answers_to_look_at(record, spoken, language),
        answered=answered_in(record, spoken, language),
        actions=actions_of(record, spoken, language),
        glossary=glossary_of(record, seals, language),
        measures=measures_of(record, compared, language),
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
        baseline_pairs=held_pairs(baseline, language),
        baseline_tables=maker.short(
            held_tables(baseline, findings, assessed, language), "baseline"
        ),
        inputs=record.inputs,
        policy=pairs_of(record.verdict.policy if record.verdict else {}),
        options=tuple(
            (stage.title, pairs_of(stage.options)) for stage in record.stages if stage.options
        ),
        packages=pairs_of(record.run.packages),
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
