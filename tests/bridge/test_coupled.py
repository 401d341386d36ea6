"""Plans between snapshots glued as a chain: against POT, closed forms, symmetries and the mixture of bridges."""

import math

import ot
import pytest
import torch

from physml.bridge import (
    GaussianBridge,
    Reference,
    StaticBridge,
)
from physml.dynamics import AffineDrift, Increments, LotkaVolterra
from physml.numerics.euler_maruyama import covariance_rate, simulate
from physml.numerics.transport import bures_wasserstein, emd
from physml.problem import SnapshotData


def tensor(*values):
    return torch.tensor(values, dtype=torch.float64)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def clouds(*counts, seed=0):
    generator = seeded(seed)
    return [i + 0.5 * torch.randn(count, 2, generator=generator, dtype=torch.float64) for i, count in enumerate(counts)]


SIGMA = 0.6
BROWNIAN = Reference(AffineDrift(2), None, covariance_rate(SIGMA, 2))
ROTATION = Reference(AffineDrift(2), tensor(-0.3, 1.5, -1.5, -0.3, 0.2, 0.0), covariance_rate(SIGMA, 2))


def static(data, reference=BROWNIAN, steps=20):
    return StaticBridge(steps).bridge(reference, data, seeded())


def test_the_plan_of_brownian_motion_is_that_of_pot_at_twice_sigma_squared_times_the_interval():
    data = SnapshotData([0.0, 1.5], clouds(30, 40))
    x, y = data.samples
    plan = ot.sinkhorn(
        ot.unif(30), ot.unif(40), ot.dist(x.numpy(), y.numpy()), reg=2 * SIGMA**2 * 1.5, method="sinkhorn_log",
        stopThr=1e-13, numItermax=20_000,
    )  # fmt: skip
    torch.testing.assert_close(static(data).coupling(0), torch.tensor(plan), rtol=1e-6, atol=1e-10)


def test_the_value_is_the_divergence_of_the_plans_up_to_the_entropy_of_the_data():
    data = SnapshotData([0.0, 1.0, 2.0], clouds(20, 30, 25))
    law, total = static(data), 0.0
    for i in range(2):
        plan, (x, y) = law.coupling(i), data.samples[i : i + 2]
        cost = -law.model.log_density(x, y, float(i), 1.0)
        total += float((plan * cost).sum() + (plan * (plan * len(x) * len(y)).log()).sum())
    assert law.value == pytest.approx(total, rel=1e-6)


def test_time_reversal_transposes_the_plans_of_brownian_motion():
    points = clouds(20, 30, 25)
    forth, back = static(SnapshotData([0.0, 1.0, 2.0], points)), static(SnapshotData([0.0, 1.0, 2.0], points[::-1]))
    for i in range(2):
        torch.testing.assert_close(forth.coupling(i), back.coupling(1 - i).T, rtol=1e-5, atol=1e-10)


def test_permuted_points_and_rigid_motions_change_nothing():
    x, y = clouds(20, 30)
    order, angle = torch.randperm(20, generator=seeded()), math.pi / 5
    turn = tensor([math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)])
    plan = static(SnapshotData([0.0, 1.0], [x, y])).coupling(0)
    moved = static(SnapshotData([0.0, 1.0], [x[order] @ turn.T + 3, y @ turn.T + 3])).coupling(0)
    torch.testing.assert_close(moved, plan[order], rtol=1e-5, atol=1e-10)


def test_trajectories_go_through_the_data_as_often_as_the_weights_say():
    data = SnapshotData([0.0, 1.0, 3.0], clouds(20, 30, 25))
    law = static(data)
    trajectories = law.sample_trajectories(6000, seeded())
    assert float(trajectories.times[-1]) == 3.0 and trajectories.states.shape == (41, 6000, 2)
    for time, cloud in zip(data.times, data.samples, strict=True):
        states = trajectories.at(time)
        distance, nearest = torch.cdist(states, cloud).min(1)
        assert float(distance.max()) < 1e-7  # of the distances, by products
        share = torch.bincount(nearest, minlength=len(cloud)) / 6000
        assert float((share - 1 / len(cloud)).abs().max()) < 4 * math.sqrt(1 / len(cloud) / 6000)


def test_a_snapshot_of_the_bridge_itself_changes_no_value_by_much():
    """The bridge is Markov: its own marginal, as a snapshot, is no news but for being sampled."""
    data = SnapshotData([0.0, 1.0], clouds(60, 60))
    law = static(data)
    middle = law.marginal(0.5, 60, seeded())
    again = static(SnapshotData([0.0, 0.5, 1.0], [data.samples[0], middle, data.samples[1]]))
    end = again.sample_trajectories(600, seeded()).at(0.25, seeded(1))
    assert emd(end, law.marginal(0.25, 600, seeded(2))) < 0.25


def test_the_forward_drift_drives_particles_to_the_next_snapshot():
    """Plug-in drift against the mixture of bridges: as near as two samples of one law are."""
    data = SnapshotData([0.0, 1.0], clouds(40, 50))
    law = static(data)
    start = data.samples[0].repeat(25, 1)
    end = 0.98
    moved = simulate(law.forward_drift, start, [end], law.reference.rate, step=0.01, begin=0.0, generator=seeded())[0]
    first, second = (law.sample_trajectories(1000, seeded(s)).at(end, seeded(s)) for s in (1, 2))
    assert emd(moved, first) < 1.5 * emd(first, second)


def test_the_drift_is_refused_where_it_is_singular_or_undefined():
    law = static(SnapshotData([0.0, 1.0, 2.0], clouds(5, 5, 5)))
    with pytest.raises(ValueError, match="singular at its end"):
        law.forward_drift(tensor([0.0, 0.0]), 2.0)
    with pytest.raises(ValueError, match=r"time 2.5 is outside \[0, 2\]; use forecast"):
        law.forward_drift(tensor([0.0, 0.0]), 2.5)
    with pytest.raises(ValueError, match=r"use forecast\(\)"):
        law.marginal(2.5, 5)
    with pytest.raises(ValueError, match="after the last snapshot at 2"):
        law.forecast([1.5], 5)


def test_a_forecast_is_the_reference_from_the_last_snapshot():
    law = static(SnapshotData([0.0, 1.0], clouds(100, 400)), ROTATION)
    ahead = law.forecast([1.5, 2.0], 20_000, seeded(), step=0.01)
    mean, covariance = law.data.moments[-1]
    from physml.numerics.linear_sde import transition

    over = transition(*ROTATION.affine, ROTATION.rate, 1.0)
    torch.testing.assert_close(ahead[1].mean(0), over.mean(mean[None])[0], rtol=0, atol=0.03)
    torch.testing.assert_close(ahead[1].T.cov(), over.Phi @ covariance @ over.Phi.T + over.Omega, rtol=0.05, atol=0.02)


def test_the_closed_fit_of_the_affine_family_is_the_limit_of_fits_to_paths():
    data = SnapshotData([0.0, 1.0, 2.0], clouds(50, 50, 50))
    law = static(data, ROTATION, steps=40)
    closed = law.maximize(1, seeded())
    drawn = law.fit(law.paths(20_000, seeded()))
    torch.testing.assert_close(drawn, closed, rtol=0, atol=0.03)


def test_fits_to_the_drift_of_the_bridge_vary_less_than_fits_to_increments():
    data = SnapshotData([0.0, 1.0, 2.0], clouds(50, 50, 50))
    law = static(data, ROTATION, steps=40)
    closed, by_drift, by_increments = law.maximize(1, seeded()), [], []
    for seed in range(8):
        paths = law.paths(300, seeded(seed))
        by_drift.append(law.fit(paths))
        h = 1.0 / 40
        states, moves = paths.states[:-1].flatten(0, 1), paths.states.diff(dim=0).flatten(0, 1)
        ones = torch.ones(len(states), dtype=torch.float64)
        steps = Increments(states, 0 * ones, moves / h, torch.linalg.inv(ROTATION.rate), h * ones)
        by_increments.append(AffineDrift(2).fit(steps))
    spread = [float((torch.stack(fits) - closed).square().mean()) for fits in (by_drift, by_increments)]
    assert spread[0] < spread[1]


def test_gaussian_clouds_have_nearly_the_closed_bridge():
    means, roots = (tensor(2.0, 0.0), tensor(0.0, -2.0)), (0.5, 0.6)
    points = [
        mean + root * torch.randn(600, 2, generator=seeded(i), dtype=torch.float64)
        for i, (mean, root) in enumerate(zip(means, roots, strict=True))
    ]
    data = SnapshotData([0.0, 1.0], points)
    closed = GaussianBridge().bridge(ROTATION, data, seeded())
    sampled = static(data, ROTATION).marginal(0.5, 4000, seeded())
    mean, covariance = closed.moments(0.5)
    assert bures_wasserstein(sampled.mean(0), sampled.T.cov(), mean, covariance) < 0.05
    drawn = closed.sample_trajectories(4000, seeded()).at(0.5)
    assert bures_wasserstein(drawn.mean(0), drawn.T.cov(), mean, covariance) < 0.05


def test_plans_too_large_to_keep_are_computed_anew():
    from physml.bridge import coupled

    data = SnapshotData([0.0, 1.0], clouds(20, 30))
    kept = static(data)
    before, coupled._KEPT = coupled._KEPT, 10
    try:
        anew = static(data)
        assert anew._plans == [None]
        torch.testing.assert_close(anew.coupling(0), kept.coupling(0), rtol=1e-6, atol=1e-12)
        assert torch.equal(anew.chains(50, seeded()), kept.chains(50, seeded()))
    finally:
        coupled._KEPT = before


def test_a_static_bridge_needs_an_affine_drift():
    reference = Reference(LotkaVolterra(), tensor(1.0, 0.4, 0.4, 0.1), covariance_rate(0.1, 2))
    data = SnapshotData([0.0, 1.0], clouds(5, 5))
    for solver in (StaticBridge(), GaussianBridge()):
        with pytest.raises(ValueError, match=r"LotkaVolterra is not.*LinearizedBridge"):
            solver.bridge(reference, data, seeded())
