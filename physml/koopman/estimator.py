"""What the Koopman estimators share: eigenpairs with residuals, forecasts, pseudospectra and spectra."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Num
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from physml.koopman import pseudospectra
from physml.koopman.arrays import Array, is_numpy, outgoing
from physml.koopman.compression import Compression
from physml.koopman.dictionaries import check_columns
from physml.koopman.forecasting import powers
from physml.koopman.pseudospectra import Method, PseudoEigenfunctions
from physml.koopman.snapshots import Lifting, are_trajectories, read_snapshots, read_trajectories
from physml.koopman.spectrum import Spectrum, local_minima


class Eigenpairs(NamedTuple):
    """Eigenvalues with the functions and modes that belong to them, least residual first.

    Args:
        eigenvalues: (n,).
        eigenvectors: coefficients in the dictionary, (N, n).
        residuals: (n,).
        modes: (n, d).
    """

    eigenvalues: Any
    eigenvectors: Any
    residuals: Any
    modes: Any


class KoopmanEstimator(BaseEstimator):
    """A Koopman operator from data, with scikit-learn's conventions.

    A fitted estimator has ``koopman_matrix_`` (N, N), which acts on coefficients in the dictionary; ``eigenvalues_``
    (n,), ``eigenvectors_`` (N, n), ``residuals_`` (n,) and ``modes_`` (n, d), least residual first;
    ``gram_condition_``, ``effective_rank_``, ``n_features_in_``, ``dictionary_``; ``compression_``, which is what
    certificates come from, and ``frame_matrix_``, K on its frame (both torch).
    """

    n_features_in_: int
    dictionary_: Lifting
    _numpy: bool
    _real: bool
    compression_: Compression

    @abstractmethod
    def fit(self, X: Any, Y: Any = None, sample_weight: Any = None) -> Any:
        """Fit to states X (M, d) and successors Y; or to trajectories X (T, d), (n, T, d) or a list, and no Y."""

    def predict(self, X: Any, n_steps: int = 1) -> Any:
        """The states n_steps later, in the shape of X; a dictionary of delays gives no row for the first samples.

        Raises:
            NotFittedError: before ``fit``.
            ValueError: n_steps < 0, or another number of columns than in ``fit``.
        """
        check_is_fitted(self, "eigenvalues_")
        factors = powers(self._values, n_steps)[-1][:, None] * self._modes
        return self._map(X, lambda x: self._state(self._phi(x) @ factors))

    def score(self, X: Any, Y: Any = None) -> float:
        """The coefficient of determination of one-step predictions, at most 1."""
        check_is_fitted(self, "eigenvalues_")
        snapshots = read_snapshots(X, Y)
        consumed = self.dictionary_.n_consumed_samples
        if snapshots.successors is not None:
            parts = [(self.predict(snapshots.trajectories[0]), snapshots.successors)]
        else:
            parts = [(self.predict(t[:-1]), t[consumed + 1 :]) for t in snapshots.trajectories]
        predicted, successors = (torch.cat([part[side] for part in parts]) for side in (0, 1))
        errors = (successors - predicted).abs().square().sum()
        return float(1 - errors / (successors - successors.mean(0)).abs().square().sum())

    def lift(self, X: Any) -> Array:
        """psi of each row, (n, N)."""
        return self._map(X, lambda x: self.dictionary_.evaluate(x))

    def eigenfunctions(self, X: Any) -> Array:
        """The eigenfunctions at each row, (n, number of eigenvalues)."""
        return self._map(X, self._phi)

    def verified(self, tolerance: float) -> Eigenpairs:
        """The eigenpairs whose residual is at most the tolerance; all others may be artefacts of the dictionary."""
        check_is_fitted(self, "eigenvalues_")
        good = self._residuals <= tolerance
        parts = self._values[good], self._coefficients[:, good], self._residuals[good], self._modes[good]
        return Eigenpairs(*(outgoing(part, self._numpy) for part in parts))

    def pseudospectrum(self, z: Any, method: Method = "svd") -> Array:
        """tau(z), the least residual of all functions of the dictionary; see :func:`physml.koopman.pseudospectrum`.

        Raises:
            ValueError: z holds NaN or inf, or an unknown method.
        """
        check_is_fitted(self, "eigenvalues_")
        return outgoing(pseudospectra.pseudospectrum(self.compression_, as_complex(z), method), is_numpy(z))

    def pseudoeigenfunction(self, z: Any) -> PseudoEigenfunctions:
        """The function of the dictionary with the least residual at each z: its coefficients, and tau(z).

        Raises:
            ValueError: z holds NaN or inf.
        """
        check_is_fitted(self, "eigenvalues_")
        residuals, frame = pseudospectra.pseudoeigenfunctions(self.compression_, as_complex(z))
        coefficients = frame @ self.compression_.from_frame.to(frame).mT
        return PseudoEigenfunctions(outgoing(residuals, is_numpy(z)), outgoing(coefficients, is_numpy(z)))

    def spectrum(self, candidates: Any = None, kappa: float = 1.0) -> Spectrum:
        """Points near the spectrum, by local minimisation of tau over candidates; None for the eigenvalues.

        The error bounds are distances to the spectrum for isometries, else levels of the pseudospectrum: the
        certificate says which.
        """
        check_is_fitted(self, "eigenvalues_")
        numpy = self._numpy if candidates is None else is_numpy(candidates)
        z = self._values if candidates is None else as_complex(candidates).flatten()
        found = local_minima(z, self._levels(z), kappa)
        return Spectrum(outgoing(found.points, numpy), outgoing(found.error_bounds, numpy), self._certificate())

    def _certificate(self) -> str:
        return Spectrum._field_defaults["certificate"]

    def _levels(self, z: Tensor) -> Tensor:
        return torch.as_tensor(self.pseudospectrum(z)).to(z.device)

    def _publish(
        self, compression: Compression, values: Tensor, frame: Tensor, residuals: Tensor, matrix: Tensor
    ) -> None:
        """All fitted attributes, least residual first; frame are the eigenfunctions and matrix K in the frame."""
        order = residuals.argsort()
        self.compression_, self._residuals = compression, residuals[order]
        self._values, self._frame = values[order], frame[:, order]
        self.frame_matrix_ = matrix
        self._coefficients = compression.from_frame.to(frame) @ self._frame
        self._modes = least_squares(self._frame, compression.observables.to(frame))
        koopman_matrix = compression.from_frame @ matrix.to(compression.from_frame) @ compression.to_frame
        self.koopman_matrix_ = outgoing(koopman_matrix, self._numpy)
        self.eigenvalues_ = outgoing(self._values, self._numpy)
        self.eigenvectors_ = outgoing(self._coefficients, self._numpy)
        self.residuals_ = outgoing(self._residuals, self._numpy)
        self.modes_ = outgoing(self._modes, self._numpy)
        self.gram_condition_, self.effective_rank_ = compression.condition, compression.rank

    def _phi(self, x: Tensor) -> Tensor:
        return self.dictionary_.evaluate(x).to(self._coefficients) @ self._coefficients

    def _state(self, values: Tensor) -> Tensor:
        return values.real if self._real else values

    def _map(self, X: Any, function: Callable[[Tensor], Tensor]) -> Any:
        """The function of a trajectory, or of each of several."""
        check_is_fitted(self, "eigenvalues_")
        trajectories, numpy = read_trajectories(X), is_numpy(X)
        for trajectory in trajectories:
            check_columns(trajectory, self)
        results = [function(t.to(self._values.device)) for t in trajectories]
        if are_trajectories(X):
            return [outgoing(result, numpy) for result in results]
        return outgoing(torch.stack(results) if np.ndim(X) == 3 else results[0], numpy)


def least_squares(A: Num[Tensor, "m n"], b: Num[Tensor, "m d"]) -> Num[Tensor, "n d"]:
    """The solution of least norm, also of columns that are dependent; on the CPU, where there is a driver for those."""
    return torch.linalg.lstsq(A.cpu(), b.cpu(), driver="gelsy").solution.to(b.device)


def as_complex(z: Any) -> Tensor:
    """Points of the plane, complex128."""
    tensor = z.detach() if isinstance(z, Tensor) else torch.from_numpy(np.array(z, dtype=np.complex128))
    return tensor.to(torch.complex128)
