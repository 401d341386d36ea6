"""Models of pykoopman and PyDMD: their residuals, their observables in our estimators, ours in their pipeline.

pykoopman is imported by :func:`to_pykoopman` alone; the other functions look at what an object offers.
"""

import copy
import functools
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.validation import check_is_fitted

from physml.koopman.arrays import as_tensor
from physml.koopman.galerkin import GalerkinEstimator


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
        observables: of pykoopman; is copied.
    """

    def __init__(self, observables: Any) -> None:
        self.observables = observables

    def __sklearn_clone__(self) -> "Observables":
        """An unfitted copy. Custom observables refuse to be cloned, for they add to what they are given."""
        return Observables(copy.deepcopy(self.observables))

    def fit(self, X: np.ndarray, y: Any = None) -> "Observables":
        """Fit a copy of the observables."""
        self.observables_: Any = copy.deepcopy(self.observables)
        for part in getattr(self.observables_, "observables_list_", [self.observables_]):
            if not hasattr(part, "n_input_features_"):
                part.n_input_features_ = X.shape[1]
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
    r"""The residual :math:`\|g \circ F - \lambda g\| / \|g\|` of each eigenpair of a model, on pairs x, y = F(x).

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
            f"a {type(model).__name__} has neither psi and lamda_array, as in pykoopman, nor modes and eigs, as in "
            "PyDMD; fit it first, or use ResDMD on its observables"
        )
    return np.linalg.norm(image - values[:, None] * g, axis=1) / np.linalg.norm(g, axis=1)


def from_pykoopman(model: Any) -> Translated:
    """Observables and matrix of a fitted model of pykoopman: ``EDMD(translated.dictionary)`` gives it certificates.

    Args:
        model: a fitted ``pykoopman.Koopman``.

    Raises:
        TypeError: another object.

    Example:
        >>> class Fitted:  # as pykoopman.Koopman
        ...     observables, A, ur = FunctionTransformer(), np.diag([0.5, 2.0]), np.eye(2)
        >>> from_pykoopman(Fitted()).koopman_matrix
        array([[0.5, 0. ],
               [0. , 2. ]])
    """
    if not hasattr(model, "observables") or not hasattr(model, "A"):
        raise TypeError(f"a {type(model).__name__} has no observables and A; expected a fitted pykoopman.Koopman")
    projection = np.asarray(model.ur)
    return Translated(Observables(model.observables), (projection @ np.asarray(model.A) @ projection.conj().T).T)


def to_pykoopman(estimator: GalerkinEstimator) -> Any:
    """An estimator as a regressor of pykoopman: ``pykoopman.Koopman(observables, to_pykoopman(EDMD()))``.

    pykoopman's observables take the place of its dictionary. The fitted estimator is the regressor's ``estimator_``.

    Args:
        estimator: unfitted.

    Raises:
        ImportError: pykoopman cannot be imported.
    """
    return _regressor_class()(estimator)


@functools.cache
def _regressor_class() -> Any:
    """A subclass of pykoopman's, made when it is needed."""
    try:
        from pykoopman.regression import BaseRegressor  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise ImportError(
            f"pykoopman cannot be imported ({error}). It is no dependency of physml, since it pins old versions: in an "
            "environment of its own, pip install pydmd lightning 'setuptools<81', then pip install --no-deps pykoopman "
            "optht derivative"
        ) from error

    class Regressor(BaseRegressor):
        """K acts on rows of observables from the right; pykoopman's A on columns from the left."""

        def __init__(self, estimator: Any) -> None:
            self.estimator = estimator

        def fit(self, x: np.ndarray, y: np.ndarray | None = None, dt: Any = None) -> Any:
            self.n_samples_, self.n_input_features_ = x.shape
            copy: Any = clone(self.estimator)
            self.estimator_ = copy.set_params(dictionary=FunctionTransformer()).fit(x, y)
            return self

        def predict(self, x: np.ndarray) -> np.ndarray:
            return x @ self.estimator_.koopman_matrix_

        @property
        def coef_(self) -> np.ndarray:
            check_is_fitted(self, "estimator_")
            return self.estimator_.koopman_matrix_.T

        state_matrix_ = coef_

        @property
        def eigenvalues_(self) -> np.ndarray:
            return self.estimator_.eigenvalues_

        @property
        def eigenvectors_(self) -> np.ndarray:
            return np.linalg.pinv(self.estimator_.eigenvectors_.T)

        unnormalized_modes = eigenvectors_

        @property
        def ur(self) -> np.ndarray:
            return np.eye(self.n_input_features_)

        def _compute_phi(self, x_col: np.ndarray) -> np.ndarray:
            return x_col.reshape(self.n_input_features_, -1)

        def _compute_psi(self, x_col: np.ndarray) -> np.ndarray:
            return self.estimator_.eigenvectors_.T @ self._compute_phi(x_col)

    return Regressor
