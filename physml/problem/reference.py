"""References: a classical solution with the certificate that it has converged."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from physml.numerics.cache import cached_dataset, source_hash
from physml.numerics.convergence import Certificate, certify


@dataclass(frozen=True)
class Reference:
    """What the truth is taken to be.

    Args:
        name: ``"exact"`` for the converged solution; other names for data that others have published.
        solve: ``solve(p, refinement)`` to a dataset with one variable a field, dimensions named as the axes.
            Refinement 0 is the working resolution; each level halves the step of the scheme.
        order: the order at which the error falls with the step; None for a closed form.
        method: the scheme and its resolution, in words.
        tolerance: the relative self-convergence error that the certificate must show at refinement 0.
    """

    name: str
    solve: Callable[[Any, int], xr.Dataset]
    method: str
    order: float | None = None
    tolerance: float = 1e-8

    def dataset(self, p: Any, refinement: int = 0) -> xr.Dataset:
        """The solution, from the cache if the same source and parameters made it before."""
        parameters = json.dumps(dataclasses.asdict(p), sort_keys=True)
        key = source_hash(self.solve, parameters, str(refinement))
        return cached_dataset(key, lambda: self.solve(p, refinement))

    def certificate(self, p: Any) -> Certificate:
        """Self-convergence over three refinements; a closed form certifies itself."""
        if self.order is None:
            return Certificate(error=0.0, order=None)
        solutions = [self.dataset(p, refinement) for refinement in range(3)]
        return certify([np.stack([s[name].to_numpy() for name in sorted(s.data_vars, key=str)]) for s in solutions])
