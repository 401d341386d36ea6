"""A pseudospectrum that can be evaluated anywhere in the plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from physml.koopman.compression import Compression
from physml.koopman.levels import levels
from physml.result import Coordinates


@dataclass(frozen=True)
class PseudospectrumSolution:
    """The compression of an operator, of which residuals follow at every point.

    Args:
        compression: of the operator.
    """

    compression: Compression

    def predict(self, **coordinates: Coordinates) -> xr.Dataset:
        """The least residual of the dictionary's functions on a grid of the complex plane.

        Args:
            coordinates: ``real`` and ``imaginary``, a number or an array each.

        Returns:
            ``level`` over (imaginary, real).

        Raises:
            ValueError: other coordinates.

        Example:
            >>> result.predict(real=[0.0, 1.0], imaginary=0.0).level                         # doctest: +SKIP
        """
        if set(coordinates) != {"real", "imaginary"}:
            raise ValueError(f"expected the coordinates real and imaginary; given {sorted(coordinates)}")
        x, y = (np.atleast_1d(np.asarray(coordinates[name], dtype=float)) for name in ("real", "imaginary"))
        z = torch.from_numpy(x + 1j * y[:, None])
        found = levels(self.compression, z).cpu().numpy()
        return xr.Dataset({"level": (("imaginary", "real"), found)}, {"imaginary": y, "real": x})

    def weights(self) -> dict[str, Tensor]:
        """The matrix on the frame above what leaves it, real and imaginary parts last; and the size of the frame."""
        stacked = self.compression.stacked()
        parts = torch.view_as_real(stacked.resolve_conj()) if stacked.is_complex() else stacked
        return {"stacked": parts.contiguous()}

    @classmethod
    def restored(cls, weights: dict[str, Tensor]) -> PseudospectrumSolution:
        """From what :meth:`weights` gave."""
        parts = weights["stacked"]
        return cls(Compression.of_section(torch.view_as_complex(parts) if parts.ndim == 3 else parts))
