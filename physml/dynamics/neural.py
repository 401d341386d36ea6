"""A neural drift, for dynamics of which nothing is known."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor

from physml.dynamics.family import DriftFamily, Increments


@dataclass(frozen=True)
class NeuralDrift(DriftFamily):
    r"""A network as a drift, or as a potential V with the drift :math:`-\nabla V`.

    Its units are smooth (SiLU): a kinked one would make the drift of a potential piecewise constant.

    Args:
        dimension: of the state.
        width: units of each hidden layer.
        depth: hidden layers.
        potential: the network is a potential.
        steps: of Adam in each fit.
        batch: increments in each step.
        learning_rate: of Adam at the first step; it falls to zero along a cosine.
        seed: of the first weights and of the batches.
    """

    dimension: int
    width: int = 64
    depth: int = 2
    potential: bool = False
    steps: int = 1000
    batch: int = 2048
    learning_rate: float = 3e-3
    seed: int = 0

    @property
    def _shapes(self) -> list[tuple[int, ...]]:
        sizes = [self.dimension, *[self.width] * self.depth, 1 if self.potential else self.dimension]
        return [shape for low, high in itertools.pairwise(sizes) for shape in ((high, low), (high,))]

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(f"w{i}" for i in range(sum(torch.Size(shape).numel() for shape in self._shapes)))

    def drift(self, x: Tensor, t: Tensor | float, theta: Tensor) -> Tensor:
        if not self.potential:
            return self._network(x, theta)
        return -torch.func.vjp(lambda y: self._network(y, theta), x)[1](torch.ones_like(x[..., :1]))[0]

    def _network(self, x: Tensor, theta: Tensor) -> Tensor:
        sizes = [torch.Size(shape).numel() for shape in self._shapes]
        parts = [part.reshape(shape) for part, shape in zip(theta.split(sizes), self._shapes, strict=True)]
        layers = list(zip(parts[::2], parts[1::2], strict=True))
        for weight, bias in layers[:-1]:
            x = torch.nn.functional.silu(torch.nn.functional.linear(x, weight, bias))
        return torch.nn.functional.linear(x, *layers[-1])

    def first(self, like: Tensor) -> Tensor:
        """Random weights of the usual size, from the family's seed."""
        generator = torch.Generator().manual_seed(self.seed)
        parts = [
            torch.randn(shape, generator=generator, dtype=torch.float64) / shape[-1] ** 0.5
            if len(shape) > 1
            else torch.zeros(shape, dtype=torch.float64)
            for shape in self._shapes
        ]
        return torch.cat([part.flatten() for part in parts]).to(like)

    def fit(self, increments: Increments, start: Tensor | None = None) -> Tensor:
        theta = (self.first(increments.states) if start is None else start.clone()).requires_grad_()
        adam = torch.optim.Adam([theta], lr=self.learning_rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, self.steps)
        generator = torch.Generator().manual_seed(self.seed)
        for _ in range(self.steps):
            chosen = torch.randint(len(increments.states), (self.batch,), generator=generator).to(theta.device)
            misfit = increments.velocities[chosen] - self.drift(
                increments.states[chosen], increments.times[chosen], theta
            )
            loss = (increments.weights[chosen] * ((misfit @ increments.precision) * misfit).sum(-1)).mean()
            adam.zero_grad()
            loss.backward()
            adam.step()
            schedule.step()
        return theta.detach()
