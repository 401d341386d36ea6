r"""Damped least squares: the step d that minimises :math:`|r + J d|^2 + \mu |d - a|^2`, by dense factors.

r and J are the weighted residuals of all blocks and their Jacobian, N rows for n parameters; the anchor a is usually 0.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from physml.optim.jacobians import jacobian_chunks, normal_equations
from physml.optim.least_squares import Block, Parameters, pull_back
from physml.optim.processes import process_count

Vector = Float[Tensor, "parameters"]


@runtime_checkable
class DampedSystem(Protocol):
    """The least-squares problem at one point, to be solved for one damping after the other.

    Args:
        loss: :math:`|r|^2`.
        largest: the largest diagonal entry of the matrix that is damped.
        smallest_damping: less than this is lost in round-off.
    """

    loss: Tensor
    largest: float
    smallest_damping: float

    def factor(self, damping: float) -> bool:
        """Prepare for a damping; False if it is too small for a factor to exist."""
        ...

    def velocity(self, anchor: Vector | None = None) -> Vector:
        """The step."""
        ...

    def response(self, rows: Sequence[Tensor]) -> Vector:
        r""":math:`(J^T J + \mu)^{-1} J^T v` for one vector v of rows (n, k) a block."""
        ...


class NormalSystem:
    r""":math:`d = -(J^T J + \mu)^{-1} (J^T r - \mu a)` by Cholesky; memory :math:`2 n^2`."""

    smallest_damping = 1e-15

    def __init__(self, blocks: Sequence[Block], parameters: Parameters) -> None:
        self.blocks, self.parameters = blocks, parameters
        self.matrix, self.gradient, self.loss = normal_equations(blocks, parameters)
        self.undamped = self.matrix.diagonal().clone()
        self.largest = float(self.undamped.max())

    def factor(self, damping: float) -> bool:
        self.damping = damping
        self.matrix.diagonal().copy_(self.undamped + damping)
        self.cholesky, failed = torch.linalg.cholesky_ex(self.matrix)
        return not failed

    def velocity(self, anchor: Vector | None = None) -> Vector:
        right = self.gradient if anchor is None else self.gradient - self.damping * anchor
        return -_solve(self.cholesky, right)

    def response(self, rows: Sequence[Tensor]) -> Vector:
        return _solve(self.cholesky, pull_back(self.blocks, self.parameters, rows))


class WoodburySystem:
    r""":math:`d = a - J^T (J J^T + \mu)^{-1} (r + J a)` by Cholesky, cheaper if N < n; memory :math:`N n + 2 N^2`.

    Raises:
        ValueError: the rows are spread over several processes.
    """

    smallest_damping = 1e-15

    def __init__(self, blocks: Sequence[Block], parameters: Parameters) -> None:
        require_all_rows("woodbury")
        first, done = next(iter(parameters.values())), 0
        count = sum(block.weights.numel() for block in blocks)
        self.residuals = first.new_empty(count)
        self.jacobian = first.new_empty(count, sum(value.numel() for value in parameters.values()))
        for residuals, rows in jacobian_chunks(blocks, parameters):
            self.residuals[done : done + len(rows)], self.jacobian[done : done + len(rows)] = residuals, rows
            done += len(rows)
        self.matrix = self.jacobian @ self.jacobian.mT
        self.undamped = self.matrix.diagonal().clone()
        self.loss, self.largest = self.residuals @ self.residuals, float(self.undamped.max())

    def factor(self, damping: float) -> bool:
        self.matrix.diagonal().copy_(self.undamped + damping)
        self.cholesky, failed = torch.linalg.cholesky_ex(self.matrix)
        return not failed

    def velocity(self, anchor: Vector | None = None) -> Vector:
        if anchor is None:
            return -self._respond(self.residuals)
        return anchor - self._respond(self.residuals + self.jacobian @ anchor)

    def response(self, rows: Sequence[Tensor]) -> Vector:
        return self._respond(torch.cat([v.flatten() for v in rows]))

    def _respond(self, rows: Tensor) -> Tensor:
        return self.jacobian.mT @ _solve(self.cholesky, rows)


def _solve(factor: Tensor, right: Tensor) -> Tensor:
    return torch.cholesky_solve(right[:, None], factor)[:, 0]


def require_all_rows(solver: str) -> None:
    """Refuse a solver that cannot do with a share of the rows.

    Raises:
        ValueError: there are several processes.
    """
    if process_count() > 1:
        raise ValueError(
            f"solver {solver!r} needs all rows in one process; given {process_count()}. Use 'normal' or 'sketch'"
        )
