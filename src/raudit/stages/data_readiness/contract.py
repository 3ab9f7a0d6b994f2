"""The contract on the table, declared or learnt from the reference, held against the data."""

from __future__ import annotations

from raudit.data.contract import Breach, Contract, breaches, learn_contract, units
from raudit.findings import Finding, Measurement, Status
from raudit.sentences import say
from raudit.stages.data_readiness.part import Part, Setting, answer, listed
from raudit.stages.data_readiness.rules import CONTRACT


def contract(setting: Setting) -> Part:
    """Hold the data against its contract."""
    reference = setting.evidence.reference
    agreed = setting.evidence.contract
    if agreed is None and reference is None:
        return Part(
            notes=(
                "No contract on the columns was checked: the plan names none, and no reference to learn it from.",
            )
        )
    learnt_here = agreed is None
    if agreed is None:
        assert reference is not None  # noqa: S101 -- one of the two is there
        agreed = _audited_part(learn_contract(reference.data), setting)
    found = tuple(b for b in breaches(agreed, setting.data) if not _own_output(b, agreed, setting))
    where = (
        say("learnt from the reference")
        if learnt_here
        else say("learnt and kept")
        if agreed.learnt_from
        else say("declared")
    )
    findings = [_finding(setting, breach) for breach in found]
    if not found:
        itself = reference is not None and reference.data.sha256 == setting.data.sha256
        findings = [_kept(setting, agreed, where, itself=learnt_here and itself)]
    said = units(agreed)
    notes = (
        (
            say(
                "Declared units, which data cannot prove: {listed}.",
                listed=listed([say("{n} in {u}", n=n, u=u) for n, u in said.items()]),
            ),
        )
        if said
        else ()
    )
    broken = len({breach.column for breach in found if breach.certain})
    return Part(findings=tuple(findings), facts={"data.contract_breaches": broken}, notes=notes)


def _audited_part(learnt: Contract, setting: Setting) -> Contract:
    """Columns that only one of the two has are breaches only if the model takes them: exports differ in the rest."""
    features = set(setting.options.features) or set(setting.evidence.roles.features)
    columns = {
        name: column
        if not features or name in features
        else column.model_copy(update={"required": False})
        for name, column in learnt.columns.items()
    }
    return learnt.model_copy(update={"columns": columns, "closed": not features})


def _own_output(breach: Breach, agreed: Contract, setting: Setting) -> bool:
    """Whether it is the system's decision or score, which data that it was built from does not hold."""
    roles = setting.evidence.roles
    outputs = {roles.score, roles.prediction.column if roles.prediction else None}
    learnt = agreed.learnt_from and breach.what == "new column"
    return bool(learnt) and breach.column in outputs


def _finding(setting: Setting, breach: Breach) -> Finding:
    n = setting.data.n_rows
    return answer(
        CONTRACT,
        kind="column",
        name=breach.column,
        detail={"what": breach.what},
        status=Status.FAILED if breach.certain else Status.INDETERMINATE,
        statement=breach.statement,
        reason=""
        if breach.certain
        else say("the contract was learnt, and says what was seen rather than what is allowed"),
        measurement=Measurement(
            metric="cells_outside_contract", value=float(breach.cells), n=n, unit="cells"
        )
        if breach.cells
        else None,
        anchor="",
    )


def _kept(setting: Setting, agreed: Contract, where: str, *, itself: bool) -> Finding:
    """That nothing breaks the contract; whatever the data hold keeps to one that was learnt from them."""
    reason = ""
    if not agreed.columns:
        reason = say("the contract names no column")
    elif itself:
        reason = say("it was learnt from the audited file itself")
    return answer(
        CONTRACT,
        kind="data",
        name=setting.data.name,
        status=Status.INDETERMINATE if reason else Status.PASSED,
        statement=say(
            "All {count} columns of the contract ({where}) are as it says, in {n_rows:,} rows.",
            count=len(agreed.columns),
            where=where,
            n_rows=setting.data.n_rows,
        ),
        reason=reason,
        measurement=Measurement(
            metric="contract_breaches", value=0.0, n=len(agreed.columns), events=0
        ),
    )
