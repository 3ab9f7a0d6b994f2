"""From verdicts to what the record keeps: findings, tables, a figure and facts. No value passes through here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from raudit.findings import (
    Finding,
    Interval,
    Measurement,
    Rule,
    Severity,
    Subject,
    Threshold,
)
from raudit.pictures import Dots, Estimate
from raudit.record import Column, Figure, Table
from raudit.sentences import joined, say, term
from raudit.stages.pii.count.profile import clopper_pearson
from raudit.stages.pii.judge.verdicts import ColumnVerdict, Found, Sureness
from raudit.stages.pii.options import Options
from raudit.stages.pii.report import catalogue as rules
from raudit.stages.pii.vocabulary.languages import NAMES as LANGUAGES
from raudit.stages.pii.vocabulary.rulebook import Rulebook

DECLARED = "The plan lists the column under stages.pii.expected: kept on purpose, and still for a person to review."
DO = {
    "redact": "Redact it.",
    "pseudonymise": "Pseudonymise it with a key kept elsewhere.",
    "coarsen": "Coarsen it.",
    "drop and revoke": "Drop it and revoke what was in it.",
    "legal sign-off": "Have its legal basis signed off.",
    "none": "",
}


def findings(
    verdicts: Sequence[ColumnVerdict], features: Sequence[str], options: Options
) -> Iterator[Finding]:
    """All findings about columns."""
    for verdict in verdicts:
        expected = verdict.name in options.expected
        yield from _identifiers(verdict, expected, options)
        yield from _special(verdict, expected, verdict.name in features)
        if verdict.personal and verdict.name in features:
            yield _feature(verdict)
        if expected and not verdict.personal and not verdict.special:
            yield _not_there(verdict)
        yield from _not_read(verdict)
        yield from (_unclear(verdict, found, options) for found in verdict.unclear)
    yield from _clean(verdicts)


def _not_read(verdict: ColumnVerdict) -> Iterator[Finding]:
    """What stands there and was not searched."""
    if verdict.profile.cut:
        yield _cut(verdict)
    if verdict.profile.encoded and not any(f.rule.group == "secret" for f in verdict.found):
        yield _encoded(verdict)


def unscanned() -> Finding:
    """That nothing was searched, since a search reads values and the rows stay in their database."""
    return rules.NAMES.indeterminate(
        Subject(kind="data", name="columns"),
        "No column was searched for personal data.",
        reason="The rows stay in their database, and a search reads values; absence of findings says nothing.",
        remedy="Add data.copy with max_rows, or scan an export by itself: raudit pii scan FILE.",
    )


def findings_beside(verdicts: Sequence[ColumnVerdict], options: Options) -> Iterator[Finding]:
    """Findings about texts that stand beside the rows, of which only those that hold something are judged."""
    for verdict in verdicts:
        yield from _identifiers(verdict, False, options)
        yield from _not_read(verdict)
        yield from (_unclear(verdict, found, options) for found in verdict.unclear)


def names_searched(verdicts: Sequence[ColumnVerdict], model: str | None) -> Finding:
    """Whether anyone looked for names; without a model nothing about names may be believed."""
    text = [v for v in verdicts if v.profile.kind in {"text", "other"} and v.profile.n_sampled]
    seen = sum(v.profile.language_model for v in text)
    if model is None:
        return rules.NAMES.indeterminate(
            Subject(kind="data", name="language model"),
            "Names, places and addresses were not searched for in cell values.",
            reason="No language model is installed. Columns named like names or addresses are listed as suspected; "
            "absence of findings for these types says nothing.",
        )
    others = [v for v in text if v.profile.language]
    if others:
        named = joined(
            ", ",
            (
                say("“{name}” ({LANGUAGES})", name=v.name, LANGUAGES=LANGUAGES[v.profile.language])
                for v in others[:10]
            ),
        )
        return rules.NAMES.indeterminate(
            Subject(kind="data", name="language model"),
            say(
                "{many} of sentences seem to be in another language than the "
                "model {model}: {named}.",
                many=_many(len(others), "column"),
                model=model,
                named=named,
            ),
            reason="Their names were searched by lists and by a model of another language, which misses many.",
            remedy="Set stages.pii.model_language and install a model of that language, or scan the column by itself.",
        )
    return rules.NAMES.passed(
        Subject(kind="data", name="language model"),
        say(
            "The language model {model} searched a sample of {many}; "
            "{many_2} with mostly digits went without.",
            model=model,
            many=_many(seen, "text column"),
            many_2=_many(len(text) - seen, "column"),
        ),
    )


def _identifiers(verdict: ColumnVerdict, expected: bool, options: Options) -> Iterator[Finding]:
    for found in verdict.found:
        rule = _rule(found)
        yield _finding(rule, verdict, found, expected, options)


def _rule(found: Found) -> Rule:
    if found.rule.group == "secret":
        return rules.SECRET
    if found.sureness is Sureness.SUSPECTED:
        return rules.SUSPECTED
    return rules.FREE_TEXT if found.sureness is Sureness.IN_TEXT else rules.DIRECT


def _finding(
    rule: Rule, verdict: ColumnVerdict, found: Found, expected: bool, options: Options
) -> Finding:
    count = found.count
    # A decision to keep a column does not make it clean, and nobody decides to keep a secret.
    expected = expected and rule is not rules.SECRET
    return rule.failed(
        Subject(kind="column", name=verdict.name, detail={"entity_type": found.entity_type}),
        _statement(verdict, found, options) + (say(" The plan declares it.") if expected else ""),
        severity=Severity.INFO if expected else rule.severity,
        reason=DECLARED if expected else "",
        measurement=measurement(found),
        threshold=Threshold(high=0.0, source="plan" if options.expected else "default"),
        anchor="stages.pii.expected" if expected else "",
        remedy=joined(" ", (part for part in (DO.get(found.rule.remedy, ""), rule.fix) if part)),
        data={
            "sureness": str(found.sureness),
            "exact": count.exact,
            "examples": list(count.examples) if options.examples else [],
            "checksum": found.rule.checksum,
            "checksum_passed": count.checksum,
        },
    )


def _unclear(verdict: ColumnVerdict, found: Found, options: Options) -> Finding:
    """What was counted and is too rare or too doubtful to be called found: neither found nor absent."""
    return rules.FREE_TEXT.indeterminate(
        Subject(kind="column", name=verdict.name, detail={"entity_type": found.entity_type}),
        say(
            "Column “{name}” may hold {a}: {cells}.",
            name=verdict.name,
            a=_a(found.rule.label),
            cells=_cells(found, options),
        ),
        severity=Severity.LOW,
        reason=why_unclear(found),
        measurement=measurement(found),
        remedy="Look at these cells, or redact the column.",
        data={
            "sureness": str(found.sureness),
            "exact": found.count.exact,
            "checksum_passed": found.count.checksum,
        },
    )


def why_unclear(found: Found) -> str:
    """Why what was counted is neither found nor absent."""
    if found.rule.chance:
        return say(
            "{valid:,} of {k:,} numbers of that form pass the check, as "
            "about {chance:.0%} of random numbers do.",
            valid=found.count.valid,
            k=found.count.k,
            chance=found.rule.chance,
        )
    if 2 * found.count.k > found.count.n:
        return say(
            "The search is sure of none of them; such texts are taken for one by mistake as well."
        )
    return say("So few or so doubtful ones are in such texts by mistake of the search as well.")


def measurement(found: Found) -> Measurement:
    """Prevalence of an entity type in a column."""
    count = found.count
    return Measurement(
        metric="prevalence",
        value=count.share if count.n else None,
        n=count.n,
        events=count.k,
        interval=count.interval(),
        method="exact count" if count.exact else "simple random sample",
        undefined_because="" if count.n else say("no cell was read"),
    )


def _statement(verdict: ColumnVerdict, found: Found, options: Options) -> str:
    count = found.count
    name = say("Column “{name}”", name=verdict.name)
    what = found.rule.label
    if found.sureness is Sureness.SUSPECTED:
        return say(
            "{name} is named and shaped like {a}, but few values pass its check ({checksum}).",
            name=name,
            a=_a(what),
            checksum=found.rule.checksum,
        )
    if not count.k:
        return say(
            "{name} is named like {a}, and the shape of its values fits.", name=name, a=_a(what)
        )
    where = _cells(found, options)
    inside = say(" inside its text") if found.sureness is Sureness.IN_TEXT else ""
    return say(
        "{name} holds {a}{inside} in {where}.", name=name, a=_a(what), inside=inside, where=where
    )


def _cells(found: Found, options: Options) -> str:
    """In how many cells it was found, with the interval if it is an estimate."""
    count = found.count
    if count.exact:
        k = (
            say("at most {small_count}", small_count=options.small_count)
            if 0 < count.valid <= options.small_count
            else say("{n:,}", n=count.valid)
        )
        return say("{k} of {n:,} filled cells (every row counted)", k=k, n=count.n)
    low, high = clopper_pearson(count.k, count.n)
    return say(
        "about {share:.0%} of cells (95% interval {low:.1%} to {high:.1%}, {n:,} drawn at random)",
        share=count.share,
        low=low,
        high=high,
        n=count.n,
    )


def _special(verdict: ColumnVerdict, expected: bool, feature: bool) -> Iterator[Finding]:
    from raudit.stages.pii.vocabulary.rulebook import load_rulebook

    known = load_rulebook(("en", "de", "fr", "es")).special
    for category in verdict.special:
        label = known[category].label if category in known else category
        for rule, applies in ((rules.SPECIAL, True), (rules.SPECIAL_FEATURE, feature)):
            if applies:
                does = (
                    say("is a feature of the model and belongs")
                    if rule is rules.SPECIAL_FEATURE
                    else say("belongs")
                )
                # To keep a column in order to compare groups is one decision; to decide by it is another.
                declared = expected and rule is rules.SPECIAL
                yield rule.failed(
                    Subject(kind="column", name=verdict.name, detail={"category": category}),
                    say(
                        "Column “{name}” {does} to a special category: {label}.",
                        name=verdict.name,
                        does=does,
                        label=term(label),
                    )
                    + (say(" The plan declares it.") if declared else ""),
                    severity=Severity.INFO if declared else rule.severity,
                    reason=DECLARED if declared else "",
                    anchor="stages.pii.expected" if declared else "",
                )


def _not_there(verdict: ColumnVerdict) -> Finding:
    """A declared column without a finding: the declaration or the scan is wrong, and nobody knows which."""
    return rules.DIRECT.indeterminate(
        Subject(kind="column", name=verdict.name, detail={"declared": "yes"}),
        say(
            "Column “{name}” is declared to hold personal data, and none was found in it.",
            name=verdict.name,
        ),
        severity=Severity.LOW,
        reason="Either the declaration is out of date, or the column holds a kind that the scan does not know.",
        anchor="stages.pii.expected",
        remedy="Take the column off stages.pii.expected, or write a recogniser for what it holds.",
    )


def _feature(verdict: ColumnVerdict) -> Finding:
    kinds = joined(", ", dict.fromkeys(f.rule.label for f in verdict.found))
    return rules.FEATURE.failed(
        Subject(kind="column", name=verdict.name),
        say(
            "The model takes column “{name}”, which holds personal data ({kinds}).",
            name=verdict.name,
            kinds=term(kinds),
        ),
    )


def _cut(verdict: ColumnVerdict) -> Finding:
    return rules.GAP.indeterminate(
        Subject(kind="column", name=verdict.name),
        say(
            "In column “{name}” {many} were read only in part.",
            name=verdict.name,
            many=_many(verdict.profile.cut, "long cell"),
        ),
        reason="Cells are read up to a fixed length so that memory and time stay bounded.",
    )


def _encoded(verdict: ColumnVerdict) -> Finding:
    profile = verdict.profile
    return rules.GAP.indeterminate(
        Subject(kind="column", name=verdict.name),
        say(
            "Column “{name}” holds text in base64 in at least {encoded:,} of {n:,} filled cells.",
            name=verdict.name,
            encoded=profile.encoded,
            n=profile.n_filled,
        ),
        reason="What is encoded was not read; absence of findings in it says nothing.",
        remedy="Decode the column into a file of its own and scan that, or drop it.",
    )


def _clean(verdicts: Sequence[ColumnVerdict]) -> Iterator[Finding]:
    """One finding on all columns without personal data, with the bound on names."""
    clean = [
        v for v in verdicts if not (v.personal or v.unclear or v.unread) and v.profile.n_filled
    ]
    modelled = [v for v in clean if v.profile.language_model and not v.profile.count("PERSON")]
    if not clean:
        return
    bound = max((clopper_pearson(0, v.profile.n_sampled)[1] for v in modelled), default=None)
    names = (
        say(
            " In each of those with text, fewer than {bound:.2%} of cells hold a name that this search finds "
            "(95 % bound).",
            bound=bound,
        )
        if bound
        else ""
    )
    yield rules.CLEAN.passed(
        Subject(kind="data", name="other columns"),
        say(
            "No direct identifier was found in {many}.{names}",
            many=_many(len(clean), "column"),
            names=names,
        ),
        measurement=Measurement(
            metric="upper_bound_of_prevalence",
            value=bound,
            n=min((v.profile.n_sampled for v in modelled), default=0),
            events=0,
            interval=Interval(low=0.0, high=bound, level=0.95, method="clopper-pearson")
            if bound
            else None,
            method="simple random sample",
            undefined_because="" if bound else say("no text column without a finding"),
        ),
    )


def column_table(verdicts: Sequence[ColumnVerdict], options: Options) -> Table:
    """One row for each column with something to say."""
    rows: list[dict[str, Any]] = []
    for verdict in verdicts:
        rows += [_row(verdict, found, options) for found in verdict.found]
        rows += [
            {
                "column": verdict.name,
                "entity": say("special category: {category}", category=term(category)),
                "evidence": say("name or vocabulary"),
            }
            for category in verdict.special
        ]
    return Table(
        id="columns",
        title="Personal data by column",
        columns=(
            Column(key="column", label="Column", kind="code"),
            Column(key="entity", label="What it holds"),
            Column(key="evidence", label="Rests on"),
            Column(key="prevalence", label="Share of filled cells", kind="proportion"),
            Column(key="interval", label="95% interval", kind="interval"),
            Column(key="n", label="Cells looked at", kind="count"),
            Column(key="method", label="Method"),
            Column(key="shapes", label="Shapes (masked)", kind="code"),
        ),
        rows=tuple(rows),
        caption=say(
            "{count:,} columns were scanned. Exact counts read every "
            "row; a sample carries its interval, which covers the "
            "drawing and not the errors of a language model.",
            count=len(verdicts),
        ),
    )


def _row(verdict: ColumnVerdict, found: Found, options: Options) -> dict[str, Any]:
    count = found.count
    interval = count.interval()
    small = count.exact and 0 < count.k <= options.small_count
    return {
        "column": verdict.name,
        "entity": term(found.rule.label),
        "evidence": term(str(found.sureness)),
        "prevalence": None if small or not count.n else count.share,
        "interval": [interval.low, interval.high] if interval else None,
        "n": count.n,
        "method": say("every row") if count.exact else say("sample"),
        "shapes": joined("  ", count.examples[:2]) if options.examples else "",
    }


def figure(verdicts: Sequence[ColumnVerdict]) -> Figure | None:
    """Prevalence of each found entity type, with its interval."""
    rows = []
    for verdict in verdicts:
        for found in verdict.found:
            if found.count.k:
                interval = found.count.interval()
                exact = found.count.exact
                rows.append(
                    Estimate(
                        label=say(
                            "{name} · {label}", name=verdict.name, label=term(found.rule.label)
                        ),
                        value=found.count.share,
                        low=interval.low if interval else None,
                        high=interval.high if interval else None,
                        n=found.count.n,
                        series=say("every row counted") if exact else say("random sample"),
                    )
                )
    if not rows:
        return None
    rows.sort(key=lambda row: -(row.value or 0.0))
    top = rows[0]
    return Figure.of(
        "prevalence",
        Dots(rows=rows[:30], x_label="Share of filled cells", percent=True),
        title="How much of each column is personal data",
        alt=say(
            "Share of filled cells for {count} column and entity pairs; "
            "the highest is {top} at {top_2:.0%}.",
            count=len(rows),
            top=top.label,
            top_2=top.value or 0.0,
        ),
        caption="Dots without a bar are full counts; bars are 95% intervals of a random sample.",
    )


def facts(verdicts: Sequence[ColumnVerdict], names_assessed: bool) -> dict[str, Any]:
    """Facts that answers are held against."""
    personal = [v for v in verdicts if v.personal]
    return {
        "pii.assessed": True,
        "pii.names_assessed": names_assessed,
        "pii.columns_with_personal_data": [v.name for v in personal],
        "pii.withheld_columns": [v.name for v in verdicts if v.personal or v.profile.free_text],
        "pii.entity_types": {
            v.name: list(dict.fromkeys(f.entity_type for f in v.found)) for v in personal
        },
        "pii.free_text_columns_with_personal_data": [v.name for v in verdicts if v.in_text],
        "pii.special_category_columns": [v.name for v in verdicts if v.special],
        "pii.secret_columns": [
            v.name for v in personal if any(f.rule.group == "secret" for f in v.found)
        ],
    }


def label_of(entity_type: str, rulebook: Rulebook) -> str:
    """Plain words for an entity type."""
    rule = rulebook.entities.get(entity_type)
    return rule.label if rule else entity_type.replace("_", " ").lower()


def _many(n: int, thing: str) -> str:
    return (
        say("{n:,} {thing}", n=n, thing=term(thing))
        if n == 1
        else say("{n:,} {thing}s", n=n, thing=term(thing))
    )


def _a(thing: str) -> str:
    vowel = thing[0] in "aeioAEIO" and not thing.startswith("one")
    return say("an {thing}", thing=term(thing)) if vowel else say("a {thing}", thing=term(thing))
