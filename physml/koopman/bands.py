r"""Bands of residuals: how far a finite sample leaves open the residual of a function that was chosen without it.

A squared residual is a ratio of two means over the sampling measure, :math:`E|Kg - \lambda g|^2 / E|g|^2`. Let
:math:`a_b` and :math:`c_b` be the shares that block b of the sample has in the sums above and below. Then the log of
the ratio has, to first order, the standard error

.. math:: s^2 = \frac{B}{B - 1} \sum_{b=1}^{B} (a_b - c_b)^2

(cochran1977sampling), and Student's distribution with B - 1 degrees of freedom gives the band. Blocks are
trajectories, or stretches of one trajectory that are longer than its memory (schmeiser1982batch).
"""

from typing import Any, NamedTuple

import scipy.stats
import torch
from jaxtyping import Float, Int, Num
from torch import Tensor

from physml.koopman.snapshots import Lifting, Snapshots

_NUMBERS = 2**22  # values of all functions that are in memory at once


class ResidualBands(NamedTuple):
    """Residuals, and between what they lie if the sample is one of many.

    Args:
        low: lower ends.
        residuals: on the sample.
        high: upper ends.
    """

    low: Any
    residuals: Any
    high: Any


def block_numbers(snapshots: Snapshots, consumed: int, blocks: int) -> Int[Tensor, " pairs"]:
    """The block of each pair: of whole trajectories, or of consecutive pairs if there is but one trajectory.

    Args:
        snapshots: of which each pair needs ``consumed`` samples before its own.
        consumed: by a dictionary of delays.
        blocks: how many; fewer where there are fewer trajectories, or fewer pairs.

    Example:
        >>> block_numbers(Snapshots((torch.zeros(6, 1),)), 0, 2)
        tensor([0, 0, 0, 1, 1])
        >>> block_numbers(Snapshots((torch.zeros(3, 1), torch.zeros(5, 1))), 0, 20)
        tensor([0, 0, 1, 1, 1, 1])
    """
    whole = snapshots.successors is None
    sizes = [size for t in snapshots.trajectories if (size := len(t) - consumed - 1) > 0] if whole else []
    if len(sizes) < 2:
        sizes = [1] * snapshots.count(consumed)
    units = len(sizes)
    number = torch.arange(units) * max(1, min(blocks, units)) // units
    return number.repeat_interleave(torch.tensor(sizes))


def block_squares(
    snapshots: Snapshots,
    dictionary: Lifting,
    values: Num[Tensor, " n"],
    coefficients: Num[Tensor, "N n"],
    weights: Float[Tensor, " pairs"],
    blocks: int,
) -> Float[Tensor, "2 blocks n"]:
    r"""The sums of :math:`w|g(y) - \lambda g(x)|^2` and of :math:`w|g(x)|^2` over each block.

    Args:
        snapshots: the pairs x, y.
        dictionary: of the functions.
        values: the :math:`\lambda`.
        coefficients: of the g, one column each.
        weights: w of each pair.
        blocks: see :func:`block_numbers`.
    """
    numbers = block_numbers(snapshots, dictionary.n_consumed_samples, blocks).to(values.device)
    squares = torch.zeros(2, int(numbers[-1]) + 1, len(values), dtype=torch.float64, device=values.device)
    weights, done = weights.to(values.device)[:, None], 0
    rows = max(1, _NUMBERS // max(1, len(values)))
    for psi_x, psi_y, _ in snapshots.lifted(dictionary):
        for parts in zip(psi_x.split(rows), psi_y.split(rows), strict=True):
            phi, image = (psi.to(coefficients) @ coefficients for psi in parts)
            here = slice(done, done + len(phi))
            for sums, error in zip(squares, (image - values * phi, phi), strict=True):
                sums.index_add_(0, numbers[here], weights[here] * error.abs().square())
            done += len(phi)
    return squares


def residual_bands(squares: Float[Tensor, "2 blocks n"], level: float) -> ResidualBands:
    """From the sums of :func:`block_squares`.

    Raises:
        ValueError: a level that is not between 0 and 1, or less than two blocks.

    Example:
        >>> bands = residual_bands(torch.tensor([[[1.0], [2.0], [1.5]], [[4.0], [8.0], [6.0]]]), 0.9)
        >>> [round(float(part), 6) for part in bands]  # a constant ratio
        [0.5, 0.5, 0.5]
    """
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; expected a probability between 0 and 1, such as 0.9")
    totals, blocks = squares.sum(1, keepdim=True), squares.shape[1]
    if blocks < 2:
        raise ValueError("a band needs 2 blocks or more, given 1; pass more samples, or raise blocks to 20")
    above, below = squares / totals.clamp(min=torch.finfo(squares.dtype).tiny)
    error = ((above - below).square().sum(0) * blocks / (blocks - 1)).sqrt()  # of the log of the square
    factor = torch.exp(float(scipy.stats.t.ppf((1 + level) / 2, blocks - 1)) * error / 2)
    residuals = (totals[0, 0] / totals[1, 0]).sqrt()
    return ResidualBands(residuals / factor, residuals, residuals * factor)
