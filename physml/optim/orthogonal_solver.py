"""Damped least squares by orthogonal factors, which do not square the condition number."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from physml.optim.damped_solvers import Vector, require_all_rows
from physml.optim.jacobians import jacobian_chunks
from physml.optim.least_squares import Block, Parameters, pull_back


class OrthogonalSystem:
    r""":math:`[R\ z] = Q^T [J\ r]`, and the step by a QR factorisation of R above :math:`\sqrt\mu I`.

    R is that of chunks of rows stacked below the R of all rows before, so memory is :math:`4 n^2` for any N. Singular
    values of J down to round-off times the largest are resolved; normal equations resolve those above its root.

    Raises:
        ValueError: the rows are spread over several processes.
    """

    smallest_damping = 1e-30

    def __init__(self, blocks: Sequence[Block], parameters: Parameters) -> None:
        require_all_rows("qr")
        self.blocks, self.parameters = blocks, parameters
        triangle = stacked_triangle(blocks, parameters)
        self.triangle, self.right = triangle[:, :-1], triangle[:, -1]
        self.loss = self.right @ self.right
        self.largest = float(self.triangle.square().sum(0).max())

    def factor(self, damping: float) -> bool:
        size = self.triangle.shape[1]
        root = math.sqrt(damping) * torch.eye(size, dtype=self.triangle.dtype, device=self.triangle.device)
        self.orthogonal, self.factored = torch.linalg.qr(torch.cat([self.triangle, root]))
        return bool(self.factored.diagonal().all())

    def velocity(self, anchor: Vector | None = None) -> Vector:
        rows = self.right if anchor is None else self.right + self.triangle @ anchor
        step = -self._back(self.orthogonal[: len(rows)].mT @ rows)
        return step if anchor is None else anchor + step

    def response(self, rows: Sequence[Tensor]) -> Vector:
        right = pull_back(self.blocks, self.parameters, rows)
        forward = torch.linalg.solve_triangular(self.factored.mT, right[:, None], upper=False)[:, 0]
        return self._back(forward)

    def _back(self, right: Tensor) -> Tensor:
        return torch.linalg.solve_triangular(self.factored, right[:, None], upper=True)[:, 0]


def stacked_triangle(blocks: Sequence[Block], parameters: Parameters) -> Float[Tensor, "rows columns"]:
    """The triangular factor of :math:`[J r]`, from chunks of rows."""
    size = 1 + sum(value.numel() for value in parameters.values())
    triangle, waiting = next(iter(parameters.values())).new_zeros(0, size), []
    for residuals, rows in jacobian_chunks(blocks, parameters):
        waiting.append(torch.cat([rows, residuals[:, None]], 1))
        if sum(map(len, waiting)) >= size:
            triangle, waiting = torch.linalg.qr(torch.cat([triangle, *waiting]), mode="r").R, []
    return torch.linalg.qr(torch.cat([triangle, *waiting]), mode="r").R
