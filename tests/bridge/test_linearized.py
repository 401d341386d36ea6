"""Linearised bridges: exact for affine drifts, and corrected by weights to what a fine grid says of a double well."""

import itertools
import math

import pytest
import torch

from physml.bridge import AffinePairs, LinearizedPairs, Reference, linearize
from physml.bridge.gaussian_paths import gaussian_paths
from physml.dynamics import AffineDrift, GradientField, LotkaVolterra
from physml.numerics.convergence import ConvergenceWarning
from physml.numerics.euler_maruyama import covariance_rate
from physml.numerics.linear_sde import transition


def tensor(*values):
    return torch.tensor(values, dtype=torch.float64)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


A, C, RATE = tensor([-0.3, 1.5], [-1.5, -0.3]), tensor(0.2, 0.0), covariance_rate([0.5, 0.7], 2)
ROTATION = Reference(AffineDrift(2), torch.cat([A.flatten(), C]), RATE)
PREY = Reference(LotkaVolterra(), tensor(1.0, 0.4, 0.4, 0.1), covariance_rate(0.1, 2))
WELL = Reference(GradientField(1, 4), tensor(0.0, -0.75, 0.0, 0.375), covariance_rate(0.6, 1))


def pair(start, end, count=1, duration=1.0):
    one = torch.ones(count, dtype=torch.float64)
    return tensor(start).expand(count, -1), tensor(end).expand(count, -1), 0 * one, duration * one


def test_an_affine_drift_has_its_exact_transition_at_the_fourth_order_of_the_step():
    """The noise of a step is carried at second order, so that the covariance is what limits."""
    start, end, begin, duration = pair([2.0, 0.0], [0.5, -1.0])
    exact = transition(A, C, RATE, 1.0).log_density(start, end)[0, 0]
    errors = []
    for steps in (10, 20, 40):
        found = linearize(ROTATION, start, end, begin, duration, steps).gaussian
        errors.append(abs(float(found.log_density[0] - exact)))
    orders = [math.log2(coarse / fine) for coarse, fine in itertools.pairwise(errors)]
    assert orders == pytest.approx([2.0, 2.0], abs=0.1)


def test_the_weights_of_an_affine_drift_are_one():
    start, end, begin, duration = pair([2.0, 0.0], [0.5, -1.0], count=50)
    _, log_weights = linearize(ROTATION, start, end, begin, duration, 8).sample(seeded())
    torch.testing.assert_close(log_weights, torch.zeros(50, dtype=torch.float64), rtol=0, atol=1e-10)


def grid_density(x, y, steps, duration=1.0):
    """The transition density of the double well's Euler model by Chapman-Kolmogorov."""
    grid, h = torch.linspace(-3, 3, 601, dtype=torch.float64), duration / steps
    drifted = grid + h * 1.5 * (grid - grid**3)
    kernel = torch.exp(-((grid - drifted[:, None]) ** 2) / (2 * 0.36 * h)) / math.sqrt(2 * math.pi * 0.36 * h)
    rows = torch.linalg.matrix_power(kernel * (grid[1] - grid[0]), steps) / (grid[1] - grid[0])
    return float(rows[int((grid - x).abs().argmin()), int((grid - y).abs().argmin())])


@pytest.mark.parametrize(("x", "y", "laplace"), [(-1.0, 1.0, 0.00189), (-0.2, -1.2, 0.663), (-1.0, 0.0, 0.0311)])
def test_weights_correct_the_density_of_a_double_well(x, y, laplace):
    start, end, begin, duration = pair([x], [y], count=10_000)
    found = linearize(WELL, start, end, begin, duration, 60)
    _, log_weights = found.sample(seeded())
    linearised = float(found.gaussian.log_density[0].exp())
    corrected = float((found.gaussian.log_density + log_weights).exp().mean())
    truth = grid_density(x, y, 400)
    assert linearised == pytest.approx(laplace, rel=0.03)
    assert abs(linearised / truth - 1) > 0.15
    assert corrected == pytest.approx(truth, rel=0.03)


def test_corrected_densities_of_pairs_are_nearer_to_the_truth_than_linearised_ones():
    x, y = tensor([-1.2], [-0.8], [-0.3]), tensor([-1.0], [0.2], [1.1])
    truth = torch.tensor([[math.log(grid_density(float(a), float(b), 200)) for b in y] for a in x], dtype=torch.float64)
    model = LinearizedPairs(WELL, 20, 20, 10, 400)
    linearised = model.log_density(x, y, 0.0, 1.0)
    correction = model.correction(x, y, 0.0, 1.0, torch.ones(3, 3, dtype=torch.bool), seeded())
    corrected = linearised + correction.reshape(3, 3)
    assert float((corrected - truth).abs().mean()) < 0.3 * float((linearised - truth).abs().mean())


def test_bridges_drawn_by_their_weights_are_those_of_the_nonlinear_process():
    """At half time, the bridge of a double well from one well to the other against the grid."""
    start, end, begin, duration = pair([-1.0], [1.0], count=2000)
    drawn = LinearizedPairs(WELL, 20, 20, 10, 16).bridges(start, end, begin, duration, seeded()).states[10, :, 0]
    grid = torch.linspace(-2, 2, 41, dtype=torch.float64)
    weights = torch.tensor(
        [grid_density(-1.0, float(z), 100, 0.5) * grid_density(float(z), 1.0, 100, 0.5) for z in grid]
    )
    mean = float((weights * grid).sum() / weights.sum())
    spread = float(((weights * (grid - mean) ** 2).sum() / weights.sum()).sqrt())
    assert float(drawn.mean()) == pytest.approx(mean, abs=0.03)
    assert float(drawn.std()) == pytest.approx(spread, rel=0.1)


def test_the_path_is_the_most_probable_one():
    """No nearby path has a smaller action: the gradient of the action in steps vanishes on it."""
    start, end, begin, duration = pair([5.0, 4.0], [2.0, 3.0], duration=2.0)
    found = linearize(PREY, start, end, begin, duration, 20, iterations=20, tolerance=1e-12)
    path, h = found.gaussian.mean, 0.1
    inverse = torch.linalg.inv(found.gaussian.noise)

    def action(inner):
        from physml.bridge.linearized import flow

        whole = torch.cat([path[:1], inner, path[-1:]])
        miss = whole[1:] - flow(PREY, whole[:-1], begin, duration)
        return (miss[..., None, :] @ inverse @ miss[..., None]).sum() / 2

    inner = path[1:-1].clone().requires_grad_()
    gradient = torch.autograd.grad(action(inner), inner)[0]
    moved = torch.autograd.grad(action(inner + 0.01), inner)[0]
    assert float(gradient.abs().max()) < 1e-6 * float(moved.abs().max())
    assert h == float(duration[0]) / 20


def test_bridges_end_where_they_must_and_have_the_mean_and_covariance_of_conditioned_gaussians():
    steps, count, d = 6, 40_000, 2
    eye = torch.eye(d, dtype=torch.float64)
    factors = eye + 0.1 * torch.randn(steps, 1, d, d, generator=seeded(1), dtype=torch.float64)
    offsets = 0.2 * torch.randn(steps, 1, d, generator=seeded(2), dtype=torch.float64)
    noise = 0.05 * (eye + 0.3).expand(1, 1, d, d)
    start, end = tensor([1.0, -1.0]), tensor([0.0, 0.5])
    one = gaussian_paths(start, end, factors, offsets, noise)
    shapes = (steps, count, d, d), (steps, count, d), (1, count, d, d)
    linear = (value.expand(shape) for value, shape in zip((factors, offsets, noise), shapes, strict=True))
    many = gaussian_paths(start.expand(count, d), end.expand(count, d), *linear)
    paths = many.sample(seeded(3))
    assert torch.equal(paths[-1], many.end)
    torch.testing.assert_close(paths.mean(1), one.mean[:, 0], rtol=0, atol=0.01)
    k = 3
    Phi, Omega = torch.eye(d, dtype=torch.float64), torch.zeros(d, d, dtype=torch.float64)
    for factor in factors[k:, 0]:
        Phi, Omega = factor @ Phi, factor @ Omega @ factor.T + noise[0, 0]
    free = one.covariances[k, 0]
    gain = free @ Phi.T @ torch.linalg.inv(Phi @ free @ Phi.T + Omega)
    torch.testing.assert_close(paths[k].T.cov(), free - gain @ Phi @ free, rtol=0.05, atol=1e-4)


def test_pulls_are_gradients_of_the_log_density():
    """Exactly for an affine drift; nearly for a linearisation, whose own shift the pull leaves out."""
    x, y = tensor([2.0, 0.1], [1.0, -0.5]), tensor([0.5, -1.0], [0.0, 0.0], [1.0, 1.0])
    for model, tolerance in ((AffinePairs(ROTATION, 10), 1e-8), (LinearizedPairs(PREY, 20, 20, 20, 1), 0.05)):
        inner = x.clone() + (4.0 if model.reference is PREY else 0.0)
        there = y + (3.0 if model.reference is PREY else 0.0)
        _, pulls = model.pulls(inner, there, 0.0, 0.7)
        for k in range(2):
            shift = torch.zeros_like(inner)
            shift[:, k] = 1e-4
            up, down = (model.log_density(inner + s * shift, there, 0.0, 0.7) for s in (1, -1))
            difference = (up - down) / 2e-4
            torch.testing.assert_close(pulls[..., k], difference, rtol=tolerance, atol=tolerance)


def test_drifts_of_affine_bridges_average_to_their_displacement():
    """The drift is the mean velocity: over the first steps, where it is regular."""
    model = AffinePairs(ROTATION, 40)
    start, end, begin, duration = pair([2.0, 0.0], [0.5, -1.0], count=20_000)
    paths = model.bridges(start, end, begin, duration, seeded())
    moved = paths.states[20].mean(0) - start[0]
    middle = (paths.drifts[:20].sum(0) + (paths.drifts[20] - paths.drifts[0]) / 2).mean(0) / 40
    torch.testing.assert_close(middle, moved, rtol=0, atol=5e-3)


def test_pairs_are_computed_in_pieces():
    from physml.bridge import pair_models

    x, y = torch.rand(30, 2, generator=seeded(), dtype=torch.float64) + 4, tensor([4.0, 4.0], [3.0, 5.0])
    model = LinearizedPairs(PREY, 20, 5, 8, 1)
    whole = model.log_density(x, y, 0.0, 0.5)
    before, pair_models._NUMBERS = pair_models._NUMBERS, 7 * 2 * 4 * 5
    try:
        torch.testing.assert_close(model.log_density(x, y, 0.0, 0.5), whole, rtol=1e-9, atol=1e-9)
    finally:
        pair_models._NUMBERS = before


def test_a_process_too_nonlinear_for_its_linearisation_is_announced():
    reference = Reference(GradientField(1, 4), tensor(0.0, -2.0, 0.0, 1.0), covariance_rate(1.0, 1))
    model = LinearizedPairs(reference, 60, 10, 40, 1)
    with pytest.warns(ConvergenceWarning, match="effective share of"):
        model.bridges(*pair([-1.0], [0.0], count=2000, duration=2.0), seeded())


def test_paths_that_do_not_settle_are_announced():
    with pytest.warns(ConvergenceWarning, match=r"5 of 5 most probable paths did not .* from \[-1.5\] to \[1.5\]"):
        model = LinearizedPairs(WELL, 10, 10, 1, 1)
        model.bridges(*pair([-1.5], [1.5], count=5, duration=3.0), seeded())
