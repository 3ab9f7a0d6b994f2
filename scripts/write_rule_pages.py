"""Write the catalogue of rules, a page a rule, and the list of facts, from what the stages declare."""

from __future__ import annotations

from pathlib import Path

from raudit.evidence import discover_stages
from raudit.facts import RUN_FACTS, Fact
from raudit.findings import Rule

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "rules"
FACTS_PAGE = FOLDER.parent / "reference" / "facts.md"


def pages() -> dict[str, str]:
    """Every page by file name."""
    from raudit.gate.sarif import NOT_RUN
    from raudit.trend.report import RULES

    rows: list[tuple[Rule, str]] = [(NOT_RUN, "The gate")]
    rows += [(rule, stage.title) for stage in discover_stages().values() for rule in stage.rules]
    rows += [(rule, "Series (raudit trend)") for rule in RULES]
    rows.sort(key=lambda row: row[0].id)
    made = {f"{rule.id}.md": _page(rule, title) for rule, title in rows}
    return {**made, "README.md": _index(rows)}


def _page(rule: Rule, title: str) -> str:
    bears = ", ".join(f"`{word}`" for word in rule.requirements) or "no external requirement"
    return (
        f"# {rule.id}: {rule.title}\n\n"
        f"Severity **{rule.severity}** unless the policy says otherwise. Stage: {title}. Bears on: {bears}.\n\n"
        f"## Why it matters\n\n{rule.why}\n\n"
        f"## How it is measured\n\n{rule.how}\n\n"
        f"## How to fix it\n\n{rule.fix}\n\n"
        "## In a policy\n\n"
        f"```yaml\nrules:\n  {rule.id}:\n    severity: {rule.severity}\n    block: yes\n```\n\n"
        f"To let one finding stand until a date: `raudit waive {rule.id} --record record.json …`, see "
        "[waivers](../reference/waivers.md).\n"
    )


def _index(rows: list[tuple[Rule, str]]) -> str:
    lines = [
        "# Rules",
        "",
        "Ids are stable for ever: a rule that is given up keeps its number, and no other takes it. This catalogue is",
        "made from what the stages declare (`python scripts/write_rule_pages.py`).",
        "",
        "| rule | severity | what a failed finding says | stage |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| [{rule.id}]({rule.id}.md) | {rule.severity} | {rule.title} | {title} |"
        for rule, title in rows
    ]
    return "\n".join(lines) + "\n\n```{toctree}\n:hidden:\n:glob:\n\nRA-*\n```\n"


def facts_page() -> str:
    """The page of facts."""
    lines = [
        "# Facts",
        "",
        "What answers of a checklist can be held against: `fact('NAME')` in an expression, `{fact:NAME}` in",
        "a sentence. A checklist that names another one is refused. Made from what the run and the stages declare",
        "(`python scripts/write_rule_pages.py`).",
    ]
    sections = [("The run", RUN_FACTS), *((s.title, s.facts) for s in discover_stages().values())]
    for title, facts in sections:
        lines += ["", f"## {title}", "", "| fact | value | meaning |", "|---|---|---|"]
        lines += [_row(fact) for fact in facts]
    return "\n".join(lines) + "\n"


def _row(fact: Fact) -> str:
    return f"| `{fact.name}` | {fact.type} | {fact.meaning} |"


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("RA-*.md"):
        if old.name not in pages():
            print(f"kept for ever: {old.name} is of no stage now")
    for name, text in pages().items():
        (FOLDER / name).write_text(text)
    FACTS_PAGE.write_text(facts_page())
