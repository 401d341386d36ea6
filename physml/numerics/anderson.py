"""Anderson acceleration of fixed-point iterations."""

import torch
from jaxtyping import Float
from torch import Tensor


class Anderson:
    """Proposes where an iteration x <- g(x) would be next, from what its last values have taught (walker2011anderson).

    Args:
        memory: how many differences of values are used; 0 proposes g(x).

    Raises:
        ValueError: memory < 0.

    Example:
        >>> scheme, x = Anderson(2), torch.zeros(1, dtype=torch.float64)
        >>> for _ in range(7):
        ...     x = scheme.propose(x, x.cos())
        >>> bool((x - x.cos()).abs() < 1e-4)
        True
    """

    def __init__(self, memory: int) -> None:
        if memory < 0:
            raise ValueError(f"needs memory >= 0, given {memory}")
        self.memory = memory
        self._values: list[tuple[Tensor, Tensor]] = []

    def forget(self) -> None:
        """What was learned; after a proposal that was not taken."""
        self._values = []

    @property
    def values(self) -> list[tuple[Tensor, Tensor]]:
        """What is remembered: g and its residual, oldest first; assign it to go on from there."""
        return self._values

    @values.setter
    def values(self, values: list[tuple[Tensor, Tensor]]) -> None:
        self._values = values

    def propose(self, x: Float[Tensor, " n"], g: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
        """The next x, from the present one and g of it."""
        self._values = [*self._values, (g, g - x)][-self.memory - 1 :]
        if len(self._values) == 1:
            return g
        images, residuals = (torch.stack(parts, 1) for parts in zip(*self._values, strict=True))
        weights = torch.linalg.lstsq(residuals.diff(dim=1).cpu(), residuals[:, -1:].cpu(), driver="gelsd").solution
        return g - (images.diff(dim=1) @ weights.to(g))[:, 0]
