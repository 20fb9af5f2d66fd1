"""The course's network as a scikit-learn estimator, without needing scikit-learn.

``CatClassifier`` passes scikit-learn's ``check_estimator``, so its cross-validation, grid search
and pipelines take it. scikit-learn itself is imported only where it is the one who asks: for its
tags, and for the kinds of error and warning that it looks for.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from catdata.errors import ConfigRefused
from catdata.learning.config import TrainConfig
from catdata.learning.folds import Subset
from catdata.learning.inputs import inputs_of
from catdata.learning.network import forward, sigmoid
from catdata.learning.training import fit

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from catdata.learning.inputs import Pixels


@dataclass(eq=False)
class CatClassifier:
    """Train the course's network on pictures, or on rows of any numbers, of two classes.

    The parameters are those of :class:`~catdata.learning.config.TrainConfig`, by the same names and
    with the course's values. As scikit-learn wants it, they are looked at in :meth:`fit`, and
    ``class_weight`` may also be a dict from class to weight, or None.

    Attributes:
        classes_: The two classes in ascending order, shape (2,). Where the documentation says cat,
            it is the second one: a probability above ``threshold`` stands for it.
        n_features_in_: Numbers in a row of X; of pictures, 3 size².
        run_: The :class:`~catdata.learning.records.Run`, with history and answers to X.
    """

    layers: tuple[int, ...] = (20, 7, 5)
    learning_rate: float = 0.0075
    iterations: int = 2500
    init: str = "scaled"
    seed: int = 1
    form: str = "auto"
    record_every: int = 100
    threads: int = 1
    optimizer: str = "gradient-descent"
    momentum: float = 0.9
    decay: str = "none"
    decay_rate: float = 0.5
    decay_every: int = 1000
    activation: str = "relu"
    l2: float = 0.0
    class_weight: str | tuple[float, float] | Mapping[Any, float] | None = "none"
    threshold: float = 0.5
    center: bool = False
    standardize: bool = False
    dtype: str = "float64"
    batch_size: int = 0
    dropout: float = 0.0
    early_stop: float = 0.0
    on_failure: str = "continue"

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train the network.

        Args:
            X: Pictures of shape (m, s, s, 3), uint8; or numbers of any range, shape (m, features),
                which are taken as they are.
            y: The class of each row, shape (m,), two different values.

        Returns:
            This object.

        Raises:
            ConfigRefused: If a parameter cannot work, or X and y are not as said.
        """
        inputs = _checked_inputs(X)
        classes, labels = _checked_classes(y, len(inputs))
        knobs = self.get_params() | {"class_weight": self._class_weight(classes)}
        self.run_ = fit(Subset(inputs, labels), TrainConfig(**knobs))
        self.classes_ = classes
        self.n_features_in_: int = inputs[0].size
        return self

    def _class_weight(self, classes: NDArray[Any]) -> Any:
        if self.class_weight is None:
            return "none"
        if isinstance(self.class_weight, Mapping):
            # What a dict leaves out counts 1, as in scikit-learn.
            return tuple(self.class_weight.get(name, 1.0) for name in classes.tolist())
        return self.class_weight

    def predict_proba(self, X: ArrayLike) -> NDArray[np.floating[Any]]:
        """Return how sure the network is of each class.

        Args:
            X: Rows like those that it was trained on.

        Returns:
            Shape (m, 2), 0..1, the columns in the order of ``classes_``.

        Raises:
            ConfigRefused: If X is not as said.
            sklearn.exceptions.NotFittedError: If the network is not trained yet; without
                scikit-learn a ValueError.
        """
        if not hasattr(self, "run_"):
            raise _kind_of_sklearn("exceptions", "NotFittedError", ValueError)(
                "This CatClassifier is not fitted yet: call fit first."
            )
        inputs, run = _checked_inputs(X), self.run_
        if inputs[0].size != self.n_features_in_:
            raise ConfigRefused(
                f"X has {inputs[0].size} features, but CatClassifier is expecting"
                f" {self.n_features_in_} features as input."
            )
        logits = forward(run.parameters, inputs_of(inputs, run.scaling), run.config.activation)
        of_second = sigmoid(logits)
        return np.column_stack([1.0 - of_second, of_second])

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the class of each row, shape (m,); raises what :meth:`predict_proba` does."""
        second = self.predict_proba(X)[:, 1] > self.run_.config.threshold
        answers: NDArray[Any] = self.classes_[second.astype(np.intp)]
        return answers

    def score(self, X: ArrayLike, y: ArrayLike) -> float:
        """Return the share of rows of X whose class in *y* is predicted."""
        return float(np.mean(self.predict(X) == np.asarray(y)))

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002 - nothing is nested
        """Return all parameters by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name.

        Raises:
            ConfigRefused: If there is no such parameter.
        """
        known = self.get_params()
        for name, value in params.items():
            if name not in known:
                raise ConfigRefused(
                    f"CatClassifier has no parameter {name!r}",
                    hint=f"It has {', '.join(known)}.",
                )
            setattr(self, name, value)
        return self

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn what this is: a classifier of two classes."""
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(multi_class=False),
            input_tags=InputTags(two_d_array=True, three_d_array=False),
        )


def _kind_of_sklearn(module: str, name: str, otherwise: type) -> Any:
    """Return one of scikit-learn's classes, or *otherwise* where it is not installed."""
    try:
        return getattr(importlib.import_module(f"sklearn.{module}"), name)
    except ImportError:
        return otherwise


def _checked_inputs(X: ArrayLike) -> Pixels:
    """Return X as pictures or as rows of finite float64.

    Raises:
        ConfigRefused: If it is neither.
        TypeError: If it holds what is no number, or is sparse.
    """
    if hasattr(X, "toarray"):
        raise TypeError("X is a sparse matrix, and dense numbers are needed: X.toarray()")
    rows = np.asarray(X)
    if rows.dtype == np.uint8 and rows.ndim == 4 and rows.shape[3] == 3 and rows.size:
        return rows
    if np.iscomplexobj(rows):
        raise ConfigRefused("X: Complex data not supported")
    if rows.ndim != 2:
        raise ConfigRefused(
            f"X must be pictures, uint8 of shape (m, size, size, 3), or numbers of shape"
            f" (m, features), not {rows.dtype} of shape {rows.shape}. Reshape your data:"
            " X.reshape(-1, 1) has one feature, X.reshape(1, -1) one row."
        )
    for count, what in zip(rows.shape, ("sample(s)", "feature(s)"), strict=True):
        if count == 0:
            raise ConfigRefused(f"0 {what} (shape={rows.shape}) while a minimum of 1 is required.")
    numbers = rows.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise ConfigRefused("X holds NaN or inf, from which nothing can be computed")
    return numbers


def _checked_classes(y: ArrayLike | None, rows: int) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the two classes in ascending order, and each row's 0 or 1.

    Raises:
        ConfigRefused: If *y* is not two classes, one for each of the rows.
    """
    if y is None:
        raise ConfigRefused("This CatClassifier requires y to be passed, but the target y is None.")
    named = np.asarray(y)
    if named.ndim == 2 and named.shape[1] == 1:
        warnings.warn(
            "A column-vector y was passed when a 1d array was expected: use y.ravel().",
            _kind_of_sklearn("exceptions", "DataConversionWarning", UserWarning),
            stacklevel=3,
        )
        named = named[:, 0]
    if named.shape != (rows,):
        raise ConfigRefused(f"y must be of shape ({rows},), one class a row, not {named.shape}")
    if named.dtype.kind == "f":
        if not np.isfinite(named).all():
            raise ConfigRefused("y holds NaN or inf, which is no class")
        if (named != np.floor(named)).any():
            raise ConfigRefused("Unknown label type: continuous. y must name classes.")
    classes, labels = np.unique(named, return_inverse=True)
    if len(classes) == 1:
        raise ConfigRefused(f"y names 1 class for all {rows} rows, and two are needed")
    if len(classes) > 2:
        raise ConfigRefused(
            "Only binary classification is supported. The type of the target is multiclass:"
            f" y names {len(classes)} classes."
        )
    return classes, labels.astype(np.int64)
