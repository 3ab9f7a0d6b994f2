"""The optional columns from which a risk gets its priority; every list of risks has them."""

from __future__ import annotations

from raudit.checklists.form.schema import Option, Question, RowColumn

EFFORT = ("labelling", "retraining", "monitoring", "review")

PRIORITY_COLUMNS: tuple[RowColumn, ...] = (
    RowColumn(
        id="reach",
        text="For its priority: people it concerns in a year",
        type="number",
        required=False,
    ),
    RowColumn(
        id="confidence",
        text="How sure are reach and level",
        type="choice",
        options=(
            Option(id="high", text="High: measured"),
            Option(id="medium", text="Medium: estimated by someone who knows"),
            Option(id="low", text="Low: guessed"),
        ),
        required=False,
    ),
    *(
        RowColumn(
            id=f"effort_{part}", text=f"Person-days for {words}", type="number", required=False
        )
        for part, words in zip(
            EFFORT,
            (
                "labelling data",
                "retraining and release",
                "monitoring, first year",
                "regulatory review",
            ),
            strict=True,
        )
    ),
)
"""Optional columns that every list of risks has, whether or not its checklist names them."""


def with_priority(question: Question) -> Question:
    """A list of risks with the optional columns of the priority."""
    named = {column.id for column in question.columns}
    added = tuple(column for column in PRIORITY_COLUMNS if column.id not in named)
    return question.model_copy(update={"columns": (*question.columns, *added)})
