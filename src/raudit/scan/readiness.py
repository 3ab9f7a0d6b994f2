"""Data readiness without a plan: the checks of the stage on a file or a frame."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from raudit.data import ColumnName, Roles, open_data, wrap_table
from raudit.data.naming import withheld_columns, without_named_levels
from raudit.data.roles import Outcome
from raudit.errors import PlanError
from raudit.evidence import Evidence, Progress, Quiet, StageResult, discover_stages
from raudit.plan import Attribute, Task
from raudit.yamltext import nearest

NAME = "data_readiness"


def readiness(
    target: object,
    *,
    label: str | None = None,
    favourable: Iterable[str] = (),
    sensitive_features: Iterable[str] = (),
    seed: int = 0,
    clock: datetime | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> StageResult:
    """Check whether data is fit to train or audit a model: copies, leaks, placeholders, labels, coverage.

    Parameters
    ----------
    target
        Path of a data file or folder, a pandas or polars frame, or a pyarrow table.
    label
        Column of what really happened; without it nothing is said of leaks and label noise.
    favourable
        Values of the label that are good for the person.
    sensitive_features
        Columns whose groups are looked at one by one.
    seed
        Of the samples.
    clock
        Against which freshness is judged; aware. By default the machine's.
    progress
        Told how far the checks are.
    **options
        Those of the stage ``data_readiness``, such as ``max_rows=20_000``.

    Returns
    -------
    StageResult
        Findings, tables and the profile of every column; ``to_frame()`` gives one row a finding.

    Raises
    ------
    DataError
        If the target cannot be read.
    PlanError
        For an unknown option.

    Examples
    --------
    >>> import pyarrow as pa, raudit
    >>> people = pa.table({"age": [30, 40, 50, 60] * 20, "paid": ["yes", "no"] * 40})
    >>> result = raudit.readiness(people, label="paid", favourable=["yes"])
    >>> "checks were answered" in result.summary
    True
    """
    stage = discover_stages()[NAME]
    data = open_data(Path(target)) if isinstance(target, str | Path) else wrap_table(target)
    groups = tuple(sensitive_features)  # it may be a generator, and is read twice
    declared = (*([label] if label else []), *groups)
    for name in declared:
        if name not in data.kinds:
            raise PlanError(
                f"the data has no column '{name}'",
                reference="no-column",
                hint=nearest(name, [str(known) for known in data.kinds]),
            )
    outcome = None
    if label is not None:
        outcome = Outcome(column=ColumnName(label), favourable=frozenset(favourable))
    attributes = tuple(Attribute(column=name) for name in groups)
    evidence = Evidence(
        system={},
        task=Task.BINARY,
        data=data,
        roles=Roles(label=outcome, sensitive=without_named_levels(data, attributes)),
        model=None,
        seed=seed,
        withheld=withheld_columns(data, declared),
        clock=clock or datetime.now(UTC),
        progress=progress or Quiet(),
    )
    try:
        chosen = stage.options.model_validate(options)
    except ValidationError as error:
        first = error.errors()[0]
        raise PlanError(
            f"wrong option: {first['msg'].lower()}",
            reference="readiness-option",
            where=".".join(str(part) for part in first["loc"]),
        ) from error
    return stage.run(evidence, chosen)
