"""Damped least squares without a matrix: conjugate gradients, preconditioned by a random sketch of the rows."""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from physml.optim.damped_solvers import Vector
from physml.optim.jacobians import jacobian_chunks
from physml.optim.least_squares import Block, Parameters, weighted_residuals
from physml.optim.processes import process_rank, sum_over_processes

_TOLERANCE = 1e-4  # of the residual in the preconditioner's norm
_ITERATIONS = 100


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
        return conjugate_gradients(
            lambda v: self.linear.pull(self.linear.push(v)) + self.damping * v, self._precondition, right
        )

    def _precondition(self, vector: Tensor) -> Tensor:
        return self.directions.mT @ (self.scales * (self.directions @ vector)) + self.rest * vector


class Linearization:
    r"""Products with the Jacobian of the weighted residuals and with its transpose; one graph for all of them.

    :math:`J^T u` is linear in u, so its derivative along v, by a second reverse pass, is :math:`J v`.
    """

    def __init__(self, blocks: Sequence[Block], parameters: Parameters) -> None:
        self.leaves = {name: value.detach().requires_grad_() for name, value in parameters.items()}
        self.residuals = weighted_residuals(blocks, self.leaves)
        self.duals = [torch.zeros_like(residuals, requires_grad=True) for residuals in self.residuals]
        self.pulled = self._pull(self.duals, create_graph=True)

    def pull(self, rows: Sequence[Tensor]) -> Vector:
        r""":math:`J^T u`, over all processes."""
        flat = self._pull(rows)
        sum_over_processes(flat)
        return flat

    def push(self, vector: Vector) -> tuple[Tensor, ...]:
        r""":math:`J v`, the rows of each block (n, k)."""
        return torch.autograd.grad(
            self.pulled, self.duals, vector, retain_graph=True, allow_unused=True, materialize_grads=True
        )

    def _pull(self, rows: Sequence[Tensor], create_graph: bool = False) -> Tensor:
        gradients = torch.autograd.grad(
            self.residuals,
            list(self.leaves.values()),
            list(rows),
            retain_graph=True,
            create_graph=create_graph,
            allow_unused=True,
            materialize_grads=True,
        )
        return torch.cat([gradient.flatten() for gradient in gradients])


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


def conjugate_gradients(
    product: Callable[[Tensor], Tensor], precondition: Callable[[Tensor], Tensor], right: Vector
) -> Vector:
    """Solve A x = b for a positive definite A; where it is stopped early, x still lowers the quadratic."""
    solution, residual = torch.zeros_like(right), right
    direction = scaled = precondition(residual)
    size = first = residual @ scaled
    for _ in range(_ITERATIONS):
        if not size > _TOLERANCE**2 * first:
            break
        image = product(direction)
        length = size / (direction @ image)
        solution = solution + length * direction
        residual = residual - length * image
        scaled = precondition(residual)
        size, before = residual @ scaled, size
        direction = scaled + size / before * direction
    return solution
