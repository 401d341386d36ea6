"""Distances between clouds of points and between Gaussians; exact transport is that of POT."""

import importlib
import math
import warnings
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from physml.numerics.convergence import ConvergenceWarning

Points = Float[Tensor, "..."] | Float[np.ndarray, "..."]
Weights = Float[Tensor, " _"] | Float[np.ndarray, " _"]

_MOST_PIVOTS = 10_000_000  # of the network simplex


def emd(x: Points, y: Points, p: float = 2, a: Weights | None = None, b: Weights | None = None) -> float:
    r"""The p-Wasserstein distance :math:`(\min_P \sum P_{ij} |x_i - y_j|^p)^{1/p}`, by linear programming.

    Args:
        x, y: points, shapes (n, d) and (m, d).
        p: at least 1.
        a, b: weights, each of sum one; uniform if None.

    Warns:
        ConvergenceWarning: the linear program was given up.

    Raises:
        ValueError: points that are not (n, d) and (m, d) or not finite; weights negative or of unequal sum; p < 1.

    Example:
        >>> emd(torch.tensor([[0.0], [1.0]]), torch.tensor([[3.0], [2.0]]))
        2.0
    """
    x, y = _clouds(x, y)
    if not 1 <= p < math.inf:
        raise ValueError(f"needs a finite p >= 1, given {p}")
    weights = [_weights(name, w, len(z)) for name, w, z in (("a", a, x), ("b", b, y))]
    if abs(weights[0].sum() - weights[1].sum()) > 1e-6 * weights[0].sum():
        raise ValueError(f"needs weights of the same sum, given {weights[0].sum()} and {weights[1].sum()}")
    cost = (torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist") ** p).cpu().numpy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it found is told by the log
        value, log = _pot().emd2(*weights, cost, numItermax=_MOST_PIVOTS, log=True)
    if log["warning"]:
        warnings.warn(f"exact transport: {log['warning']}", ConvergenceWarning, stacklevel=2)
    return max(float(value), 0.0) ** (1 / p)


def sliced_wasserstein(
    x: Points, y: Points, projections: int = 200, generator: torch.Generator | None = None, p: float = 2
) -> float:
    r"""The p-th root of the mean of :math:`W_p^p` over random directions on which the points are projected.

    Args:
        x, y: points, shapes (n, d) and (m, d), of uniform weights.
        projections: how many directions.
        generator: of the directions; that of torch if None.
        p: at least 1.

    Raises:
        ValueError: as :func:`emd`; projections < 1.
    """
    x, y = _clouds(x, y)
    if projections < 1 or not 1 <= p < math.inf:
        raise ValueError(f"needs projections >= 1 and a finite p >= 1, given {projections} and {p}")
    device = x.device if generator is None else generator.device
    directions = torch.randn(x.shape[1], projections, generator=generator, dtype=torch.float64, device=device)
    directions = (directions / directions.norm(dim=0)).to(x.device)
    return float(_pot().sliced_wasserstein_distance(x, y, projections=directions, p=p))


def mmd2(x: Points, y: Points, bandwidth: float | None = None) -> float:
    r"""The squared maximum mean discrepancy for the kernel :math:`e^{-|x - y|^2 / 2 h^2}`, of the empirical measures.

    Args:
        x, y: points, shapes (n, d) and (m, d).
        bandwidth: h; the median of the distances between different points of both clouds if None.

    Raises:
        ValueError: as :func:`emd`; a bandwidth that is not positive, or no two points that differ.
    """
    x, y = _clouds(x, y)
    if bandwidth is None:
        distances = torch.nn.functional.pdist(torch.cat([x, y]))
        bandwidth = float(distances[distances > 0].median()) if (distances > 0).any() else 0.0
    if not 0 < bandwidth < math.inf:
        raise ValueError(f"needs a bandwidth > 0, given {bandwidth}; all points may be the same")

    def mean(a: Tensor, b: Tensor) -> Tensor:
        return torch.cdist(a, b).square().div(-2 * bandwidth**2).exp().mean()

    return max(float(mean(x, x) + mean(y, y) - 2 * mean(x, y)), 0.0)


def energy_distance(x: Points, y: Points) -> float:
    r""":math:`\sqrt{2 E|X - Y| - E|X - X'| - E|Y - Y'|}` of the empirical measures (szekely2013energy).

    Args:
        x, y: points, shapes (n, d) and (m, d).

    Raises:
        ValueError: as :func:`emd`.
    """
    x, y = _clouds(x, y)
    square = 2 * torch.cdist(x, y).mean() - torch.cdist(x, x).mean() - torch.cdist(y, y).mean()
    return math.sqrt(max(float(square), 0.0))


def bures_wasserstein(
    m0: Float[Tensor, " _"], S0: Float[Tensor, "_ _"], m1: Float[Tensor, " _"], S1: Float[Tensor, "_ _"]
) -> float:
    r"""The 2-Wasserstein distance of two Gaussians.

    Its square is :math:`|m_0 - m_1|^2 + \mathrm{tr}(S_0 + S_1 - 2 (S_0 S_1)^{1/2})`.

    Args:
        m0, m1: means, shape (d,).
        S0, S1: covariances, shape (d, d).

    Raises:
        ValueError: shapes that do not fit; a covariance that is not positive semidefinite.
    """
    m0, S0, m1, S1 = (torch.as_tensor(value, dtype=torch.float64) for value in (m0, S0, m1, S1))
    d = len(m0)
    if m0.shape != (d,) or m1.shape != (d,) or S0.shape != (d, d) or S1.shape != (d, d):
        shapes = [tuple(value.shape) for value in (m0, S0, m1, S1)]
        raise ValueError(f"needs means (d,) and covariances (d, d), given {shapes}")
    # The singular values of S1^(1/2) S0^(1/2) are the roots of the eigenvalues of S0 S1.
    overlap = torch.linalg.matrix_norm(symmetric_root(S1) @ symmetric_root(S0), "nuc")
    square = (m0 - m1).square().sum() + S0.trace() + S1.trace() - 2 * overlap
    return math.sqrt(max(float(square), 0.0))


def symmetric_root(S: Float[Tensor, "*k d d"]) -> Float[Tensor, "*k d d"]:
    """The symmetric square root of a positive semidefinite matrix.

    Raises:
        ValueError: not symmetric, or an eigenvalue below zero.
    """
    size = S.abs().amax()
    if not ((S - S.mT).abs() <= 1e-10 * size).all():
        raise ValueError("a covariance is not symmetric, or not finite")
    values, vectors = torch.linalg.eigh(S)
    if not (values >= -1e-10 * size).all():
        raise ValueError(f"a covariance is not positive semidefinite: its smallest eigenvalue is {float(values.min())}")
    return (vectors * values.clamp_min(0).sqrt()[..., None, :]) @ vectors.mT


def _pot() -> Any:
    """POT, which takes as long to import as torch, when it is needed."""
    return importlib.import_module("ot")


def _clouds(x: Points, y: Points) -> tuple[Tensor, Tensor]:
    found = []
    for name, points in (("x", x), ("y", y)):
        points = torch.as_tensor(points).detach().double()
        if points.ndim != 2 or 0 in points.shape:
            raise ValueError(f"needs points {name} of shape (n, d), given {tuple(points.shape)}")
        if not points.isfinite().all():
            rows = (~points.isfinite().all(1)).nonzero()[:, 0].tolist()
            raise ValueError(f"points {name} have numbers that are not finite, in rows {rows[:10]}")
        found.append(points)
    if found[0].shape[1] != found[1].shape[1]:
        raise ValueError(f"needs points of one dimension, given {found[0].shape[1]} and {found[1].shape[1]}")
    return found[0], found[1]


def _weights(name: str, weights: Weights | None, count: int) -> np.ndarray:
    if weights is None:
        return np.full(count, 1 / count)
    values = torch.as_tensor(weights).detach().double().cpu().numpy()
    if values.shape != (count,):
        raise ValueError(f"needs weights {name} of shape {(count,)}, given {values.shape}")
    if not (np.isfinite(values).all() and (values >= 0).all() and values.sum() > 0):
        raise ValueError(f"needs finite weights {name} >= 0, given {values.min()} and a sum of {values.sum()}")
    return values
