"""Powers of eigenvalues, and how far a forecast by them can be from the truth."""

from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Num
from torch import Tensor

from physml.koopman.compression import Compression


class Forecast(NamedTuple):
    """States to come, with error bars.

    Args:
        states: (n, n_steps + 1, d), or (trajectories, n, n_steps + 1, d).
        error_bounds: of the root-mean-square error over the sampling measure, (n_steps + 1, d).
    """

    states: Any
    error_bounds: Any


def powers(values: Num[Tensor, " n"], n_steps: int) -> Num[Tensor, "times n"]:
    """The powers 0, ..., n_steps.

    Raises:
        ValueError: n_steps < 0.
    """
    if n_steps < 0:
        raise ValueError(f"n_steps is {n_steps}; expected 0 or more")
    return values ** torch.arange(n_steps + 1, device=values.device)[:, None]


def error_bounds(
    compression: Compression,
    values: Num[Tensor, " n"],
    frame: Num[Tensor, "r n"],
    modes: Num[Tensor, "n d"],
    n_steps: int,
    norm: float,
) -> Float[Tensor, "times d"]:
    r""":math:`\|e_n\| \le \|K\| \|e_{n-1}\| + \|(K - \Lambda)\psi V \Lambda^{n-1} \Xi\|` from the projection error on.

    Args:
        compression: of K.
        values: the diagonal of Lambda.
        frame: frame coordinates of the functions psi V.
        modes: Xi.
        n_steps: largest n.
        norm: of K.
    """
    stacked = compression.stacked().to(frame) @ frame
    stacked[: compression.rank] -= frame * values
    start = compression.observables.to(frame) - frame @ modes
    bounds = [torch.hypot(start.norm(dim=0), compression.unresolved)]
    for growth in powers(values, n_steps)[:-1]:
        bounds.append(norm * bounds[-1] + (stacked @ (growth[:, None] * modes)).norm(dim=0))
    return torch.stack(bounds)
