"""Gaps between named groups in two records: a gap that turns round is a change, and intervals cover."""

from __future__ import annotations

import json
import re
import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from raudit.data import Kind
from raudit.errors import RecordIntegrityError
from raudit.findings import Measurement, Subject
from raudit.gate.comparison import comparison_json, comparison_text
from raudit.policy.compare import compare
from raudit.policy.compare_words import notes_of
from raudit.policy.drift import shifts
from raudit.policy.profiles import profiles_of
from raudit.stages.data_readiness.profile import profile


def row(group, metric, events, n):
    return {
        "by": ["sex"],
        "group": [group],
        "metric": metric,
        "value": events / n,
        "n": n,
        "method": "wilson",
    }


def gap_record(make, counts, *, ratio=False, limit=0.3, status="passed"):
    """A record of selection rates by group, with the finding on the two that differ most."""
    rates = {group: events / n for group, (events, n) in counts.items()}
    high, low = max(rates, key=rates.get), min(rates, key=rates.get)
    value = rates[low] / rates[high] if ratio else rates[high] - rates[low]
    name = "demographic_parity_ratio" if ratio else "demographic_parity_difference"
    data = {
        "by": ["sex"],
        "metric": "selection_rate",
        "compared": len(counts),
        "highest": {"group": [high], "rate": rates[high], "n": counts[high][1]},
        "lowest": {"group": [low], "rate": rates[low], "n": counts[low][1]},
    }
    finding = make.finding(
        "RA-FAIR-002" if ratio else "RA-FAIR-001",
        subject=Subject(kind="attribute", name="sex", detail={"metric": name}),
        status=status,
        low=0.5 if ratio else None,
        high=None if ratio else limit,
        measurement=Measurement(metric=name, value=value, n=sum(n for _, n in counts.values())),
        data=data,
    )
    rows = [row(group, "selection_rate", *pair) for group, pair in counts.items()]
    return make.record(make.stage(finding, artefacts={"estimates": rows}))


@pytest.mark.parametrize("ratio", [False, True])
def test_a_gap_that_turns_round_is_a_clear_change(make, ratio):
    old = gap_record(make, {"M": (8000, 20_000), "F": (6000, 20_000)}, ratio=ratio)
    new = gap_record(make, {"M": (6000, 20_000), "F": (8000, 20_000)}, ratio=ratio)
    compared = compare(old, new)
    (change,) = compared.changes
    assert (change.state, change.clear, change.pair.turned) == ("turned", True, True)
    assert compared.exit_status() == 1
    assert change.pair.gaps == pytest.approx((0.75, 4 / 3) if ratio else (0.1, -0.1))
    if not ratio:
        assert change.difference.value == pytest.approx(-0.2)
        assert change.difference.low == pytest.approx(-0.2131, abs=5e-4)
        assert "“M” less “F”, went from +0.1 to -0.1" in change.sentence
    assert {(r.group[0], r.clear) for r in compared.rates} == {("M", True), ("F", True)}
    text = comparison_text(compared)
    assert "Turned round" in text
    assert "selection rate of" in text  # metrics are named as people name them
    assert "selection_rate" not in text
    assert "demographic_parity" not in text
    assert "Rates of groups: 2 of 2 moved beyond chance" in text
    said = json.loads(comparison_json(compared))["changes"][0]["pair"]
    assert said["groups"] == [["M"], ["F"]]
    assert said["turned"] is True


def test_a_gap_that_closes_is_better_and_noise_is_the_same(make):
    old = gap_record(make, {"M": (8000, 20_000), "F": (6000, 20_000)}, limit=0.05, status="failed")
    closed = gap_record(
        make, {"M": (7000, 20_000), "F": (7050, 20_000)}, limit=0.05, status="passed"
    )
    (change,) = compare(old, closed).changes
    assert (change.state, change.clear, change.pair.turned) == ("no longer failed", True, False)
    noise = gap_record(
        make, {"M": (8020, 20_000), "F": (6010, 20_000)}, limit=0.05, status="failed"
    )
    assert compare(old, noise).changes[0].state == "same"


def test_both_groups_moving_alike_shows_in_the_rates(make):
    old = gap_record(make, {"M": (8000, 20_000), "F": (6000, 20_000)})
    new = gap_record(make, {"M": (12000, 20_000), "F": (10000, 20_000)})
    compared = compare(old, new)
    assert compared.changes[0].state == "same"
    assert all(rate.clear for rate in compared.rates)
    assert compared.rates[0].difference.value == pytest.approx(0.2)


def test_a_new_worst_pair_is_seen(make):
    old = gap_record(make, {"a": (500, 1000), "b": (400, 1000), "c": (450, 1000)}, limit=0.15)
    new = gap_record(
        make, {"a": (500, 1000), "b": (400, 1000), "c": (150, 1000)}, limit=0.15, status="failed"
    )
    (change,) = compare(old, new).changes
    assert change.state == "newly failed"
    assert change.clear
    assert (change.pair.first, change.pair.second) == (("a",), ("c",))


def test_groups_that_only_one_record_holds_are_named(make):
    old = gap_record(make, {"M": (8000, 20_000), "F": (6000, 20_000)})
    new = gap_record(make, {"male": (8000, 20_000), "female": (6000, 20_000)})
    notes = " ".join(compare(old, new).notes)
    assert "only the old record holds" in notes
    assert "sex “male”" in notes


COVERAGE = runpy.run_path(
    str(Path(__file__).parents[2] / "benchmarks" / "compare_coverage.py"), run_name="coverage"
)
SETTINGS, measured = COVERAGE["SETTINGS"], COVERAGE["measured"]


@pytest.mark.parametrize("place", range(len(SETTINGS)))
def test_the_interval_of_a_change_covers(place):
    """The settings of the documented table, with fewer draws of each."""
    setting = SETTINGS[place]
    found = measured(setting, place, 2000)
    assert 0.93 <= found.covers <= 0.97
    if setting.what == "stays at zero":
        assert found.clear <= 0.07
    if setting.what == "turns":
        assert found.turned > 0.6


@pytest.mark.parametrize("place", [0, 2, 9])
def test_the_interval_of_a_changed_ratio_covers(place):
    assert 0.92 <= measured(SETTINGS[place], place, 1000, ratio=True).covers <= 0.98


def test_a_turn_needs_more_than_chance():
    assert measured(SETTINGS[3], 9, 2000).turned <= 0.03


def gap(value, unit, family):
    m = Measurement(metric="margin_gap", value=value, n=100, unit=unit)
    return {
        "subject": Subject(kind="model", name="model", detail={"family": family}),
        "measurement": m,
    }


@pytest.mark.parametrize(("n", "status"), [(400, 3), (20, 0)])
def test_a_group_that_was_compared_and_is_gone_is_not_no_change(make, n, status):
    groups = {"M": (200, 500), "F": (200, 500)}
    old = gap_record(make, groups | {"X": (2 * n // 5, n)})
    stage = replace(old.stage("fairness"), options={"min_group": 30})
    old = replace(old, stages=(stage,))
    compared = compare(old, gap_record(make, groups))
    assert compared.exit_status() == status
    assert compared.lost_groups == (("sex X",) if status else ())
    assert any("only the old record holds" in note for note in compared.notes)
    assert compare(gap_record(make, groups), old).exit_status() == 0


def test_units_are_never_subtracted_and_a_new_family_is_no_loss(make):
    old = make.record(
        make.stage(make.finding("RA-XPL-001", status="passed", **gap(2.2, "log-odds", "linear")))
    )
    new = make.record(
        make.stage(make.finding("RA-XPL-001", status="passed", **gap(0.2, "probability", "forest")))
    )
    compared = compare(old, new)
    (change,) = compared.changes
    assert (change.state, change.difference, change.ratio) == ("other unit", None, None)
    assert "log-odds" in change.sentence
    assert compared.exit_status() == 0


def test_numbers_are_written_out(make):
    old = make.record(make.stage(make.finding(value=105_200.0, span=(105_000.0, 105_400.0))))
    new = make.record(make.stage(make.finding(value=99_100.0, span=(99_000.0, 99_200.0))))
    (change,) = compare(old, new).changes
    assert "from 105,200 to 99,100" in change.sentence
    assert "e+" not in change.sentence


def prof(values, kind=Kind.INTEGER):
    return profile(pd.Series(values), kind, small_cell=10, bins=50, max_levels=30)


SPREAD = np.random.default_rng(0).uniform(1, 99, 600).round(2).tolist()
MOVES = {
    "levels replaced": (["M", "F"] * 300, ["male", "female"] * 300, Kind.TEXT),
    "one level renamed": (["a", "b", "c"] * 200, ["a", "b", "d"] * 200, Kind.TEXT),
    "a constant moved": ([5] * 500, [7] * 500, Kind.INTEGER),
    "a constant moved down": ([5] * 500, [-7] * 500, Kind.INTEGER),
    "a constant level moved": (["x"] * 500, ["y"] * 500, Kind.TEXT),
    "0/1 to 0/100": ([0, 1] * 300, [0, 100] * 300, Kind.INTEGER),
    "0/1 to 1/2": ([0, 1] * 300, [1, 2] * 300, Kind.INTEGER),
    "the top tenth moved": (
        list(range(1000)),
        [*range(900), *range(10**6, 10**6 + 100)],
        Kind.INTEGER,
    ),
    "the lowest fifth moved": (
        list(range(1000)),
        [*range(-(10**6), 200 - 10**6), *range(200, 1000)],
        Kind.INTEGER,
    ),
    "numbers rescaled": (np.linspace(0, 1, 900), np.linspace(0, 100, 900), Kind.NUMBER),
    "all missing now": ([1, 2, 3] * 200, [None] * 600, Kind.INTEGER),
    "rare levels beside new ones": (
        ["M", "F"] * 300 + [f"r{i}" for i in range(30)],
        ["X", "Y"] * 300 + [f"s{i}" for i in range(30)],
        Kind.TEXT,
    ),
    "zeros of nine in ten become -1": (
        [0] * 920 + SPREAD[:80],
        [-1] * 920 + SPREAD[:80],
        Kind.NUMBER,
    ),
    "a common value among others moved": ([50] * 400 + SPREAD, [51] * 400 + SPREAD, Kind.NUMBER),
    "the common largest value moved": ([100] * 400 + SPREAD, [100.9] * 400 + SPREAD, Kind.NUMBER),
    "one new level where rare ones were": (
        ["a"] * 600 + [f"r{i}" for i in range(30)],
        ["a"] * 600 + ["new"] * 30,
        Kind.TEXT,
    ),
}


@pytest.mark.parametrize("name", MOVES)
def test_complete_replacements_are_never_stable(name):
    old, new, kind = MOVES[name]
    (shift,) = shifts({"x": prof(old, kind)}, {"x": prof(new, kind)})
    assert shift.state in {"moderate", "large"}, shift
    (same,) = shifts({"x": prof(old, kind)}, {"x": prof(old, kind)})
    assert same.state == "stable"


def test_pooled_levels_do_not_invent_a_shift():
    rng = np.random.default_rng(0)
    levels = [f"c{i}" for i in range(60)]
    weights = 1 / np.arange(1, 61)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        old, new = (rng.choice(levels, 1500, p=weights / weights.sum()) for _ in range(2))
        (shift,) = shifts({"x": prof(old, Kind.TEXT)}, {"x": prof(new, Kind.TEXT)})
        assert shift.state in {"stable", "unclear"}


UNKNOWN = {
    "fifteen rows": ([1, 2, 3] * 5, [101, 102, 103] * 5, Kind.INTEGER),
    "a constant of eight rows": ([5] * 8, [7] * 8, Kind.INTEGER),
    "a rare mark": ([0] * 95 + [1] * 5, [7] * 100, Kind.INTEGER),
    "few rows beside many": ([1, 2, 3] * 5, SPREAD, Kind.NUMBER),
    "rare ones, a tenth": (
        ["a"] * 540 + [f"r{i}" for i in range(60)],
        ["a"] * 540 + [f"s{i}" for i in range(60)],
        Kind.TEXT,
    ),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_a_record_does_not_keep_is_not_called_stable(name):
    old, new, kind = UNKNOWN[name]
    for other in (new, old):
        (shift,) = shifts({"x": prof(old, kind)}, {"x": prof(other, kind)})
        assert (shift.state, shift.psi, shift.incomparable) == ("unclear", None, True)
        assert shift.why


def test_no_bin_of_a_profile_holds_a_few():
    """A bin holds none or at least as many rows as a small cell, also around a common value."""
    rng = np.random.default_rng(3)
    for seed in range(60):
        common = rng.choice([0.0, 7.25, 1000.0], int(rng.integers(0, 300)))
        own = rng.lognormal(2, 1, int(rng.integers(20, 300))).round(3)
        found = prof(np.concatenate([common, own]), Kind.NUMBER)
        assert sum(found["counts"]) == found["n"], seed
        assert all(count == 0 or count >= 10 for count in found["counts"]), (seed, found)


def test_levels_that_are_all_too_rare_to_name_are_not_called_stable():
    old, new = ([f"{mark}{i}" for i in range(60)] * 7 for mark in "pq")
    (shift,) = shifts({"x": prof(old, Kind.TEXT)}, {"x": prof(new, Kind.TEXT)})
    assert (shift.state, shift.why) == (
        "unclear",
        "100% of its values are rare ones, which records do not name",
    )
    assert shift.incomparable  # a gate on drift ends in 3


def test_a_column_that_changed_its_form_cannot_be_told(make):
    def record(values, kind):
        part = {
            "profiles": {
                "schema": "raudit.profiles/1",
                "n": 600,
                "features": {"x": prof(values, kind)},
            }
        }
        return make.record(
            make.stage(make.finding()), make.stage(name="data_readiness", rules=(), artefacts=part)
        )

    compared = compare(record(["M", "F"] * 300, Kind.TEXT), record([0, 1] * 300, Kind.INTEGER))
    assert compared.exit_status("drift") == 3
    assert "kept as levels and is now kept as number" in comparison_text(compared)
    assert replace(compared, drift=()).exit_status() == 0


def test_the_change_that_would_have_shown_shows_in_four_of_five(make):
    rng = np.random.default_rng(4)
    size = 2000
    old = gap_record(make, {"M": (800, size), "F": (700, size)})
    (same,) = compare(old, gap_record(make, {"M": (805, size), "F": (698, size)})).changes
    assert "would have shown in four of five comparisons" in same.sentence
    wider = 0.35 - same.detectable
    clear = []
    for _ in range(150):
        one = {
            "M": (int(rng.binomial(size, 0.4)), size),
            "F": (int(rng.binomial(size, 0.35)), size),
        }
        two = {
            "M": (int(rng.binomial(size, 0.4)), size),
            "F": (int(rng.binomial(size, wider)), size),
        }
        (change,) = compare(gap_record(make, one), gap_record(make, two)).changes
        clear.append(change.clear)
    assert np.mean(clear) == pytest.approx(0.8, abs=0.1)
    assert "a change of" in comparison_text(compare(old, old))


def test_a_profile_that_one_record_alone_holds_tells_no_drift(make):
    profile = {"profiles": {"schema": "raudit.profiles/1", "columns": {}}}
    with_one = make.record(make.stage(name="data_readiness", artefacts=profile))
    bare = make.record(make.stage(name="data_readiness"))
    told = "Drift could not be told: one of the records holds no data profile"
    cases = [(with_one, bare, True), (bare, with_one, True), (bare, bare, True)]
    for old, new, said in (*cases, (with_one, with_one, False)):
        profiled = bool(profiles_of(old) and profiles_of(new))
        notes = notes_of(old, new, 0, ({}, {}), profiled)
        assert any(note.startswith(told) for note in notes) is said


GERMAN_WORDS = re.compile(
    r"\b(?:went|interval|would|comparisons|records|measured|moved|rows|run)\b"
)


@pytest.mark.parametrize("kind", ["text", "markdown"])
def test_a_comparison_speaks_german(tmp_path, make, kind):
    """Heads, sentences, numbers and notes; what is a name stays as it is, and JSON stays English."""
    from click.testing import CliRunner

    from raudit.cli.compare import command
    from raudit.record import record_bytes

    names = {"old": (8000, 6000), "new": (6000, 8000)}
    for name, rates in names.items():
        (tmp_path / f"{name}.json").write_bytes(
            record_bytes(gap_record(make, {"M": (rates[0], 20_000), "F": (rates[1], 20_000)}))
        )
    files = [str(tmp_path / f"{name}.json") for name in names]
    said = CliRunner().invoke(command, [*files, "--language", "de", "--format", kind]).output
    said = " ".join(said.split())
    assert "Umgekehrt: Die Gruppe, die vorn lag, liegt jetzt hinten" in said
    assert "eine Änderung um" in said
    assert "In beiden Datensätzen gemessene Befunde: " in said
    assert not GERMAN_WORDS.search(said), GERMAN_WORDS.search(said)
    english = CliRunner().invoke(command, [*files, "--format", kind]).output
    assert "Turned round: the group that was ahead is behind now" in english
    json_ = [
        CliRunner().invoke(command, [*files, "--format", "json", *more]).output
        for more in ((), ("--language", "de"))
    ]
    assert json_[0] == json_[1]


def test_a_turn_is_not_hidden_by_another_pair_or_by_doubt(make):
    """The pair that was widest turns round while another one is widest now; doubt is no cover."""
    old = {"a": (5000, 10_000), "b": (4500, 10_000), "c": (2000, 10_000), "d": (1000, 10_000)}
    new = {"a": (3000, 10_000), "b": (3600, 10_000), "c": (2600, 10_000), "d": (3400, 10_000)}
    before = gap_record(make, old, limit=0.05, status="failed")
    (change,) = compare(before, gap_record(make, new, limit=0.05, status="failed")).changes
    assert (change.state, change.pair.turned) == ("turned", True)
    assert (change.pair.first, change.pair.second) == (("a",), ("d",))
    unclear = gap_record(make, new, limit=0.05, status="indeterminate")
    compared = compare(before, unclear)
    assert (compared.changes[0].state, compared.exit_status()) == ("turned", 1)


def profiled(make, features, groups=()):
    part = {"schema": "raudit.profiles/1", "n": 600, "features": features}
    part["groups"] = [
        {"attribute": "sex", "group": name, "features": found} for name, found in groups
    ]
    stage = make.stage(name="data_readiness", rules=(), artefacts={"profiles": part})
    return make.record(make.stage(make.finding()), stage)


def test_a_gate_on_drift_does_not_pass_where_nothing_was_compared(make):
    plain = {"x": prof([1, 2, 3] * 200)}
    apart = {"x": {"kind": "omitted", "n": 600, "missing": 0, "why": "free text"}}
    for features in ({}, apart):
        record = profiled(make, features)
        assert compare(record, record).exit_status("drift") == 3
    whole = profiled(make, plain, [("M", plain), ("F", plain)])
    assert compare(whole, whole).exit_status("drift") == 0
    lost = profiled(make, plain, [("M", plain)])
    for old, new, said in ((whole, lost, "old record"), (lost, whole, "new one")):
        compared = compare(old, new)
        assert compared.exit_status("drift") == 3
        assert f"rows of this group: could not be told, only the {said}" in comparison_text(
            compared
        )


def test_findings_that_neither_record_could_tell_are_no_comparison(make):
    record = make.record(make.stage(make.finding(status="indeterminate", value=None)))
    assert compare(record, record).exit_status() == 5
    told = make.record(make.stage(make.finding(status="passed", value=None)))
    assert compare(told, told).exit_status() == 0


NO_RATES = {"by": "sex", "group": None, "metric": {}, "value": "NaN"}
NO_NUMBER = {"kind": "number", "n": 5, "edges": [3, 1], "counts": [1], "exact": True}
NO_LEVELS = {"kind": "levels", "n": -1, "levels": ["a"], "counts": [], "other": "many"}


@pytest.mark.parametrize(
    "kept",
    [
        {"estimates": [NO_RATES]},
        {"estimates": [row("M", "selection_rate", 1, 2) | {"interval": [None, {}]}]},
        {"estimates": [row("M", "selection_rate", 1, 2) | {"n": -5}]},
        {"profiles": {"schema": "raudit.profiles/1", "features": {"x": NO_NUMBER}}},
        {"profiles": {"schema": "raudit.profiles/1", "features": {"x": NO_LEVELS}}},
        {"profiles": {"schema": "raudit.profiles/1", "features": {"x": []}}},
        {"profiles": {"schema": "raudit.profiles/1", "features": {}, "groups": [{}]}},
    ],
)
def test_a_record_whose_artefacts_are_none_is_refused_by_name(make, kept):
    """A stranger's record ended the command with 4."""
    record = make.record(make.stage(make.finding(), artefacts=kept))
    with pytest.raises(RecordIntegrityError, match="another form than raudit writes") as caught:
        compare(record, record)
    assert (caught.value.reference, caught.value.exit_status) == ("record-artefacts", 6)


def test_records_of_two_systems_are_said_to_be_that(make):
    record = make.record(make.stage(make.finding()))
    renamed = replace(record, system={**record.system, "name": " LOAN  helper"})
    other = replace(record, system={**record.system, "name": "Mortgages"})
    text = "The records are of two systems, Loan helper and Mortgages"
    assert not any("two systems" in note for note in compare(record, renamed).notes)
    assert compare(record, other).notes[0].startswith(text)
    assert text in comparison_text(compare(record, other))
