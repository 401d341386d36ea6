"""Refinement in closed form: the truth is found, the divergence falls, rotations that are aliased are told."""

import math
import warnings

import pytest
import torch

from physml.bridge import AliasingWarning, refine_gaussian
from physml.numerics import ConvergenceWarning, transition


def tensor(values) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


LINE = {"A": tensor([[-1.0]]), "c": tensor([0.5]), "Q": tensor([[0.16]]), "mean": tensor([2.0]), "cov": tensor([[0.3]])}
ROTATION = {
    "A": tensor([[-0.3, 1.5], [-1.5, -0.3]]),
    "c": tensor([0.2, 0.0]),
    "Q": 0.2 * torch.eye(2, dtype=torch.float64),
    "mean": tensor([2.0, 0.0]),
    "cov": tensor([[0.3, 0.1], [0.1, 0.15]]),
}


def snapshots(truth, times):
    paths = transition(truth["A"], truth["c"], truth["Q"], tensor(times))
    return paths.mean(truth["mean"][None])[:, 0], paths.Phi @ truth["cov"] @ paths.Phi.mT + paths.Omega


def refine(truth, times, **settings):
    """The refinement, and the largest error of theta at each iteration."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = refine_gaussian(times, *snapshots(truth, times), Q=truth["Q"], **settings)
    return found, (found.theta - torch.cat([truth["A"], truth["c"][:, None]], 1)).abs().amax((1, 2))


def falls(found) -> bool:
    values = torch.stack([found.kl_before, found.kl_after], 1).flatten()
    return bool((values.diff() <= 1e-11).all())


def test_a_line_is_found_with_the_divergences_of_the_plain_iteration():
    found, errors = refine(LINE, [0.0, 0.7, 1.5, 2.5], memory=0, iterations=20, tolerance=1e-12)
    torch.testing.assert_close(found.kl_before[:3], tensor([4.261729, 0.029713, 0.001194]), rtol=0, atol=1e-6)
    torch.testing.assert_close(found.kl_after[:3], tensor([0.167717, 0.005715, 0.000252]), rtol=0, atol=1e-6)
    assert errors[-1] <= 1e-8 and falls(found)


def test_a_rotation_is_found_at_the_linear_rate_of_the_plain_iteration():
    found, errors = refine(ROTATION, [0.0, 1.0, 2.0, 3.0, 4.0], memory=0, iterations=25)
    divergences = torch.stack([found.kl_before, found.kl_after], 1).flatten()[:5]
    torch.testing.assert_close(divergences, tensor([29.225, 13.068, 5.427, 2.019, 0.699]), rtol=0, atol=1e-3)
    assert errors[[5, 10, 20]].tolist() == pytest.approx([2.7e-2, 2.0e-3, 1.2e-5], rel=0.05)
    assert errors[-1] <= 1e-4 and falls(found)


@pytest.mark.parametrize(("truth", "times"), [(LINE, [0.0, 0.7, 1.5, 2.5]), (ROTATION, [0.0, 1.0, 2.0, 3.0, 4.0])])
def test_acceleration_finds_the_truth_in_few_iterations(truth, times):
    found, errors = refine(truth, times)
    assert found.converged and len(found.kl_after) <= 15
    assert errors[-1] <= 1e-8 and falls(found)
    torch.testing.assert_close(found.A, truth["A"], rtol=0, atol=1e-8)
    torch.testing.assert_close(found.c, truth["c"], rtol=0, atol=1e-8)
    mean, covariance = snapshots(truth, [times[0] + 0.3])
    torch.testing.assert_close(found.bridges[0].marginal(0.3), (mean[0], covariance[0]), rtol=0, atol=1e-7)


def test_snapshots_that_no_reference_has_are_met_by_the_bridges_all_the_same():
    times = [0.0, 0.7, 1.5, 2.5]
    means, covariances = snapshots(LINE, times)
    means = means + tensor([[0.0], [0.3], [-0.1], [0.2]])
    plain = refine_gaussian(times, means, covariances, Q=LINE["Q"], memory=0)
    fast = refine_gaussian(times, means, covariances, Q=LINE["Q"])
    torch.testing.assert_close(plain.theta[-1], fast.theta[-1], rtol=0, atol=1e-8)
    assert len(fast.kl_after) < len(plain.kl_after) and falls(fast) and falls(plain)
    assert float(fast.kl_after[-1]) > 1
    torch.testing.assert_close(fast.bridges[1].marginal(0.8), (means[2], covariances[2]), rtol=0, atol=1e-10)


def test_an_aliased_rotation_is_told():
    with pytest.warns(AliasingWarning, match=r"turns by 1\.78 > pi/2"):
        found, _ = refine(ROTATION, [0.0, 3.0, 6.0, 9.0])
    assert float(found.A[0, 1]) == pytest.approx(1.5 - 2 * math.pi / 3, abs=1e-6)
    assert float(found.kl_after[-1]) < 1e-10


def test_a_start_near_the_truth_finds_the_faster_rotation_of_the_two():
    with pytest.warns(AliasingWarning):
        _, errors = refine(ROTATION, [0.0, 3.0, 6.0, 9.0], A=ROTATION["A"] + 0.01, c=ROTATION["c"])
    assert errors[-1] < 1e-6


def test_what_has_not_converged_says_so():
    with pytest.warns(ConvergenceWarning, match="last of 2 iterations"):
        found = refine_gaussian([0.0, 1.0, 2.0], *snapshots(ROTATION, [0.0, 1.0, 2.0]), Q=ROTATION["Q"], iterations=2)
    assert not found.converged and len(found.kl_before) == 2 and len(found.theta) == 3


@pytest.mark.parametrize(
    ("times", "change", "message"),
    [
        ([0.0, 1.0], {}, "three snapshots"),
        ([0.0, 2.0, 1.0], {}, "look at the index 2"),
        ([0.0, 1.0, 2.0], {"Q": torch.diag(tensor([1.0, 0.0]))}, "positive definite Q"),
        ([0.0, 1.0, 2.0], {"means": torch.zeros(4, 2)}, "needs 3 means"),
    ],
)
def test_bad_input_is_named(times, change, message):
    means, covariances = snapshots(ROTATION, [0.0, 1.0, 2.0])
    arguments = {"means": means, "covariances": covariances, "Q": ROTATION["Q"]} | change
    with pytest.raises(ValueError, match=message):
        refine_gaussian(times, **arguments)
