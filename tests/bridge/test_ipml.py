"""Bridges by iterated regression of drifts: against Gaussian bridges in closed form, limits, clouds too far apart."""

import itertools
import math
import warnings
from dataclasses import dataclass

import pytest
import torch

from physml.bridge import (
    IPML,
    AffineRegression,
    FourierRegression,
    GaussianProcess,
    GaussianSchrodingerBridge,
    IPMLBridge,
    Reference,
)
from physml.dynamics import AffineDrift, LotkaVolterra
from physml.numerics.convergence import ConvergenceWarning
from physml.numerics.euler_maruyama import covariance_rate, simulate
from physml.numerics.transport import bures_wasserstein
from physml.problem import SnapshotData


def tensor(*values):
    return torch.tensor(values, dtype=torch.float64)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


# The test case of a rotating reference between two Gaussians.
A, C = tensor([-0.3, 1.5], [-1.5, -0.3]), tensor(0.2, 0.0)
MEANS = (tensor(2.0, 0.0), tensor(0.0, -2.0))
COVARIANCES = (tensor([0.3, 0.1], [0.1, 0.15]), tensor([0.2, -0.05], [-0.05, 0.4]))
RATE = covariance_rate(0.6, 2)
ROTATION = Reference(AffineDrift(2), torch.cat([A.flatten(), C]), RATE)
BROWNIAN = Reference(AffineDrift(2), None, RATE)


def exact(reference):
    matrix, offset = reference.affine
    (m0, m1), (s0, s1) = MEANS, COVARIANCES
    return GaussianSchrodingerBridge(m0, s0, m1, s1, Q=reference.rate, A=matrix, c=offset)


def gaussian_clouds(count, seed=0, *, matched=False, means=MEANS):
    """Draws of the two Gaussians, or clouds whose moments are theirs exactly."""
    generator, clouds = seeded(seed), []
    for mean, covariance in zip(means, COVARIANCES, strict=True):
        normal = torch.randn(count, 2, generator=generator, dtype=torch.float64)
        if matched:
            normal = normal - normal.mean(0)
            root = torch.linalg.cholesky(normal.T @ normal / count)
            normal = torch.linalg.solve_triangular(root, normal.T, upper=False).T
        clouds.append(mean + normal @ torch.linalg.cholesky(covariance).T)
    return SnapshotData([0.0, 1.0], clouds)


def mean_bures(trajectories, law):
    errors = []
    for t, x in zip(trajectories.times.tolist(), trajectories.states, strict=True):
        errors.append(bures_wasserstein(x.mean(0), x.T.cov(correction=0), *law.marginal(t)))
    return sum(errors) / len(errors)


@pytest.mark.parametrize("reference", [ROTATION, BROWNIAN], ids=["rotation", "brownian"])
def test_affine_regression_gives_the_gaussian_bridge(reference):
    """From a rotation 3 rounds are enough; from Brownian motion the first one misses the second cloud by a third."""
    rounds = 3 if reference is ROTATION else 6
    bridge = IPML(AffineRegression(), rounds=rounds, step=0.02).bridge(reference, gaussian_clouds(4000), seeded(1))
    bures = mean_bures(bridge.sample_trajectories(8000, seeded(2)), exact(reference))
    assert bures < 0.05
    normal = torch.randn(500, 2, generator=seeded(3), dtype=torch.float64)
    # The noise of a step alone makes its drift uncertain by 5 %: what is compared is the mean over the steps.
    wanted, found = [], []
    for t in bridge.intervals[0].grid[:-1].tolist():
        mean, covariance = exact(reference).marginal(t)
        x = mean + normal @ torch.linalg.cholesky(covariance).T
        wanted.append(exact(reference).drift(x, t))
        found.append(bridge.forward_drift(x, t))
    error = (torch.stack(found) - torch.stack(wanted)).mean(0)
    assert error.square().mean().sqrt() < 0.07 * torch.stack(wanted).square().mean().sqrt()


@pytest.mark.parametrize("regressor", [GaussianProcess(25.0, 1.0, 1.0), GaussianProcess(), FourierRegression()])
def test_kernels_come_near_the_gaussian_bridge_from_few_particles(regressor):
    bridge = IPML(regressor, rounds=3, step=0.04).bridge(ROTATION, gaussian_clouds(80, 1, matched=True), seeded(1))
    assert mean_bures(bridge.sample_trajectories(480, seeded(2)), exact(ROTATION)) < 0.2
    assert bridge.intervals[0].reaches(0.2)


@pytest.fixture(scope="module")
def predators():
    """The first three training snapshots of Lotka-Volterra: the first two lie 3.4 apart, the noise spreads by 0.14."""
    family, rate, generator = LotkaVolterra(), covariance_rate(0.1, 2), seeded()
    clouds = []
    for end in (0.0, 2.0, 4.0):
        start = tensor(5.0, 4.0) + 0.1 * torch.rand(50, 2, generator=generator, dtype=torch.float64)
        times = [0.0, end] if end else [0.0]
        drift = lambda x, t: family.drift(x, t, tensor(1.0, 0.4, 0.4, 0.1))  # noqa: E731
        clouds.append(simulate(drift, start, times, rate, step=0.02, generator=generator)[-1])
    return Reference(family, None, rate), SnapshotData([0.0, 2.0, 4.0], clouds)


def test_a_short_kernel_does_not_reach_and_says_so(predators):
    reference, data = predators
    solver = IPML(GaussianProcess(10.0, 1.0, 1.0), step=0.1, rounds=4)
    with pytest.warns(
        ConvergenceWarning, match=r"did not reach snapshot 1: .* W2 = 3\.\d+ .* 0 and 1 are 3\.\d+ apart"
    ):
        bridge = solver.bridge(reference, data, seeded(1))
    assert min(bridge.end_errors[0]) > 3
    assert [half.reaches(0.2) for half in bridge.intervals] == [False, True]


@pytest.mark.parametrize("regressor", [GaussianProcess(500.0, 10.0, 1.0), GaussianProcess()])
def test_a_long_kernel_reaches(predators, regressor):
    reference, data = predators
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bridge = IPML(regressor, step=0.1, rounds=6).bridge(reference, data, seeded(1))
    assert [half.end_error < 0.15 for half in bridge.intervals] == [True, True]


def test_the_true_reference_reaches_at_once_and_is_found_again(predators):
    reference, data = predators
    truth = tensor(1.0, 0.4, 0.4, 0.1)
    bridge = IPML(step=0.05, rounds=1).bridge(Reference(reference.family, truth, reference.rate), data, seeded(1))
    assert all(errors[0] < 0.15 for errors in bridge.end_errors)
    assert torch.allclose(bridge.maximize(600, seeded(2)), truth, rtol=0.1, atol=0)


def test_the_kept_round_is_not_worse_than_another_by_more_than_chance(predators):
    reference, data = predators
    bridge = IPML(AffineRegression(), step=0.1, patience=2).bridge(reference, data, seeded(1))
    for half in bridge.intervals:
        assert half.end_error <= min(half.end_errors) / 0.9
        since = len(half.end_errors) - 1 - half.end_errors.index(min(half.end_errors))
        assert since == 2 or len(half.end_errors) == 10


def test_refinement_with_it_finds_the_parameters(predators):
    reference, data = predators
    solver, errors = IPML(AffineRegression(), step=0.1), []
    for _ in range(6):
        theta = solver.bridge(reference, data, seeded(1)).maximize(600, seeded(2))
        reference = Reference(reference.family, theta, reference.rate)
        errors.append(float((theta - tensor(1.0, 0.4, 0.4, 0.1)).norm()))
    assert errors[0] > 0.5
    assert errors[-1] < 0.1


@dataclass(frozen=True)
class Clock(AffineDrift):
    """A drift in time alone: (t, -t)."""

    def drift(self, x, t, theta):
        return torch.as_tensor(t).to(x) * tensor(1.0, -1.0).expand_as(x)


def test_drifts_know_the_time_over_all_intervals():
    """Between clouds that the reference itself makes, with hardly any noise, the paths are those of the reference."""
    rate, start = covariance_rate(1e-3, 2), torch.randn(60, 2, generator=seeded(), dtype=torch.float64)
    times = [0.0, 1.0, 2.0, 3.0]
    reference = Reference(Clock(2), tensor(*[0.0] * 6), rate)
    clouds = simulate(reference.drift, start, times, rate, step=0.05, generator=seeded(1))
    bridge = IPML(AffineRegression(), rounds=2, step=0.05).bridge(reference, SnapshotData(times, list(clouds)))
    trajectories = bridge.sample_trajectories(240, seeded(2))
    velocities = trajectories.states.diff(dim=0).mean(1) / 0.05
    grid = trajectories.times[:-1]
    assert torch.allclose(velocities, torch.stack([grid, -grid], 1), atol=0.01)
    assert bridge.forward_drift(start, 2.5) == pytest.approx(2.5 * tensor(1.0, -1.0).expand(60, 2), abs=0.1)


def test_each_trajectory_goes_through_a_point_of_one_snapshot():
    data = SnapshotData([0.0, 0.5, 2.0], [torch.randn(n, 2, generator=seeded(n)) + n / 10 for n in (20, 30, 25)])
    bridge = IPML(AffineRegression(), rounds=1, step=0.1, threshold=10.0).bridge(BROWNIAN, data, seeded())
    trajectories = bridge.sample_trajectories(150, seeded(1))
    assert trajectories.states.shape == (21, 150, 2)
    assert torch.allclose(trajectories.times, torch.cat([torch.arange(5) * 0.1, 0.5 + torch.arange(16) * 0.1]).double())
    hits = []
    for at, cloud in zip((0, 5, 20), data.samples, strict=True):
        same = (trajectories.states[at][:, None] == cloud).all(-1)
        assert same.sum(0).tolist() == [2] * len(cloud)
        hits.append(same.any(1))
    assert torch.stack(hits).sum(0).tolist() == [1] * 150
    assert bridge.sample_trajectories(7, seeded()).states.shape == (21, 7, 2)


def steps(count=30, seed=0):
    """Steps of a nonlinear drift, with their noise."""
    generator, times = seeded(seed), torch.linspace(0, 1, 11, dtype=torch.float64)[:-1]
    states = torch.randn(10, count, 2, generator=generator, dtype=torch.float64)
    noise = covariance_rate(3.0, 2)
    velocities = (
        torch.sin(states)
        + times[:, None, None]
        + 3 * torch.randn(states.shape, generator=generator, dtype=torch.float64)
    )
    return times, states, velocities, noise


def test_fourier_regression_tends_to_the_gaussian_process():
    kernel = {"amplitude": 2.0, "length": 3.0, "speed": 0.7}
    x = torch.randn(50, 2, generator=seeded(1), dtype=torch.float64)
    wanted = GaussianProcess(**kernel).fit(*steps())(x, 0.45)
    errors = []
    for features in (125, 2000):
        draws = [FourierRegression(**kernel, features=features, seed=seed).fit(*steps())(x, 0.45) for seed in range(4)]
        errors.append(float((torch.stack(draws) - wanted).square().mean().sqrt()))
    assert errors[1] < 0.1 * wanted.square().mean().sqrt()
    assert 2.5 < errors[0] / errors[1] < 6  # as the root of the number, which is 16 times as large


def test_pieces_of_a_kernel_make_the_whole(monkeypatch):
    x = torch.randn(50, 2, generator=seeded(1), dtype=torch.float64)
    for regressor in (GaussianProcess(1.0, 1.0, 1.0), FourierRegression(1.0, 1.0, 1.0, features=50)):
        whole = regressor.fit(*steps())(x, 0.2)
        monkeypatch.setattr("physml.bridge.regressors._NUMBERS", 700)
        assert torch.allclose(regressor.fit(*steps())(x, 0.2), whole, rtol=1e-8, atol=1e-8)
        monkeypatch.undo()


def test_a_gaussian_process_interpolates_where_there_is_no_noise():
    times, states, velocities, noise = steps()
    drift = GaussianProcess(1.0, 1.0, 1.0).fit(times, states, velocities, 1e-12 * noise)
    assert torch.allclose(drift(states[3], float(times[3])), velocities[3], atol=1e-3)


def test_affine_regression_is_exact_for_affine_velocities_even_in_a_plane():
    times, states, _, noise = steps()
    states = torch.cat([states, states[..., :1]], -1)  # of three components, two vary
    slopes = torch.randn(10, 3, 3, generator=seeded(2), dtype=torch.float64)
    velocities = states @ slopes + times[:, None, None]
    drift = AffineRegression().fit(times, states, velocities, noise)
    for k, t in enumerate(times.tolist()):
        assert torch.allclose(drift(states[k], t + 0.01), velocities[k], atol=1e-10)


@pytest.mark.parametrize("regressor", [GaussianProcess(), AffineRegression()])
def test_units_do_not_matter(regressor):
    """Metres or kilometres, seconds or hours: the defaults give the same paths in other units."""
    far, long = 1024.0, 64.0  # powers of two, so that round-off is the same
    data = gaussian_clouds(40)
    other = SnapshotData([0.0, long], [far * cloud for cloud in data.samples])
    solver, slower = IPML(regressor, step=0.1, rounds=2), IPML(regressor, step=0.1 * long, rounds=2)
    one = solver.bridge(BROWNIAN, data, seeded(1)).sample_trajectories(80, seeded(2)).states
    unlike = Reference(AffineDrift(2), None, RATE * far**2 / long)
    two = slower.bridge(unlike, other, seeded(1)).sample_trajectories(80, seeded(2)).states
    assert torch.allclose(far * one, two, rtol=1e-6, atol=1e-6 * far)


def test_clouds_at_one_place_are_reached():
    """Two draws of one law differ by chance alone, which is no reason for a warning."""
    data = gaussian_clouds(60, means=(MEANS[0], MEANS[0]))
    data = SnapshotData(data.times, [data.samples[0], data.samples[0] + 1e-3 * data.samples[1]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bridge = IPML(step=0.1, rounds=2).bridge(BROWNIAN, data, seeded(1))
    assert all(math.isfinite(error) for error in itertools.chain(*bridge.end_errors))


def test_the_same_seed_gives_the_same_bits():
    results = []
    for _ in range(2):
        bridge = IPML(step=0.1, rounds=2).bridge(BROWNIAN, gaussian_clouds(20), seeded(1))
        results.append(bridge.sample_trajectories(30, seeded(2)).states)
    assert torch.equal(*results)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rounds": 0}, "rounds is 0; expected a positive number"),
        ({"step": -0.1}, "step is -0.1"),
        ({"threshold": math.nan}, "threshold is nan"),
        ({"patience": 0}, "patience is 0"),
    ],
)
def test_settings_that_make_no_sense(settings, message):
    with pytest.raises(ValueError, match=message):
        IPML(**settings)


def test_regressors_that_make_no_sense():
    with pytest.raises(ValueError, match=r"length is -1\.0; expected a positive number"):
        GaussianProcess(length=-1.0)
    with pytest.raises(ValueError, match="amplitude is 0"):
        FourierRegression(amplitude=0.0)
    with pytest.raises(ValueError, match="1 random Fourier features"):
        FourierRegression(features=1)
    with pytest.raises(ValueError, match="is None; set them, or call scaled"):
        GaussianProcess().fit(*steps())


def test_a_round_that_fails_ends_the_rounds():
    """The drifts of the rounds before are kept; a first round that fails is an error."""

    class Tiring(AffineRegression):
        def fit(self, times, states, velocities, noise):
            fits.append(times)
            drift = super().fit(times, states, velocities, noise)
            return drift if len(fits) < limit else lambda x, t: x * math.inf

    for limit in (1, 6):
        fits = []
        solver = IPML(Tiring(), step=0.1, threshold=1.0)
        if limit == 1:
            with pytest.raises(ArithmeticError, match="left every bound"):
                solver.bridge(BROWNIAN, gaussian_clouds(30), seeded())
        else:
            assert len(solver.bridge(BROWNIAN, gaussian_clouds(30), seeded()).end_errors[0]) == 2


def test_a_matrix_too_large(monkeypatch):
    monkeypatch.setattr("physml.bridge.regressors._MOST_INPUTS", 299)
    with pytest.raises(ValueError, match=r"on 300 steps .* FourierRegression"):
        GaussianProcess(1.0, 1.0, 1.0).fit(*steps())


def test_bad_input():
    data = gaussian_clouds(20)
    with pytest.raises(ValueError, match=r"step of 2 is longer than the 1 from snapshot 0 to the next; take 0\.05"):
        IPML(step=2.0).bridge(BROWNIAN, data)
    with pytest.raises(ValueError, match=r"shape \(3, 3\); the snapshots are 2-dimensional"):
        IPML().bridge(Reference(AffineDrift(3), None, covariance_rate(1.0, 3)), data)
    unstable = Reference(AffineDrift(2), tensor(1e60, 0, 0, 1e60, 0, 0), RATE)
    with pytest.raises(ArithmeticError, match="left every bound"):
        IPML().bridge(unstable, data)
    bridge = IPML(AffineRegression(), rounds=1, threshold=1.0).bridge(BROWNIAN, data)
    assert isinstance(bridge, IPMLBridge)
    assert bridge.value is None
    assert bridge.progress == {"end error": bridge.end_errors[0][0]}
    with pytest.raises(ValueError, match=r"time 1\.5 is outside \[0, 1\]"):
        bridge.forward_drift(data.samples[0], 1.5)
    with pytest.raises(ValueError, match="0 trajectories"):
        bridge.sample_trajectories(0)
    with pytest.raises(ValueError, match=r"outside \[0, 1\]"):
        bridge.marginal(1.5, 10)
