"""Extended dynamic mode decomposition, and its residual form that keeps verified eigenpairs only."""

from typing import Any

from torch import Tensor

from physml.koopman import pseudospectra
from physml.koopman.compression import Compression
from physml.koopman.eigenpairs import eigenpairs
from physml.koopman.galerkin import Assembly, GalerkinEstimator


class EDMD(GalerkinEstimator):
    r"""Extended dynamic mode decomposition (williams2015edmd): the eigenpairs of K compressed to a dictionary.

    .. math:: \min_K \|\sqrt{W} (\Psi_Y - \Psi_X K)\|_F, \qquad K v = \lambda v, \qquad g = \psi v

    It returns as many eigenvalues as there are functions, whatever the system; ``residuals_`` says which to believe
    (colbrook2024rigorous).

    Args:
        dictionary: of ``physml.koopman``, or any object with ``fit`` and ``transform``; None for the constant and the
            coordinates.
        assembly: "qr" factorises the samples, so that residuals are exact to rounding; "products" takes half of the
            time, for well-conditioned dictionaries and residuals that are not small
            (:func:`physml.koopman.compress_products`).

    Example:
        >>> import numpy as np
        >>> from physml.koopman import MonomialDictionary
        >>> x = np.linspace(-1, 1, 50)[:, None]
        >>> model = EDMD(MonomialDictionary(2)).fit(x, 0.5 * x)
        >>> sorted(model.eigenvalues_.real.round(6))
        [np.float64(0.25), np.float64(0.5), np.float64(1.0)]
    """

    def __init__(self, dictionary: Any = None, assembly: Assembly = "qr") -> None:
        self.dictionary, self.assembly = dictionary, assembly

    def _eigenpairs(self, compression: Compression, matrix: Tensor) -> tuple[Tensor, Tensor]:
        return eigenpairs(matrix)


class ResDMD(EDMD):
    """Residual DMD (colbrook2024rigorous): EDMD that keeps the eigenpairs with small residual, and no others.

    Args:
        dictionary: as of :class:`EDMD`.
        tolerance: largest residual of a pair that is kept.
        assembly: as of :class:`EDMD`.

    Raises:
        ValueError: by ``fit``, if no pair is within the tolerance.

    Example:
        >>> import numpy as np
        >>> from physml.koopman import FourierDictionary
        >>> x = np.arange(100)[:, None] / 100
        >>> edmd, resdmd = (m.fit(x, 2 * x) for m in (EDMD(FourierDictionary(8)), ResDMD(FourierDictionary(8))))
        >>> len(edmd.eigenvalues_), resdmd.eigenvalues_.real.round(9)
        (17, array([1.]))
    """

    def __init__(self, dictionary: Any = None, tolerance: float = 0.1, assembly: Assembly = "qr") -> None:
        self.dictionary, self.tolerance, self.assembly = dictionary, tolerance, assembly

    def _eigenpairs(self, compression: Compression, matrix: Tensor) -> tuple[Tensor, Tensor]:
        values, frame = super()._eigenpairs(compression, matrix)
        residuals = pseudospectra.residuals(compression, values, frame)
        good = residuals <= self.tolerance
        if not bool(good.any()):
            raise ValueError(
                f"none of {len(values)} eigenpairs has a residual within tolerance={self.tolerance}, the least is "
                f"{float(residuals.min()):.2g}; enlarge the dictionary, or see pseudospectrum of EDMD"
            )
        return values[good], frame[:, good]
