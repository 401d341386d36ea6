"""Weighted least squares in the parameters of a network: blocks of rows, their loss and its gradient.

Each process of a distributed run may hold a share of the rows: losses and gradients are sums over all processes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from physml.optim.processes import sum_over_processes

Parameters = Mapping[str, Tensor]


@dataclass(frozen=True)
class Block:
    r"""Rows that share one function; they add :math:`\sum_{n,k} w_{nk} r_{nk}^2` to the objective.

    Args:
        function: ``function(parameters, data)`` to residuals: (n, k) for data of n samples, (k,) for one sample.
        data: tensors in tuples and dicts, each with n samples along its first dimension.
        weights: shape (n, k), non-negative, held constant.
        residuals: ``function`` at the module's present parameters (n, k) with its graph, where it is known already:
            methods that need a gradient only then do not evaluate it again.
    """

    function: Callable[[Parameters, Any], Tensor]
    data: Any
    weights: Tensor
    residuals: Tensor | None = None

    def loss(self, parameters: Parameters) -> Tensor:
        return self._loss(self.function(parameters, self.data))

    def present_loss(self, parameters: Parameters) -> Tensor:
        """The loss at the module's present parameters, from the residuals if they are known."""
        return self.loss(parameters) if self.residuals is None else self._loss(self.residuals)

    def _loss(self, residuals: Tensor) -> Tensor:
        return (self.weights * residuals**2).sum()


def trainable(module: nn.Module) -> dict[str, Tensor]:
    """The parameters of a module that are to be trained, by name.

    Raises:
        ValueError: there are none.
    """
    parameters: dict[str, Tensor] = {name: p for name, p in module.named_parameters() if p.requires_grad}
    if not parameters:
        raise ValueError(f"{type(module).__name__} has no parameter with requires_grad; expected at least one to train")
    return parameters


def total_loss(blocks: Sequence[Block], parameters: Parameters) -> Float[Tensor, ""]:
    """The objective, without a graph: the sum over all blocks."""
    with torch.no_grad():
        loss = torch.stack([block.loss(parameters) for block in blocks]).sum()
    sum_over_processes(loss)
    return loss


def loss_and_gradient(
    blocks: Sequence[Block], parameters: Parameters
) -> tuple[Float[Tensor, ""], Float[Tensor, "parameters"]]:
    r"""The objective :math:`r^T W r` and its gradient :math:`2 J^T W r` as one vector, by one reverse pass."""
    leaves = _leaves(parameters)
    return _differentiate([block.loss(leaves) for block in blocks], leaves)


def present_loss_and_gradient(
    blocks: Sequence[Block], module: nn.Module
) -> tuple[Float[Tensor, ""], Float[Tensor, "parameters"]]:
    """:func:`loss_and_gradient` at the parameters of a module, from the blocks' residuals where they are known."""
    parameters = trainable(module)
    return _differentiate([block.present_loss(parameters) for block in blocks], parameters)


def weighted_residuals(blocks: Sequence[Block], parameters: Parameters) -> list[Tensor]:
    """The residuals of each block times the roots of their weights, (n, k), on this process."""
    return [block.weights.sqrt() * block.function(parameters, block.data) for block in blocks]


def pull_back(
    blocks: Sequence[Block], parameters: Parameters, vectors: Sequence[Tensor]
) -> Float[Tensor, "parameters"]:
    r""":math:`\sum J^T \sqrt{W} v` for one vector (n, k) a block, as a flat vector of the parameters' size."""
    leaves = _leaves(parameters)
    residuals = weighted_residuals(blocks, leaves)
    return _differentiate([(r * v).sum() for r, v in zip(residuals, vectors, strict=True)], leaves)[1]


def flatten(parameters: Parameters) -> Float[Tensor, "parameters"]:
    """All parameters in one vector, without a graph."""
    return torch.cat([value.detach().flatten() for value in parameters.values()])


def unflatten(vector: Float[Tensor, "parameters"], parameters: Parameters) -> dict[str, Tensor]:
    """A vector as tensors of the names and shapes of the parameters."""
    pieces = vector.split([p.numel() for p in parameters.values()])
    return {name: piece.view_as(p) for (name, p), piece in zip(parameters.items(), pieces, strict=True)}


def move(parameters: Parameters, step: Float[Tensor, "parameters"]) -> dict[str, Tensor]:
    """Parameters plus a step, without a graph."""
    return {name: parameters[name].detach() + piece for name, piece in unflatten(step, parameters).items()}


def put(parameters: Parameters, values: Parameters) -> None:
    """Write values into the parameters of a module, in place."""
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(values[name])


def _leaves(parameters: Parameters) -> dict[str, Tensor]:
    return {name: value.detach().requires_grad_() for name, value in parameters.items()}


def _differentiate(terms: Sequence[Tensor], parameters: Parameters) -> tuple[Tensor, Tensor]:
    """The sum of the terms and its gradient, over all processes."""
    total = torch.stack(list(terms)).sum()
    gradients = torch.autograd.grad(total, list(parameters.values()), allow_unused=True, materialize_grads=True)
    value, flat = total.detach(), torch.cat([gradient.flatten() for gradient in gradients])
    sum_over_processes(value, flat)
    return value, flat
