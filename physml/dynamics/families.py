"""Families of the field: predators and prey, gene circuits, vortices."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from physml.dynamics.family import Increments, LinearFamily, NonlinearFamily

_LOWEST = 1e-8  # of a concentration inside a drift; paths themselves are not clamped


@dataclass(frozen=True)
class LotkaVolterra(LinearFamily):
    r"""Prey X and predators Y: :math:`(\alpha X - \beta X Y,\; \delta X Y - \gamma Y)`."""

    dimension = 2
    parameters = ("alpha", "beta", "gamma", "delta")
    nonnegative = True

    def drift(self, x: Tensor, t: Tensor | float, theta: Tensor) -> Tensor:
        (prey, predators), (alpha, beta, gamma, delta) = x.unbind(-1), theta
        return torch.stack([prey * (alpha - beta * predators), predators * (delta * prey - gamma)], -1)

    def features(self, x: Tensor, t: Tensor | float) -> Tensor:
        prey, predators = x.unbind(-1)
        none, product = torch.zeros_like(prey), prey * predators
        rows = [torch.stack([prey, -product, none, none], -1), torch.stack([none, none, -predators, product], -1)]
        return torch.stack(rows, -2)


@dataclass(frozen=True)
class EllipticVortex(LinearFamily):
    r"""A vortex of elliptic stream lines :math:`(a\,(y - y_0),\; -s\,(x - x_0))`; parameters a, a y0, s, s x0."""

    dimension = 2
    parameters = ("a", "a y0", "s", "s x0")

    def drift(self, x: Tensor, t: Tensor | float, theta: Tensor) -> Tensor:
        a, a_y0, s, s_x0 = theta
        return torch.stack([a * x[..., 1] - a_y0, s_x0 - s * x[..., 0]], -1)

    def features(self, x: Tensor, t: Tensor | float) -> Tensor:
        one, none = torch.ones_like(x[..., 0]), torch.zeros_like(x[..., 0])
        rows = [torch.stack([x[..., 1], -one, none, none], -1), torch.stack([none, none, -x[..., 0], one], -1)]
        return torch.stack(rows, -2)


@dataclass(frozen=True)
class LambOseen(NonlinearFamily):
    r"""A vortex with a core. With :math:`(X, Y) = e^{-\ell}(x - x_0, y - y_0)`, :math:`r^2 = X^2 + Y^2` and the spin s

    .. math:: b = s\,e^{\ell}\,\frac{1 - e^{-r^2}}{r^2}\,(-Y, X),

    which turns the core by s a time; the strength of the vortex is :math:`\Gamma = s\,e^{\ell}`.
    """

    dimension = 2
    parameters = ("x0", "y0", "ell", "spin")

    def drift(self, x: Tensor, t: Tensor | float, theta: Tensor) -> Tensor:
        centre, ell, spin = theta[:2], theta[2], theta[3]
        from_centre = x - centre
        square = (from_centre * torch.exp(-ell)).square().sum(-1, keepdim=True)
        small = square < 1e-8
        safe = torch.where(small, 1.0, square)
        profile = torch.where(small, 1.0 - square / 2, -torch.expm1(-safe) / safe)
        return spin * profile * torch.stack([-from_centre[..., 1], from_centre[..., 0]], -1)

    def guesses(self, increments: Increments) -> Tensor:
        """Either sense of rotation about the centre of all states, with cores of the size of the cloud and larger."""
        middle, size = increments.states.mean(0), increments.states.std(0).mean()
        turning = increments.velocities.square().mean().sqrt() / size
        return torch.stack(
            [
                torch.stack([*middle, size.log() + larger, sense * turning])
                for larger in (0.0, math.log(4.0))
                for sense in (-1.0, 1.0)
            ]
        )


@dataclass(frozen=True)
class Repressilator(NonlinearFamily):
    r"""Three genes in a ring, each repressed by the one before: :math:`\beta / (1 + (x_{i-1} / k)^n) - \gamma x_i`.

    Computes with the logarithms of its parameters, which keeps them positive.
    """

    dimension = 3
    parameters = ("beta", "n", "k", "gamma")
    nonnegative = True

    def drift(self, x: Tensor, t: Tensor | float, theta: Tensor) -> Tensor:
        beta, n, k, gamma = theta.exp()
        repressing = x.roll(1, -1).clamp_min(_LOWEST)
        return beta * torch.sigmoid(-n * (repressing / k).log()) - gamma * x

    def guesses(self, increments: Increments) -> Tensor:
        """A moderately steep repression at the middle of what is seen, at two strengths."""
        middle = increments.states.mean().clamp_min(_LOWEST)
        two, one = middle.new_tensor(2.0), middle.new_tensor(1.0)
        return torch.stack([torch.stack([strength * middle, two, middle, one]).log() for strength in (2.0, 5.0)])

    def natural(self, theta: Tensor) -> Tensor:
        return theta.exp()

    def theta(self, values: Mapping[str, float]) -> Tensor:
        return super().theta(values).log()
