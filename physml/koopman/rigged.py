"""Rigged DMD: generalised eigenfunctions of the continuous spectrum."""

import math
from typing import Any

import torch
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from physml.koopman import pseudospectra
from physml.koopman.arrays import as_tensor, is_numpy, outgoing
from physml.koopman.measure_preserving import MeasurePreservingEDMD
from physml.koopman.pseudospectra import PseudoEigenfunctions
from physml.koopman.rational import Poles, rational_kernel, resolvent_points


class RiggedDMD(MeasurePreservingEDMD):
    r"""Rigged DMD (colbrook2024rigged): mpEDMD, and wave packets around each angle of a continuous spectrum.

    .. math:: g_\theta^\epsilon = -\frac{1}{4\pi} \sum_j \left[\alpha_j F(e^{i\theta - i\epsilon a_j})
              - \bar\alpha_j F(e^{i\theta - i\epsilon \bar a_j})\right] g,
              \qquad F(\lambda) = (K + \lambda)(K - \lambda)^{-1}

    Args:
        dictionary, assembly: as of :class:`physml.koopman.EDMD`.

    Example:
        >>> import numpy as np
        >>> from physml.koopman import FourierDictionary
        >>> x = np.arange(100)[:, None] / 100
        >>> model = RiggedDMD(FourierDictionary(1)).fit(x, x + 0.25)
        >>> packet = model.generalized_eigenfunction([np.pi / 2], eps=0.01, observable=[1.0, 1.0, 1.0])
        >>> np.abs(packet.coefficients[0] / packet.coefficients[0, 2]).round(3)
        array([0., 0., 1.])
    """

    def generalized_eigenfunction(
        self, theta: Any, eps: float, order: int = 6, observable: Any = 0, poles: Poles = "equispaced"
    ) -> PseudoEigenfunctions:
        r"""The wave packets of an observable at angles theta: coefficients (n, N), and residuals of order eps.

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
        angles = as_tensor(theta, "theta").to(self._values.device)
        c = self._frame.mH @ self._frame_coordinates(observable).to(self._frame)
        kernel = rational_kernel(order, poles)
        outer = resolvent_points(angles, eps, kernel)
        residues = kernel.residues.to(outer)
        packets = self._sum(residues, outer) - self._sum(residues.conj(), 1 / outer.conj())
        frame = (-packets * c / (4 * math.pi)) @ self._frame.mT
        z = torch.polar(torch.ones_like(angles), angles)
        residuals = pseudospectra.residuals(self.compression_, z, frame.mT)
        coefficients = frame @ self.compression_.from_frame.to(frame).mT
        return PseudoEigenfunctions(outgoing(residuals, is_numpy(theta)), outgoing(coefficients, is_numpy(theta)))

    def _sum(self, residues: Tensor, points: Tensor) -> Tensor:
        """The sum over j of the residues times F at the eigenvalues, (n, r)."""
        D, points = self._values, points[..., None]
        return torch.einsum("j,njr->nr", residues, (D + points) / (D - points))
