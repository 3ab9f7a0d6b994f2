"""scikit-learn's own types that skops does not list as harmless, reviewed here, and what is checked of them.

Reviewed for scikit-learn 1.5 to 1.9: each type below is data and arithmetic. None opens files, imports, or calls what a
file names. The compiled tree walks its arrays without looking at bounds, so a tree from a file is only used after every
child, feature and category has been found in range. Types that keep raw memory of compiled code, such as KDTree and
BallTree, and functions other than the scores and the check of arrays below, are not listed. A partial keeps arguments
for a function that has to be listed itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from raudit.errors import ModelError

VERSIONS = ((1, 5), (1, 9))
"""First and last minor version of scikit-learn that the list was reviewed for."""
REVIEWED = frozenset(
    {
        "builtins.object",
        "functools.partial",
        "numpy.dtype",
        "sklearn._loss.link.IdentityLink",
        "sklearn._loss.link.Interval",
        "sklearn._loss.link.LogLink",
        "sklearn._loss.link.LogitLink",
        "sklearn._loss.link.MultinomialLogit",
        "sklearn._loss.loss.AbsoluteError",
        "sklearn._loss.loss.ExponentialLoss",
        "sklearn._loss.loss.HalfBinomialLoss",
        "sklearn._loss.loss.HalfGammaLoss",
        "sklearn._loss.loss.HalfMultinomialLoss",
        "sklearn._loss.loss.HalfPoissonLoss",
        "sklearn._loss.loss.HalfSquaredError",
        "sklearn._loss.loss.HalfTweedieLoss",
        "sklearn._loss.loss.HalfTweedieLossIdentity",
        "sklearn._loss.loss.HuberLoss",
        "sklearn._loss.loss.PinballLoss",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.calibration._TemperatureScaling",
        "sklearn.compose._column_transformer.make_column_selector",
        "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.feature_selection._univariate_selection.chi2",
        "sklearn.feature_selection._univariate_selection.f_classif",
        "sklearn.feature_selection._univariate_selection.f_regression",
        "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
        "sklearn.gaussian_process.kernels.ConstantKernel",
        "sklearn.gaussian_process.kernels.Product",
        "sklearn.gaussian_process.kernels.RBF",
        "sklearn.gaussian_process.kernels.Sum",
        "sklearn.gaussian_process.kernels.WhiteKernel",
        "sklearn.metrics._classification.accuracy_score",
        "sklearn.metrics._classification.balanced_accuracy_score",
        "sklearn.metrics._classification.brier_score_loss",
        "sklearn.metrics._classification.f1_score",
        "sklearn.metrics._classification.fbeta_score",
        "sklearn.metrics._classification.jaccard_score",
        "sklearn.metrics._classification.log_loss",
        "sklearn.metrics._classification.matthews_corrcoef",
        "sklearn.metrics._classification.precision_score",
        "sklearn.metrics._classification.recall_score",
        "sklearn.metrics._ranking.average_precision_score",
        "sklearn.metrics._ranking.roc_auc_score",
        "sklearn.metrics._regression.max_error",
        "sklearn.metrics._regression.mean_absolute_error",
        "sklearn.metrics._regression.mean_absolute_percentage_error",
        "sklearn.metrics._regression.mean_squared_error",
        "sklearn.metrics._regression.median_absolute_error",
        "sklearn.metrics._regression.r2_score",
        "sklearn.metrics._regression.root_mean_squared_error",
        "sklearn.metrics._scorer._CurveScorer",
        "sklearn.metrics._scorer._PassthroughScorer",
        "sklearn.metrics._scorer._Scorer",
        "sklearn.model_selection._split.KFold",
        "sklearn.model_selection._split.StratifiedKFold",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
        "sklearn.tree._tree.Tree",
        "sklearn.utils._bunch.Bunch",
        "sklearn.utils._metadata_requests.MetadataRequest",
        "sklearn.utils._metadata_requests.MethodMetadataRequest",
        "sklearn.utils.validation.check_array",
    }
)
"""Full names, accepted without ``model.trusted_types``."""


def reviewed_types() -> frozenset[str]:
    """The list, if it was reviewed for the scikit-learn that is installed; else empty."""
    import sklearn

    minor = tuple(int(part) for part in sklearn.__version__.split(".")[:2])
    return REVIEWED if VERSIONS[0] <= minor <= VERSIONS[1] else frozenset()


def check_trees(native: object, path: Path) -> None:
    """Refuse trees whose arrays point outside themselves or in a circle.

    Raises
    ------
    ModelError
        If a child is no later node, or a feature is none of those that the tree takes.
    """
    seen: set[int] = set()
    waiting: list[tuple[Any, int]] = [(native, 0)]
    while waiting:
        one, width = waiting.pop()
        if id(one) in seen or isinstance(one, str | bytes | int | float | type(None)):
            continue
        seen.add(id(one))
        kind = f"{type(one).__module__}.{type(one).__name__}"
        if kind == "sklearn.tree._tree.Tree":
            _check_tree(one, width, path)
        elif kind.endswith("_hist_gradient_boosting.predictor.TreePredictor"):
            _check_histogram(one, width, path)
        else:
            own = _width(one, width, path)
            waiting += [(inner, own) for inner in _inside(one)]


def _width(one: object, outer: int, path: Path) -> int:
    """How many features reach what is inside; trees of a forest get the forest's own rows, unchecked."""
    own = int(getattr(one, "n_features_in_", outer))
    ensemble = type(one).__module__ in ("sklearn.ensemble._forest", "sklearn.ensemble._gb")
    members = getattr(one, "estimators_", ()) if ensemble else ()
    flat = members.ravel() if hasattr(members, "ravel") else members
    if any(int(member.n_features_in_) != own for member in flat):
        raise crooked(path)
    return own


def _inside(one: object) -> list[Any]:
    import numpy as np

    if isinstance(one, dict):
        return list(one.values())
    if isinstance(one, list | tuple | set | frozenset):
        return list(one)
    if isinstance(one, np.ndarray):
        return list(one.ravel()) if one.dtype == object else []
    return (
        list(vars(one).values()) if hasattr(one, "__dict__") and not isinstance(one, type) else []
    )


def _check_tree(tree: Any, width: int, path: Path) -> None:
    state = tree.__getstate__()
    nodes = state["nodes"]
    leaf = nodes["left_child"] == -1
    _check(nodes["left_child"], nodes["right_child"], nodes["feature"], ~leaf, width, path)
    if (nodes["right_child"][leaf] != -1).any() or len(state["values"]) != len(nodes):
        raise crooked(path)


def _check_histogram(tree: Any, width: int, path: Path) -> None:
    """Histogram boosting marks its leaves, and keeps categories in tables of their own."""
    nodes = tree.nodes
    inner = nodes["is_leaf"] == 0
    _check(nodes["left"], nodes["right"], nodes["feature_idx"], inner, width, path)
    tables = min(len(tree.binned_left_cat_bitsets), len(tree.raw_left_cat_bitsets))
    if (nodes["bitset_idx"][inner & (nodes["is_categorical"] != 0)] >= tables).any():
        raise crooked(path)


def _check(left: Any, right: Any, features: Any, inner: Any, width: int, path: Path) -> None:
    """Children come after their parent, which rules out circles, and features are among those that come in."""
    import numpy as np

    own = np.arange(len(left))
    first, second, asked = (column.astype(np.int64) for column in (left, right, features))
    good = (
        (first > own)
        & (second > own)
        & (first < len(own))
        & (second < len(own))
        & (asked >= 0)
        & (asked < width)
    )
    if not len(own) or not good[inner].all():
        raise crooked(path)


def crooked(path: Path) -> ModelError:
    """The error for a tree that compiled code would follow to wherever it points."""
    return ModelError(
        "a tree in the model file points outside itself",
        reference="model-broken",
        where=path.name,
        expected="nodes of which each has one parent, and splits on features that the model takes",
        hint="the file is damaged or made to do harm: do not use it",
    )
