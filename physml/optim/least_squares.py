"""Weighted least squares in the parameters of a network: losses, gradients, normal equations."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils._pytree import tree_map

Parameters = Mapping[str, Tensor]
_CHUNK = 2**21  # numbers in one block of the Jacobian: 16 MiB in float64, which malloc reuses


@dataclass(frozen=True)
class Block:
    r"""Rows that share one function; they add :math:`\sum_{n,k} w_{nk} r_{nk}^2` to the objective.

    Args:
        function: ``function(parameters, data)`` to residuals: (n, k) for data of n samples, (k,) for one sample.
        data: tensors in tuples and dicts, each with n samples along its first dimension.
        weights: shape (n, k), non-negative, held constant.
    """

    function: Callable[[Parameters, Any], Tensor]
    data: Any
    weights: Tensor

    def loss(self, parameters: Parameters) -> Tensor:
        return (self.weights * self.function(parameters, self.data) ** 2).sum()


def total_loss(blocks: Sequence[Block], parameters: Parameters) -> Tensor:
    """The objective: the sum over all blocks."""
    return torch.stack([block.loss(parameters) for block in blocks]).sum()


def jacobian(block: Block, parameters: Parameters) -> tuple[Float[Tensor, "rows"], Float[Tensor, "rows parameters"]]:
    """Weighted residuals (n k,) and their Jacobian (n k, parameters), columns in the order of ``parameters``."""

    def single(values: Parameters, sample: Any) -> tuple[Tensor, Tensor]:
        residual = block.function(values, sample)
        return residual, residual

    rows = torch.func.jacrev(single, has_aux=True)
    blocks, residuals = torch.func.vmap(rows, in_dims=(None, 0))(dict(parameters), block.data)
    root = block.weights.sqrt()
    matrix = torch.cat([blocks[name].flatten(2) for name in parameters], dim=2)
    return (root * residuals).flatten(), (root[..., None] * matrix).flatten(0, 1)


def normal_equations(
    blocks: Sequence[Block], parameters: Parameters
) -> tuple[Float[Tensor, "parameters parameters"], Float[Tensor, "parameters"], Float[Tensor, ""]]:
    r"""The matrix :math:`J^T W J`, the gradient :math:`J^T W r` and the loss :math:`r^T W r`.

    Rows are taken in chunks of at most 16 MiB of float64 Jacobian, so memory stays bounded for any number of samples.
    """
    size = sum(value.numel() for value in parameters.values())
    first = next(iter(parameters.values()))
    matrix, gradient, loss = first.new_zeros(size, size), first.new_zeros(size), first.new_zeros(())
    for block in blocks:
        for chunk in _chunks(block, size):
            residuals, rows = jacobian(chunk, parameters)
            matrix.addmm_(rows.mT, rows)
            gradient.addmv_(rows.mT, residuals)
            loss += residuals @ residuals
    return matrix, gradient, loss


def squared_gradients(block: Block, parameters: Parameters) -> Float[Tensor, "n"]:
    r"""The diagonal :math:`\sum_k w_{nk} |\nabla_\theta r_{nk}|^2` of the neural tangent kernel, shape (n,)."""
    size, outputs = sum(value.numel() for value in parameters.values()), block.weights.shape[1]
    squares = [jacobian(chunk, parameters)[1].square().sum(1) for chunk in _chunks(block, size)]
    return torch.cat(squares).reshape(-1, outputs).sum(1)


def _chunks(block: Block, size: int) -> Iterator[Block]:
    """The block in parts whose Jacobians for ``size`` parameters stay within the bound of memory."""
    count, outputs = block.weights.shape
    step = max(1, _CHUNK // (size * outputs))
    for start in range(0, count, step):
        rows = slice(start, start + step)
        yield Block(block.function, tree_map(lambda t, rows=rows: t[rows], block.data), block.weights[rows])


def weighted_residuals(blocks: Sequence[Block], parameters: Parameters) -> list[Tensor]:
    """The residuals of each block times the roots of their weights, (n, k)."""
    return [block.weights.sqrt() * block.function(parameters, block.data) for block in blocks]


def pull_back(
    blocks: Sequence[Block], parameters: Parameters, vectors: Sequence[Tensor]
) -> Float[Tensor, "parameters"]:
    r""":math:`\sum J^T \sqrt{W} v` for one vector (n, k) a block, as a flat vector of the parameters' size."""
    leaves = {name: value.detach().requires_grad_() for name, value in parameters.items()}
    products = [(r * v).sum() for r, v in zip(weighted_residuals(blocks, leaves), vectors, strict=True)]
    gradients = torch.autograd.grad(torch.stack(products).sum(), list(leaves.values()))
    return torch.cat([gradient.flatten() for gradient in gradients])
