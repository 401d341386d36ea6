"""SOAP: Adam in the slowly turning eigenbasis of Shampoo's matrices (vyas2024soap)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from physml.optim.first_order import DecayingRate, FirstOrderOptimizer
from physml.optim.least_squares import trainable


@dataclass(frozen=True)
class SOAP(DecayingRate):
    r"""Settings of a SOAP phase, with the defaults used for PINNs (wang2025gradient).

    For a weight matrix with gradient G, running means L of :math:`G G^T` and R of :math:`G^T G` are kept, and Adam is
    done on :math:`Q_L^T G Q_R`, where the columns of Q are their eigenvectors. Vectors are left to plain Adam. Narrow
    networks want a larger rate, such as 1e-2.

    Args:
        steps: how many.
        learning_rate: after the warm-up.
        decay: the rate is multiplied by this every ``decay_steps`` steps, continuously.
        decay_steps: see ``decay``.
        warm_up: steps in which the rate grows linearly at the start.
        frequency: steps from one improvement of the eigenvectors to the next.
        largest_basis: a dimension longer than this keeps the basis it has.

    Raises:
        ValueError: a setting outside its range.
    """

    decay_steps: int = 2_000
    warm_up: int = 2_000
    frequency: int = 2
    largest_basis: int = 4_096

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.frequency < 1 or self.largest_basis < 0:
            raise ValueError(f"needs frequency >= 1, largest_basis >= 0; given {self}")

    def start(self, module: nn.Module) -> FirstOrderOptimizer:
        parameters = trainable(module).values()
        optimizer = EigenbasisAdam(
            parameters, lr=self.learning_rate, frequency=self.frequency, largest_basis=self.largest_basis
        )
        return FirstOrderOptimizer(self, module, optimizer)


class EigenbasisAdam(torch.optim.Optimizer):
    """The optimiser of SOAP with the conventions of ``torch.optim`` (vyas2024soap, algorithm 3).

    The first gradient of a matrix gives its first eigenvectors only; the matrix moves from the second on.

    Args:
        parameters: to be trained, or groups of them.
        lr: the learning rate.
        betas: how fast first and second moments forget; the second also holds for the matrices L and R.
        eps: added to the root of the second moment.
        frequency: steps from one improvement of the eigenvectors to the next.
        largest_basis: a dimension longer than this keeps the basis it has.
    """

    def __init__(
        self,
        parameters: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        frequency: int = 2,
        largest_basis: int = 4_096,
    ) -> None:
        defaults = {"lr": lr, "betas": betas, "eps": eps, "frequency": frequency, "largest_basis": largest_basis}
        super().__init__(parameters, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step along the gradients in the parameters' ``grad``."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._step(parameter, parameter.grad, group)
        return loss

    def _step(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state = self.state[parameter]
        if not state:
            self._start(state, gradient, group)
            if state["bases"]:
                return
        state["step"] += 1
        first, second = group["betas"]
        state["mean"].lerp_(gradient, 1 - first)
        state["square"].lerp_(_rotate(gradient, state["bases"]).square(), 1 - second)
        scale = (state["square"] / (1 - second ** state["step"])).sqrt_().add_(group["eps"])
        step = _rotate(state["mean"] / (1 - first ** state["step"]), state["bases"]).div_(scale)
        parameter.sub_(_rotate_back(step, state["bases"]), alpha=group["lr"])
        for axis, moment in state["moments"].items():
            moment.lerp_(_gram(gradient, axis), 1 - second)
        if state["step"] % group["frequency"] == 0:
            for axis in state["bases"]:
                self._improve(state, axis)

    def _start(self, state: dict[str, Any], gradient: Tensor, group: dict[str, Any]) -> None:
        """Moments of zero, and the eigenvectors of the first gradient's matrices."""
        state |= {"step": 0, "mean": torch.zeros_like(gradient), "square": torch.zeros_like(gradient)}
        sizes = gradient.shape if gradient.ndim == 2 else ()
        axes = [axis for axis, size in enumerate(sizes) if size <= group["largest_basis"]]
        state["moments"] = {axis: _gram(gradient, axis) * (1 - group["betas"][1]) for axis in axes}
        state["bases"] = {axis: _eigenvectors(moment) for axis, moment in state["moments"].items()}

    @staticmethod
    def _improve(state: dict[str, Any], axis: int) -> None:
        """One power iteration on the eigenvectors, sorted by their eigenvalues, with the second moment in their order.

        The first moment is kept in the parameters' own basis, so it needs no projection from one basis to the next.
        """
        moment, basis = state["moments"][axis], state["bases"][axis]
        image = moment @ basis
        order = (basis * image).sum(0).argsort(descending=True, stable=True)
        state["square"] = state["square"].index_select(axis, order)
        state["bases"][axis] = torch.linalg.qr(image[:, order]).Q


def _gram(gradient: Float[Tensor, "m n"], axis: int) -> Tensor:
    """:math:`G G^T` for axis 0, :math:`G^T G` for axis 1."""
    return gradient @ gradient.mT if axis == 0 else gradient.mT @ gradient


def _eigenvectors(matrix: Float[Tensor, "m m"]) -> Float[Tensor, "m m"]:
    """Of a symmetric matrix, the largest eigenvalue first; computed in float64, since this happens once."""
    return torch.linalg.eigh(matrix.double()).eigenvectors.flip(1).to(matrix)


def _rotate(matrix: Tensor, bases: dict[int, Tensor]) -> Tensor:
    r""":math:`Q_L^T G Q_R`; a basis that is missing is the identity."""
    matrix = bases[0].mT @ matrix if 0 in bases else matrix
    return matrix @ bases[1] if 1 in bases else matrix


def _rotate_back(matrix: Tensor, bases: dict[int, Tensor]) -> Tensor:
    r""":math:`Q_L G Q_R^T`."""
    matrix = bases[0] @ matrix if 0 in bases else matrix
    return matrix @ bases[1].mT if 1 in bases else matrix
