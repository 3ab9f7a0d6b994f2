"""``raudit explain``: what a rule means, how it is measured, and what to do when it fails."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from raudit.findings import Rule

WIDTH = 100


@click.command(
    short_help="Explain a rule, and what to do about it.",
    epilog="Exit status: 0 explained, 2 no such rule.",
)
@click.argument("rule", required=False)
def command(rule: str | None) -> None:
    """Explain RULE, such as RA-FAIR-001; without it, list every rule."""
    from raudit.errors import UsageError
    from raudit.evidence import discover_stages
    from raudit.trend.report import RULES
    from raudit.yamltext import nearest

    rules = {
        one.id: (one, stage.title) for stage in discover_stages().values() for one in stage.rules
    }
    rules |= {one.id: (one, "Series") for one in RULES}
    if rule is None:
        for key in sorted(rules):
            click.echo(f"{key}  {rules[key][0].title}")
        return
    key = rule.strip().upper()
    if key not in rules:
        raise UsageError(
            f"no rule is called {rule!r}",
            reference="rule-unknown",
            got=rule[:40],
            expected="an id such as RA-FAIR-001",
            hint=f"{nearest(key, sorted(rules))}; `raudit explain` lists every rule",
        )
    click.echo("\n".join(_lines(*rules[key])))


def _lines(rule: Rule, stage: str) -> Iterator[str]:
    yield f"{rule.id}: {rule.title}"
    yield f"Stage: {stage}. Severity: {rule.severity}, unless the policy says otherwise."
    for head, text in (
        ("Why it matters", rule.why),
        ("How it is measured", rule.how),
        ("What to do when it fails", rule.fix),
        ("Bears on", ", ".join(rule.requirements) or "no external requirement"),
    ):
        yield ""
        yield head
        yield from textwrap.wrap(
            text, WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
        )
    yield ""
    yield "To let one finding stand until a date:"
    yield f"  raudit waive {rule.id} --record record.json --help"
