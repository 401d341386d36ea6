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
RESOLVED = 1e-9  # the largest share of a solution that its grid may miss
TOLERANCE = 1e-6  # of the residual, relative to the rate of change

pytestmark = pytest.mark.filterwarnings("ignore::physml.problem.checks.ProblemWarning")


def truth_of(problem: PDE) -> xr.Dataset:
    return problem.reference.dataset(problem.params).transpose(*problem.domain.names)


def derivative(values: np.ndarray, grid: np.ndarray, axis: Axis, dimension: int) -> np.ndarray:
    """One derivative along a dimension: spectral on a periodic axis, by nine-point differences elsewhere."""
    values = np.moveaxis(values, dimension, -1)
    if axis.periodic:
        waves = 2j * np.pi / axis.length * np.fft.rfftfreq(len(grid), 1 / len(grid))
        waves[-1] *= len(grid) % 2  # the mode that the grid cannot tell from its mirror
        found = np.fft.irfft(waves * np.fft.rfft(values), len(grid))
    else:
        found = differences(grid) @ values[..., None]
        found = found[..., 0]
    return np.moveaxis(found, -1, dimension)


def differences(grid: np.ndarray) -> np.ndarray:
    """The matrix of nine-point differences, exact on polynomials of degree 8."""
    matrix = np.zeros((len(grid), len(grid)))
    for row, here in enumerate(grid):
        first = min(max(row - STENCIL // 2, 0), len(grid) - STENCIL)
        near = slice(first, first + STENCIL)
        scale = np.abs(grid[near] - here).max()
        powers = ((grid[near] - here) / scale) ** np.arange(STENCIL)[:, None]
        matrix[row, near] = np.linalg.solve(powers, np.eye(STENCIL)[1]) / scale
    return matrix


def fields_of(problem: PDE, data: xr.Dataset, needed: dict[str, set[str]]) -> dict[str, Field]:
    """The fields of a dataset with the derivatives that are needed, on its whole grid."""
    mesh = np.meshgrid(*(data[name].to_numpy() for name in problem.domain.names), indexing="ij")
    points = Points(torch.tensor(np.stack(mesh, -1)), problem.domain.names)
    fields = {}
    for name in problem.fields:
        values = {"": data[name].to_numpy()}
        for wanted in needed[name]:
            array = data[name].to_numpy()
            for letter in wanted:
                dimension = problem.domain.names.index(letter)
                array = derivative(array, data[letter].to_numpy(), problem.domain[letter], dimension)
            values[wanted] = array
        fields[name] = Field(name, {key: torch.tensor(array.copy()) for key, array in values.items()}, points)
    return fields


def resolved_times(problem: PDE, data: xr.Dataset) -> np.ndarray:
    """The times at which the grid resolves the reference in every periodic axis: not inside a kink's first layer."""
    good = np.ones(data.sizes["t"], dtype=bool)
    for axis in problem.domain.space:
        if axis.periodic:
            for name in problem.fields:
                spectrum = np.abs(np.fft.rfft(data[name].transpose("t", ..., axis.name).to_numpy()))
                tail = spectrum[..., -spectrum.shape[-1] // 10 :]
                good &= tail.reshape(len(good), -1).max(1) < RESOLVED * spectrum.reshape(len(good), -1).max(1)
    return good


def defects(problem: PDE, data: xr.Dataset, fields: dict[str, Field]) -> dict[str, float]:
    """The rms residual of each equation over the resolved times, relative to the rms rate of change."""
    chosen = torch.tensor(resolved_times(problem, data))
    entries = problem.residual(*fields.values(), problem.params)
    scale = max(float(field.t[chosen].square().mean().sqrt()) for field in fields.values())
    return {name: float(entry[chosen].square().mean().sqrt()) / scale for name, entry in entries.items()}


def test_it_passes_its_own_check(problem):
    problem.check()


def test_the_reference_satisfies_the_equation(problem):
    data = truth_of(problem)
    assert resolved_times(problem, data).mean() > 0.5
    found = defects(problem, data, fields_of(problem, data, check_residual(problem)))
    assert max(found.values()) < TOLERANCE


def test_one_percent_of_a_parameter_would_be_seen(problem):
    data = truth_of(problem)
    fields = fields_of(problem, data, check_residual(problem))
    for parameter in dataclasses.fields(problem.params):
        changed = problem.replace(**{parameter.name: 1.01 * getattr(problem.params, parameter.name)})
        assert max(defects(changed, data, fields).values()) > 10 * TOLERANCE, parameter.name


def test_one_percent_of_a_derivative_would_be_seen(problem):
    data = truth_of(problem)
    needed = check_residual(problem)
    for name, wanted in needed.items():
        for key in wanted:
            fields = fields_of(problem, data, needed)
            values = {**fields[name].values, key: 1.01 * fields[name].values[key]}
            fields[name] = Field(name, values, fields[name].points)
            assert max(defects(problem, data, fields).values()) > 10 * TOLERANCE, f"{name}.{key}"


def test_every_reference_satisfies_every_condition(problem):
    for reference in problem.references:
        data = reference.dataset(problem.params).transpose(*problem.domain.names)
        for condition in problem.conditions:
            _, needed = trace(condition.quantity, problem.fields, sample_points(problem))
            fields = fields_of(problem, data, needed)
            face = torch.tensor(data[condition.axis].to_numpy()) == condition.at
            assert face.sum() == 1, f"the grid of {reference.name} misses {condition.axis} = {condition.at}"
            dimension, row = problem.domain.names.index(condition.axis), int(face.nonzero())
            given = condition.quantity(*fields.values()).select(dimension, row)
            points = next(iter(fields.values())).points.tensor.select(dimension, row)
            target = target_values(condition, Points(points, problem.domain.names), problem.params)
            torch.testing.assert_close(given, target, rtol=0, atol=1e-9)


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
        assert set(data.data_vars) == set(problem.fields)
        for axis in problem.domain.axes:
            grid = data[axis.name].to_numpy()
            assert (np.diff(grid) > 0).all()
            assert axis.low <= grid[0] and grid[-1] <= axis.high
            assert not (axis.periodic and grid[-1] - grid[0] >= axis.length)


def test_every_citation_is_in_the_bibliography(problem):
    keys = [*problem.citations, *(row.source for row in problem.published)]
    assert problem.citations
    entries = bibtex_entries(catalog.bibliography(), keys)
    assert all(f"{{{key}," in entries for key in keys)


def test_published_rows_name_their_place_and_methods_that_exist(problem):
    for row in problem.published:
        assert row.value > 0 and row.reproduced_by in ("", *METHODS)


def test_it_has_a_card_and_an_equation_that_is_drawn(problem):
    assert len(problem.card.split()) > 10
    assert equation_html(problem.equation).count("<svg") == problem.equation.count(r"\quad") + 1


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


def test_the_recipe_of_each_budget_builds_the_method_that_it_describes(problem):
    for method, budget, settings in recipes(problem):
        assert budget in problem.budgets
        assert_holds(to_table(recommend(problem, budget, method)), settings)
    for budget in problem.budgets:
        assert type(recommend(problem, budget)) in METHODS.values()


def test_a_smoke_run_is_ten_times_better_than_its_start(problem):
    method = recommend(problem, "smoke")
    untrained = dataclasses.replace(method, windows=Windows())
    process = untrained.start(problem, seed=0, device=torch.device("cpu"), dtype=torch.float64)
    truth = truth_of(problem).isel({name: slice(None, None, 4) for name in problem.domain.names})
    start = process.solution.predict(**{name: truth[name].to_numpy() for name in problem.domain.names})
    before = max(relative_l2(start[field], truth[field]) for field in problem.fields)
    result = physml.solve(problem, budget="smoke", tracker=Quiet())
    assert result.metrics["relative_l2"] < 0.1 * before


def test_a_kinked_start_is_announced():
    with pytest.warns(ProblemWarning, match="kink"):
        physml.load("allen_cahn").check()
