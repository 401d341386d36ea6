"""Levels of pseudospectra by the way that suits the size of the dictionary."""

from __future__ import annotations

from torch import Tensor

from physml.koopman.compression import Compression
from physml.koopman.pseudospectra import pseudospectrum

_SMALL = 100  # functions; up to there the exact way costs no more


def levels(compression: Compression, z: Tensor) -> Tensor:
    """tau(z), exact to rounding for small dictionaries, and for large ones where it is below 1e-4."""
    return pseudospectrum(compression, z, "svd" if compression.rank <= _SMALL else "cholesky")
