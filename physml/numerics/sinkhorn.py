"""Entropic optimal transport between weighted points, in the log domain: the static Schrödinger problem."""

import math
import warnings
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from physml.numerics.convergence import ConvergenceWarning
from physml.numerics.scaling import Scaling

_RANGE = 1000.0  # of costs that need no annealing
_FIRST_RANGE = 10.0  # of costs at the first regularisation
_RATIO = 5.0  # of regularisations, at most
_ROUGH = 1e-2  # error at the regularisations before the last, relative to the mass
_ROUGH_ROUNDS = 200
_SAME_MASS = 1e-6  # relative: what single precision makes of one mass


@dataclass(frozen=True)
class SinkhornResult:
    r"""Potentials of the plan :math:`P_{ij} = e^{f_i + g_j - C_{ij}}`.

    Args:
        f: shape (n,) or (k, n); :math:`-\infty` where the weight is zero.
        g: shape (m,) or (k, m).
        cost: C, shape (n, m) or (k, n, m).
        error: :math:`|P 1 - a|_1 + |P^T 1 - b|_1`, shape () or (k,).
        rounds: that were made, at all regularisations together.
        converged: every error is within the tolerance.
    """

    f: Tensor
    g: Tensor
    cost: Tensor
    error: Tensor
    rounds: int
    converged: bool

    def plan(self) -> Float[Tensor, "*k n m"]:
        """P."""
        return (self.f[..., :, None] + self.g[..., None, :]).sub_(self.cost).exp_()

    def conditional(self) -> Float[Tensor, "*k n m"]:
        r""":math:`P_{ij} / \sum_l P_{il}`; rows of weight zero, too, have a sum of one."""
        return (self.g[..., None, :] - self.cost).softmax(-1)


@torch.no_grad()
def sinkhorn_log(
    cost: Float[Tensor, "*k n m"],
    a: Float[Tensor, "*k n"] | None = None,
    b: Float[Tensor, "*k m"] | None = None,
    *,
    tolerance: float = 1e-8,
    max_rounds: int = 10_000,
    annealing: float | None = None,
    relaxation: float | None = None,
    start: tuple[Tensor, Tensor] | None = None,
) -> SinkhornResult:
    r"""The plan that minimises :math:`\langle P, C \rangle + \sum P \log P` with the marginals a and b.

    With :math:`C_{ij} = -\log p(y_j | x_i)` it is the Schrödinger bridge of two clouds for the transition density p
    (shen2025multimarginal); for Brownian motion of volatility :math:`\sigma` over a time T,
    :math:`C = |x - y|^2 / (2 \sigma^2 T)`. Sinkhorn's rounds (peyre2019computational, section 4.2) run as products of
    matrix and vector with kernels that have absorbed the potentials, over-relaxed, at regularisations that fall to 1;
    where they are slow, Newton's steps follow. All in float64.

    Args:
        cost: divided by the regularisation already; any range.
        a, b: weights; uniform, of sum one, if None. Zeros are padding.
        tolerance: of the L1 error of both marginals.
        max_rounds: at the last regularisation; a Newton step counts as ten.
        annealing: the first regularisation; 1 for none. None chooses it from the range of the costs.
        relaxation: exponent of the rounds, from 1 to below 2; None learns it.
        start: potentials f, g, of which g is used; with them there is no annealing unless asked for.

    Warns:
        ConvergenceWarning: the tolerance is not reached.

    Raises:
        ValueError: a cost that is not finite; weights negative or of unequal mass; shapes that do not fit.

    Example:
        >>> x, y = torch.tensor([[0.0], [1.0]]), torch.tensor([[0.1], [0.9]])
        >>> result = sinkhorn_log(torch.cdist(x, y) ** 2 / 0.2)
        >>> result.plan().sum(0)
        tensor([0.5000, 0.5000], dtype=torch.float64)
    """
    if cost.ndim not in (2, 3) or 0 in cost.shape:
        raise ValueError(f"needs a cost of shape (n, m) or (k, n, m), given {tuple(cost.shape)}")
    batch = (cost.double() if cost.ndim == 3 else cost.double()[None]).contiguous()
    if not batch.isfinite().all():
        place = tuple((~cost.isfinite()).nonzero()[0].tolist())
        raise ValueError(f"the cost at {place} is {float(cost[place])}; use a large finite cost for what is forbidden")
    k, n, m = batch.shape
    weights_a, weights_b = _weights("a", a, k, n, cost), _weights("b", b, k, m, cost)
    mass_a, mass_b = weights_a.sum(1), weights_b.sum(1)
    if not ((mass_a - mass_b).abs() <= _SAME_MASS * mass_a).all() or not (mass_a > 0).all():
        raise ValueError(f"needs a and b of the same mass > 0, given {mass_a.tolist()} and {mass_b.tolist()}")
    if not ((relaxation is None or 1 <= relaxation < 2) and (annealing is None or 1 <= annealing < math.inf)):
        raise ValueError(f"needs 1 <= relaxation < 2 and annealing >= 1, given {relaxation} and {annealing}")
    weights_b = weights_b * (mass_a / mass_b)[:, None]
    scaling = Scaling(batch, weights_a, weights_b, _potential(start, cost, k, m))
    if annealing is None:
        annealing = 1.0 if start is not None else _first_regularisation(batch)
    for epsilon in _regularisations(annealing):
        scaling.solve(epsilon, _ROUGH * float(mass_a.min()), _ROUGH_ROUNDS, relaxation)
    error = scaling.solve(1.0, tolerance, max_rounds, relaxation)
    f, g = scaling.F[..., 0], scaling.G[..., 0]
    if cost.ndim == 2:
        f, g, error = f[0], g[0], error[0]
    result = SinkhornResult(f, g, cost.double(), error, scaling.rounds, bool((error <= tolerance).all()))
    if not result.converged:
        warnings.warn(_advice(float(error.max()), tolerance, scaling.rounds), ConvergenceWarning, stacklevel=2)
    return result


def _weights(name: str, weights: Tensor | None, k: int, size: int, cost: Tensor) -> Tensor:
    if weights is None:
        return cost.new_full((k, size), 1 / size, dtype=torch.float64)
    if weights.shape != (*cost.shape[:-2], size):
        raise ValueError(f"needs weights {name} of shape {(*cost.shape[:-2], size)}, given {tuple(weights.shape)}")
    if not ((weights >= 0) & weights.isfinite()).all():
        raise ValueError(f"needs finite weights {name} >= 0, given {float(weights.min())}")
    return weights.double().reshape(k, size)


def _potential(start: tuple[Tensor, Tensor] | None, cost: Tensor, k: int, m: int) -> Tensor:
    if start is None:
        return cost.new_zeros((k, m), dtype=torch.float64)
    g = start[1]
    if g.shape != (*cost.shape[:-2], m) or g.isnan().any() or (g == math.inf).any() or (g == -math.inf).all(-1).any():
        raise ValueError(f"needs a potential g of shape {(*cost.shape[:-2], m)} without NaN to start from")
    return g.double().reshape(k, m)


def _first_regularisation(cost: Tensor) -> float:
    spread = float((cost.amax((1, 2)) - cost.amin((1, 2))).max())
    return spread / _FIRST_RANGE if spread > _RANGE else 1.0


def _regularisations(first: float) -> list[float]:
    """A geometric sequence from the first to 1, without the 1."""
    steps = math.ceil(math.log(first, _RATIO))
    return [first ** (1 - i / steps) for i in range(steps)]


def _advice(error: float, tolerance: float, rounds: int) -> str:
    return (
        f"the marginals are wrong by {error:.1e} (L1, tolerance {tolerance:.1e}) after {rounds} rounds of Sinkhorn; "
        "allow more rounds (max_rounds), start at a larger regularisation (annealing), or divide the costs by more "
        "(a larger sigma)"
    )
