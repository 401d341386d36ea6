"""Sinkhorn's rounds on a chain: a Markov chain of kernels, some of whose marginals are given."""

import warnings
from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor

from physml.numerics.convergence import ConvergenceWarning


class ChainSinkhorn:
    r"""The tensor :math:`\prod_i K_i(x_i, x_{i+1}) \prod_i u_i(x_i)` with given marginals, in the log domain.

    It is the law nearest to the chain of the kernels among those with the marginals (haasler2021multimarginal).
    Messages :math:`\alpha_{i+1} = K_i^T (u_i \alpha_i)` and :math:`\beta_i = K_i (u_{i+1} \beta_{i+1})` from both ends
    give the marginals :math:`u_i \alpha_i \beta_i`; a round sets :math:`u_i = \mu_i / (\alpha_i \beta_i)` along the
    chain. If every marginal is given, the pairs are independent problems, and
    :func:`physml.numerics.sinkhorn_log` is faster.

    Args:
        log_kernels: :math:`\log K_i`, shapes (n_i, n_{i+1}); of any range.
        marginals: :math:`\mu_i`, shape (n_i,), of one mass; None where the marginal is free.
        tolerance: of the L1 errors of the given marginals, summed.
        max_rounds: how many at most.

    Attributes:
        error: the L1 errors of the given marginals, summed.
        rounds: that were made.
        converged: the error is within the tolerance.

    Warns:
        ConvergenceWarning: the tolerance is not reached.

    Raises:
        ValueError: no kernel, no marginal, shapes that do not fit, log kernels that are NaN or infinite, weights that
            are negative or of unequal mass.

    Example:
        >>> import torch
        >>> kernel, half = torch.zeros(2, 2), torch.full((2,), 0.5)
        >>> chain = ChainSinkhorn([kernel, kernel], [half, None, half])
        >>> chain.marginal(1)
        tensor([0.5000, 0.5000], dtype=torch.float64)
    """

    def __init__(
        self,
        log_kernels: Sequence[Float[Tensor, "_ _"]],
        marginals: Sequence[Float[Tensor, " _"] | None],
        *,
        tolerance: float = 1e-8,
        max_rounds: int = 10_000,
    ) -> None:
        self.log_kernels = [kernel.double() for kernel in log_kernels]
        self.marginals = [None if mu is None else mu.double() for mu in marginals]
        self._check()
        sizes = [self.log_kernels[0].shape[0], *(kernel.shape[1] for kernel in self.log_kernels)]
        zeros = [self.log_kernels[0].new_zeros(size) for size in sizes]
        self._u, self._alpha, self._beta = list(zeros), list(zeros), list(zeros)  # logarithms
        self.rounds, moved = 0, float("inf")
        self._backward()
        while not moved <= tolerance and self.rounds < max_rounds:
            moved = self._round()
            self._backward()
            self.rounds += 1
        self._forward()
        self.error = sum(float((self.marginal(i) - mu).abs().sum()) for i, mu in self._given())
        self.converged = self.error <= tolerance
        if not self.converged:
            warnings.warn(
                f"the marginals of the chain are wrong by {self.error:.1e} (L1, tolerance {tolerance:.1e}) after "
                f"{self.rounds} rounds; allow more rounds (max_rounds) or wider kernels (a larger sigma)",
                ConvergenceWarning,
                stacklevel=2,
            )

    def marginal(self, i: int) -> Float[Tensor, " n"]:
        """The law of the i-th state, from 0."""
        return (self._u[i] + self._alpha[i] + self._beta[i]).exp()

    def pair(self, i: int) -> Float[Tensor, "n m"]:
        """The joint law of the states i and i + 1."""
        ahead, back = self._u[i] + self._alpha[i], self._u[i + 1] + self._beta[i + 1]
        return (ahead[:, None] + self.log_kernels[i] + back).exp()

    def _given(self) -> list[tuple[int, Tensor]]:
        return [(i, mu) for i, mu in enumerate(self.marginals) if mu is not None]

    def _round(self) -> float:
        """Every u from the left to the right; how far the marginals were wrong on the way."""
        moved = 0.0
        for i, mu in enumerate(self.marginals):
            if mu is not None:
                message = self._alpha[i] + self._beta[i]
                moved += float((mu - (self._u[i] + message).exp()).abs().sum())
                self._u[i] = mu.log() - message
            self._pass_on(i)
        return moved

    def _forward(self) -> None:
        for i in range(len(self.marginals)):
            self._pass_on(i)

    def _pass_on(self, i: int) -> None:
        if i < len(self.log_kernels):
            self._alpha[i + 1] = (self.log_kernels[i] + (self._u[i] + self._alpha[i])[:, None]).logsumexp(0)

    def _backward(self) -> None:
        for i, kernel in reversed(list(enumerate(self.log_kernels))):
            self._beta[i] = (kernel + self._u[i + 1] + self._beta[i + 1]).logsumexp(1)

    def _check(self) -> None:
        if not self.log_kernels or len(self.marginals) != len(self.log_kernels) + 1:
            counts = len(self.log_kernels), len(self.marginals)
            raise ValueError(f"needs kernels, and one marginal more than kernels; given {counts[0]} and {counts[1]}")
        for i, kernel in enumerate(self.log_kernels):
            if kernel.ndim != 2 or (i and kernel.shape[0] != self.log_kernels[i - 1].shape[1]):
                raise ValueError(f"the log kernel {i} of shape {tuple(kernel.shape)} does not follow the one before")
            if not kernel.isfinite().all():
                raise ValueError(f"the log kernel {i} has numbers that are not finite")
        masses = []
        for i, mu in enumerate(self.marginals):
            size = self.log_kernels[i].shape[0] if i < len(self.log_kernels) else self.log_kernels[-1].shape[1]
            if mu is not None:
                if mu.shape != (size,) or not ((mu >= 0) & mu.isfinite()).all():
                    raise ValueError(f"needs {size} finite weights >= 0 for the marginal {i}, given {tuple(mu.shape)}")
                masses.append(float(mu.sum()))
        if not masses or not max(masses) - min(masses) <= 1e-6 * min(masses) or not min(masses) > 0:
            raise ValueError(f"needs marginals of one mass > 0, at least one, given the masses {masses}")
