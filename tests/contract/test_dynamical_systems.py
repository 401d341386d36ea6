"""What every dynamical system of the catalog promises."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch

from physml import catalog
from physml.methods import METHODS, to_table
from physml.problem import DynamicalSystem, FlowData, OperatorSection, ProblemError
from physml.result.cite import bibtex_entries
from physml.solving import recommend
from physml.viz.html import equation_html

SYSTEMS = [problem for problem in catalog.list() if isinstance(problem, DynamicalSystem)]
SMALLER = {
    "pendulum": {"energies": 20.0, "phases": 16.0},
    "duffing": {"starts": 500.0},
    "duffing_damped": {"starts": 500.0},
    "duffing_invariant": {"starts": 50.0},
    "lorenz63": {"length": 800.0},
    "rossler": {"length": 800.0},
    "rogers_szego": {"functions": 60.0},
    "shift_indicator": {"functions": 60.0},
    "lorenz_hermite": {"degree": 2.0, "level": 6.0},
    "sea_ice_synthetic": {"months": 100.0, "later": 20.0},
}


@pytest.fixture(params=SYSTEMS, ids=lambda problem: problem.name)
def system(request) -> DynamicalSystem:
    return request.param.replace(**SMALLER.get(request.param.name, {}))


def data_of(problem: DynamicalSystem, seed: int = 0) -> FlowData | OperatorSection:
    try:
        return problem.data(seed)
    except FileNotFoundError:
        pytest.skip("its data must be got first")


def test_it_passes_its_own_check_or_says_what_is_missing(system):
    try:
        system.check()
    except ProblemError as error:
        assert isinstance(error.__cause__, FileNotFoundError) and "get it" in str(error)


def test_the_same_seed_gives_the_same_data(system):
    one, other = (data_of(catalog.load(system.name).replace(**SMALLER.get(system.name, {})), seed=3) for _ in range(2))
    if isinstance(one, OperatorSection):
        assert torch.equal(one.columns, other.columns)
    else:
        assert all(torch.equal(a, b) for a, b in zip(one.blocks, other.blocks, strict=True))


def test_samples_of_isometries_keep_norms(system):
    """An isometry's matrix has orthonormal columns; a measure that is kept integrates functions and images alike."""
    data = data_of(system)
    if not system.measure_preserving or system.name == "duffing":  # a square, which is no invariant set
        return
    if isinstance(data, OperatorSection):
        gram = data.columns.mH @ data.columns
        torch.testing.assert_close(gram, torch.eye(len(gram)).to(gram), rtol=0, atol=1e-12)
        return
    if system.name in ("circle_rotation", "doubling_map", "double_gyre", "adversarial_disc", "tent_map"):
        x, y = data.successors()
        weights = data.pair_weights()
        w = torch.full((len(x),), 1 / len(x)).double() if weights is None else weights / weights.sum()
        for function in (torch.cos, torch.square):
            here, there = ((w[:, None] * function(part)).sum(0) for part in (x, y))
            torch.testing.assert_close(here, there, rtol=0, atol=3e-3)


def test_known_points_of_the_spectrum_have_no_distance_and_those_of_isometries_are_on_the_circle(system):
    if system.spectrum is None:
        return
    points = system.spectrum(system.params)
    assert system.distance is not None
    assert system.distance(system.params, points).max() < 1e-12
    if system.measure_preserving:
        assert np.abs(np.abs(points) - 1).max() < 1e-12
        assert system.distance(system.params, np.zeros(1, dtype=complex))[0] == pytest.approx(1.0)


def test_densities_have_the_known_moments(system):
    if system.density is None or system.moments is None:
        return
    theta = 2 * np.pi * np.arange(4000) / 4000 - np.pi
    density = system.density(system.params, theta)
    for n, moment in enumerate(system.moments(system.params, 6)):
        assert (np.exp(1j * n * theta) * density).sum() * 2 * np.pi / 4000 == pytest.approx(moment, abs=1e-10)


def test_every_citation_is_in_the_bibliography(system):
    assert system.citations
    entries = bibtex_entries(catalog.bibliography(), system.citations)
    assert all(f"{{{key}," in entries for key in system.citations)


def test_it_has_a_card_and_an_equation_that_is_drawn(system):
    assert len(system.card.split()) > 10
    assert equation_html(system.equation).count("<svg") == system.equation.count(r"\quad") + 1


def test_the_recipe_of_each_budget_builds_the_method_that_it_describes(system):
    problem = catalog.load(system.name)
    path = Path(problem.source).with_suffix(".toml")
    table = tomllib.loads(path.read_text())
    assert table.pop("recommended") in METHODS
    for name, budgets in table.items():
        assert METHODS[name].solves is DynamicalSystem
        for budget, settings in budgets.items():
            assert budget in problem.budgets
            built = to_table(recommend(problem, budget, name))
            for key, value in settings.items():
                given = value if isinstance(value, dict) else {"": value}
                kept = built[key] if isinstance(value, dict) else {"": built[key]}
                assert given.items() <= kept.items()


def test_pairs_of_a_flow_follow_each_other(system):
    """One more step of a trajectory is what the pairs say: a trajectory's later samples are images of earlier ones."""
    data = data_of(system)
    if isinstance(data, FlowData):
        before, after = data.successors()
        longest = data.trajectories[0]
        torch.testing.assert_close(before[: len(longest) - 1], longest[:-1])
        torch.testing.assert_close(after[: len(longest) - 1], longest[1:])
