"""Damped least squares without a matrix, by conjugate gradients."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from physml.optim.damped_solvers import Vector
from physml.optim.least_squares import Block, Parameters, weighted_residuals
from physml.optim.processes import sum_over_processes

_TOLERANCE = 1e-2  # the next step linearises anew, so that more would be lost
_ITERATIONS = 200


class IterativeSystem:
    r""":math:`(J^T J + \mu) d = -(J^T r - \mu a)` by conjugate gradients; memory :math:`O(n + N)`.

    For problems that are well conditioned by themselves, such as those of networks that are linear in what is trained,
    with orthonormal features. An iteration takes two reverse passes.

    Args:
        blocks, parameters: the rows.
    """

    smallest_damping = 1e-15

    def __init__(self, blocks: Sequence[Block], parameters: Parameters) -> None:
        self.linear = Linearization(blocks, parameters)
        rows = [residuals.detach() for residuals in self.linear.residuals]
        self.loss = torch.stack([row.square().sum() for row in rows]).sum()
        sum_over_processes(self.loss)
        self.gradient = self.linear.pull(rows)
        self.largest = float(self._product(self.gradient).norm() / self.gradient.norm().clamp_min(1e-300))

    def factor(self, damping: float) -> bool:
        self.damping = damping
        return True

    def velocity(self, anchor: Vector | None = None) -> Vector:
        right = self.gradient if anchor is None else self.gradient - self.damping * anchor
        return -self._solve(right)

    def response(self, rows: Sequence[Tensor]) -> Vector:
        return self._solve(self.linear.pull(rows))

    def _solve(self, right: Tensor) -> Tensor:
        def product(vector: Tensor) -> Tensor:
            return self._product(vector) + self.damping * vector

        return conjugate_gradients(product, lambda v: v, right, tolerance=_TOLERANCE, iterations=_ITERATIONS)

    def _product(self, vector: Tensor) -> Tensor:
        return self.linear.pull(self.linear.push(vector))


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


def conjugate_gradients(
    product: Callable[[Tensor], Tensor],
    precondition: Callable[[Tensor], Tensor],
    right: Vector,
    *,
    tolerance: float,
    iterations: int,
) -> Vector:
    """Solve A x = b for a positive definite A; where it is stopped early, x still lowers the quadratic.

    The tolerance is that of the residual, relative to b, in the norm of the preconditioner.
    """
    solution, residual = torch.zeros_like(right), right
    direction = scaled = precondition(residual)
    size = first = residual @ scaled
    for _ in range(iterations):
        if not size > tolerance**2 * first:
            break
        image = product(direction)
        length = size / (direction @ image)
        solution = solution + length * direction
        residual = residual - length * image
        scaled = precondition(residual)
        size, before = residual @ scaled, size
        direction = scaled + size / before * direction
    return solution
