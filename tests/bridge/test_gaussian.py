"""The Gaussian bridge: closed forms for Brownian and linear references, moments, divergence, limits, samples."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from physml.bridge import GaussianSchrodingerBridge
from physml.numerics import bures_wasserstein, euler_transition, fitted_order, sinkhorn_log, transition
from physml.numerics.transport import symmetric_root


def tensor(values) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


EYE = torch.eye(2, dtype=torch.float64)
A, C, Q = tensor([[-0.3, 1.5], [-1.5, -0.3]]), tensor([0.2, 0.0]), 0.36 * EYE
M0, S0 = tensor([2.0, 0.0]), tensor([[0.3, 0.1], [0.1, 0.15]])
M1, S1 = tensor([0.0, -2.0]), tensor([[0.2, -0.05], [-0.05, 0.4]])


@pytest.fixture(params=["brownian", "linear"])
def bridge(request):
    drift = {"A": A, "c": C} if request.param == "linear" else {}
    return GaussianSchrodingerBridge(M0, S0, M1, S1, Q=Q, T=1.0, **drift)


@pytest.mark.parametrize("T", [1.0, 0.4])
def test_the_brownian_bridge_is_its_closed_form(T):
    bridge, s2 = GaussianSchrodingerBridge(M0, S0, M1, S1, Q=Q, T=T), 0.36 * T
    root = symmetric_root(S0)
    D = symmetric_root(4 * root @ S1 @ root + s2**2 * EYE)
    coupling = (root @ D @ torch.linalg.inv(root) - s2 * EYE) / 2
    torch.testing.assert_close(bridge.coupling, coupling, rtol=0, atol=1e-14)
    for tau in (0.0, 0.3, 0.9):
        mean, covariance = bridge.marginal(tau * T)
        torch.testing.assert_close(mean, (1 - tau) * M0 + tau * M1, rtol=0, atol=1e-14)
        expected = (1 - tau) ** 2 * S0 + tau**2 * S1 + tau * (1 - tau) * (coupling + coupling.mT + s2 * EYE)
        torch.testing.assert_close(covariance, expected, rtol=0, atol=1e-14)
        M, n = bridge.drift_coefficients(tau * T)
        slope = ((1 - tau) * coupling.mT + tau * S1 - expected) @ torch.linalg.inv(expected) / ((1 - tau) * T)
        torch.testing.assert_close(M, slope, rtol=0, atol=1e-12)
        torch.testing.assert_close(M, M.mT, rtol=0, atol=1e-14)
        torch.testing.assert_close(M @ mean + n, (M1 - M0) / T, rtol=0, atol=1e-12)


def test_the_linear_bridge_is_its_closed_form():
    T = 1.3
    bridge = GaussianSchrodingerBridge(M0, S0, M1, S1, Q=Q, A=A, c=C, T=T)
    whole, coupling = transition(A, C, Q, T), bridge.coupling
    for t in (0.2, 0.7, 1.2):
        here, rest = transition(A, C, Q, t), transition(A, C, Q, T - t)
        K = here.Omega @ rest.Phi.mT @ torch.linalg.inv(whole.Omega)
        X = here.Phi - K @ whole.Phi
        mean = X @ M0 + K @ M1 + here.eta - K @ whole.eta
        covariance = X @ S0 @ X.mT + K @ S1 @ K.mT + X @ coupling @ K.mT + K @ coupling.mT @ X.mT
        covariance = covariance + here.Omega - K @ rest.Phi @ here.Omega
        torch.testing.assert_close(bridge.marginal(t), (mean, covariance), rtol=0, atol=1e-13)
        G = Q @ rest.Phi.mT @ torch.linalg.inv(rest.Omega)
        H = (coupling.mT @ X.mT + S1 @ K.mT) @ torch.linalg.inv(covariance)
        expected = A + G @ (H - rest.Phi), C + G @ (M1 - H @ mean - rest.eta)
        torch.testing.assert_close(bridge.drift_coefficients(t), expected, rtol=0, atol=1e-12)


def test_the_marginals_and_the_structure_of_the_joint_law(bridge):
    torch.testing.assert_close(bridge.marginal(0.0), (M0, S0), rtol=0, atol=1e-14)
    torch.testing.assert_close(bridge.marginal(1.0), (M1, S1), rtol=0, atol=1e-14)
    joint = torch.cat([torch.cat([S0, bridge.coupling], 1), torch.cat([bridge.coupling.mT, S1], 1)])
    reference = transition(bridge.A, bridge.c, Q, 1.0)
    expected = -reference.Phi.mT @ torch.linalg.inv(reference.Omega)
    torch.testing.assert_close(torch.linalg.inv(joint)[:2, 2:], expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(bridge.transition(0.0, 1.0).Phi @ S0, bridge.coupling.mT, rtol=0, atol=1e-14)


def test_the_moments_obey_the_equations_of_the_drift(bridge):
    h = 1e-4
    t = torch.linspace(0.1, 0.9, 5, dtype=torch.float64)
    (mean, covariance), (M, n) = bridge.marginal(t), bridge.drift_coefficients(t)
    ahead, behind = bridge.marginal(t + h), bridge.marginal(t - h)
    slope = (M @ mean[..., None])[..., 0] + n
    torch.testing.assert_close((ahead[0] - behind[0]) / (2 * h), slope, rtol=0, atol=1e-6)
    slope = M @ covariance + covariance @ M.mT + Q
    torch.testing.assert_close((ahead[1] - behind[1]) / (2 * h), slope, rtol=0, atol=1e-6)
    torch.testing.assert_close(bridge.drift(mean[:, None], t)[:, 0], (M @ mean[..., None])[..., 0] + n)


def test_the_divergence_is_that_of_the_joint_laws_and_of_the_drifts(bridge):
    nodes, weights = (tensor(values) / 2 for values in np.polynomial.legendre.leggauss(100))
    t = nodes + 0.5
    (mean, covariance), (M, n) = bridge.marginal(t), bridge.drift_coefficients(t)
    change, shift = M - bridge.A, n - bridge.c
    spread = (change @ covariance * change).sum((1, 2)) + ((change @ mean[..., None])[..., 0] + shift).square().sum(1)
    girsanov = (weights * spread).sum() / 0.36 / 2
    reference, C01 = transition(bridge.A, bridge.c, Q, 1.0), bridge.coupling
    joint = torch.distributions.MultivariateNormal(torch.cat([M0, M1]), _joint(S0, C01, S1))
    end = reference.Phi @ S0 @ reference.Phi.mT + reference.Omega
    start = torch.cat([M0, reference.mean(M0[None])[0]])
    other = torch.distributions.MultivariateNormal(start, _joint(S0, S0 @ reference.Phi.mT, end))
    torch.testing.assert_close(bridge.kl(), girsanov, rtol=1e-10, atol=0)
    torch.testing.assert_close(bridge.kl(), torch.distributions.kl_divergence(joint, other), rtol=1e-10, atol=0)


def _joint(first, cross, last):
    return torch.cat([torch.cat([first, cross], 1), torch.cat([cross.mT, last], 1)])


@given(log_noise=st.floats(-2, 2), angle=st.floats(-3, 3), T=st.floats(0.1, 3))
def test_a_marginal_of_the_bridge_as_a_further_snapshot_changes_nothing(log_noise, angle, T):
    drift = {"Q": 10**log_noise * EYE, "A": tensor([[-0.5, angle], [-angle, 0.2]]), "c": C}
    bridge = GaussianSchrodingerBridge(M0, S0, M1, S1, T=T, **drift)
    middle = bridge.marginal(0.4 * T)
    first = GaussianSchrodingerBridge(M0, S0, *middle, T=0.4 * T, **drift)
    second = GaussianSchrodingerBridge(*middle, M1, S1, T=0.6 * T, **drift)
    torch.testing.assert_close(first.marginal(0.1 * T), bridge.marginal(0.1 * T), rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(second.marginal(0.3 * T), bridge.marginal(0.7 * T), rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(first.kl() + second.kl(), bridge.kl(), rtol=1e-9, atol=1e-9)


def test_without_noise_it_is_the_map_of_bures_and_with_much_the_ends_are_independent():
    near = GaussianSchrodingerBridge(M0, S0, M1, S1, Q=1e-10 * EYE)
    squared = float((M0 - M1).square().sum() + (S0 + S1 - 2 * near.coupling).trace())
    assert squared == pytest.approx(bures_wasserstein(M0, S0, M1, S1) ** 2, abs=1e-9)
    far = GaussianSchrodingerBridge(M0, S0, M1, S1, Q=1e9 * EYE)
    torch.testing.assert_close(far.coupling, S0 @ S1 / 1e9, rtol=1e-6, atol=0)


def test_the_reversed_bridge_has_the_transposed_coupling():
    there = GaussianSchrodingerBridge(M0, S0, M1, S1, Q=Q)
    back = GaussianSchrodingerBridge(M1, S1, M0, S0, Q=Q)
    torch.testing.assert_close(there.coupling, back.coupling.mT, rtol=0, atol=1e-14)
    torch.testing.assert_close(there.marginal(0.3), back.marginal(0.7), rtol=0, atol=1e-14)


def test_noise_on_the_velocity_alone():
    drift = {"Q": torch.diag(tensor([0.0, 1.0])), "A": tensor([[0.0, 1.0], [0.0, 0.0]])}
    bridge = GaussianSchrodingerBridge(M0, S0, M1, S1, **drift)
    torch.testing.assert_close(bridge.marginal(1.0), (M1, S1), rtol=0, atol=1e-11)
    torch.testing.assert_close(bridge.drift_coefficients(0.5)[0][0], tensor([0.0, 1.0]))


def test_euler_steps_err_by_their_length():
    exact, steps, errors = GaussianSchrodingerBridge(M0, S0, M1, S1, Q=Q, A=A, c=C).coupling, [25, 50, 100, 200], []
    for n in steps:
        step = euler_transition(A, C, Q, 1.0, n)
        lower = step.factor()
        whitened = torch.linalg.solve_triangular(lower, step.Phi, upper=False)
        end = torch.linalg.inv(lower) @ S1 @ torch.linalg.inv(lower).mT
        start = whitened @ S0 @ whitened.mT
        unit = GaussianSchrodingerBridge(0 * M0, start, 0 * M1, end, Q=EYE).coupling
        errors.append(float((torch.linalg.inv(step.Phi) @ lower @ unit @ lower.mT - exact).abs().max()))
    assert errors == pytest.approx([1.80e-3, 9.5e-4, 4.9e-4, 2.5e-4], rel=0.02)
    assert fitted_order([1 / n for n in steps], errors) == pytest.approx(1.0, abs=0.06)


def test_the_static_problem_of_densities_on_grids_has_this_coupling():
    bridge = GaussianSchrodingerBridge(
        tensor([0.5]), tensor([[0.3]]), tensor([-0.4]), tensor([[0.2]]), Q=tensor([[0.5]])
    )
    x = torch.linspace(-5, 5, 201, dtype=torch.float64)
    a, b = (torch.softmax(-((x - m) ** 2) / (2 * v), 0) for m, v in ((0.5, 0.3), (-0.4, 0.2)))
    plan = sinkhorn_log((x[:, None] - x) ** 2 / (2 * 0.5), a, b, tolerance=1e-12).plan()
    found = ((x - 0.5) @ plan @ (x + 0.4))[None, None]
    torch.testing.assert_close(found, bridge.coupling, rtol=0, atol=1e-10)


def test_paths_have_the_marginals_and_the_coupling(bridge, generator):
    n = 40_000
    paths = bridge.sample_paths(n, [0.0, 0.3, 1.0], generator)
    assert paths.shape == (n, 3, 2)
    for i, t in enumerate((0.0, 0.3, 1.0)):
        mean, covariance = bridge.marginal(t)
        assert bures_wasserstein(paths[:, i].mean(0), torch.cov(paths[:, i].mT), mean, covariance) < 0.02
    both = torch.cov(paths[:, [0, 2]].reshape(n, 4).mT)
    torch.testing.assert_close(both[:2, 2:], bridge.coupling, rtol=0, atol=5 / math.sqrt(n))
    again = bridge.sample_paths(3, [0.0, 0.3], torch.Generator().manual_seed(1))
    assert (again == bridge.sample_paths(3, [0.0, 0.3], torch.Generator().manual_seed(1))).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"S0": tensor([[1.0, 0.0], [0.0, -1.0]])}, "covariance S0 is not positive definite"),
        ({"S1": tensor([[1.0, 0.5], [0.0, 1.0]])}, "not symmetric"),
        ({"m1": tensor([1.0])}, r"finite numbers m1 of shape \(2,\), given shape \(1,\)"),
        ({"A": math.nan * EYE}, "finite numbers A"),
        ({"Q": torch.diag(tensor([1.0, 0.0]))}, "controllability"),
        ({"Q": -EYE}, "positive semidefinite"),
        ({"T": 0.0}, "T > 0"),
    ],
)
def test_bad_input_is_named(change, message):
    arguments = {"m0": M0, "S0": S0, "m1": M1, "S1": S1, "Q": Q} | change
    with pytest.raises(ValueError, match=message):
        GaussianSchrodingerBridge(**arguments)


def test_times_outside_are_named(bridge):
    with pytest.raises(ValueError, match=r"times in \[0, 1.0\], given 1.5"):
        bridge.marginal(1.5)
    with pytest.raises(ValueError, match="start before the end"):
        bridge.sample_paths(2, [0.5, 0.2])
