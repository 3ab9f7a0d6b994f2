"""``raudit waive`` and ``raudit compare`` as processes, and the laws of a comparison."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from raudit.findings import Interval, Measurement, Status
from raudit.policy import load_waivers
from raudit.policy.compare import compare
from raudit.record import Outcome

WAIVE = (
    "--reason",
    "retraining under way",
    "--owner",
    "ann",
    "--approver",
    "bob",
    "--expires",
    "2026-12-31",
    "--clock",
    "2026-11-21T10:00:00Z",
)


@pytest.fixture
def failing(make, stored):
    return str(
        stored(make.record(make.stage(make.finding(), make.finding(group="Male", status="passed"))))
    )


def waive(raudit, record, *more):
    return raudit("waive", "RA-FAIR-001", "--record", record, *WAIVE, *more)


def test_waive_shows_writes_and_the_gate_takes_it(raudit, failing, folder):
    done = waive(raudit, failing, "--attribute", "sex", "--yes")
    assert done.status == 0, done.err
    assert "W-001 covers 1 finding, until 2026-12-31" in done.out
    assert "Selection rates differ by 20 points for Female." in done.out
    (waiver,) = load_waivers(folder / "waivers.yaml").entries
    assert (
        waiver.max_value == 0.25
    )  # the upper end of the interval, so that noise does not outgrow it
    asked = ("check", "--record", failing, "--waivers", "waivers.yaml", "--today", "2026-11-21")
    assert raudit(*asked).status == 1  # nobody is proven to have approved it
    with (folder / "raudit.yaml").open("a") as file:
        file.write("identity: stated\n")
    assert raudit(*asked).status == 0


def test_waive_keeps_what_is_there(raudit, failing, folder):
    before = (
        "# ours\nschema: raudit.waivers/1\nwaivers:\n    # indented\n    - {id: W-001, rule: RA-X-001, "
        "scope: {group: a}, reason: long enough, owner: a, approver: b, created: 2026-01-01, expires: 2026-12-01}\n"
    )
    (folder / "waivers.yaml").write_text(before)
    done = waive(raudit, failing, "--group", "Female", "--yes")
    assert done.status == 0, done.err
    assert (folder / "waivers.yaml").read_text().startswith(before)
    assert [entry.id for entry in load_waivers(folder / "waivers.yaml").entries] == [
        "W-001",
        "W-002",
    ]


@pytest.mark.parametrize(
    ("more", "reference"),
    [
        (("--group", "Nobody"), "waiver-covers-nothing"),
        ((), "bad-value"),
        (("--group", "Female", "--id", "W 1"), "bad-value"),
        (("--group", "Female", "--expires", "soon"), "bad-date"),
        (("--group", "Female", "--expires", "2020-01-01"), "bad-value"),
    ],
)
def test_waive_refuses(raudit, failing, folder, more, reference):
    done = waive(raudit, failing, *more, "--yes")
    assert done.status == 2
    assert f"error[{reference}]" in done.err
    assert not (folder / "waivers.yaml").exists()


def test_waive_asks_or_looks(raudit, failing, folder):
    assert waive(raudit, failing, "--group", "Female").status == 2
    assert waive(raudit, failing, "--group", "Female", "--dry-run").status == 0
    assert not (folder / "waivers.yaml").exists()


def test_waive_does_not_touch_a_layout_it_cannot_keep(raudit, failing, folder):
    text = "schema: raudit.waivers/1\nwaivers: []\n"
    (folder / "waivers.yaml").write_text(text)
    done = waive(raudit, failing, "--group", "Female", "--yes")
    assert done.status == 2
    assert "add this by hand" in done.err
    assert (folder / "waivers.yaml").read_text() == text


def measured(value, half, n=1000):
    return Measurement(
        metric="selection_rate_difference",
        value=value,
        n=n,
        interval=Interval(low=value - half, high=value + half, method="wald"),
    )


def pair(make, old, new, **more):
    a, b = (
        make.record(make.stage(replace(make.finding(**more.get(side, {})), measurement=m)))
        for side, m in (("old", old), ("new", new))
    )
    return compare(a, b)


def test_better_with_interval_and_per_cent(make):
    (change,) = pair(make, measured(0.20, 0.03), measured(0.07, 0.02)).changes
    assert (change.state, change.clear) == ("better", True)
    assert "down by 65% (95% interval" in change.sentence
    assert change.difference.high < 0


def test_noise_is_called_noise(make):
    (change,) = pair(make, measured(0.20, 0.05), measured(0.17, 0.05)).changes
    assert (change.state, change.clear) == ("same", False)
    assert "chance alone explains" in change.sentence


def test_worse(make):
    compared = pair(make, measured(0.15, 0.02), measured(0.30, 0.02))
    assert compared.changes[0].state == "worse"
    assert compared.exit_status() == 1
    assert compared.exit_status("never") == 0


def test_lost_and_now_unclear_are_three(make):
    old = make.record(
        make.stage(
            make.finding(status="passed", value=0.01, span=(0, 0.02)), make.finding(group="x")
        )
    )
    gone = make.record(make.stage(make.finding(group="x")))
    unclear = make.record(make.stage(make.finding(status="indeterminate"), make.finding(group="x")))
    assert compare(old, gone).exit_status() == 3
    assert compare(old, unclear).exit_status() == 3
    assert (
        compare(old, make.record(make.stage(outcome=Outcome.SKIPPED, reason="r"))).exit_status()
        == 5
    )


def test_two_samples_of_one_model_rarely_differ(make):
    rng = np.random.default_rng(0)
    n, groups, called = 2000, 12, 0
    for _ in range(200):
        records = []
        for _side in range(2):
            findings = []
            for g in range(groups):
                events = int(rng.binomial(n, 0.2))
                m = Measurement(
                    metric="selection_rate_difference", value=events / n, n=n, events=events
                )
                findings.append(replace(make.finding(group=f"g{g}"), measurement=m))
            records.append(make.record(make.stage(*findings)))
        called += any(change.state in {"worse", "better"} for change in compare(*records).changes)
    assert called / 200 <= 0.08  # 0.05 is stated


def profiles(values):
    import pandas as pd

    from raudit.data import Kind
    from raudit.stages.data_readiness.profile import profile

    made = {"age": profile(pd.Series(values), Kind.NUMBER, small_cell=10, bins=50, max_levels=30)}
    group = {"attribute": "sex", "group": "Female", "n": 500, "features": made}
    return {
        "profiles": {
            "schema": "raudit.profiles/1",
            "n": len(values),
            "features": made,
            "groups": [group],
        }
    }


@pytest.fixture
def two(make, stored):
    rng = np.random.default_rng(1)

    def record(shift, name, **finding):
        stage = make.stage(make.finding(**finding))
        profile = make.stage(
            name="data_readiness", rules=(), artefacts=profiles(rng.normal(shift, 1, 2000))
        )
        return str(stored(make.record(stage, profile), name))

    return record(0.0, "old.json", status=Status.FAILED), record(
        1.0, "new.json", status=Status.FAILED
    )


def test_compare_tells_drift_for_all_and_by_group(raudit, two):
    done = raudit("compare", *two)
    assert done.status == 0
    assert "Data, all rows: 1 of 1 columns moved" in done.out
    assert "Data, sex Female" in done.out
    assert "age: large shift (PSI" in done.out
    assert raudit("compare", *two, "--fail-on", "drift").status == 1
    assert raudit("compare", *two, "--fail-on", "any").status == 1
    assert raudit("compare", two[0], two[0], "--fail-on", "drift").status == 0


def test_compare_formats(raudit, two, folder):
    said = json.loads(raudit("compare", *two, "--format", "json", "--level", "0.9").out)
    assert said["drift"][0]["shifts"][0]["state"] == "large"
    assert raudit("compare", *two, "--format", "markdown", "-o", "c.md").status == 0
    assert (folder / "c.md").read_text().startswith("## Loan helper")
    assert raudit("compare", *two, "-o", "no/such/c.md").status == 4


def test_compare_statuses_of_bad_input(raudit, two, folder, make, stored):
    assert raudit("compare", two[0]).status == 2
    assert raudit("compare", two[0], "nowhere.json").status == 2
    assert raudit("compare", two[0], "raudit.yaml").status == 6
    assert raudit("compare", two[0], str(stored(make.record(make.stage()), "e.json"))).status == 5


def test_flags_are_documented(raudit):
    from pathlib import Path

    from raudit.cli.compare import command as compare_command
    from raudit.cli.waive import command as waive_command

    for command, page in ((compare_command, "compare"), (waive_command, "waivers")):
        text = (Path(__file__).parents[2] / "docs" / "reference" / f"{page}.md").read_text()
        for flag in (
            flag for param in command.params for flag in param.opts if flag.startswith("--")
        ):
            assert f"`{flag}" in text, flag
