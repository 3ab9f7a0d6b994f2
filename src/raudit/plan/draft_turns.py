"""A first raudit.yaml for recorded turns of a language model: nothing is guessed, what may be declared is shown."""

from __future__ import annotations

from collections.abc import Sequence

from raudit.plan.draft import CLOSING, heading, quoted


def write_turns_draft(
    *, data: str, name: str, columns: Sequence[str], texts: Sequence[str], left: Sequence[str]
) -> str:
    """Write a commented plan.

    Parameters
    ----------
    data
        Path of the file of turns, relative to the plan.
    name
        Name of the system.
    columns
        Columns of the table of turns that the file gives.
    texts
        Those of them that are texts, which the stage ``pii`` scans.
    left
        Keys of its rows that no field takes.
    """
    lines = [
        *heading(
            name, "What raudit audits: recorded turns of a language model. No model is called."
        ),
        "data:",
        f"  path: {quoted(data)}",
        "  turns:",
        "    # Where a field is in a row. A group, or a label by a person or a judge, counts only if it is named here.",
        "    fields: {}",
        "    #   group.language: KEY      # whose answers are compared",
        "    #   judge.refused: KEY       # what a model or a string match said",
        "    #   human.refused: KEY       # what a person said of some of them",
        "    # labels: labels.xlsx      # or from a sample: raudit llm sample raudit.yaml -o labels.xlsx",
        "    # system_prompt: prompt.txt    # instructions that no answer may repeat",
        "",
        "stages:",
        f"  pii: {{columns: [{', '.join(texts)}]}}",
        "  llm: {}    # with nothing declared it says what could be read, and ends in: could not tell",
        "    # groups: language",
        "    # outcomes:",
        "    #   - name: refused",
        "    #     column: judge.refused",
        '    #     positive: "yes"',
        "    #     human: [human.refused]    # without people's labels a judge's rate is indeterminate",
        "    #     max_rate: 0.1",
        "    #     max_gap: 0.05",
        "    # attacks:",
        "    #   - {outcome: {name: attack succeeded, column: attacked}, tolerance: 0.05}",
        *CLOSING,
        *(f"#   {column}" for column in columns),
    ]
    if left:
        lines += [
            "# Keys of its rows that no field takes yet:",
            *(f"#   {quoted(k)}" for k in left),
        ]
    return "\n".join(lines) + "\n"
