"""Jacobians of blocks, in chunks of bounded memory, and what is summed from them."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils._pytree import tree_map

from physml.optim.least_squares import Block, Parameters
from physml.optim.processes import sum_over_processes

_CHUNK = 2**21  # numbers in one block of the Jacobian: 16 MiB in float64, which malloc reuses
_STRIPS, _NARROWEST_STRIP = 5, 64  # of the upper triangle of J^T J


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


def jacobian_chunks(
    blocks: Sequence[Block], parameters: Parameters
) -> Iterator[tuple[Float[Tensor, "rows"], Float[Tensor, "rows parameters"]]]:
    """:func:`jacobian` of all blocks, a few rows at a time: at most 16 MiB of float64, or one sample."""
    size = sum(value.numel() for value in parameters.values())
    for block in blocks:
        for chunk in _chunks(block, size):
            yield jacobian(chunk, parameters)


def normal_equations(
    blocks: Sequence[Block], parameters: Parameters
) -> tuple[Float[Tensor, "parameters parameters"], Float[Tensor, "parameters"], Float[Tensor, ""]]:
    r"""The matrix :math:`J^T W J`, the vector :math:`J^T W r` and the loss :math:`r^T W r`, over all processes.

    Rows are taken in chunks of at most 16 MiB of float64 Jacobian, so memory stays bounded for any number of samples.
    """
    size = sum(value.numel() for value in parameters.values())
    first = next(iter(parameters.values()))
    matrix, gradient, loss = first.new_zeros(size, size), first.new_zeros(size), first.new_zeros(())
    for residuals, rows in jacobian_chunks(blocks, parameters):
        _add_gram(matrix, rows)
        gradient.addmv_(rows.mT, residuals)
        loss += residuals @ residuals
    matrix = matrix.triu() + matrix.triu(1).mT
    sum_over_processes(matrix, gradient, loss)
    return matrix, gradient, loss


def _add_gram(matrix: Tensor, rows: Tensor) -> None:
    """Add :math:`J^T J` to the upper triangle: strips of it, at little more than half the work of the whole."""
    width = max(_NARROWEST_STRIP, -(-len(matrix) // _STRIPS))
    for start in range(0, len(matrix), width):
        matrix[start : start + width, start:].addmm_(rows[:, start : start + width].mT, rows[:, start:])


def squared_gradients(block: Block, parameters: Parameters) -> Float[Tensor, "n"]:
    r"""The diagonal :math:`\sum_k w_{nk} |\nabla_\theta r_{nk}|^2` of the neural tangent kernel, shape (n,)."""
    outputs = block.weights.shape[1]
    squares = [rows.square().sum(1) for _, rows in jacobian_chunks([block], parameters)]
    return torch.cat(squares).reshape(-1, outputs).sum(1)


def _chunks(block: Block, size: int) -> Iterator[Block]:
    """The block in parts whose Jacobians for ``size`` parameters stay within the bound of memory."""
    count, outputs = block.weights.shape
    step = max(1, _CHUNK // (size * outputs))
    for start in range(0, count, step):
        rows = slice(start, start + step)
        yield Block(block.function, tree_map(lambda t, rows=rows: t[rows], block.data), block.weights[rows])
