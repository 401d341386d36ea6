"""One training step without the optimiser: residual, mean square, gradient of the parameters; alternatives in turn.

A network of 4 x 128 tanh units at 4096 points. ``matrix products`` is the limit: the products of the hidden layers,
forward and backward, with as many coefficients as the equation needs, and nothing else.
"""

import functools
import itertools
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from physml.bench import Benchmark, Comparison
from physml.diff import Bundle, Compiled, Field, Jet, Plan, Points, make_plan, read_derivatives, trace
from physml.interop.deepxde.fields import DeepXDEField
from physml.interop.deepxde.session import session
from physml.problem import Axis, Domain

WIDTH, DEPTH, POINTS = 128, 4, 4096


def second_order(u: Field) -> Any:
    return u.t - 1e-4 * u.xx + 5 * u**3 - 5 * u


def fourth_order(u: Field) -> Any:
    return u.t - 1e-4 * u.xxxx + 5 * u**3 - 5 * u


def laplacian(u: Field) -> Any:
    return u.laplacian - u


class Work:
    """A residual on a network at random points."""

    def __init__(
        self, residual: Callable[[Field], Any], axes: str, points: int, dtype: torch.dtype, depth: int = DEPTH
    ) -> None:
        generator = torch.Generator().manual_seed(0)
        self.residual, self.axes, self.depth = residual, tuple(axes), depth
        sizes = [len(axes)] + [WIDTH] * depth
        layers = [part for a, b in itertools.pairwise(sizes) for part in (nn.Linear(a, b), nn.Tanh())]
        self.network = nn.Sequential(*layers, nn.Linear(WIDTH, 1)).to(dtype)
        self.parameters = dict(self.network.named_parameters())
        self.points = torch.rand(points, len(axes), generator=generator, dtype=dtype)
        _, needed = trace(residual, ("u",), Points(self.points[:2], self.axes))
        self.names = needed["u"] - {""}

    def field(self, values: dict[str, torch.Tensor], points: torch.Tensor) -> Field:
        return Field("u", {name: v[:, 0] for name, v in values.items()}, Points(points, self.axes))

    def by_jets(self, plan: Plan, parameters: Any, points: torch.Tensor) -> torch.Tensor:
        jet = torch.func.functional_call(self.network, parameters, (Jet.seed(points, plan.bundles),))
        return self.residual(self.field(read_derivatives(jet, plan), points))

    def by_autograd(self, parameters: Any, points: torch.Tensor) -> torch.Tensor:
        """Nested reverse mode over the whole batch, as most programs have it."""
        points = points.clone().requires_grad_()
        values = {"": torch.func.functional_call(self.network, parameters, (points,))}

        def derivative(name: str) -> torch.Tensor:
            if name not in values:
                column = self.axes.index(name[-1])
                slopes = torch.autograd.grad(derivative(name[:-1]).sum(), points, create_graph=True)[0]
                values.update({name[:-1] + a: slopes[:, i, None] for i, a in enumerate(self.axes)})
                return slopes[:, column, None]
            return values[name]

        for name in self.names:
            parts = [axis * 2 for axis in self.axes] if name == "laplacian" else [name]
            values[name] = sum((derivative(part) for part in parts[1:]), derivative(parts[0]))
        return self.residual(self.field(values, points))

    def by_deepxde(self, parameters: Any, points: torch.Tensor) -> torch.Tensor:
        with session(points.dtype) as dde:
            dde.grad.clear()
            domain = Domain(tuple(Axis(a, 0.0, 1.0) for a in sorted(self.axes, key=lambda a: a == "t")))
            inputs = points[:, [self.axes.index(name) for name in domain.names]].requires_grad_()
            order = [domain.names.index(name) for name in self.axes]
            outputs = self.network(inputs[:, order])
            return self.residual(DeepXDEField(dde, "u", 0, inputs, outputs, domain))

    def step(self, function: Callable[..., torch.Tensor]) -> Callable[[], Any]:
        parameters = list(self.parameters.values())
        return lambda: torch.autograd.grad(function(self.parameters, self.points).square().mean(), parameters)

    def products(self, coefficients: int) -> Callable[[], None]:
        """The products of the hidden layers: forward, and backward with respect to inputs and weights."""
        rows = coefficients * len(self.points)
        a, g = (torch.randn(rows, WIDTH, dtype=self.points.dtype) for _ in range(2))
        w = torch.randn(WIDTH, WIDTH, dtype=self.points.dtype)

        def run() -> None:
            for _ in range(self.depth - 1):
                _ = a @ w, g @ w.mT, a.mT @ g

        return run

    def alternatives(self) -> dict[str, Any]:
        plan = make_plan(self.names, self.axes)
        jets = functools.partial(self.by_jets, plan)
        found: dict[str, Any] = {"matrix products": self.products(count_coefficients(plan))}
        found["jets, compiled"] = self.step(Compiled(jets))
        found["jets, eager"] = self.step(jets)
        if "laplacian" in self.names:
            one_by_one = make_plan([axis * 2 for axis in self.axes], self.axes)
            parts = {"laplacian": tuple(c for cs in one_by_one.combinations.values() for c in cs)}
            found["jets, eager, not collapsed"] = self.step(
                functools.partial(self.by_jets, Plan(one_by_one.bundles, parts))
            )
        found["nested autograd"] = self.step(self.by_autograd)
        found["DeepXDE"] = self.step(self.by_deepxde)
        return found


def count_coefficients(plan: Plan) -> int:
    def of(bundle: Bundle) -> int:
        last = 1 if bundle.weights else len(bundle.directions)
        return len(bundle.directions) * (bundle.order - 1) + last

    return 1 + sum(map(of, plan.bundles))


def compare(name: str, residual: Callable[[Field], Any], axes: str, points: int, dtype: torch.dtype) -> Comparison:
    return Comparison(name, lambda: Work(residual, axes, points, dtype).alternatives())


ORDERS = {"order 2": second_order, "order 4": fourth_order}
LETTERS = "abcdefghijklmnopqrsuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

benchmark = Benchmark(
    "Derivatives: residual, loss and gradient, 4 x 128 tanh",
    tuple(
        compare(f"{name}, {str(dtype).removeprefix('torch.')}, {POINTS} points", residual, "tx", POINTS, dtype)
        for dtype in (torch.float32, torch.float64)
        for name, residual in ORDERS.items()
    )
    + tuple(
        compare(f"Laplacian, d = {d}, float32, {points} points", laplacian, LETTERS[:d], points, torch.float32)
        for d, points in ((2, 4096), (10, 1024), (50, 256))
    ),
)
