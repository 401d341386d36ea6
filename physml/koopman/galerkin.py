"""Estimators that integrate: a dictionary's compression by quadrature, and what isometries have besides eigenpairs."""

import warnings
from abc import abstractmethod
from typing import Any, Literal

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from physml.koopman import pseudospectra
from physml.koopman.arrays import Array, as_tensor, is_numpy, outgoing
from physml.koopman.bands import ResidualBands, block_squares, residual_bands
from physml.koopman.compression import Compression, compress
from physml.koopman.dictionaries import Dictionary, Foreign, MonomialDictionary, check_columns, own_copy
from physml.koopman.estimator import KoopmanEstimator, as_complex
from physml.koopman.forecasting import Forecast, error_bounds, powers
from physml.koopman.products import compress_products
from physml.koopman.pseudospectra import Method
from physml.koopman.rational import Measure, Poles, Resolvent, rational_kernel, smoothed_measure
from physml.koopman.snapshots import Snapshots, read_snapshots, read_weights

Assembly = Literal["qr", "products"]

_NOT_INVARIANT = 0.05
_ASSEMBLIES = {"qr": compress, "products": compress_products}


class GalerkinEstimator(KoopmanEstimator):
    """A Koopman operator compressed to the span of a dictionary in L2 of the sampling measure."""

    dictionary: Any = None
    assembly: Assembly = "qr"

    def fit(self, X: Any, Y: Any = None, sample_weight: Any = None) -> Any:
        """Fit to snapshots.

        Args:
            X: states (M, d) with successors Y; or, without Y, a trajectory (T, d), several (n, T, d), or a list of
                them. If they are labelled with times, these must be equally spaced.
            Y: F(x) of each x.
            sample_weight: quadrature weight of each pair, (M,); None for 1 / M.

        Raises:
            ValueError: shapes that do not match, NaN or inf, unequal steps of time, negative weights, or not more
                pairs than functions.
        """
        snapshots = read_snapshots(X, Y)
        self._numpy, self._real = is_numpy(X), not snapshots.trajectories[0].is_complex()
        self.n_features_in_ = snapshots.dimension
        states, successors = snapshots.pairs()
        self.dictionary_ = self._own_dictionary().fit(states, successors)
        return self._fit_snapshots(snapshots, self._weights(snapshots, sample_weight))

    def fit_compression(self, compression: Compression) -> Any:
        """Fit to an operator that is known in an orthonormal frame, without a dictionary: nothing can be predicted."""
        self._numpy, self._real, self.n_features_in_ = False, compression.is_real, 0
        return self._fit_compression(compression)

    def _fit_snapshots(self, snapshots: Snapshots, weights: Tensor) -> Any:
        if self.assembly not in _ASSEMBLIES:
            raise ValueError(f"no assembly {self.assembly!r}; there are {', '.join(_ASSEMBLIES)}")
        return self._fit_compression(_ASSEMBLIES[self.assembly](snapshots.lifted(self.dictionary_), weights))

    def _fit_compression(self, compression: Compression) -> Any:
        matrix = self._matrix(compression)
        values, frame = self._eigenpairs(compression, matrix)
        residuals = pseudospectra.residuals(compression, values, frame)
        self._publish(compression, values, frame, residuals, matrix)
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
        totals = self._block_squares(X, Y, sample_weight, self._values, self._coefficients, 1)[:, 0]
        return outgoing((totals[0] / totals[1]).sqrt(), is_numpy(X))

    def residual_bands(
        self, X: Any, Y: Any = None, sample_weight: Any = None, z: Any = None, level: float = 0.9, blocks: int = 20
    ) -> ResidualBands:
        r"""Confidence bands of residuals, from data that were not used in ``fit``.

        The functions are held fixed, so each residual is a ratio of two means, and the band tells how well the sample
        determines it. The upper end for a point z bounds tau(z), the least residual of all functions, too. On the data
        of ``fit`` the functions are the ones that suit the sample, and bands are too low.

        Args:
            X, Y, sample_weight: as of ``fit``.
            z: points of the plane, of whose pseudoeigenfunctions the residuals are; None for the eigenpairs.
            level: probability that one residual is in its band.
            blocks: the sample is cut into; whole trajectories, or stretches of one, which must be longer than its
                memory.

        Returns:
            Bands with the shape of ``eigenvalues_`` or of z.

        Raises:
            NotFittedError: before ``fit``.
            ValueError: data as of ``fit``, less than two blocks, or a level that is not between 0 and 1.

        Example:
            >>> from physml.koopman import EDMD, FourierDictionary
            >>> x, fresh = np.random.default_rng(0).uniform(size=(2, 2000, 1))
            >>> bands = EDMD(FourierDictionary(1)).fit(x, 2 * x).residual_bands(fresh, 2 * fresh)
            >>> bands.low.round(2), bands.high.round(2)  # of the eigenvalues 1, 0, 0
            (array([0.  , 0.99, 0.98]), array([0.  , 1.03, 1.02]))
        """
        check_is_fitted(self, "eigenvalues_")
        points, coefficients = self._values, self._coefficients
        if z is not None:
            points = as_complex(z).to(points.device)
            found = torch.as_tensor(self.pseudoeigenfunction(points).coefficients)
            coefficients = found.reshape(points.numel(), -1).mT
        squares = self._block_squares(X, Y, sample_weight, points.flatten(), coefficients, blocks)
        parts = (part.reshape(points.shape) for part in residual_bands(squares, level))
        return ResidualBands(*(outgoing(part, is_numpy(X)) for part in parts))

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
    def _eigenpairs(self, compression: Compression, matrix: Tensor) -> tuple[Tensor, Tensor]:
        """Eigenvalues (n,), and eigenfunctions in the frame (r, n), of K on the frame."""

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

    def _weights(self, snapshots: Snapshots, sample_weight: Any) -> Tensor:
        """Of the pairs that the dictionary makes of the samples."""
        consumed = self.dictionary_.n_consumed_samples
        count = snapshots.count(consumed)
        if not count:
            raise ValueError(
                f"no trajectory has the {consumed + 2} samples that a pair of delays needs; pass longer ones or lower "
                "n_delays"
            )
        return read_weights(sample_weight, count, snapshots.trajectories[0])

    def _block_squares(
        self, X: Any, Y: Any, sample_weight: Any, values: Tensor, coefficients: Tensor, blocks: int
    ) -> Tensor:
        """The sums that residuals are made of."""
        snapshots = read_snapshots(X, Y)
        check_columns(snapshots.trajectories[0], self)
        weights = self._weights(snapshots, sample_weight)
        return block_squares(snapshots, self.dictionary_, values, coefficients, weights, blocks)

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
