"""A problem as a DeepXDE model: the same derivatives, residuals and conditions, whichever package computes them."""

import dataclasses
import itertools
import math

import numpy as np
import pytest
import torch

from physml import catalog
from physml.diff import make_plan
from physml.diff.engine import autograd_derivatives, jet_derivatives
from physml.interop.deepxde import DeepXDE, to_deepxde
from physml.interop.deepxde.fields import column_names, fields_of
from physml.interop.deepxde.session import session
from physml.problem import PDE, Axis, Condition, Domain
from physml.problem.checks import ProblemError

SMALL = DeepXDE(width=8, depth=2, points=60, condition_points=40, modes=2)
NAMES = ("t", "x", "xx", "tt", "tx", "xxx", "txx", "xxxx")
ROUND_OFF = {torch.float32: 2e-4, torch.float64: 1e-12}


def inputs_of(domain, count=7, seed=0, dtype=torch.float64):
    """Random points in DeepXDE's order, and the same in ours."""
    generator = torch.Generator().manual_seed(seed)
    fractions = torch.rand(count, len(domain.axes), generator=generator, dtype=torch.float64)
    ours = torch.stack([a.low + a.length * f for a, f in zip(domain.axes, fractions.unbind(-1), strict=True)], -1)
    theirs = ours[:, [domain.names.index(name) for name in column_names(domain)]]
    return theirs.to(dtype).requires_grad_(), ours.to(dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_derivatives_by_deepxde_are_those_by_jets_through_the_same_network(dtype):
    problem = catalog.load("heat")
    with session(dtype) as dde:
        network = to_deepxde(problem, dataclasses.replace(SMALL, initial="soft")).net
        inputs, points = inputs_of(problem.domain, dtype=dtype)
        (field,) = fields_of(dde, problem, inputs, network(inputs))
        theirs = {name: field.derivative(name) for name in ("", *NAMES)}
        dde.grad.clear()
    ours = jet_derivatives(lambda p: network(p[..., [1, 0]]), points, make_plan(NAMES, problem.domain.names))
    for name, values in theirs.items():
        scale = 1 + values.abs().max()
        assert (values - ours[name][:, 0]).abs().max() < ROUND_OFF[dtype] * scale, name


def test_operators_and_mixed_derivatives_of_several_fields(dde, coupled):
    network = to_deepxde(coupled, SMALL).net
    inputs, points = inputs_of(coupled.domain)
    fields = fields_of(dde, coupled, inputs, network(inputs))
    names = ("xy", "xx", "yy", "xxxx", "xxyy", "yyyy")
    oracle = autograd_derivatives(lambda p: network(p[[1, 2, 0]][None])[0], points, names, coupled.domain.names)
    for component, field in enumerate(fields):
        u = {name: values[:, component] for name, values in oracle.items()}
        torch.testing.assert_close(field.yx, u["xy"])
        torch.testing.assert_close(field.laplacian, u["xx"] + u["yy"])
        torch.testing.assert_close(field.biharmonic, u["xxxx"] + 2 * u["xxyy"] + u["yyyy"])


def test_losses_vanish_on_an_exact_solution_and_only_there(dde):
    """A wave between two ends: every term is zero for the solution, and the velocity's is not for another one."""
    problem = catalog.load("wave_1d")
    model = to_deepxde(problem, SMALL)
    model.compile("adam", lr=1e-3, verbose=0)

    def wave(speed):
        tones = ((1.0, 1), (0.5, 4))
        return lambda x: (
            sum(a * torch.sin(k * math.pi * x[:, :1]) * torch.cos(k * math.pi * speed * x[:, 1:]) for a, k in tones)
            + (2.0 - speed) * x[:, 1:] * torch.sin(math.pi * x[:, :1])
        )

    def losses(solution):
        inputs = torch.tensor(model.data.train_x, requires_grad=True)
        values = model.data.losses_train(None, solution(inputs), torch.nn.functional.mse_loss, inputs, model)
        dde.grad.clear()
        return torch.stack(values).detach()

    assert losses(wave(2.0)).max() < 1e-20
    wrong = losses(wave(1.5))
    assert len(wrong) == 4
    assert wrong[0] > 1e-2  # the equation
    assert wrong[2] == pytest.approx(0.25 * float((torch.sin(torch.pi * at_start(model)) ** 2).mean()))  # the velocity


def at_start(model):
    points = model.data.train_x_bc[sum(model.data.num_bcs[:1]) : sum(model.data.num_bcs[:2])]
    assert (points[:, 1] == 0).all()
    return torch.tensor(points[:, 0])


def test_each_condition_has_points_on_its_own_face(dde, string):
    data = to_deepxde(string, SMALL).data
    kinds = [type(condition) for condition in data.bcs]
    assert kinds == [dde.icbc.IC, dde.icbc.OperatorBC, dde.icbc.DirichletBC, dde.icbc.OperatorBC]
    edges = np.cumsum([0, *data.num_bcs])
    faces = [data.train_x_bc[a:b] for a, b in itertools.pairwise(edges)]
    for points, (column, at) in zip(faces, [(1, 0.0), (1, 0.0), (0, 0.0), (0, 1.0)], strict=True):
        assert len(points) > 5
        np.testing.assert_array_equal(points[:, column], at)


def test_a_hard_start_is_exact_for_every_field_and_any_weights(dde, coupled):
    network = to_deepxde(coupled, SMALL, seed=5).net
    inputs, _ = inputs_of(coupled.domain)
    x, y = inputs.detach()[:, 0], inputs.detach()[:, 1]
    start = torch.stack([x, y, torch.zeros_like(x)], -1)
    expected = torch.stack([torch.cos(math.pi * x) * y, torch.ones_like(x)], -1)
    torch.testing.assert_close(network(start), expected, rtol=0, atol=1e-15)


def test_features_are_periodic_with_all_derivatives(dde, coupled):
    network = to_deepxde(coupled, SMALL).net
    inputs, _ = inputs_of(coupled.domain)
    low, high = inputs.detach().clone(), inputs.detach().clone()
    low[:, 0], high[:, 0] = 0.0, 2.0
    ends = [
        autograd_derivatives(lambda p: network(p[None])[0], end, ("x", "xx", "xxx"), ("x", "y", "t"))
        for end in (low, high)
    ]
    for name, values in ends[0].items():
        torch.testing.assert_close(values, ends[1][name], rtol=1e-9, atol=1e-9)


def test_periodic_conditions_measure_the_jump_of_value_and_slope(dde):
    problem = catalog.load("heat")
    model = to_deepxde(problem, dataclasses.replace(SMALL, periodic="conditions", initial="soft"))
    model.compile("adam", lr=1e-3, verbose=0)
    inputs = torch.tensor(model.data.train_x, requires_grad=True)
    outputs = inputs[:, :1] ** 2 + 3.0 * inputs[:, :1]  # u jumps by 6 over [-1, 1], u_x by 4
    values = model.data.losses_train(None, outputs, torch.nn.functional.mse_loss, inputs, model)
    dde.grad.clear()
    assert [v.item() for v in values[2:]] == pytest.approx([36.0, 16.0])


def test_the_seed_makes_the_network_and_the_points_and_touches_nothing_else(dde):
    problem = catalog.load("wave_1d")
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    first, again, other = (to_deepxde(problem, SMALL, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.data.train_x, again.data.train_x)
    weights = [next(iter(model.net.parameters())) for model in (first, again, other)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])
    assert torch.equal(before[0], torch.get_rng_state())
    np.testing.assert_array_equal(before[1], np.random.get_state()[1])


def decay(target) -> PDE:
    return PDE(
        name="decay",
        title="Decay",
        equation="u' = -u",
        domain=Domain((Axis("t", 0.0, 1.0),)),
        residual=lambda u, p: {"decay": u.t + u},
        conditions=(Condition("start", "t", 0.0, target),),
    )


def test_an_ordinary_equation_has_a_time_domain_alone(dde):
    model = to_deepxde(decay(lambda points, p: 2.0), SMALL)
    assert isinstance(model.data.geom, dde.geometry.TimeDomain)
    inputs = torch.linspace(0, 1, 5, dtype=torch.float64)[:, None].requires_grad_()
    (entry,) = model.data.pde(inputs, torch.exp(-inputs))
    assert entry.abs().max() < 1e-15
    assert model.net(torch.zeros(1, 1)).item() == 2.0


def through_numpy(points, p):
    return torch.as_tensor(np.asarray(points.x))


def test_a_start_that_autograd_cannot_take_is_soft_or_refused(dde):
    heat = catalog.load("heat").replace(conditions=(Condition("initial", "t", 0.0, through_numpy),))
    assert len(to_deepxde(heat, SMALL).data.bcs) == 1
    with pytest.raises(ProblemError, match=r"initial='hard' is not possible: .* choose initial='soft'"):
        to_deepxde(heat, dataclasses.replace(SMALL, initial="hard"))
