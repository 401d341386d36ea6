"""Estimators that integrate: a dictionary's compression by quadrature, and what isometries have besides eigenpairs."""

import warnings
from abc import abstractmethod
from typing import Any

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from physml.koopman import pseudospectra
from physml.koopman.arrays import Array, as_tensor, is_numpy, outgoing
from physml.koopman.compression import Compression, compress
from physml.koopman.dictionaries import Dictionary, Foreign, MonomialDictionary, check_columns, own_copy
from physml.koopman.estimator import KoopmanEstimator
from physml.koopman.forecasting import Forecast, error_bounds, powers
from physml.koopman.pseudospectra import Method
from physml.koopman.rational import Measure, Poles, Resolvent, rational_kernel, smoothed_measure
from physml.koopman.snapshots import read_snapshots, read_weights

_NOT_INVARIANT = 0.05


class GalerkinEstimator(KoopmanEstimator):
    """A Koopman operator compressed to the span of a dictionary in L2 of the sampling measure."""

    dictionary: Any = None

    def fit(self, X: Any, Y: Any = None, sample_weight: Any = None) -> Any:
        """Fit to snapshots.

        Args:
            X: states (M, d) with successors Y; or, without Y, a trajectory (T, d), several (n, T, d), or a list of
                them.
            Y: F(x) of each x.
            sample_weight: quadrature weight of each pair, (M,); None for 1 / M.

        Raises:
            ValueError: shapes that do not match, NaN or inf, negative weights, or not more pairs than functions.
        """
        snapshots = read_snapshots(X, Y)
        self._numpy, self._real = is_numpy(X), not snapshots.trajectories[0].is_complex()
        self.n_features_in_ = snapshots.dimension
        states, successors = snapshots.pairs()
        self.dictionary_ = self._own_dictionary().fit(states, successors)
        count = snapshots.count(self.dictionary_.n_consumed_samples)
        if not count:
            raise ValueError(
                f"no trajectory has the {self.dictionary_.n_consumed_samples + 2} samples that a pair of delays needs; "
                "pass longer ones or lower n_delays"
            )
        weights = read_weights(sample_weight, count, states)
        return self._fit_compression(compress(snapshots.lifted(self.dictionary_), weights))

    def fit_compression(self, compression: Compression) -> Any:
        """Fit to an operator that is known in an orthonormal frame, without a dictionary: nothing can be predicted."""
        self._numpy, self._real, self.n_features_in_ = False, compression.is_real, 0
        return self._fit_compression(compression)

    def _fit_compression(self, compression: Compression) -> Any:
        values, frame = self._eigenpairs(compression)
        residuals = pseudospectra.residuals(compression, values, frame)
        self._publish(compression, values, frame, residuals, self._matrix(compression))
        return self

    def forecast(self, X: Any, n_steps: int) -> Forecast:
        r"""The states at 0, ..., n_steps after each row of X, with error bars.

        The error :math:`e_n = K^n x - \psi V \Lambda^n \Xi` obeys
        :math:`e_{n+1} = K e_n + (K - \Lambda)\psi V \Lambda^n \Xi`, whose last term has a computable norm. So,
        in the norm of L2 of the sampling measure,

        .. math:: \|e_n\| \le \|K\|^n \|e_0\| + \sum_{j<n} \|K\|^{n-1-j} \|(K - \Lambda)\psi V \Lambda^j \Xi\| .

        ``||K||`` is 1 for a measure-preserving fit, else its lower bound on the span.

        Raises:
            NotFittedError: before ``fit``.
            ValueError: n_steps < 0, or another number of columns than in ``fit``.
        """
        check_is_fitted(self, "eigenvalues_")
        growth = powers(self._values, n_steps)

        def advance(x: Tensor) -> Tensor:
            return self._state(torch.einsum("nk,tk,kd->ntd", self._phi(x), growth, self._modes))

        bounds = error_bounds(self.compression_, self._values, self._frame, self._modes, n_steps, self._operator_norm())
        return Forecast(self._map(X, advance), outgoing(bounds, is_numpy(X)))

    def residuals(self, X: Any, Y: Any = None, sample_weight: Any = None) -> Array:
        r"""The residuals :math:`\|(K - \lambda)g\| / \|g\|` of the eigenpairs on other data than those of ``fit``."""
        check_is_fitted(self, "eigenvalues_")
        snapshots = read_snapshots(X, Y)
        check_columns(snapshots.trajectories[0], self)
        count = snapshots.count(self.dictionary_.n_consumed_samples)
        weights, done = read_weights(sample_weight, count, snapshots.trajectories[0]), 0
        squares = torch.zeros(2, len(self._values), dtype=torch.float64)
        for psi_x, psi_y, _ in snapshots.lifted(self.dictionary_):
            w = weights[done : done + len(psi_x), None]
            phi, image = (psi.to(self._coefficients) @ self._coefficients for psi in (psi_x, psi_y))
            squares += torch.stack([(w * v.abs() ** 2).sum(0) for v in (image - self._values * phi, phi)]).cpu()
            done += len(psi_x)
        return outgoing((squares[0] / squares[1]).sqrt(), is_numpy(X))

    def spectral_measure(
        self, theta: Any, eps: float, order: int = 6, observable: Any = 0, poles: Poles = "equispaced"
    ) -> Measure:
        r"""The spectral measure of an observable at angles theta, smoothed by a rational kernel, with its error bound.

        Args:
            theta: angles (n,), modulo 2 pi.
            eps: width of the kernel.
            order: of the kernel.
            observable: number of a state coordinate, or coefficients (N,) in the dictionary.
            poles: see :func:`physml.koopman.rational_kernel`.

        Raises:
            ValueError: eps <= 0, order < 1, or an observable that does not fit.
        """
        check_is_fitted(self, "eigenvalues_")
        self._warn_unless_invariant("a spectral measure")
        angles = as_tensor(theta, "theta").to(self._values.device)
        g, kernel = self._frame_coordinates(observable), rational_kernel(order, poles)
        measure = smoothed_measure(self.compression_, g, angles, eps, kernel, self._resolvent())
        if bool((measure.bound > measure.density.abs().max()).any()):
            warnings.warn(
                f"the error bound {float(measure.bound.max()):.1e} is above the density itself: the dictionary may be "
                f"too small for eps={eps}; increase N or eps",
                stacklevel=2,
            )
        return Measure(*(outgoing(part, is_numpy(theta)) for part in measure))

    def pseudospectrum(self, z: Any, method: Method = "svd") -> Array:
        """tau(z), the least residual of all functions of the dictionary; see :func:`physml.koopman.pseudospectrum`.

        Warns:
            UserWarning: method "sweep", and samples that do not have an invariant measure.

        Raises:
            ValueError: z holds NaN or inf, or an unknown method.
        """
        check_is_fitted(self, "eigenvalues_")
        if method == "sweep":
            self._warn_unless_invariant("the sweep")
        return super().pseudospectrum(z, method)

    @abstractmethod
    def _eigenpairs(self, compression: Compression) -> tuple[Tensor, Tensor]:
        """Eigenvalues (n,), and eigenfunctions in the frame (r, n)."""

    def _certificate(self) -> str:
        defect = self.compression_.invariance_defect()
        if defect > _NOT_INVARIANT:
            return (
                f"{super()._certificate()}; K is no isometry, ||L - G|| / ||G|| = {defect:.2g}: no distances are known"
            )
        return (
            "the disc around each point, of the radius of its bound, contains a point of the spectrum as far as "
            f"samples integrate exactly and keep the measure (||L - G|| / ||G|| = {defect:.1g}), there may be others"
        )

    def _matrix(self, compression: Compression) -> Tensor:
        """K on the frame."""
        return compression.matrix

    def _operator_norm(self) -> float:
        return self.compression_.norm()

    def _resolvent(self) -> Resolvent:
        return Resolvent(self._matrix(self.compression_))

    def _own_dictionary(self) -> Dictionary | Foreign:
        return own_copy(MonomialDictionary(1) if self.dictionary is None else self.dictionary)

    def _frame_coordinates(self, observable: Any) -> Tensor:
        if isinstance(observable, int | np.integer):
            if not 0 <= observable < self.n_features_in_:
                raise ValueError(
                    f"observable {observable}; expected a state coordinate from 0 to {self.n_features_in_ - 1}"
                )
            return self.compression_.observables[:, observable]
        coefficients, size = as_tensor(observable, "observable"), self.compression_.to_frame.shape[1]
        if coefficients.shape != (size,):
            raise ValueError(
                f"observable has shape {tuple(coefficients.shape)}; expected a state coordinate's number, or "
                f"coefficients in the dictionary ({size},)"
            )
        dtype = torch.promote_types(coefficients.dtype, self.compression_.to_frame.dtype)
        return self.compression_.to_frame.to(dtype) @ coefficients.to(self._values.device, dtype)

    def _warn_unless_invariant(self, what: str, compression: Compression | None = None) -> None:
        defect = (compression or self.compression_).invariance_defect()
        if defect > _NOT_INVARIANT:
            warnings.warn(
                f"||L - G|| / ||G|| is {defect:.2g}: the samples do not have an invariant measure, but {what} is for "
                "measure-preserving systems. Sample an invariant set, or use a long trajectory",
                stacklevel=3,
            )
