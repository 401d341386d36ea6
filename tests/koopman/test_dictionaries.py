"""Dictionaries are orthonormal, complete or learned as they say, and quadratures exact as far as they say."""

import math

import numpy as np
import pytest
import torch

from physml import koopman
from physml.koopman import (
    EDMD,
    DelayDictionary,
    FourierDictionary,
    HermiteDictionary,
    KernelDictionary,
    LegendreDictionary,
    MonomialDictionary,
    NeuralDictionary,
    RandomFourierDictionary,
    RBFDictionary,
    TensorDictionary,
)
from physml.numerics import fitted_order

LINE = koopman.trapezoid(-12.0, 12.0, 400)


@pytest.mark.parametrize(
    ("dictionary", "rule"),
    [
        (LegendreDictionary(12, -1.0, 2.0), koopman.gauss_legendre(-1.0, 2.0, 13)),
        (LegendreDictionary(4), koopman.gauss_legendre((-1.0, -1.0), (1.0, 1.0), 5)),
        (HermiteDictionary(12), LINE),
        (HermiteDictionary(12, scale=0.7), LINE),
        (HermiteDictionary(4, "polynomials"), koopman.gauss_hermite(3, 5)),
        (FourierDictionary(5), koopman.trapezoid(0.0, 1.0, 11, periodic=True)),
        (FourierDictionary(1), koopman.trapezoid((0.0, 0.0), (1.0, 1.0), 3, periodic=True)),
        (
            TensorDictionary([FourierDictionary(2), LegendreDictionary(3, 0.0, 1.0)]),
            koopman.Quadrature(
                torch.cartesian_prod(
                    koopman.trapezoid(0.0, 1.0, 5, periodic=True).points[:, 0],
                    koopman.gauss_legendre(0.0, 1.0, 4).points[:, 0],
                ),
                (torch.full((5, 1), 0.2, dtype=torch.float64) * koopman.gauss_legendre(0.0, 1.0, 4).weights).flatten(),
            ),
        ),
    ],
)
def test_functions_are_orthonormal_in_their_measure(dictionary, rule):
    psi = dictionary.fit_transform(rule.points)
    gram = psi.mH @ (rule.weights[:, None] * psi)
    torch.testing.assert_close(gram, torch.eye(len(gram)).to(gram), rtol=0, atol=1e-12)


def test_smolyak_grids_integrate_what_they_promise():
    rule = koopman.smolyak(4, 3)
    psi = HermiteDictionary(7, "polynomials").fit_transform(rule.points)
    means = rule.weights @ psi
    torch.testing.assert_close(means, torch.eye(len(means)).double()[0], rtol=0, atol=1e-10)
    assert len(rule.points) < 4**4 < len(koopman.gauss_hermite(4, 5).points)
    low = HermiteDictionary(3, "polynomials").fit(rule.points)
    psi = low.transform(rule.points)
    G, A = (psi.mT @ (rule.weights[:, None] * q) for q in (psi, low.transform(0.5 * rule.points)))
    torch.testing.assert_close(G, torch.eye(35).double(), rtol=0, atol=1e-10)
    section = koopman.Compression.from_gram(G, A, A.mT @ A)
    assert koopman.hausdorff(torch.linalg.eigvals(section.matrix), [1.0, 0.5, 0.25, 0.125]) < 1e-6


def test_rules_converge_at_their_orders(generator):
    exact, counts = math.e - 1, [50, 100, 200]
    steps = [1 / c for c in counts]

    def error(rule):
        return abs(float(rule.weights @ torch.exp(rule.points[:, 0])) - exact)

    assert fitted_order(steps, [error(koopman.trapezoid(0.0, 1.0, c + 1)) for c in counts]) == pytest.approx(
        2, abs=0.01
    )
    assert error(koopman.gauss_legendre(0.0, 1.0, 10)) < 1e-14
    many = [4**k * 100 for k in range(5)]
    errors = [np.mean([error(koopman.monte_carlo(0.0, 1.0, c, generator)) for _ in range(40)]) for c in many]
    assert fitted_order([1 / c for c in many], errors) == pytest.approx(0.5, abs=0.15)


def test_averages_along_a_quasiperiodic_trajectory_are_integrals():
    golden, start = (5**0.5 - 1) / 2, torch.tensor([0.2], dtype=torch.float64)

    def error(count):
        rule = koopman.ergodic(lambda x: (x + golden) % 1, start, count, transient=5)
        return abs(float(rule.weights @ torch.exp(torch.cos(2 * math.pi * rule.points[:, 0]))) - float(np.i0(1.0)))

    assert error(4000) < 20 / 4000


def test_the_pendulums_hyperbolic_cross():
    cross = TensorDictionary([FourierDictionary(5, 2 * math.pi), HermiteDictionary(9)], hyperbolic_cross=10)
    x = torch.rand(7, 2, dtype=torch.float64)
    psi = cross.fit_transform(x)
    k, j = torch.meshgrid(torch.arange(-5, 6), torch.arange(1, 11), indexing="ij")
    inside = (k.abs().clamp(min=1) * j).flatten() <= 10
    q, p = FourierDictionary(5, 2 * math.pi).fit_transform(x[:, :1]), HermiteDictionary(9).fit_transform(x[:, 1:])
    torch.testing.assert_close(psi, (q[:, :, None] * p[:, None]).flatten(1)[:, inside])


@pytest.mark.parametrize("kind", ["gaussian", "laplacian", "lorentzian"])
def test_radial_functions_are_1_at_their_centre_and_scale_with_the_data(kind, generator):
    x = torch.randn(200, 3, generator=generator, dtype=torch.float64)
    dictionary = RBFDictionary(10, kind).fit(x)
    centres = dictionary.transform(dictionary.centers_)
    torch.testing.assert_close(centres[:, 1:].diagonal(), torch.ones(10).double())
    assert (centres[:, 0] == 1).all()
    scaled = RBFDictionary(10, kind).fit(7 * x + 1)
    torch.testing.assert_close(scaled.transform(7 * x + 1), dictionary.transform(x), rtol=0, atol=1e-9)
    again = RBFDictionary(10, kind, centers="random", random_state=1).fit(x)
    assert (torch.cdist(again.centers_, x).amin(1) < 1e-6).all()


def test_random_frequencies_approximate_the_gaussian_kernel(generator):
    x = torch.randn(30, 2, generator=generator, dtype=torch.float64)
    dictionary = RandomFourierDictionary(20000, scale=1.5).fit(x)
    waves = dictionary.transform(x)[:, 1:]
    kernel = koopman.make_kernel("gaussian", x, 1.5)
    assert (waves @ waves.mT / 20000 - kernel(x, x)).abs().max() < 0.03


def test_principal_functions_reproduce_the_kernel(generator):
    x = torch.rand(25, 2, generator=generator, dtype=torch.float64)
    for name in ("laplacian", "polynomial", "poly_exp"):
        dictionary = KernelDictionary(None, name, degree=2).fit(x)
        psi = dictionary.transform(x)
        kernel = koopman.make_kernel(name, x, degree=2)(x, x)
        assert (psi @ psi.mT - kernel).abs().max() < 1e-9 * kernel.abs().max()
    apart = KernelDictionary(5, states=x[:10].numpy()).fit(x)
    assert len(apart.states_) == 10


def test_delays_of_functions_are_functions_of_delays():
    x = torch.rand(30, 2, dtype=torch.float64)
    lifted = DelayDictionary(3, stride=4, observables=MonomialDictionary(2)).fit_transform(x)
    g = MonomialDictionary(2).fit_transform(x)
    torch.testing.assert_close(lifted, torch.cat([g[:-8], g[4:-4], g[8:]], 1))
    nested = DelayDictionary(2, observables=DelayDictionary(2)).fit(x)
    assert nested.n_consumed_samples == 2
    assert nested.transform(x).shape == (28, 8)


def slow_manifold(x):
    """x_2 is drawn to x_1^2, so that x_2 - b x_1^2 is an eigenfunction that no linear dictionary has."""
    return torch.stack([0.9 * x[:, 0], 0.5 * x[:, 1] + 0.3 * x[:, 0] ** 2], 1)


def test_a_network_learns_an_invariant_space(generator):
    x, y = (2 * torch.rand(1000, 2, generator=generator, dtype=torch.float64) - 1 for _ in range(2))
    dictionary = NeuralDictionary(n_functions=2, width=16, steps=300, batch_size=500, learning_rate=1e-2)
    learned = EDMD(dictionary).fit(x, slow_manifold(x))
    untrained = EDMD(dictionary.__class__(n_functions=2, width=16, steps=1)).fit(x, slow_manifold(x))
    fresh, before = (m.residuals(y, slow_manifold(y)) for m in (learned, untrained))
    assert fresh.median() < 0.3 * before.median()
    losses = learned.dictionary_.losses_
    assert losses[-1] < 0.1 * losses[0]
    error = (learned.predict(y) - slow_manifold(y)).norm() / slow_manifold(y).norm()
    assert error < 0.05


def test_the_loss_is_the_mean_square_of_what_leaves_the_span(generator):
    psi_x, psi_y = torch.randn(2, 50, 4, generator=generator, dtype=torch.float64)
    section = koopman.compress([(psi_x, psi_y, psi_x[:, :0])], torch.ones(50).double())
    loss = koopman.invariance_loss(psi_x, psi_y)
    torch.testing.assert_close(loss, section.remainder.square().sum() / 4)
    mixing = torch.randn(4, 4, generator=generator, dtype=torch.float64)
    torch.testing.assert_close(koopman.invariance_loss(psi_x @ mixing, psi_y @ mixing), loss)
    orthogonal = torch.linalg.qr(psi_x).Q
    torch.testing.assert_close(
        koopman.invariance_loss(orthogonal, orthogonal, 1.0), torch.zeros(()).double(), rtol=0, atol=1e-12
    )
    assert torch.autograd.gradcheck(
        lambda a, b: koopman.invariance_loss(a, b, 0.1), (psi_x.requires_grad_(), psi_y.requires_grad_())
    )
