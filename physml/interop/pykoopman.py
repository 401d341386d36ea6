"""Models of pykoopman and PyDMD: their residuals, their observables in our estimators, our estimators in their pipeline.

pykoopman is imported by :func:`to_pykoopman` alone; the other functions look at what an object offers.
"""

from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted

from physml.koopman.arrays import as_tensor
from physml.koopman.estimator import KoopmanEstimator


class Translated(NamedTuple):
    """A model of pykoopman in our convention.

    Args:
        dictionary: its observables, for our estimators.
        koopman_matrix: K with psi(y) = psi(x) K, (N, N).
    """

    dictionary: Any
    koopman_matrix: np.ndarray


class Observables(TransformerMixin, BaseEstimator):
    """Observables of pykoopman as a dictionary, also where a current scikit-learn has no ``n_input_features_``.

    Args:
        observables: of pykoopman; is cloned.
    """

    def __init__(self, observables: Any) -> None:
        self.observables = observables

    def fit(self, X: np.ndarray, y: Any = None) -> "Observables":
        """Fit a copy of the observables."""
        self.observables_ = clone(self.observables)
        for part in getattr(self.observables_, "observables_list_", [self.observables_]):
            _repair(part)
        self.observables_.fit(X)
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """The observables of each row, (n - n_consumed_samples, N)."""
        check_is_fitted(self, "observables_")
        return self.observables_.transform(X)

    @property
    def n_consumed_samples(self) -> int:
        """Rows that delays use up."""
        return int(getattr(self.observables_, "n_consumed_samples", 0))


def koopman_residuals(model: Any, X: Any, Y: Any) -> np.ndarray:
    r"""The residual :math:`\|g \circ F - \lambda g\| / \|g\|` of each eigenpair of a fitted model, on pairs x, y = F(x).

    Small residuals are certificates, if the pairs were not used in the fit, or are many more than the functions
    (colbrook2024rigorous). Works for pykoopman (``psi`` and ``lamda_array``) and PyDMD (``modes`` and ``eigs``).

    Args:
        model: fitted.
        X: (M, d).
        Y: (M, d).

    Raises:
        TypeError: the model offers neither.
        ValueError: X and Y are no pairs.

    Example:
        >>> class Doubling:  # as PyDMD
        ...     modes, eigs = np.eye(1), np.array([2.0])
        >>> koopman_residuals(Doubling(), [[1.0], [2.0]], [[2.0], [4.0]])
        array([0.])
    """
    x, y = (as_tensor(values, name).cpu().numpy() for values, name in ((X, "X"), (Y, "Y")))
    if x.ndim != 2 or x.shape != y.shape:
        raise ValueError(f"X has shape {x.shape} and Y {y.shape}; expected pairs (samples, coordinates) twice")
    if hasattr(model, "psi") and hasattr(model, "lamda_array"):
        g, image, values = model.psi(x.T), model.psi(y.T), np.asarray(model.lamda_array)
    elif hasattr(model, "modes") and hasattr(model, "eigs"):
        functionals = np.linalg.pinv(np.asarray(model.modes))
        g, image, values = functionals @ x.T, functionals @ y.T, np.asarray(model.eigs)
    else:
        raise TypeError(
            f"a {type(model).__name__} has neither psi and lamda_array, as models of pykoopman do, nor modes and eigs, as "
            "those of PyDMD; fit it first, or use ResDMD on its observables"
        )
    return np.linalg.norm(image - values[:, None] * g, axis=1) / np.linalg.norm(g, axis=1)


def from_pykoopman(model: Any) -> Translated:
    """Observables and matrix of a fitted model of pykoopman: ``EDMD(translated.dictionary)`` gives it certificates.

    Args:
        model: a fitted ``pykoopman.Koopman``.

    Raises:
        TypeError: another object.

    Example:
        >>> import sys
        >>> if "pykoopman" in sys.modules:
        ...     from_pykoopman(sys.modules["pykoopman"].Koopman().fit(np.eye(3))).koopman_matrix.shape
    """
    if not hasattr(model, "observables") or not hasattr(model, "A"):
        raise TypeError(f"a {type(model).__name__} has no observables and A; expected a fitted pykoopman.Koopman")
    projection = np.asarray(model.ur)
    return Translated(Observables(model.observables), (projection @ np.asarray(model.A) @ projection.conj().T).T)


def to_pykoopman(estimator: KoopmanEstimator) -> Any:
    """An estimator as a regressor of pykoopman: ``pykoopman.Koopman(regressor=to_pykoopman(EDMD(...)))``.

    Its dictionary acts on what pykoopman's observables give; with the identity as observables it is the whole model.

    Args:
        estimator: unfitted, with a dictionary that starts with the constant and the coordinates, or with none.

    Raises:
        ImportError: pykoopman cannot be imported; it also needs ``lightning`` and ``setuptools<81``.
    """
    return _regressor_class()(estimator)


def _regressor_class() -> Any:
    try:
        from pykoopman.regression import BaseRegressor  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise ImportError(
            "pykoopman cannot be imported. It is no dependency of physml, since it pins old versions: install it into an "
            "environment of its own, pip install --no-deps pykoopman pydmd lightning 'setuptools<81'"
        ) from error
    return BaseRegressor


def _repair(observables: Any) -> None:
    """Give Polynomial the attribute that scikit-learn has renamed."""
    kind = type(observables)
    if kind.__name__ == "Polynomial" and not hasattr(kind, "n_input_features_"):
        kind.n_input_features_ = property(lambda self: self.n_features_in_)
