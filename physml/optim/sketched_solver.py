"""Damped least squares without a matrix: conjugate gradients, preconditioned by a random sketch of the rows."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from physml.optim.damped_solvers import Vector
from physml.optim.iterative_solver import Linearization, conjugate_gradients
from physml.optim.jacobians import jacobian_chunks
from physml.optim.least_squares import Block, Parameters
from physml.optim.processes import process_rank, sum_over_processes

_TOLERANCE, _ITERATIONS = 1e-4, 100


class SketchedSystem:
    r""":math:`(J^T J + \mu) d = -(J^T r - \mu a)` by conjugate gradients; memory :math:`2 m n`, no squares of n or N.

    The preconditioner is :math:`(S^T S + \mu)^{-1}`, where each of the m rows of S is the sum of some rows of J with
    random signs (count sketch), so that :math:`S^T S` has the mean :math:`J^T J`. The more of the singular values of J
    above :math:`\sqrt\mu` fit into m, the fewer iterations are needed. Every iteration takes two reverse passes.

    Args:
        blocks, parameters: the rows.
        size: m.
        seed: of the sketch.
    """

    smallest_damping = 1e-15

    def __init__(self, blocks: Sequence[Block], parameters: Parameters, size: int, seed: int) -> None:
        self.linear = Linearization(blocks, parameters)
        rows = [residuals.detach() for residuals in self.linear.residuals]
        self.loss = torch.stack([row.square().sum() for row in rows]).sum()
        sum_over_processes(self.loss)
        self.gradient = self.linear.pull(rows)
        _, self.values, self.directions = torch.linalg.svd(
            count_sketch(blocks, parameters, size, seed), full_matrices=False
        )
        self.largest = float(self.values[0].square())

    def factor(self, damping: float) -> bool:
        self.damping = damping
        squares = self.values.square() + damping
        self.rest = 1 / squares[-1]  # for all that the sketch does not see
        self.scales = 1 / squares - self.rest
        return True

    def velocity(self, anchor: Vector | None = None) -> Vector:
        right = self.gradient if anchor is None else self.gradient - self.damping * anchor
        return -self._solve(right)

    def response(self, rows: Sequence[Tensor]) -> Vector:
        return self._solve(self.linear.pull(rows))

    def _solve(self, right: Tensor) -> Tensor:
        def product(vector: Tensor) -> Tensor:
            return self.linear.pull(self.linear.push(vector)) + self.damping * vector

        return conjugate_gradients(product, self._precondition, right, tolerance=_TOLERANCE, iterations=_ITERATIONS)

    def _precondition(self, vector: Tensor) -> Tensor:
        return self.directions.mT @ (self.scales * (self.directions @ vector)) + self.rest * vector


def count_sketch(
    blocks: Sequence[Block], parameters: Parameters, size: int, seed: int
) -> Float[Tensor, "size parameters"]:
    """Each row of the Jacobian added, with a random sign, to a random one of ``size`` rows."""
    generator = torch.Generator().manual_seed(seed + (process_rank() << 32))
    first = next(iter(parameters.values()))
    sketch = first.new_zeros(size, sum(value.numel() for value in parameters.values()))
    for _, rows in jacobian_chunks(blocks, parameters):
        bucket = torch.randint(size, (len(rows),), generator=generator).to(first.device)
        sign = torch.randint(2, (len(rows), 1), generator=generator).to(first) * 2 - 1
        sketch.index_add_(0, bucket, sign * rows)
    sum_over_processes(sketch)
    return sketch
