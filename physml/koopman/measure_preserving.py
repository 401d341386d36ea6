"""Measure-preserving EDMD: a unitary matrix in the orthonormal frame, spectral measures and certified arcs."""

from typing import Any, NamedTuple

import torch
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from physml.koopman.arrays import outgoing
from physml.koopman.compression import Compression
from physml.koopman.galerkin import Assembly, GalerkinEstimator
from physml.koopman.rational import Resolvent
from physml.koopman.spectrum import Arcs, certified_arcs


class Atoms(NamedTuple):
    """A discrete measure on the circle.

    Args:
        angles: in (-pi, pi].
        weights: nonnegative; they sum to the square of the observable's norm.
    """

    angles: Any
    weights: Any


class MeasurePreservingEDMD(GalerkinEstimator):
    r"""mpEDMD (colbrook2023mpedmd): the unitary matrix that is nearest to K in the orthonormal frame.

    With :math:`\hat A = U S V^*` it is the polar factor :math:`U V^*`. Eigenvalues are on the unit circle,
    eigenfunctions orthonormal, and spectral measures converge as the dictionary grows.

    Args:
        dictionary: as of :class:`physml.koopman.EDMD`; delays of an observable converge fastest.
        assembly: as of :class:`physml.koopman.EDMD`.

    Warns:
        UserWarning: by ``fit``, if the samples do not have an invariant measure, ||L - G|| > 0.05 ||G||.

    Example:
        >>> import numpy as np
        >>> from physml.koopman import FourierDictionary
        >>> x = np.arange(100)[:, None] / 100
        >>> model = MeasurePreservingEDMD(FourierDictionary(1)).fit(x, x + 0.25)
        >>> np.sort(np.angle(model.eigenvalues_) / np.pi)[[0, 2]].round(6)
        array([-0.5,  0.5])
    """

    def __init__(self, dictionary: Any = None, assembly: Assembly = "qr") -> None:
        self.dictionary, self.assembly = dictionary, assembly

    def spectral_atoms(self, observable: Any = 0) -> Atoms:
        """The spectral measure of an observable, a point mass at each eigenvalue.

        Args:
            observable: number of a state coordinate, or coefficients (N,) in the dictionary.

        Raises:
            ValueError: an observable that does not fit.
        """
        check_is_fitted(self, "eigenvalues_")
        g = self._frame_coordinates(observable).to(self._frame)
        weights = (self._frame.mH @ g).abs().square()
        return Atoms(outgoing(self._values.angle(), self._numpy), outgoing(weights, self._numpy))

    def certified_arcs(self, kappa: float = 1.0, resolution: float = 1e-3) -> Arcs:
        """Arcs of the circle that hold a point of the spectrum each; see :func:`physml.koopman.certified_arcs`."""
        check_is_fitted(self, "eigenvalues_")
        arcs = certified_arcs(self.compression_, kappa, resolution=resolution)
        return Arcs(*(outgoing(part, self._numpy) for part in arcs))

    def _eigenpairs(self, compression: Compression, matrix: Tensor) -> tuple[Tensor, Tensor]:
        self._warn_unless_invariant("mpEDMD", compression)
        resolvent = Resolvent(matrix)
        values = resolvent.triangle.diagonal()
        return values / values.abs(), resolvent.basis

    def _matrix(self, compression: Compression) -> Tensor:
        left, _, right = torch.linalg.svd(compression.matrix)
        return left @ right

    def _levels(self, z: Tensor) -> Tensor:
        return torch.maximum(super()._levels(z), (1 - z.abs()).abs())

    def _operator_norm(self) -> float:
        return 1.0
