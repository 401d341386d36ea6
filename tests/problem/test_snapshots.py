"""Snapshots: what is refused with one line, and what is promoted or split."""

import dataclasses

import numpy as np
import pytest
import torch

from physml.dynamics import AffineDrift, LotkaVolterra
from physml.numerics.euler_maruyama import covariance_rate
from physml.problem import ProblemError, SnapshotData, Snapshots
from physml.problem.checks import ProblemWarning
from physml.problem.facts import facts


def clouds(count=3, points=5, dimension=2, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(points, dimension, generator=generator, dtype=torch.float64) for _ in range(count)]


def with_nan():
    bad = clouds()
    bad[1][3, 0] = float("nan")
    return bad


MISTAKES = {
    "times that stand still": (([0.0, 1.0, 1.0], clouds()), r"times\[2\] = 1 does not come after times\[1\] = 1"),
    "times not finite": (([0.0, float("nan"), 2.0], clouds()), r"times\[1\] = nan"),
    "another number of times": (([0.0, 1.0], clouds()), "2 times and 3 snapshots"),
    "one snapshot": (([0.0], clouds(1)), "1 snapshot given; paths need two"),
    "a flat cloud": (([0.0, 1.0], [*clouds(1), torch.zeros(5)]), r"samples\[1\] has shape \(5,\)"),
    "other dimensions": (([0.0, 1.0], [*clouds(1), *clouds(1, dimension=3)]), r"samples\[1\] is 3-dimensional"),
    "one point": (([0.0, 1.0], [*clouds(1), *clouds(1, points=1)]), r"samples\[1\] has 1 point"),
    "not a number": (([0.0, 1.0, 2.0], with_nan()), r"samples\[1\] is not finite in rows \[3\]"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_snapshots_is_said_in_one_line(mistake):
    arguments, message = MISTAKES[mistake]
    with pytest.raises(ValueError, match=message) as error:
        SnapshotData(*arguments)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("held_out", [(0,), (2,), (1, 1), (5,), (-1,)])
def test_the_ends_are_not_held_out(held_out):
    with pytest.raises(ValueError, match="held_out is"):
        SnapshotData([0.0, 1.0, 2.0], clouds(), held_out)


def test_pairs_need_as_many_rows():
    with pytest.raises(ValueError, match=r"given \[5, 6\]"):
        SnapshotData([0.0, 1.0], [*clouds(1), *clouds(1, points=6)], paired=True)


def test_copies_are_announced():
    cloud = clouds(1)[0]
    with pytest.warns(UserWarning, match=r"samples\[0\] and samples\[1\] are the same points"):
        SnapshotData([0.0, 1.0], [cloud, cloud.clone()])


@pytest.mark.parametrize("kind", [np.float32, np.int64])
def test_other_numbers_become_float64(kind):
    data = SnapshotData([0, 1], [np.arange(6).reshape(3, 2).astype(kind), np.ones((4, 2), kind)])
    assert all(cloud.dtype == torch.float64 for cloud in data.samples)
    assert data.times == (0.0, 1.0)


def test_training_and_validation_share_the_snapshots_out():
    points = clouds(5)
    data = SnapshotData(range(5), points, held_out=(1, 3))
    assert data.training.times == (0.0, 2.0, 4.0)
    assert [time for time, _ in data.validation] == [1.0, 3.0]
    assert torch.equal(data.training.samples[1], points[2]) and torch.equal(data.validation[1][1], points[3])
    mean, covariance = data.training.moments[1]
    torch.testing.assert_close(mean, points[2].mean(0))
    torch.testing.assert_close(covariance, points[2].T.cov())


VOLATILITIES = {
    "negative": -0.1,
    "zero": 0.0,
    "infinite": float("inf"),
    "of another length": [0.1, 0.1, 0.1],
    "one of them zero": [0.1, 0.0],
    "a singular matrix": torch.ones(2, 2),
}


@pytest.mark.parametrize("volatility", VOLATILITIES)
def test_a_volatility_that_is_none_is_refused(volatility):
    with pytest.raises(ValueError, match="the volatility"):
        covariance_rate(VOLATILITIES[volatility], 2)


def test_the_covariance_rate_of_each_kind_of_volatility():
    matrix = torch.tensor([[1.0, 0.5], [0.0, 2.0]], dtype=torch.float64)
    torch.testing.assert_close(covariance_rate(0.5, 2), 0.25 * torch.eye(2, dtype=torch.float64))
    torch.testing.assert_close(
        covariance_rate([1.0, 2.0], 2), torch.diag(torch.tensor([1.0, 4.0], dtype=torch.float64))
    )
    torch.testing.assert_close(covariance_rate(matrix, 2), matrix @ matrix.T)


def make(**changes):
    fields = {
        "name": "mine",
        "title": "Mine",
        "equation": "dX = (A X + c) dt + dW",
        "states": ("x", "y"),
        "family": AffineDrift(2),
        "snapshots": lambda p, seed: SnapshotData([0.0, 1.0, 2.0], clouds(seed=seed)),
        "sigma": lambda p: 0.1,
    }
    return Snapshots(**{**fields, **changes})


def failing(p, seed):
    raise FileNotFoundError("no file here; get it there")


PROBLEMS = {
    "another number of states": ({"states": ("x",)}, "states 1, the family 2, the snapshots 2"),
    "another family": ({"family": AffineDrift(3)}, "the family 3"),
    "a bad volatility": ({"sigma": lambda p: 0.0}, "mine: the volatility is 0.0"),
    "an unknown truth": ({"truth": lambda p: {"B": 1.0}}, r"no parameter \['B'\]"),
    "an unknown reference": ({"reference": lambda p: {"alpha": 1.0}}, r"no parameter \['alpha'\]"),
    "no data": ({"snapshots": failing}, "no file here; get it there"),
}


@pytest.mark.parametrize("mistake", PROBLEMS)
def test_a_problem_that_does_not_fit_together_is_refused(mistake):
    changes, message = PROBLEMS[mistake]
    with pytest.raises(ProblemError, match=message):
        make(**changes).check()


def test_negative_animals_are_announced():
    with pytest.warns(ProblemWarning, match="points have negative states, which LotkaVolterra knows no meaning of"):
        make(family=LotkaVolterra()).check()


def test_a_problem_that_fits_together_passes_and_is_described():
    points = [cloud.abs() for cloud in clouds()]
    data = SnapshotData([0.0, 1.0, 2.0], points)
    problem = make(family=LotkaVolterra(), truth=lambda p: {"alpha": 1.0}, snapshots=lambda p, seed: data)
    problem.check()
    tables = dict(facts(problem))
    assert tables[("unknown of LotkaVolterra", "truth")][0] == ("alpha", 1.0)
    assert [row[1] for row in tables[("snapshot", "time", "points", "")]] == [0.0, 1.0, 2.0]
    assert dataclasses.is_dataclass(problem) and "alpha" in problem._repr_html_()


def test_a_parameter_named_as_a_field_does_not_shadow_it():
    from physml import catalog

    problem = catalog.load("lotka_volterra").replace(volatility=0.2)
    torch.testing.assert_close(problem.covariance_rate(), 0.04 * torch.eye(2, dtype=torch.float64))
