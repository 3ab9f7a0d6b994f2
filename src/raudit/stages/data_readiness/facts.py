"""Facts that the stage ``data_readiness`` gives."""

from __future__ import annotations

from raudit.facts import Fact, FactType


def _number(name: str, meaning: str) -> Fact:
    return Fact(name=f"data.{name}", type=FactType.NUMBER, meaning=meaning)


def _list(name: str, meaning: str) -> Fact:
    return Fact(name=f"data.{name}", type=FactType.LIST, meaning=meaning)


FACTS = (
    _number("missing_share_max", "Largest share of missing values in a column, 0 to 1."),
    _number(
        "placeholder_cells",
        "Cells that hold a placeholder such as a question mark instead of a value.",
    ),
    _list("placeholder_columns", "Columns that hold placeholders for missing values."),
    _number("duplicate_rows", "Rows that repeat an earlier row in every compared column."),
    _number("duplicate_share", "Share of rows that repeat an earlier row, 0 to 1."),
    _number("near_duplicate_rows", "Rows that equal another row in every compared column but one."),
    _number("repeated_units", "Persons or units that stand in more than one row."),
    _number(
        "shared_rows",
        "Audited rows that stand in the training data as well, by the compared columns.",
    ),
    _number(
        "shared_share", "Share of audited rows that stand in the training data as well, 0 to 1."
    ),
    _number(
        "shared_expected",
        "Audited rows that would have a twin in the training data by coincidence.",
    ),
    _number(
        "shared_units", "Persons or units that stand in both the audited and the training data."
    ),
    _number(
        "time_overlap_rows",
        "Audited rows that are no later than the latest row of the training data.",
    ),
    _list("leaks", "Columns that predict the label too well, or are known only after the outcome."),
    _number("contract_breaches", "Columns that break the contract: names, types, ranges, levels."),
    Fact(
        name="data.label_counts",
        type=FactType.MAPPING,
        meaning="Labelled rows by class of the label.",
    ),
    _number("label_rows", "Rows with a label."),
    _number("label_missing", "Rows without a label."),
    _number("label_min_count", "Labelled rows of the rarest class."),
    _number(
        "label_promise_gap",
        "Labelled rows that the plan promises and the data lacks, over all classes.",
    ),
    _number("label_noise", "Estimated share of wrong labels, 0 to 1."),
    _number("label_noise_low", "Lower end of the 95 % interval of the share of wrong labels."),
    _number("label_noise_high", "Upper end of the 95 % interval of the share of wrong labels."),
    _list("groups_short", "Groups that are rarer in the data than in the declared population."),
    _number("age_days", "Days from the newest row to the declared day."),
    _number("gap_days_max", "Longest time between two rows that follow one another, in days."),
    Fact(name="data.newest", type=FactType.TEXT, meaning="Day of the newest row."),
    _list("constant_columns", "Columns with one value only."),
    _list("outlier_columns", "Columns with values far outside the robust bounds."),
)
