"""Explanations beside shap: cost for a row, overhead over the bare TreeExplainer, and memory, in one run.

    python benchmarks/explain.py [adult.parquet] [--rows 10000] [--memory-rows 1000000]

Each line names the peer and its version, the ratio of processor seconds, and how far the values are apart. The generic
peers explain the whole pipeline: rows are coded as whole numbers for shap, and decoded for the model, because no entry
point of shap takes a pipeline with text columns as it is. Compiling and importing happen before the clock starts.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from raudit.model.formats.skops_file import SklearnModel
from raudit.stages.explain.shap_values.values import Explained, explain

ADULT = Path(__file__).resolve().parent.parent.parent / "shared/data/fairness/adult/adult.parquet"
GOOD = frozenset({"1"})
BACKGROUND = 100


def adult(path: Path) -> tuple[pd.DataFrame, np.ndarray]:
    """Adult as text and numbers; without the census weight, which no model should use."""
    table = pd.read_parquet(path)
    y = table["income"].astype(str).str.contains(">").to_numpy().astype(int)
    x = table.drop(columns=["income", "split", "fnlwgt"])
    words = [name for name in x if not pd.api.types.is_numeric_dtype(x[name])]
    return x.assign(**{name: x[name].astype("str") for name in words}), y


def pipelines() -> dict[str, Any]:
    """The models people ship."""
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
    from xgboost import XGBClassifier

    words = make_column_selector(dtype_include="string")
    numbers = make_column_selector(dtype_include="number")
    hot = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), words), (StandardScaler(), numbers)
    )
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    encoder = make_column_transformer((codes, words), remainder="passthrough")
    return {
        "one-hot + logistic": make_pipeline(hot, LogisticRegression(max_iter=2000)),
        "encoder + xgboost": make_pipeline(
            encoder, XGBClassifier(n_estimators=200, max_depth=6, n_jobs=1)
        ),
        "encoder + histogram boosting": make_pipeline(
            encoder, HistGradientBoostingClassifier(random_state=0)
        ),
        "encoder + forest of depth 8": make_pipeline(
            encoder, RandomForestClassifier(100, max_depth=8, random_state=0)
        ),
    }


def held(native: Any, x: pd.DataFrame) -> SklearnModel:
    """An estimator as the loaders hand it over."""
    names: Any = tuple(x.columns)
    return SklearnModel(
        format="skops", sha256=None, features=names, classes=("0", "1"), native=native
    )  # type: ignore[arg-type]


def timed(job: Callable[[], Any]) -> tuple[Any, float]:
    """What a job gives and the processor seconds it takes."""
    start = time.process_time()
    found = job()
    return found, time.process_time() - start


def margin_of(native: Any) -> Callable[[pd.DataFrame], np.ndarray]:
    """The pipeline's log-odds."""
    last, before = native.steps[-1][1], native[:-1]
    if hasattr(last, "decision_function"):
        return lambda frame: np.asarray(last.decision_function(before.transform(frame)))
    return lambda frame: np.asarray(last.predict(before.transform(frame), output_margin=True))


class Generic:
    """shap on the raw pipeline, through codes."""

    def __init__(self, native: Any, background: pd.DataFrame, kind: str) -> None:
        import shap

        self._levels = {name: pd.Index(background[name].unique()) for name in background}
        self._columns = list(background.columns)
        margin = margin_of(native)
        masker = shap.maskers.Independent(self.codes(background), max_samples=len(background))
        makers = {"permutation": shap.explainers.Permutation, "exact": shap.explainers.Exact}
        self._explainer = makers[kind](lambda codes: margin(self._decode(codes)), masker)

    def codes(self, frame: pd.DataFrame) -> np.ndarray:
        """Rows as whole numbers, whose table grows as values come up."""
        for name in self._columns:
            self._levels[name] = self._levels[name].append(pd.Index(frame[name].unique())).unique()
        return np.stack(
            [self._levels[name].get_indexer(frame[name]) for name in self._columns], axis=1
        ).astype(float)

    def _decode(self, codes: np.ndarray) -> pd.DataFrame:
        taken = codes.astype(int).T
        return pd.DataFrame(
            {
                n: self._levels[n].take(column)
                for n, column in zip(self._columns, taken, strict=True)
            }
        )

    def values(self, frame: pd.DataFrame) -> np.ndarray:
        """SHAP values of the log-odds."""
        return np.asarray(self._explainer(self.codes(frame), silent=True).values)


def against_generic(name: str, native: Any, x: pd.DataFrame, rows: int, target: float) -> None:
    """Per row, at equal values: the same background for both."""
    import shap

    background, frame = x.iloc[:BACKGROUND], x.iloc[BACKGROUND : BACKGROUND + rows]
    model = held(native, x)
    explain(model, frame.iloc[:5], background, GOOD, seed=0, perturbation="interventional")
    ours, own = timed(
        lambda: explain(model, frame, background, GOOD, seed=0, perturbation="interventional")
    )
    print(f"{name}: {own / rows * 1e6:,.1f} us/row; {ours.method}")
    for kind, few in (("permutation", 6), ("exact", 2)):
        peer = Generic(native, background, kind)
        peer.values(frame.iloc[:1])
        found, theirs = timed(lambda peer=peer, few=few: peer.values(frame.iloc[:few]))
        off = np.abs(ours.values[:few] - found).max()
        print(
            f"  shap {shap.__version__} {kind} explainer on the raw pipeline: {theirs / few * 1e6:,.0f} us/row, "
            f"ratio {theirs / few / (own / rows):,.0f} (wanted {target:,.0f}), values within {off:.2g}"
        )


def against_tree_explainer(name: str, native: Any, x: pd.DataFrame, rows: int) -> Explained:
    """Path-dependent values of the pipeline beside shap's TreeExplainer on numbers that are ready."""
    import shap

    frame, last = x.iloc[:rows], native.steps[-1][1]
    ready = native[:-1].transform(frame)

    def bare() -> np.ndarray:
        found = np.asarray(shap.TreeExplainer(last).shap_values(ready, check_additivity=False))
        return found[:, :, 1] if found.ndim == 3 else found

    peer, theirs = timed(bare)
    ours, own = timed(lambda: explain(held(native, x), frame, x.iloc[:2000], GOOD, seed=0))
    order = [str(n).split("__")[-1] for n in native[:-1].get_feature_names_out()]
    off = np.abs(ours.values - pd.DataFrame(peer, columns=order)[list(x.columns)].to_numpy()).max()
    print(
        f"{name}, path-dependent, {rows:,} rows: {own:.2f} s, shap {shap.__version__} TreeExplainer alone "
        f"{theirs:.2f} s, overhead {own / theirs - 1:+.0%} (wanted under +15 %), values within {off:.2g}, "
        f"additive to {ours.additivity:.2g}"
    )
    return ours


def against_stage(name: str, native: Any, x: pd.DataFrame, y: np.ndarray, rows: int) -> None:
    """The whole stage, with groups, proxies, resamples and figures, beside TreeExplainer on as many rows."""
    from datetime import UTC, datetime

    import shap

    from raudit.data import Roles, wrap_table
    from raudit.data.roles import Outcome
    from raudit.evidence import Evidence
    from raudit.plan import Attribute, Task
    from raudit.stages.explain import STAGE

    last = native.steps[-1][1]
    ready = native[:-1].transform(x.iloc[:rows])
    _peer, theirs = timed(
        lambda: shap.TreeExplainer(last).shap_values(ready, check_additivity=False)
    )
    table = x.assign(income=y.astype(str)).iloc[:rows]
    names: Any = tuple(x.columns)
    label: Any = Outcome(column="income", favourable=GOOD)  # type: ignore[arg-type]
    roles = Roles(label=label, sensitive=(Attribute(column="sex", label="Sex"),), features=names)  # type: ignore[arg-type]
    evidence = Evidence(
        system={},
        task=Task.BINARY,
        data=wrap_table(table),
        roles=roles,
        model=held(native, x),
        seed=0,
        clock=datetime(2026, 1, 1, tzinfo=UTC),
    )
    options = STAGE.options(rows=rows, tolerance=1e-9)
    _found, own = timed(lambda: STAGE.run(evidence, options))
    print(
        f"{name}, whole stage on {rows:,} rows: {own:.2f} s, shap {shap.__version__} TreeExplainer alone "
        f"{theirs:.2f} s, {own / theirs - 1:+.0%}"
    )


def memory(path: Path, rows: int, name: str) -> None:
    """Explain many rows and print this process's peak."""
    x, y = adult(path)
    native = pipelines()[name]
    if "xgboost" in name:
        native.set_params(xgbclassifier__n_estimators=20, xgbclassifier__max_depth=4)
    native.fit(x, y)
    many = x.iloc[np.arange(rows) % len(x)].reset_index(drop=True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    found, own = timed(lambda: explain(held(native, x), many, x.iloc[:2000], GOOD, seed=0))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{name}, {rows:,} rows: peak {peak:.2f} GiB (wanted under 2; {before:.2f} with the data and the model), "
        f"{own:.1f} s, additive to {found.additivity:.2g}"
    )


def main() -> None:
    """Run everything."""
    warnings.simplefilter("ignore")
    ask = argparse.ArgumentParser()
    ask.add_argument("adult", nargs="?", type=Path, default=ADULT)
    ask.add_argument("--rows", type=int, default=10_000)
    ask.add_argument("--memory-rows", type=int, default=1_000_000)
    ask.add_argument("--memory-of", default="")
    given = ask.parse_args()
    if given.memory_of:
        memory(given.adult, given.memory_rows, given.memory_of)
        return
    x, y = adult(given.adult)
    models = {name: native.fit(x, y) for name, native in pipelines().items()}
    for name, target in (("one-hot + logistic", 1000), ("encoder + xgboost", 200)):
        against_generic(name, models[name], x, given.rows, target)
    for name, native in models.items():
        if "logistic" not in name:
            against_tree_explainer(name, native, x, given.rows)
    for name in ("encoder + xgboost", "encoder + histogram boosting"):
        against_stage(name, models[name], x, y, given.rows)
    for name in ("one-hot + logistic", "encoder + xgboost"):
        again = [
            sys.executable,
            __file__,
            str(given.adult),
            "--memory-rows",
            str(given.memory_rows),
        ]
        subprocess.run([*again, "--memory-of", name], check=True)


if __name__ == "__main__":
    main()
