"""DeepXDE's data as a problem: its functions, called on our fields, say what they say on its own tensors."""

import math

import numpy as np
import pytest
import torch

import physml
from physml import catalog, pinn
from physml.diff import Field, Points
from physml.diff.engine import autograd_derivatives
from physml.interop.deepxde import DeepXDE, from_deepxde, to_deepxde
from physml.interop.deepxde.fields import column_names
from physml.problem import PDE
from physml.problem.checks import ProblemError, sample_points, target_values
from physml.train import Quiet

SOFT = DeepXDE(width=4, depth=1, points=40, condition_points=40, initial="soft", periodic="conditions")
DERIVATIVES = ("t", "x", "y", "tt", "xx", "yy", "tx", "xy", "txx", "tyy", "xxx", "xxy", "xyy", "yyy")
DERIVATIVES += ("xxxx", "xxyy", "yyyy")


def made_up(problem, points=None):
    """Fields with values and derivatives of a function without symmetries, at points of the domain."""
    points = points or sample_points(problem)
    axes = points.axes

    def solution(point):
        phase = sum((1.0 + 0.3 * k) * x for k, x in enumerate(point))
        return torch.stack([torch.sin(phase + c) + 0.1 * c * point[0] ** 3 for c in range(len(problem.fields))])

    names = ["".join(sorted(name, key=axes.index)) for name in DERIVATIVES if set(name) <= set(axes)]
    space = [axis for axis in axes if axis != "t"]
    names = dict.fromkeys([*names, *(a * 2 for a in space)])
    values = autograd_derivatives(solution, points.tensor, names, axes)
    if space:
        values["laplacian"] = sum(values[a * 2] for a in space)
    if {"xxxx", "xxyy", "yyyy"} <= set(values):
        values["biharmonic"] = values["xxxx"] + 2 * values["xxyy"] + values["yyyy"]
    return [Field(name, {k: v[:, c] for k, v in values.items()}, points) for c, name in enumerate(problem.fields)]


def read_as(fields, problem, back):
    """The same fields on the axes of the problem that came back, whose names and order are its own."""
    letters = dict(zip(column_names(back.domain), column_names(problem.domain), strict=True))
    order = [problem.domain.names.index(letters[name]) for name in back.domain.names]
    points = Points(fields[0].points.tensor[:, order], back.domain.names)

    def key(name):
        ours = [{v: k for k, v in letters.items()}[letter] for letter in name]
        return "".join(sorted(ours, key=back.domain.names.index))

    operators = ("laplacian", "biharmonic")
    return [Field(f.name, {k if k in operators else key(k): v for k, v in f.values.items()}, points) for f in fields]


@pytest.mark.parametrize("name", ["string", "coupled", *(p.name for p in catalog.list() if isinstance(p, PDE))])
def test_there_and_back_the_residual_and_the_conditions_say_the_same(name, request):
    problem = request.getfixturevalue(name) if name in ("string", "coupled") else catalog.load(name)
    back = from_deepxde(to_deepxde(problem, SOFT), fields=problem.fields, params=problem.params)
    letters = dict(zip(column_names(back.domain), column_names(problem.domain), strict=True))
    for name, ours in letters.items():
        again, axis = back.domain[name], problem.domain[ours]
        assert (again.low, again.high) == pytest.approx((axis.low, axis.high), rel=1e-6)  # DeepXDE keeps float32
        assert again.periodic == axis.periodic
    fields = made_up(problem)
    ours, theirs = problem.residual(*fields, problem.params), back.residual(*read_as(fields, problem, back), None)
    for one, other in zip(ours.values(), theirs.values(), strict=True):
        torch.testing.assert_close(other, torch.as_tensor(one).expand(other.shape), rtol=1e-12, atol=1e-12)
    assert len(back.conditions) == sum(len(c.faces(problem.domain)) for c in problem.conditions)
    for condition in back.conditions:
        face = (letters[condition.axis], condition.at)
        points = sample_points(problem, fixed=dict([face]))
        errors = [
            c.quantity(*made_up(problem, points)) - target_values(c, points, problem.params)
            for c in problem.conditions
            if face in c.faces(problem.domain)
        ]
        there = read_as(made_up(problem, points), problem, back)
        error = condition.quantity(*there) - target_values(condition, there[0].points, None)
        assert any(torch.allclose(error, candidate, rtol=1e-5, atol=1e-5) for candidate in errors), condition.name


def test_a_problem_written_for_deepxde_is_solved_by_our_method(dde):
    """u_xx = -pi^2 sin(pi x) with a value at one end and a slope at the other: u = sin(pi x)."""

    def pde(x, y):
        u_x = dde.grad.jacobian(y, x, i=0, j=0)
        return dde.grad.jacobian(u_x, x) + math.pi**2 * torch.sin(math.pi * x[:, 0:1])

    interval = dde.geometry.Interval(0, 1)
    left = dde.icbc.DirichletBC(interval, lambda x: 0.0, lambda x, on: on and np.isclose(x[0], 0))
    right = dde.icbc.NeumannBC(interval, lambda x: -math.pi * x[:, 0:1], lambda x, on: on and np.isclose(x[0], 1))
    problem = from_deepxde(dde.data.PDE(interval, pde, [left, right], num_domain=8, num_boundary=2), name="mine")
    problem.check()
    assert [c.name for c in problem.conditions] == ["dirichlet at x = 0", "neumann at x = 1"]
    method = pinn.PINN(
        network=pinn.MLP(width=6, depth=1),
        sampling=pinn.Sampling(count=60),
        phases=(pinn.LevenbergMarquardt(steps=30),),
    )
    result = physml.solve(problem, method, budget="60s", tracker=Quiet())
    x = np.linspace(0, 1, 50)
    np.testing.assert_allclose(result.predict(x=x).u, np.sin(math.pi * x), atol=1e-4)


def residual_of(dde, pde, geometry, fields=("u",)):
    return from_deepxde(dde.data.PDE(geometry, pde, [], num_domain=4), fields=fields)


def test_all_ways_to_write_a_derivative_read_the_same_ones(dde):
    square = dde.geometry.Rectangle([0, 0], [1, 1])

    def pde(x, y):
        jacobian, hessian = dde.grad.jacobian, dde.grad.hessian
        v = y[:, 1:2]
        gradient = jacobian(y, x, i=1)
        return [
            jacobian(y, x, i=1, j=0) - jacobian(v, x, i=0, j=0),
            gradient[:, 1:2] - jacobian(v, x, j=1),
            hessian(y, x, component=1, i=0, j=1) - jacobian(jacobian(y, x, i=1, j=1), x, i=0, j=0),
            hessian(v, x, i=0, j=0) - hessian(y, x, component=1, i=0, j=0),
            hessian(hessian(v, x, i=0, j=0), x, i=1, j=1) - jacobian(jacobian(hessian(v, x, i=1, j=1), x, j=0), x, j=0),
            2 * v - v * 2 + (y[:, 1] - v[:, 0])[:, None] + torch.sin(v) - v.sin() + v**2 - v * v + 1 / v - v**-1,
        ]

    problem = residual_of(dde, pde, square, ("u", "v"))
    entries = problem.residual(*made_up(problem), None)
    assert list(entries) == [f"pde {i}" for i in range(1, 7)]
    for entry in entries.values():
        assert entry.abs().max() < 1e-13


def test_robin_and_operator_conditions_have_outward_normals_and_see_coordinates(dde):
    interval = dde.geometry.Interval(-1, 2)
    robin = dde.icbc.RobinBC(interval, lambda x, y: 3 * y + torch.as_tensor(x), lambda x, on: on)
    operator = dde.icbc.OperatorBC(
        interval, lambda x, y, X: dde.grad.hessian(y, x) * torch.as_tensor(X[:, 0:1]), lambda x, on: on and x[0] > 0
    )
    data = dde.data.PDE(interval, lambda x, y: dde.grad.hessian(y, x), [robin, operator], num_domain=4, num_boundary=2)
    problem = from_deepxde(data)
    low, high, curvature = problem.conditions
    for condition, normal, at in ((low, -1, -1.0), (high, 1, 2.0)):
        (u,) = made_up(problem, sample_points(problem, fixed={"x": at}))
        torch.testing.assert_close(condition.quantity(u), normal * u.x - 3 * u.value - at)
    (u,) = made_up(problem, sample_points(problem, fixed={"x": 2.0}))
    torch.testing.assert_close(curvature.quantity(u), 2.0 * u.xx)
    assert (curvature.axis, curvature.at) == ("x", 2.0)


def test_time_comes_first_here_and_last_there(dde):
    geometry = dde.geometry.GeometryXTime(dde.geometry.Cuboid([0, 1, 2], [3, 4, 5]), dde.geometry.TimeDomain(6, 7))
    problem = from_deepxde(dde.data.TimePDE(geometry, lambda x, y: x[:, 3:4] * dde.grad.jacobian(y, x, j=2), []))
    assert problem.domain.names == ("t", "x", "y", "z")
    assert [(a.low, a.high) for a in problem.domain.axes] == [(6, 7), (0, 3), (1, 4), (2, 5)]
    assert column_names(problem.domain) == ("x", "y", "z", "t")
    points = sample_points(problem)
    field = Field("u", {"": torch.zeros(5), "z": torch.ones(5, dtype=torch.float64)}, points)
    torch.testing.assert_close(problem.residual(field, None)["pde"], points.t)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda d, g: (d.geometry.Disk([0, 0], 1), []), "geometry Disk is no box; expected an Interval, Rectangle"),
        (lambda d, g: (g - d.geometry.Rectangle([0, 0], [0.5, 0.5]), []), "geometry CSGDifference is no box"),
        (
            lambda d, g: (g, [d.icbc.PointSetBC(np.zeros((1, 2)), 0.0)]),
            "condition PointSetBC has no counterpart in a problem; expected IC, DirichletBC",
        ),
        (
            lambda d, g: (g, [d.icbc.DirichletBC(g, lambda x: 0, lambda x, on: on and x[1] == 0 and x[0] < 0.5)]),
            "a DirichletBC holds on a part of the face y = 0; expected whole faces",
        ),
        (
            lambda d, g: (g, [d.icbc.DirichletBC(g, lambda x: 0, lambda x, on: on and x[0] == 0.3)]),
            "a DirichletBC holds on no face of the domain; expected whole faces",
        ),
    ],
)
def test_what_a_problem_on_a_box_cannot_have_is_refused(dde, make, message):
    geometry, conditions = make(dde, dde.geometry.Rectangle([0, 0], [1, 1]))
    with pytest.raises(ProblemError, match=message):
        from_deepxde(dde.data.PDE(geometry, lambda x, y: y, conditions, num_domain=4, num_boundary=400))


def test_an_axis_that_is_periodic_for_some_fields_only_is_refused(dde):
    interval = dde.geometry.Interval(0, 1)
    periodic = dde.icbc.PeriodicBC(interval, 0, lambda x, on: on and x[0] == 0)
    data = dde.data.PDE(interval, lambda x, y: y, [periodic], num_domain=4, num_boundary=2)
    with pytest.raises(ProblemError, match="axis 'x' is periodic for 1 of 2 outputs"):
        from_deepxde(data, fields=("u", "v"))


def test_the_derivative_of_an_expression_is_refused_with_the_way_out(dde):
    problem = residual_of(dde, lambda x, y: dde.grad.jacobian(y**2, x), dde.geometry.Interval(0, 1))
    with pytest.raises(TypeError, match=r"asked to differentiate an expression; .* product rule by hand"):
        problem.residual(*made_up(problem), None)


def test_something_else_is_refused():
    with pytest.raises(ProblemError, match=r"expected a deepxde Model, or its data\.PDE or data\.TimePDE, given dict"):
        from_deepxde({})
