"""Over-relaxation of Sinkhorn's rounds, with an exponent that is learned from the errors."""

import torch
from torch import Tensor

_MOST = 1.98
_RISE = 5.0  # of the error over its lowest value: the relaxation was too much


class Relaxation:
    r"""The exponents :math:`\omega` of rounds :math:`u \leftarrow u (a / (u K v))^\omega` of a batch of problems.

    Near the solution the logarithms of u and v go through block Gauss-Seidel rounds, so that Young's relation
    :math:`(\mu + \omega - 1)^2 = \mu \omega^2 \lambda` holds between the rate :math:`\mu` of relaxed rounds and
    that of plain ones, :math:`\lambda`, and :math:`\omega = 2 / (1 + \sqrt{1 - \lambda})` is best (thibault2021).
    Where the error rises, plain rounds follow.

    Args:
        error: before the first round, shape (k,).
        fixed: an exponent to be kept; None to learn it.
    """

    def __init__(self, error: Tensor, fixed: float | None) -> None:
        self.omega = torch.full_like(error, 1.0 if fixed is None else fixed)
        self.fixed = fixed is not None
        self.error = self.lowest = error

    def learn(self, error: Tensor, rounds: int) -> None:
        """From the error after further rounds."""
        if not self.fixed:
            self.omega = self._next(error, rounds)
        self.error, self.lowest = error, torch.minimum(error, self.lowest)

    def _next(self, error: Tensor, rounds: int) -> Tensor:
        omega = self.omega
        mu = (error / self.error).nan_to_num(nan=1.0).clamp(1e-12, 1.0) ** (1 / rounds)
        rate = ((mu + omega - 1) ** 2 / (mu * omega**2)).clamp_max(1.0)
        best = (2 / (1 + (1 - rate).sqrt())).clamp_max(_MOST)
        # A rate of omega - 1 or less is that of oscillations, of which omega has passed the best already.
        omega = torch.where((mu > omega - 1) & (best > omega), best, omega)
        return torch.where(error < _RISE * self.lowest, omega, torch.ones_like(omega))
