"""Attacks on released tables and on models: the library's own results, nulls that stay null, plans that run."""

import json

import numpy as np
import pandas as pd
import pytest

from raudit.cli import main
from raudit.stages.reidentification.membership import recognised
from raudit.stages.reidentification.neighbours import inference, linkability
from raudit.stages.reidentification.options import Options
from raudit.stages.reidentification.report import attack_finding, membership_finding
from raudit.stages.reidentification.risk import Attacked, risk
from raudit.stages.reidentification.rules import INFERENCE, SINGLING
from raudit.stages.reidentification.singling_out import singled_out_share, singling_out
from raudit.stages.reidentification.tables import encoded_frames


def people(start, n):
    """Give people by arithmetic alone, so that another library can be given the same ones."""
    i = np.arange(start, start + n, dtype=float)
    u, v, w = (np.modf(i * k)[0] for k in (0.6180339887, 0.4142135623, 0.7320508075))
    return pd.DataFrame(
        {
            "age": 20 + 60 * u,
            "income": 1000 + 4000 * (0.7 * u + 0.3 * v),
            "hours": 10 + 40 * w,
            "town": np.where(v < 0.3, "Oslo", np.where(v < 0.8, "Riga", "Bern")),
            "ill": np.where(u + 0.5 * w > 0.8, "yes", "no"),
        }
    )


@pytest.fixture(scope="module")
def tables():
    released = pd.concat([people(0, 90), people(9000, 210)], ignore_index=True)
    frames = [people(0, 300), released, people(5000, 300)]
    return encoded_frames(frames, list(released))


def rng():
    return np.random.default_rng(0)


# What anonymeter 1.1.0 counts on these tables when it attacks every row, and the risk that it gives.
def test_linkability_is_that_of_the_library(tables):
    found = linkability(*tables, linked=(["age", "town"], ["income", "hours"]), n=300, rng=rng())
    assert (found.successes, found.control) == (94, 11)
    told = risk(found)
    assert (told.value, told.low, told.high) == pytest.approx(
        (0.28530108586015385, 0.22836942525973553, 0.34223274646057217), abs=1e-12
    )


@pytest.mark.parametrize(
    ("secret", "right", "control", "value"),
    [("ill", 293, 283, 0.5285208504980439), ("income", 207, 139, 0.41738089588789506)],
)
def test_inference_is_that_of_the_library(tables, secret, right, control, value):
    found = inference(*tables, secret=secret, n=300, rng=rng())
    assert (found.successes, found.control) == (right, control)
    assert risk(found).value == pytest.approx(value, abs=1e-12)


@pytest.mark.slow
def test_singling_out_is_that_of_the_library(tables):
    one, several = singling_out(*tables, n=10_000, n_columns=3, rng=rng())
    assert (one.n, one.successes, one.control) == (906, 274, 2)
    assert several.detail == "3 columns"
    assert singled_out_share(100.0, 0.01) == pytest.approx(0.00265282492528259)
    assert singled_out_share(2000.0, 0.0005) == pytest.approx(0.00013214647461668065)


@pytest.mark.parametrize(
    ("hits", "control", "value", "low", "high"),
    [
        (120, 30, 0.19070999511390976, 0.14690269134905468, 0.23451729887876485),
        (500, 26, 0.9959641820756016, 0.9919274878302287, 1.0),
        (30, 60, 0.0, 0.0, 0.0),
    ],
)
def test_risk_is_that_of_the_library(hits, control, value, low, high):
    told = risk(Attacked(n=500, successes=hits, guessed=1, control=control, n_control=500))
    assert (told.value, told.low, told.high) == pytest.approx((value, low, high), abs=1e-12)


@pytest.mark.slow
def test_a_control_of_another_size_tells_the_same():
    """A larger control is cut; from a smaller one the successes are told by their law, with a wider interval."""
    draw = np.random.default_rng(3)

    def crowd(n):
        z = draw.normal(size=n)
        return pd.DataFrame(
            {
                "a": np.round(z * 20),
                "b": np.round(20 * (z + draw.normal(size=n))),
                "c": draw.integers(0, 50, n),
            }
        )

    original, released, control = crowd(1200), crowd(1200), crowd(3000)
    risks = []
    for n in (3000, 1200, 600):
        encoded = encoded_frames([original, released, control[:n]], ["a", "b", "c"])
        found = singling_out(*encoded, n=200, n_columns=3, rng=rng())
        risks.append(risk(found[-1]))
    assert all(one.low < 0.05 for one in risks)
    assert risks[2].high - risks[2].low > risks[1].high - risks[1].low


@pytest.mark.parametrize(
    ("hits", "guessed", "control", "status"),
    [
        (120, 9, 10, "failed"),
        (12, 9, 10, "passed"),
        (60, 9, 10, "indeterminate"),
        (120, 9, None, "indeterminate"),
        (5, 90, 10, "indeterminate"),
    ],
)
def test_verdicts_on_attacks(hits, guessed, control, status):
    attacked = Attacked(
        n=500, successes=hits, guessed=guessed, control=control, n_control=500, detail="ill"
    )
    finding = attack_finding(INFERENCE, attacked, Options())
    assert finding.status.value == status
    assert f"of {hits} is guessed right" in finding.statement
    assert finding.rule != SINGLING.id


class Rows:
    """A data set of a frame, as far as membership looks at one."""

    def __init__(self, frame):
        self.table = frame
        self.kinds = dict.fromkeys(frame, None)

    def frame(self, columns):
        return self.table[columns]

    def batches(self, columns):
        import pyarrow as pa

        yield from pa.Table.from_pandas(self.table[columns]).combine_chunks().to_batches()


def scored(n, overfit, seed):
    draw = np.random.default_rng(seed)
    label = draw.integers(0, 2, n)
    sure = np.clip(draw.beta(4, 2, n) * 0.9 + overfit * (draw.random(n) < 0.3), 0.01, 0.999)
    score = np.where(label == 1, sure, 1 - sure)
    return Rows(
        pd.DataFrame({"y": label, "s": score, "sex": np.where(draw.random(n) < 0.4, "F", "M")})
    )


@pytest.mark.parametrize(("overfit", "status"), [(0.0, "passed"), (0.6, "failed")])
def test_membership(overfit, status):
    from raudit.data import ColumnName, Roles
    from raudit.data.roles import Outcome
    from raudit.plan import Attribute

    label = Outcome(column=ColumnName("y"), favourable=frozenset({"1"}))
    roles = Roles(label=label, score=ColumnName("s"), sensitive=(Attribute(column="sex"),))
    found = recognised(
        (scored(3000, overfit, 1), roles), (scored(3000, 0.0, 2), roles), min_group=100, seed=0
    )
    assert {one.group for one in found} == {"", "sex F", "sex M"}
    assert {membership_finding(one, Options()).status.value for one in found} == {status}
    # The null is one: rows that were not learnt from are taken for training rows as often as the bound says.
    assert found[0].false_interval[0] <= 0.01 <= found[0].false_interval[1]
    assert found[0].n == 3000
    assert found[0].n_others == 1500


def test_a_model_that_is_certain_of_many_rows_does_not_pass_for_want_of_a_bound():
    """A tenth of the others share the highest value: no bound lies among them, and drawing from them tells enough."""
    from raudit.data import ColumnName, Roles
    from raudit.data.roles import Outcome

    def certain(share, n, seed):
        draw = np.random.default_rng(seed)
        label = draw.integers(0, 2, n)
        sure = np.where(draw.random(n) < share, 1.0, draw.uniform(0.5, 0.9, n))
        return Rows(pd.DataFrame({"y": label, "s": np.where(label == 1, sure, 1 - sure)}))

    roles = Roles(
        label=Outcome(column=ColumnName("y"), favourable=frozenset({"1"})), score=ColumnName("s")
    )
    for share, status in ((0.95, "failed"), (0.1, "passed")):
        training = certain(share, 4000, 1)
        (one,) = recognised(
            (training, roles), (certain(0.1, 4000, 2), roles), min_group=100, seed=1
        )
        assert membership_finding(one, Options()).status.value == status
        assert one.false_interval[0] <= 0.01 <= one.false_interval[1]
        assert one.hits / one.n == pytest.approx(0.01 * share / 0.1, rel=0.5)


@pytest.mark.parametrize(
    ("control", "said"),
    [
        ("shuffled", "rows of the control stand in the data as well"),
        ("copy", "is the released table itself"),
    ],
)
def test_a_control_of_the_same_people_is_none(tmp_path, monkeypatch, capfd, control, said):
    """Against the people themselves an attack succeeds as often, so the risk would come out as nothing."""
    monkeypatch.chdir(tmp_path)
    people(0, 400).to_csv("people.csv", index=False)
    people(7000, 400).to_csv("copy.csv", index=False)
    people(0, 400).sample(frac=1, random_state=1).to_csv("shuffled.csv", index=False)
    (tmp_path / "raudit.yaml").write_text(
        f"""schema: raudit.plan/1
system: {{name: case, version: "1"}}
data:
  path: people.csv
  label: {{column: ill, favourable: "no"}}
  released: {{path: copy.csv, control: {control}.csv}}
  reference: {{path: shuffled.csv, kind: training}}
sensitive_features: [town]
stages: {{reidentification: {{n_attacks: 60}}}}
"""
    )
    with pytest.raises(SystemExit) as stop:
        main(["check", "--no-log", "--no-cache", "--output", "record=record.json"])
    assert stop.value.code == 3
    capfd.readouterr()
    (stage,) = json.loads((tmp_path / "record.json").read_text())["stages"]
    assert {finding["status"] for finding in stage["findings"]} == {"indeterminate"}
    assert all(said in finding["reason"] for finding in stage["findings"])
    assert "the model did learn from them" in " ".join(stage["notes"])


def test_a_plan_with_a_released_table(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    people(0, 400).to_csv("people.csv", index=False)
    people(0, 400).to_csv("copy.csv", index=False)
    people(5000, 400).to_csv("others.csv", index=False)
    (tmp_path / "raudit.yaml").write_text(
        """schema: raudit.plan/1
system: {name: case, version: "1"}
data:
  path: people.csv
  label: {column: ill, favourable: "no"}
  released: {path: copy.csv, control: others.csv}
sensitive_features: [town]
stages: {reidentification: {n_attacks: 200}}
"""
    )
    records = []
    for _ in range(2):
        with pytest.raises(SystemExit) as stop:
            main(["check", "--no-log", "--no-cache", "--output", "record=record.json"])
        assert stop.value.code == 1
        records.append((tmp_path / "record.json").read_bytes())
        (tmp_path / "record.json").unlink()
    capfd.readouterr()
    record = json.loads(records[0])
    assert record["stages"] == json.loads(records[1])["stages"]
    (stage,) = record["stages"]
    rules = [(f["rule"], f["status"]) for f in stage["findings"]]
    assert ("RA-REID-001", "failed") in rules
    assert ("RA-REID-002", "failed") in rules
    assert [status for rule, status in rules if rule == "RA-REID-003"] == ["failed", "failed"]
    assert {"released", "control"} <= {item["role"] for item in record["inputs"]}
    assert stage["facts"]["reidentification.measured"] == [
        "singling_out",
        "linkability",
        "inference",
    ]
    assert "training data as data.reference" in " ".join(stage["notes"])
