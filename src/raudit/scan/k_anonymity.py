"""Who stands alone, without a plan: the stage's own measures on a file, a frame or an engine's table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from raudit.data import EngineTable
from raudit.data.build import data_set, in_engine
from raudit.errors import PlanError
from raudit.evidence import StageResult
from raudit.scan.sweep import validated
from raudit.stages.pii.risk.people_alone import singled_out


def k_anonymity(
    data: object, quasi_identifiers: Sequence[str], *, sensitive: Sequence[str] = (), **options: Any
) -> StageResult:
    """Group the rows by columns that others may know, and look at who stands alone.

    Parameters
    ----------
    data
        What ``raudit.cells`` takes. A DuckDB relation, a PySpark, Ibis or narwhals frame is grouped by its own engine;
        only the different rows of the named columns and their numbers leave it.
    quasi_identifiers
        At least two columns that somebody may know of a person.
    sensitive
        Columns whose values should differ within each group.
    **options
        Those of the stage ``pii``, such as ``k=5``, ``l=2`` or ``t=0.3``.

    Returns
    -------
    StageResult
        The findings of the stage, the same from every engine.

    Raises
    ------
    DataError
        If a column is not there, or the engine fails.
    NotEvaluable
        If more different rows would leave an engine than may.
    PlanError
        For an unknown option, or fewer than two columns.

    Examples
    --------
    >>> import raudit
    >>> people = {"age": [30, 30, 41, 41], "zip": ["A", "A", "A", "B"], "ill": ["x", "y", "x", "x"]}
    >>> raudit.k_anonymity(people, ["age", "zip"]).facts["pii.rows_alone"]
    2
    """
    columns = tuple(dict.fromkeys(quasi_identifiers))
    if len(columns) < 2:
        raise PlanError(
            "one column alone singles nobody out together with others",
            reference="quasi-identifiers-few",
            hint="name at least two columns that somebody may know of a person",
        )
    chosen = validated({**options, "quasi_identifiers": columns})
    table = EngineTable(native=data) if in_engine(data) else data_set(data)
    findings, tables, facts = singled_out(table, columns, tuple(sensitive), chosen)
    return StageResult(
        summary=findings[0].statement, findings=tuple(findings), tables=tuple(tables), facts=facts
    )
