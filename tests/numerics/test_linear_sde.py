"""Transitions of linear SDEs: closed forms, composition, the order of Euler's steps, controllability."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from physml.numerics import euler_transition, fitted_order, transition

EYE, ZERO = torch.eye(2, dtype=torch.float64), torch.zeros(2, dtype=torch.float64)
A = torch.tensor([[-0.3, 1.5], [-1.5, -0.3]], dtype=torch.float64)
C = torch.tensor([0.2, 0.0], dtype=torch.float64)


@given(rate=st.floats(-3, 3).filter(lambda a: abs(a) > 1e-3), T=st.floats(0.01, 30))
def test_the_ornstein_uhlenbeck_process(rate, T):
    found = transition(torch.tensor([[-rate]]), torch.tensor([0.7]), torch.tensor([[0.5]]), T)
    rate = float(torch.tensor(rate))
    assert float(found.Phi) == pytest.approx(math.exp(-rate * T), rel=1e-11)
    assert float(found.eta) == pytest.approx(float(torch.tensor(0.7)) * -math.expm1(-rate * T) / rate, rel=1e-10)
    assert float(found.Omega) == pytest.approx(0.5 * -math.expm1(-2 * rate * T) / (2 * rate), rel=1e-10)


def test_a_singular_drift_and_noise_on_the_velocity_alone():
    T = 0.01
    drift, noise = torch.tensor([[0.0, 1.0], [0.0, 0.0]]), torch.diag(torch.tensor([0.0, 1.0]))
    found = transition(drift, torch.tensor([0.0, 2.0]), noise, T)
    expected = torch.tensor([[T**3 / 3, T**2 / 2], [T**2 / 2, T]], dtype=torch.float64)
    torch.testing.assert_close(found.Omega, expected, rtol=1e-13, atol=0)
    torch.testing.assert_close(found.eta, torch.tensor([T**2, 2 * T], dtype=torch.float64), rtol=1e-13, atol=0)
    torch.testing.assert_close(found.factor() @ found.factor().mT, expected)


@given(s=st.floats(0.01, 3), t=st.floats(0.01, 3))
def test_transitions_compose(s, t):
    whole, parts = transition(A, C, EYE, s + t), transition(A, C, EYE, s).then(transition(A, C, EYE, t))
    for name in ("Phi", "eta", "Omega"):
        torch.testing.assert_close(getattr(whole, name), getattr(parts, name), rtol=1e-12, atol=1e-13)


def test_strong_damping_over_a_long_time_reaches_the_stationary_law():
    found = transition(100 * A, C, EYE, 1e4)
    stationary = found.Omega
    torch.testing.assert_close(100 * (A @ stationary + stationary @ A.mT), -EYE, rtol=0, atol=1e-12)
    torch.testing.assert_close(100 * A @ found.eta, -C, rtol=0, atol=1e-12)


def test_batches_over_time_and_over_drifts():
    times = torch.tensor([0.0, 0.3, 2.0], dtype=torch.float64)
    batch = transition(A, C, EYE, times)
    for i, T in enumerate(times):
        torch.testing.assert_close(batch.Omega[i], transition(A, C, EYE, float(T)).Omega, rtol=1e-13, atol=1e-15)
    assert (batch.Phi[0] == EYE).all() and (batch.Omega[0] == 0).all()
    drifts = transition(torch.stack([A, 2 * A])[:, None], C, EYE, times)
    assert drifts.Phi.shape == (2, 3, 2, 2)
    torch.testing.assert_close(drifts.eta[1, 2], transition(2 * A, C, EYE, 2.0).eta)


def test_euler_steps_are_those_of_a_loop_and_of_order_one():
    exact, steps = transition(A, C, 0.36 * EYE, 1.0), [25, 50, 100, 200]
    mean, covariance = C.new_tensor([2.0, 1.0]), 0 * EYE
    for _ in range(25):
        mean, F = mean + (A @ mean + C) / 25, EYE + A / 25
        covariance = F @ covariance @ F.mT + 0.36 * EYE / 25
    found = [euler_transition(A, C, 0.36 * EYE, 1.0, n) for n in steps]
    torch.testing.assert_close(found[0].mean(C.new_tensor([[2.0, 1.0]]))[0], mean)
    torch.testing.assert_close(found[0].Omega, covariance)
    for name in ("Phi", "eta", "Omega"):
        errors = [float((getattr(e, name) - getattr(exact, name)).abs().max()) for e in found]
        assert fitted_order([1 / n for n in steps], errors) == pytest.approx(1.0, abs=0.1)


def test_the_density_is_that_of_torch_far_from_the_origin_too(generator):
    found = transition(A, C, 0.01 * EYE, 0.1)
    x, y = (torch.randn(n, 2, generator=generator, dtype=torch.float64) + 1e3 for n in (5, 4))
    normal = torch.distributions.MultivariateNormal(found.mean(x)[:, None], found.Omega)
    torch.testing.assert_close(found.log_density(x, y), normal.log_prob(y[None]), rtol=1e-10, atol=1e-9)
    batch = transition(A, C, EYE, torch.tensor([0.5, 1.0]))
    assert batch.log_density(x, y).shape == (2, 5, 4)


def test_noise_that_does_not_reach_every_direction_is_named():
    with pytest.raises(ValueError, match="controllability"):
        transition(0 * EYE, ZERO, torch.diag(torch.tensor([1.0, 0.0])), 1.0).log_density(EYE, EYE)
    with pytest.raises(ValueError, match="controllability"):
        transition(A, ZERO, EYE, 0.0).factor()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"A": torch.ones(2, 3)}, "shapes"),
        ({"c": torch.ones(3)}, "shapes"),
        ({"Q": math.nan * EYE}, "Q has numbers"),
        ({"T": -1.0}, "T >= 0, given -1"),
    ],
)
def test_bad_input_is_named(change, message):
    arguments = {"A": A, "c": C, "Q": EYE, "T": 1.0} | change
    with pytest.raises((ValueError, TypeError), match=message):
        transition(**arguments)


def test_bad_steps_and_points_are_named():
    with pytest.raises(ValueError, match="steps >= 1"):
        euler_transition(A, C, EYE, 1.0, 0)
    with pytest.raises(ValueError, match="points of dimension 2"):
        transition(A, C, EYE, 1.0).log_density(torch.zeros(3, 1), torch.zeros(3, 1))
