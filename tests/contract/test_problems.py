"""What every file of the catalog promises, whoever wrote it."""

import dataclasses
import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr

import physml
from physml import catalog
from physml.diff import Field, Points, trace
from physml.methods import METHODS, to_table
from physml.pinn import Windows
from physml.problem import PDE, Axis, Budget, relative_l2
from physml.problem.checks import ProblemWarning, check_residual, sample_points, target_values
from physml.result.cite import bibtex_entries
from physml.solving import recommend
from physml.train import Quiet
from physml.viz.html import equation_html

STENCIL = 9  # neighbours of a finite difference: its error falls as step^8
POLYNOMIAL = 12  # a grid of no more points, such as Gauss nodes, is differentiated by its polynomial
COARSE = "keeps every other point of what it is computed on; tests/analytic/test_flows.py"
FAST = "its waves change faster than its times tell; tests/analytic/test_kuramoto_sivashinsky_problems.py"
ROUGH = {
    "schroedinger_1d": "a kink that dispersion does not smooth leaves no second derivative",
    **dict.fromkeys(("navier_stokes_torus", "ginzburg_landau", "gray_scott"), COARSE),
    **dict.fromkeys(("kuramoto_sivashinsky_chaotic", "kuramoto_sivashinsky_transition"), FAST),
}
SLOW = {
    **dict.fromkeys(
        ("lorenz", "kuramoto_sivashinsky_chaotic", "kuramoto_sivashinsky_transition"),
        "no seconds of training are accurate enough for what grows a hundred or a thousand times",
    ),
    **dict.fromkeys(("navier_stokes_torus", "ginzburg_landau", "gray_scott"), "takes minutes in two dimensions"),
}
RESOLVED = 1e-9  # the largest share of a solution that its grid may miss in space
IN_TIME = 1e-6  # and that every other of its times may miss
TOLERANCE = 1e-6  # of the residual, relative to the rate of change

pytestmark = pytest.mark.filterwarnings("ignore::physml.problem.checks.ProblemWarning")


def truth_of(problem: PDE) -> xr.Dataset:
    return problem.reference.dataset(problem.params).transpose(*problem.domain.names)


def derivative(values: np.ndarray, grid: np.ndarray, axis: Axis, dimension: int) -> np.ndarray:
    """One derivative along a dimension: spectral on a periodic axis, by differences elsewhere."""
    values = np.moveaxis(values, dimension, -1)
    if axis.periodic:
        waves = 2j * np.pi / axis.length * np.fft.rfftfreq(len(grid), 1 / len(grid))
        waves[-1] *= len(grid) % 2  # the mode that the grid cannot tell from its mirror
        found = np.fft.irfft(waves * np.fft.rfft(values), len(grid))
    else:
        found = differences(grid) @ values[..., None]
        found = found[..., 0]
    return np.moveaxis(found, -1, dimension)


def differences(grid: np.ndarray, at: np.ndarray | None = None, order: int = 1) -> np.ndarray:
    """The matrix that takes values on a grid to a derivative there, or ``at`` points: exact on polynomials."""
    at = grid if at is None else at
    width = len(grid) if len(grid) <= POLYNOMIAL else STENCIL
    matrix = np.zeros((len(at), len(grid)))
    for row, here in enumerate(at):
        nearest = int(np.abs(grid - here).argmin())
        first = min(max(nearest - width // 2, 0), len(grid) - width)
        near = slice(first, first + width)
        scale = np.abs(grid[near] - here).max()
        powers = ((grid[near] - here) / scale) ** np.arange(width)[:, None]
        matrix[row, near] = np.linalg.solve(powers, np.eye(width)[order]) / scale**order
    return matrix


def mesh_of(problem: PDE, data: xr.Dataset) -> Points:
    """The points of a dataset's whole grid."""
    mesh = np.meshgrid(*(data[name].to_numpy() for name in problem.domain.names), indexing="ij")
    return Points(torch.tensor(np.stack(mesh, -1)), problem.domain.names)


def fields_of(problem: PDE, data: xr.Dataset, needed: dict[str, set[str]]) -> dict[str, Field]:
    """The fields of a dataset with the derivatives that are needed, on its whole grid."""
    points, fields = mesh_of(problem, data), {}
    for name in problem.fields:
        values = {
            key: sum(along(problem, data, name, letters) for letters in parts(problem, key)) for key in needed[name]
        }
        values[""] = data[name].to_numpy()
        fields[name] = Field(name, {key: torch.tensor(array.copy()) for key, array in values.items()}, points)
    return fields


def parts(problem: PDE, wanted: str) -> list[str]:
    """The derivatives whose sum is wanted, by their letters."""
    axes = [axis.name for axis in problem.domain.space]
    operators = {"laplacian": [a * 2 for a in axes], "biharmonic": [a * 2 + b * 2 for a in axes for b in axes]}
    return operators.get(wanted, [wanted])


def along(problem: PDE, data: xr.Dataset, name: str, letters: str) -> np.ndarray:
    array = data[name].to_numpy()
    for letter in letters:
        dimension = problem.domain.names.index(letter)
        array = derivative(array, data[letter].to_numpy(), problem.domain[letter], dimension)
    return array


def resolved(problem: PDE, data: xr.Dataset) -> np.ndarray:
    """Where on the first axis the grid resolves the reference: not in a kink's first layer, nor when a shock forms."""
    good = np.ones(data.sizes[problem.domain.names[0]], dtype=bool)
    if problem.domain.time is None:
        return good
    for name in problem.fields:
        values = data[name].to_numpy()
        for dimension, axis in enumerate(problem.domain.axes):
            if axis.periodic:
                spectrum = np.abs(np.fft.rfft(np.moveaxis(values, dimension, -1)))
                tail = spectrum[..., -spectrum.shape[-1] // 10 :]
                good &= tail.reshape(len(good), -1).max(1) < RESOLVED * spectrum.reshape(len(good), -1).max(1)
        good &= resolved_in_time(data.t.to_numpy(), values.reshape(len(good), -1))
    return good


def resolved_in_time(times: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Where values left out between their neighbours are found by interpolation, nearly."""
    every_other = differences(times[::2], times, order=0) @ values[::2]
    missed = np.abs(every_other - values).max(1)
    near = np.lib.stride_tricks.sliding_window_view(np.pad(missed, STENCIL // 2, mode="edge"), STENCIL)
    return near.max(1) < IN_TIME * np.abs(values).max()


def rate_of_change(fields: dict[str, Field], chosen: torch.Tensor) -> float:
    """The rms of the highest time derivative; the largest of all values of a steady problem."""
    names = set().union(*(field.values for field in fields.values()))
    in_time = [name for name in names if name and set(name) == {"t"}]
    used = {max(in_time, key=len)} if in_time else names
    return max(rms(f.values[name][chosen]) for f in fields.values() for name in used & set(f.values))


def rms(values: torch.Tensor) -> float:
    return float(values.square().mean().sqrt())


def defects(problem: PDE, data: xr.Dataset, fields: dict[str, Field]) -> dict[str, float]:
    """The rms residual of each equation where the grid resolves it, relative to the rms rate of change."""
    chosen = torch.tensor(resolved(problem, data))
    entries = problem.residual(*fields.values(), problem.params)
    scale = rate_of_change(fields, chosen)
    return {name: rms(entry[chosen]) / scale for name, entry in entries.items()}


def skip_rough(problem: PDE) -> None:
    if problem.name in ROUGH:
        pytest.skip(ROUGH[problem.name])


def test_it_passes_its_own_check(problem):
    problem.check()


def test_the_reference_satisfies_the_equation(problem):
    skip_rough(problem)
    data = truth_of(problem)
    assert resolved(problem, data).mean() > 0.5
    found = defects(problem, data, fields_of(problem, data, check_residual(problem)))
    assert max(found.values()) < TOLERANCE


def test_one_percent_of_a_parameter_would_be_seen(problem):
    skip_rough(problem)
    data = truth_of(problem)
    fields = fields_of(problem, data, check_residual(problem))
    for parameter in dataclasses.fields(problem.params):
        changed = problem.replace(**{parameter.name: 1.01 * getattr(problem.params, parameter.name)})
        if max(defects(changed, data, fields).values()) < 10 * TOLERANCE:  # then it must leave the solution as it is
            assert truth_of(changed).equals(data), parameter.name


def test_one_percent_of_a_derivative_would_be_seen(problem):
    """A shift, which is seen where a factor is not: a harmonic function has a Laplacian of zero."""
    skip_rough(problem)
    data = truth_of(problem)
    needed = check_residual(problem)
    for name, wanted in needed.items():
        for key in wanted:
            fields = fields_of(problem, data, needed)
            values = fields[name].values
            size = max(rms(values[key]), rms(values[""]))
            fields[name] = Field(name, {**values, key: values[key] + 0.01 * size}, fields[name].points)
            assert max(defects(problem, data, fields).values()) > 10 * TOLERANCE, f"{name}.{key}"


def on_face(values: np.ndarray, grid: np.ndarray, at: float, dimension: int) -> np.ndarray:
    """Values at one place of an axis; a grid of Gauss nodes, which lie inside, is continued to it."""
    if at in grid:
        return values.take(int(np.flatnonzero(grid == at)[0]), dimension)
    assert len(grid) <= POLYNOMIAL, f"a grid from {grid[0]} to {grid[-1]} misses {at}"
    return np.tensordot(values, differences(grid, np.array([at]), order=0)[0], (dimension, 0))


def test_every_reference_satisfies_every_condition(problem):
    for reference in problem.references:
        data = reference.dataset(problem.params).transpose(*problem.domain.names)
        for condition in problem.conditions:
            _, needed = trace(condition.quantity, problem.fields, sample_points(problem))
            given = condition.quantity(*fields_of(problem, data, needed).values()).numpy()
            for name, at in condition.faces(problem.domain):
                dimension, face = problem.domain.names.index(name), data.isel({name: [0]}).assign_coords({name: [at]})
                target = target_values(condition, mesh_of(problem, face), problem.params).numpy()
                found = on_face(given, data[name].to_numpy(), at, dimension)
                np.testing.assert_allclose(found, target.squeeze(dimension), rtol=0, atol=1e-9)


def test_every_reference_is_a_closed_form_or_converges_at_its_order(problem):
    for reference in problem.references:
        certificate = reference.certificate(problem.params)
        if reference.order is None:
            assert reference.dataset(problem.params).equals(reference.dataset(problem.params, refinement=1))
        else:
            assert 0 < certificate.error <= reference.tolerance
            assert certificate.order == pytest.approx(reference.order, abs=0.3)


def test_the_grids_of_references_lie_in_the_domain_and_repeat_no_periodic_end(problem):
    for reference in problem.references:
        data = reference.dataset(problem.params)
        assert set(data.data_vars) == set(problem.quantities)
        for axis in problem.domain.axes:
            grid = data[axis.name].to_numpy()
            assert (np.diff(grid) > 0).all()
            assert axis.low <= grid[0] and grid[-1] <= axis.high
            assert not (axis.periodic and grid[-1] - grid[0] >= axis.length)


def test_every_citation_is_in_the_bibliography(any_problem):
    keys = [*any_problem.citations, *(row.source for row in any_problem.published)]
    assert any_problem.citations
    entries = bibtex_entries(catalog.bibliography(), keys)
    assert all(f"{{{key}," in entries for key in keys)


def test_published_rows_name_their_place_and_methods_that_exist(any_problem):
    for row in any_problem.published:
        assert row.value > 0 and row.reproduced_by in ("", *METHODS)


def test_it_has_a_card_and_an_equation_that_is_drawn(any_problem):
    assert len(any_problem.card.split()) > 10
    assert equation_html(any_problem.equation).count("<svg") == any_problem.equation.count(r"\quad") + 1


def test_two_loads_share_nothing(problem):
    other = catalog.load(problem.name)
    assert other.residual is not problem.residual
    assert other.params is not problem.params
    other.budgets["smoke"] = Budget(1e-3)
    assert problem.budgets["smoke"].seconds > 1e-3


def recipes(problem: PDE) -> list[tuple[str, str, dict]]:
    """Method, budget and settings of each table of the TOML file beside a problem's file."""
    path = Path(problem.source).with_suffix(".toml")
    table = tomllib.loads(path.read_text()) if path.exists() else {}
    tables = {name: value for name, value in table.items() if name != "recommended"}
    assert table.get("recommended", next(iter(METHODS))) in METHODS
    return [(method, budget, settings) for method, budgets in tables.items() for budget, settings in budgets.items()]


def assert_holds(built, settings) -> None:
    """Every setting that a table gives is found in what was built from it."""
    if isinstance(settings, dict):
        for key, value in settings.items():
            assert_holds(built[key], value)
    elif isinstance(settings, list):
        assert len(built) == len(settings)
        for one, other in zip(built, settings, strict=True):
            assert_holds(one, other)
    else:
        assert built == settings


def test_the_recipe_of_each_budget_builds_the_method_that_it_describes(any_problem):
    for method, budget, settings in recipes(any_problem):
        assert budget in any_problem.budgets
        assert_holds(to_table(recommend(any_problem, budget, method)), settings)
    for budget in any_problem.budgets:
        assert type(recommend(any_problem, budget)) in METHODS.values()


def test_a_smoke_run_is_ten_times_better_than_its_start(problem):
    if problem.name in SLOW:
        pytest.skip(SLOW[problem.name])
    method = recommend(problem, "smoke")
    untrained = dataclasses.replace(method, windows=Windows())
    process = untrained.start(problem, seed=0, device=torch.device("cpu"), dtype=torch.float64)
    truth = truth_of(problem).isel({name: slice(None, None, 4) for name in problem.domain.names})
    start = process.solution.predict(**{name: truth[name].to_numpy() for name in problem.domain.names})
    before = max(relative_l2(start[field], truth[field]) for field in problem.fields)
    result = physml.solve(problem, method, budget="1h", tracker=Quiet())  # its steps are counted, not its seconds
    assert result.metrics["relative_l2"] < 0.1 * before


def test_a_kinked_start_is_announced():
    with pytest.warns(ProblemWarning, match="kink"):
        physml.load("allen_cahn").check()
