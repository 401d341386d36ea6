"""Ansätze: how a network becomes a candidate solution, with conditions soft or built in."""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from physml.diff import Jet, Plan, read_derivatives
from physml.nets.embedding import Embedding
from physml.nets.lift import ConstantState, EvolvedComplexSeries, EvolvedSeries

VALUE_ONLY = Plan()

Encoded = dict[str, Any]  # jets or tensors


class Ansatz(nn.Module):
    """A candidate solution made of a network.

    What depends on the points only (:meth:`encode`) is computed once for a set of points; :meth:`forward` is what
    training repeats.

    Args:
        network: all that is trained.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def encode(self, points: Float[Tensor, "*batch d"], plan: Plan) -> Encoded:
        """Everything that no parameter changes, at points (..., d)."""
        raise NotImplementedError

    def forward(self, encoded: Encoded, plan: Plan) -> dict[str, Tensor]:
        """The derivatives of a plan by name, (..., fields); ``""`` is the value."""
        raise NotImplementedError

    def evaluate(self, points: Float[Tensor, "n d"]) -> Float[Tensor, "n fields"]:
        """The solution at points (n, d), shape (n, fields); no gradient."""
        with torch.no_grad():
            return self(self.encode(points, VALUE_ONLY), VALUE_ONLY)[""]


class EmbeddedAnsatz(Ansatz):
    """:math:`u = N(e(t, x))`: a network on an embedding; every condition is soft.

    Args:
        network: (..., features) to (..., fields).
        embedding: (..., d) to (..., features).
    """

    def __init__(self, network: nn.Module, embedding: Embedding) -> None:
        super().__init__(network)
        self.embedding = embedding

    def encode(self, points: Float[Tensor, "*batch d"], plan: Plan) -> Encoded:
        return {"inputs": self.embedding(Jet.seed(points, plan.bundles))}

    def forward(self, encoded: Encoded, plan: Plan) -> dict[str, Tensor]:
        return read_derivatives(self.jet(encoded), plan)

    def jet(self, encoded: Encoded) -> Jet:
        """The solution's jet, (..., fields)."""
        return self.network(encoded["inputs"])


class HardInitialAnsatz(EmbeddedAnsatz):
    r"""A periodic evolution problem :math:`u_t = L u + f(u)` whose initial condition holds exactly:

    .. math:: u = b(\tau, x) + s\, \frac{\tau}{T}\, N(e, g, h), \qquad
              g = e^{\tau L} u_0, \quad F = e^{\tau L} f(u_0), \quad h = (F - f(g)) / |F - f(g)|_{max}.

    The base b is a splitting written as a function of time: :math:`\Phi_\tau(g)` where the flow :math:`\Phi` of
    :math:`u' = f(u)` is closed, else the exponential trapezoidal rule :math:`g + \tau (F + f(g)) / 2`. What is left to
    the network is small and free of the initial layer, whose shape g and h carry. Without f, b = g, and u may have
    several fields. Without space, b = u_0, and the network takes e alone.

    Args:
        network: (..., embedding.size + channels of the series) to (..., fields).
        embedding: of (t, x), scaled to this window.
        series: the evolved fields of u_0, or u_0 and f(u_0), as channels; without space, u_0 as it is.
        nonlinear: f, or None.
        flow: the closed flow of f, or None.
        duration: the length T of the window.
        scales: the expected size s of the correction, and the maximum that normalises h; shape (2,).
        start_values: u_0 at points (n, d), shape (n, fields): taken at the start itself, since the series of a kinked
            u_0 is truncated, which a moment later no longer matters.
    """

    scales: Tensor

    def __init__(
        self,
        network: nn.Module,
        embedding: Embedding,
        series: EvolvedSeries | EvolvedComplexSeries | ConstantState,
        nonlinear: Callable[[Any], Any] | None,
        flow: Callable[[Any, Any], Any] | None,
        duration: float,
        scales: Float[Tensor, "2"],
        start_values: Callable[[Tensor], Tensor],
    ) -> None:
        super().__init__(network, embedding)
        self.series = series
        self.nonlinear = nonlinear
        self.flow = flow
        self.duration = duration
        self.start_values = start_values
        self.register_buffer("scales", scales)

    def encode(self, points: Float[Tensor, "*batch d"], plan: Plan) -> Encoded:
        seed = Jet.seed(points, plan.bundles)
        elapsed = seed[..., :1] - self.series.start
        evolved = self.series.jet(points, plan)
        base, layer = self._base(elapsed, evolved)
        features = [self.embedding(seed)]
        if not isinstance(self.series, ConstantState):
            features.append(evolved if layer is None else evolved[..., :1])
        if layer is not None:
            features.append(layer * (1 / self.scales[1]))
        ramp = elapsed * (self.scales[0] / self.duration)
        inputs: Any = torch.cat(features, dim=-1)
        return {"inputs": inputs, "base": base, "ramp": ramp}

    def _base(self, elapsed: Jet, evolved: Jet) -> tuple[Jet, Jet | None]:
        if self.nonlinear is None:
            return evolved, None
        start = evolved[..., :1]
        source, local = evolved[..., 1:], self.nonlinear(start)
        if self.flow is not None:
            return self.flow(start, elapsed), source - local
        return start + elapsed * (source + local) * 0.5, source - local

    def evaluate(self, points: Float[Tensor, "n d"]) -> Float[Tensor, "n fields"]:
        """The solution at points (n, d), shape (n, fields); no gradient."""
        values = super().evaluate(points)
        at_start = points[:, 0] == self.series.start
        if at_start.any():
            values[at_start] = self.start_values(points[at_start])
        return values

    def layer(self, points: Float[Tensor, "n 2"]) -> Float[Tensor, "n 1"]:
        """F - f(g), not normalised, at points (n, 2); shape (n, 1)."""
        evolved = self.series(points)
        assert self.nonlinear is not None
        return evolved[..., 1:] - self.nonlinear(evolved[..., :1])

    def jet(self, encoded: Encoded) -> Jet:
        return encoded["base"] + encoded["ramp"] * self.network(encoded["inputs"])
