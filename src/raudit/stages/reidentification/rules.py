"""The rules of the stage."""

from __future__ import annotations

from raudit.findings import Rule, Severity

_WHY = (
    "Data is anonymous only if nobody can be singled out, linked or inferred from it by means that are reasonably "
    "likely to be used; otherwise all duties towards the people in it remain."
)
_RISK = (
    " Success of the attack on people whose data made the table (Wilson), less its success on people whose data did "
    "not, as a share of what such people left open. It fails if the 95 % interval of this risk lies above the limit "
    "and passes if it lies below; without a control nothing is claimed, since what is true of everybody succeeds too."
)
_FIX = (
    "Coarsen or leave out the columns that the attack uses, or make the table anew with more noise, and measure "
    "again."
)
_LAW = ("gdpr:recital-26", "nist-ai-rmf:MEASURE-2.10")

SINGLING = Rule(
    id="RA-REID-001",
    title="The released table singles people out",
    why=_WHY,
    how="Queries that exactly one row of the released table answers, by extreme or rare values of one column and by "
    "values of several; it succeeds if exactly one of the people it was made from answers too."
    + _RISK,
    fix=_FIX,
    severity=Severity.HIGH,
    requirements=_LAW,
)

LINKING = Rule(
    id="RA-REID-002",
    title="The released table links what is held apart",
    why=_WHY,
    how="Two sets of columns of one person are each held against the released table; it succeeds if both have the "
    "same nearest row (Gower's distance)." + _RISK,
    fix=_FIX,
    severity=Severity.HIGH,
    requirements=_LAW,
)

INFERENCE = Rule(
    id="RA-REID-003",
    title="The released table gives a secret away",
    why=_WHY,
    how="The secret of the row of the released table that is nearest in all other columns is taken for the person's; "
    "it succeeds if that is right, for numbers to within 5 %." + _RISK,
    fix=_FIX,
    severity=Severity.HIGH,
    requirements=_LAW,
)

MEMBERSHIP = Rule(
    id="RA-REID-004",
    title="The model gives away whom it learnt from",
    why="To have been in a training set can be a secret by itself, such as of patients; and a model that knows its own "
    "rows has learnt them by heart.",
    how="A row is taken for a training row if the model is surer of its label than of that of 99 % of other rows. The "
    "bound is set on one half of the rows that the model did not learn from, and false alarms are counted on the "
    "other. It fails if the exact (Clopper-Pearson) interval of the share of recognised training rows lies above the "
    "limit and above the false alarms, and passes if it lies below the limit; groups share the error level.",
    fix="Regularise the model, stop training earlier, leave out columns that name rows, or train with differential "
    "privacy.",
    severity=Severity.MEDIUM,
    requirements=("gdpr:5.1.f", "nist-ai-rmf:MEASURE-2.10"),
)

RULES = (SINGLING, LINKING, INFERENCE, MEMBERSHIP)
