"""``raudit init`` looks at every column type without failing."""

import datetime as dt
import decimal

import pyarrow as pa
import pyarrow.parquet as pq
from tests.command_line import raudit

from raudit.data import look as look_module
from raudit.data import open_data
from raudit.data.look import MOST_DISTINCT, look_at

N = 15


def every_type():
    moment = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    columns = {
        "sex": pa.array(["a", "b", None] * 5).dictionary_encode(),
        "coded": pa.array([1, 2, None] * 5).dictionary_encode(),
        "plain": ["f", "m", "f"] * 5,
        "amount": pa.array([decimal.Decimal("1.20")] * N),
        "list": [[1, 2]] * N,
        "struct": [{"a": 1, "b": "x"}] * N,
        "structs": [[{"a": 1}]] * N,
        "map": pa.array([[("a", 1)]] * N, pa.map_(pa.string(), pa.int32())),
        "moment": pa.array([moment] * N, pa.timestamp("ns", "Europe/Berlin")),
        "clock": pa.array([dt.time(1, 2)] * N),
        "span": pa.array([dt.timedelta(1)] * N),
        "fixed": pa.array([b"abcd"] * N, pa.binary(4)),
        "bytes": pa.array([b"\xff"] * N),
        "half": pa.array([1.0] * N, pa.float16()),
        "whole": pa.array([2**63] * N, pa.uint64()),
        "flag": [True] * N,
        "null": pa.nulls(N),
        "y": [0, 1, 0] * 5,
    }
    return pa.table(columns)


def test_every_column_type_of_a_parquet_file_is_looked_at(tmp_path):
    pq.write_table(every_type(), tmp_path / "t.parquet")
    looks = {look.name: look for look in look_at(open_data(tmp_path / "t.parquet"))}
    assert (looks["sex"].distinct, looks["sex"].missing, looks["sex"].levels) == (2, 5, ("a", "b"))
    assert (looks["plain"].distinct, looks["plain"].levels) == (2, ("f", "m"))
    assert (looks["coded"].distinct, looks["amount"].distinct, looks["y"].distinct) == (2, 1, 2)
    assert looks["null"].missing == N


def test_distinct_values_are_counted_over_batches_and_counting_stops(tmp_path):
    n = MOST_DISTINCT + 10
    table = pa.table({"id": range(n), "g": pa.array(["a", "b"] * (n // 2)).dictionary_encode()})
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=10_000)
    ids, groups = look_at(open_data(tmp_path / "t.parquet"))
    assert ids.more
    assert ids.distinct > MOST_DISTINCT
    assert f"at least {ids.distinct:,} distinct" in ids.says()
    assert (groups.distinct, groups.levels) == (2, ("a", "b"))


def test_a_small_file_that_stands_for_gigabytes_is_looked_at_in_bounded_memory(tmp_path):
    value = "a b " * 250_000
    codes = pa.array([0] * 100, pa.int32())
    table = pa.table(
        {"t": pa.DictionaryArray.from_arrays(codes, pa.array([value])).cast(pa.string())}
    )
    path = tmp_path / "bomb.parquet"
    with pq.ParquetWriter(path, table.schema) as writer:
        for _ in range(3):
            writer.write_table(table)
    data = open_data(path)
    # Three hundred cells of a megabyte each, of which one is held.
    assert all(batch.nbytes < 4 * 2**20 for batch in data.batches())
    (look,) = look_at(data)
    assert (look.distinct, look.levels) == (1, ())


def test_long_distinct_values_stop_the_counting(tmp_path, monkeypatch):
    monkeypatch.setattr(look_module, "MOST_BYTES", 1_000)
    pq.write_table(pa.table({"t": [f"{'x' * 90}{i}" for i in range(100)]}), tmp_path / "t.parquet")
    (look,) = look_at(open_data(tmp_path / "t.parquet"))
    assert look.more
    assert look.levels == ()


def test_outcomes_and_groups_are_guessed_from_how_people_name_them(tmp_path):
    """As in a data set of law students, where ``pass_bar`` is 0.0 or 1.0 and ``male`` is a column of its own."""
    from raudit.plan.draft import write_draft

    def drafted(head, *rows):
        (tmp_path / "law.csv").write_text("\n".join((head, *rows * 6)) + "\n")
        looks = look_at(open_data(tmp_path / "law.csv"))
        return write_draft(looks, data="law.csv", model=None, name="x")

    text = drafted("lsat,male,pass_bar", "44.0,0.0,1.0", "29.0,1.0,0.0")
    assert 'label:            # GUESS: what really happened\n    column: "pass_bar"' in text
    assert 'favourable: "1.0"    # GUESS' in text
    assert '- {column: "male"}    # GUESS' in text
    plainer = drafted("lsat,male,pass_bar,hired", "44.0,0.0,1.0,0", "29.0,1.0,0.0,1")
    assert 'column: "hired"' in plainer.partition("sensitive_features")[0]


def test_a_model_that_does_not_predict_ends_in_2_beside_its_plan(tmp_path):
    """It ended in 0: a script went on with a plan that no model fits."""
    (tmp_path / "d.csv").write_text("a,y\n1,0\n2,1\n" * 9)
    (tmp_path / "m.skops").write_bytes(b"no model")
    done = raudit("init", "d.csv", "--model", "m.skops", "--no-keys", cwd=tmp_path)
    assert done.returncode == 2
    assert "error[model-broken]" in done.stderr
    assert "wrote raudit.yaml" in done.stdout
    assert "m.skops" in (tmp_path / "raudit.yaml").read_text()


def test_a_time_that_no_calendar_of_python_has_is_a_value_like_any_other(tmp_path):
    far = pa.array([2**60, -(2**60), 0] * 5, pa.timestamp("us"))
    pq.write_table(pa.table({"a": far, "a\ny": [0, 1, 1] * 5}), tmp_path / "t.parquet")
    done = raudit("init", "t.parquet", "--no-keys", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    told = raudit("readiness", "t.parquet", cwd=tmp_path)
    assert "a fault in raudit" not in told.stdout
    assert "name: a\\ny. Name" in told.stderr + told.stdout  # a name is one line, whatever it holds
