"""pytest: the gate as a test, with a subtest for every finding.

::

    def test_model(raudit):
        raudit.check("raudit.yaml")

Only the engine of ``raudit check`` decides; this file turns its verdict into what pytest prints.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from raudit.checking import CheckResult
    from raudit.gate import GateFinding


class RauditGate:
    """What the ``raudit`` fixture gives."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request

    def check(self, config: str | Path = "raudit.yaml", **options: Any) -> CheckResult:
        """Run the audit of a plan, or judge a record, and fail the test unless nothing blocks.

        Parameters
        ----------
        config
            The plan, relative to pytest's root folder.
        options
            Fields of ``raudit.CheckOptions``, such as ``record="record.json"`` or ``fail_on="high"``.

        Returns
        -------
        CheckResult
            If nothing blocks. Every failed or undecided finding is a subtest of its own, where pytest has subtests.
        """
        from raudit.checking import CheckOptions, check
        from raudit.gate import findings_of

        root = self._request.config.rootpath
        for name in ("record", "waivers", "baseline"):
            if options.get(name) is not None:
                options[name] = root / options[name]
        result = check(CheckOptions(config=root / config, **options))
        for item in findings_of(result.record):
            self._subtest(item)
        verdict = result.record.verdict
        assert verdict is not None  # noqa: S101 -- check always sets it
        if result.exit_status:
            reasons = "\n".join(f"  {reason}" for reason in verdict.because)
            pytest.fail(f"raudit: exit status {result.exit_status}\n{reasons}", pytrace=False)
        return result

    def _subtest(self, item: GateFinding) -> None:
        with self._named(item):
            said = "\n".join(
                x for x in (item.finding.statement, item.reason, item.explanation) if x
            )
            if item.effect in {"blocks", "undecided"}:
                pytest.fail(
                    f"{item.finding.rule} ({item.severity}) {item.status}: {said}", pytrace=False
                )
            if item.effect in {"waived", "known", "noted"}:
                pytest.skip(f"{item.finding.rule} {item.effect}: {said}")

    @contextlib.contextmanager
    def _named(self, item: GateFinding) -> Iterator[None]:
        """A subtest, if pytest has them (from 9 on); else findings show in the reasons of the test itself."""
        try:
            subtests = self._request.getfixturevalue("subtests")
        except pytest.FixtureLookupError:
            with contextlib.suppress(pytest.fail.Exception, pytest.skip.Exception):
                yield
            return
        subject = item.finding.subject
        with subtests.test(
            msg=item.finding.rule,
            kind=subject.kind,
            name=subject.name,
            **_plain(dict(subject.detail)),
        ):
            yield


def _plain(detail: dict[str, str]) -> dict[str, str]:
    """Keys that ``subtests.test`` does not take for itself."""
    return {
        key: value
        for key, value in detail.items()
        if key not in {"msg", "kind", "name"} and key.isidentifier()
    }


@pytest.fixture
def raudit(request: pytest.FixtureRequest) -> RauditGate:
    """The gate: ``raudit.check("raudit.yaml")`` fails the test unless nothing blocks."""
    return RauditGate(request)
