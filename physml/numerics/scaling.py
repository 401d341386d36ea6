r"""Sinkhorn's rounds as products of matrix and vector, for costs of any size.

The kernel :math:`K = \exp((F + G - C) / \epsilon)` has absorbed the potentials found so far, so that its large entries
are those of the plan; the scalings u, v of the plan :math:`u K v` stay near one. They are absorbed in their turn before
they leave the range of floating-point numbers (schmitzer2019stabilized).
"""

import torch
from torch import Tensor

from physml.numerics.relaxation import Relaxation
from physml.numerics.semidual import newton_direction

BLOCK = 10  # rounds between two looks at the error: each look waits for the device
_PATIENCE = 15  # blocks, after which Newton's steps are cheaper
_LARGEST = 3_000  # rows of the matrix of Newton's step
_HALVINGS = 12
_LONGEST = 80.0  # step of a logarithm of a scaling
_SAFE = 1e40  # scalings beyond it, or below its inverse, are absorbed
_USABLE = 1e100  # beyond it, or below its inverse, they are thrown away
_NEGLIGIBLE = 1e-200  # entries of the kernel below it are zero: no plan notices, and no number is subnormal
_TINY = 1e-300
_PIECE = 1_000  # rows or columns of a sum of exponentials


class Scaling:
    """A batch of k transport problems between n and m points, and potentials for them.

    Args:
        cost: shape (k, n, m), in units of the last regularisation.
        a, b: weights, shapes (k, n) and (k, m), of the same mass.
        G: potential to start from, shape (k, m).
    """

    def __init__(self, cost: Tensor, a: Tensor, b: Tensor, G: Tensor) -> None:
        self.cost, self.a, self.b = cost, a[..., None], b[..., None]
        self.F, self.G = torch.zeros_like(self.a), G[..., None]
        self.rounds = 0

    def solve(self, epsilon: float, tolerance: float, max_rounds: int, relaxation: float | None) -> Tensor:
        """Rounds at a regularisation until the L1 error of both marginals is within the tolerance.

        Newton's steps follow where rounds are slow; each counts as :data:`BLOCK` rounds.

        Returns:
            The errors of the plan of the potentials, shape (k,).
        """
        self.epsilon = epsilon
        if self.rounds:
            self._build(self.F, self.G)
        else:
            self._logarithmic_round()
        error = self._error()
        relaxed = Relaxation(error, relaxation)
        first, patience = self.rounds, self.rounds + _PATIENCE * BLOCK
        while not float(error.max()) <= tolerance and (left := first + max_rounds - self.rounds) > 0:
            slow = self.rounds >= patience and self.cost.shape[1] <= _LARGEST
            if not (slow and self._newton_step(error, tolerance)):
                self._block(relaxed.omega, min(BLOCK, left))
            extent = self._extent()
            if not extent < _USABLE:
                self._logarithmic_round()
            elif not extent < _SAFE:
                self._absorb()
            error = self._error()
            relaxed.learn(error, BLOCK)
        self._absorb()
        return self._error()

    def _block(self, omega: Tensor, rounds: int) -> None:
        u, v, transposed = self.u, self.v, self.kernel.mT
        plain = bool((omega == 1).all())
        omega = omega[:, None, None]
        for _ in range(rounds):
            if plain:
                u = self.a / torch.bmm(self.kernel, v).clamp_min(_TINY)
                v = self.b / torch.bmm(transposed, u).clamp_min(_TINY)
            else:
                u = u * (self.a / (u * torch.bmm(self.kernel, v)).clamp_min(_TINY)) ** omega
                v = v * (self.b / (v * torch.bmm(transposed, u)).clamp_min(_TINY)) ** omega
        self.u, self.v = u, v
        self.rounds += rounds

    def _newton_step(self, error: Tensor, tolerance: float) -> bool:
        """A step that lowers the error, shortened where it would not; whether all problems made theirs."""
        old_u, old_v = self.u, self.v
        self.v = self._exact_columns()
        step, done = newton_direction(self.kernel, self.u, self.v, self.a, self.b)
        size = (_LONGEST / step.abs().amax((1, 2)).clamp_min(_LONGEST))[:, None, None]
        lower = torch.zeros_like(done)
        for _ in range(_HALVINGS):
            self.u = old_u * (size * step).exp()
            self.v = self._exact_columns()
            lower = (self._error() <= (1 - 0.3 * size[:, 0, 0]) * error) | (error <= tolerance)
            if bool(lower.all()):
                break
            size = torch.where(lower[:, None, None], size, size / 2)
        self.u = torch.where(lower[:, None, None], self.u, old_u)
        self.v = torch.where(lower[:, None, None], self.v, old_v)
        self.rounds += BLOCK
        return bool((lower & done).all())

    def _exact_columns(self) -> Tensor:
        return self.b / torch.bmm(self.kernel.mT, self.u).clamp_min(_TINY)

    def _error(self) -> Tensor:
        rows = self.u * torch.bmm(self.kernel, self.v) - self.a
        columns = self.v * torch.bmm(self.kernel.mT, self.u) - self.b
        return rows.abs().sum((1, 2)) + columns.abs().sum((1, 2))

    def _extent(self) -> float:
        """The largest of the scalings and of their inverses; NaN or infinite if one is not a positive number."""
        u, v = self.u.masked_fill(self.a == 0, 1.0), self.v.masked_fill(self.b == 0, 1.0)
        return float(torch.stack([u.amax(), v.amax(), 1 / u.amin(), 1 / v.amin()]).amax())

    def _absorb(self) -> None:
        self._build(self.F + self.epsilon * self.u.log(), self.G + self.epsilon * self.v.log())

    def _logarithmic_round(self) -> None:
        """From the potential G alone, without a kernel: nothing underflows."""
        F = self.epsilon * (self.a.log() - self._sums(self.G.mT, 2))
        self._build(F, self.epsilon * (self.b.log() - self._sums(F, 1).mT))
        self.rounds += 1

    def _sums(self, potential: Tensor, axis: int) -> Tensor:
        """Of exponentials along an axis, in pieces: no array is as large as the cost."""
        other = 3 - axis
        sums = [((potential - c) / self.epsilon).logsumexp(axis, keepdim=True) for c in self.cost.split(_PIECE, other)]
        return torch.cat(sums, other)

    def _build(self, F: Tensor, G: Tensor) -> None:
        self.kernel = self.cost[:, :0]  # makes room for the next one
        kernel = (F + G.mT).sub_(self.cost).div_(self.epsilon).exp_()
        self.kernel = kernel.masked_fill_(kernel < _NEGLIGIBLE, 0.0)
        self.F, self.G, self.u, self.v = F, G, torch.ones_like(self.a), torch.ones_like(self.b)
