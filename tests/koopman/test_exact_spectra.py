"""Pseudospectra and residuals of systems whose spectra are known in closed form."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from physml import koopman
from physml.koopman import EDMD, FourierDictionary, LegendreDictionary, MonomialDictionary, pseudospectrum, residuals

GOLDEN = (5**0.5 - 1) / 2
FLOORS = {"svd": 1e-13, "eig": 1e-6, "cholesky": 1e-8, "sweep": 1e-6}


@pytest.mark.parametrize("method", FLOORS)
def test_the_rotation_of_a_circle(method, plane, rotation):
    model = rotation(12, GOLDEN)
    k = torch.arange(-12, 13, dtype=torch.float64)
    eigenvalues = torch.polar(torch.ones_like(k), 2 * math.pi * k * GOLDEN)
    expected = (plane[:, None] - eigenvalues).abs().amin(1)
    torch.testing.assert_close(model.pseudospectrum(plane, method), expected, rtol=0, atol=1e-12)
    assert model.pseudospectrum(eigenvalues, method).max() < FLOORS[method]
    assert model.residuals_.max() < 1e-13
    assert koopman.hausdorff(model.eigenvalues_, eigenvalues) < 1e-13


@pytest.mark.parametrize("method", FLOORS)
@pytest.mark.parametrize("n", [3, 8, 20])
def test_the_doubling_map(method, n, plane, doubling):
    """On the chain k, 2k, 4k, ... K is a shift that is cut after l + 1 functions."""
    chain = math.floor(math.log2(n)) + 2
    disc = (1 + plane.abs() ** 2 - 2 * plane.abs() * math.cos(math.pi / chain)).sqrt()
    expected = torch.minimum((1 - plane).abs(), disc)
    torch.testing.assert_close(doubling(n).pseudospectrum(plane, method), expected, rtol=0, atol=1e-13)


def test_what_edmd_finds_beside_1_for_the_doubling_map_is_refuted(doubling):
    model = doubling(20)
    assert abs(model.eigenvalues_[0] - 1) < 1e-13
    assert model.residuals_[0] < 1e-13
    others = torch.as_tensor(model.eigenvalues_[1:])
    assert others.abs().max() < 1e-2  # a defective 0, which rounding moves
    torch.testing.assert_close(torch.as_tensor(model.residuals_[1:]), torch.ones(40).double(), rtol=0, atol=1e-4)
    assert len(model.verified(0.5).eigenvalues) == 1
    levels = [doubling(n).pseudospectrum(np.array([-0.5 + 0.0j, 1.0j])) for n in (8, 128)]
    assert levels[0][0] > levels[1][0] > 0.5  # towards |1 - |z||: inside the disc nothing is near
    assert levels[0][1] > 1.7 * levels[1][1]


@pytest.mark.parametrize("degree", [2, 4])
def test_a_linear_map_has_the_products_of_its_eigenvalues(degree, generator):
    matrix = torch.tensor([[0.9, 0.2], [-0.1, 0.5]], dtype=torch.float64)
    x = 2 * torch.rand(500, 2, generator=generator, dtype=torch.float64) - 1
    model = EDMD(MonomialDictionary(degree)).fit(x, x @ matrix.mT)
    a, b = torch.linalg.eigvals(matrix)
    products = torch.stack([a**i * b**j for i in range(degree + 1) for j in range(degree + 1 - i)])
    assert koopman.hausdorff(model.eigenvalues_, products) < 1e-12
    assert model.pseudospectrum(products).max() < 1e-12
    assert model.pseudospectrum(products, "eig").max() < 1e-6
    later = model.predict(x, n_steps=5)
    torch.testing.assert_close(later, x @ torch.linalg.matrix_power(matrix, 5).mT, rtol=0, atol=1e-12)


def gauss_map(x):
    return torch.exp(-2 * x**2) - 1 - math.exp(-2)


@pytest.mark.filterwarnings("ignore:.*times as many")  # exact quadrature
def test_the_iterated_gauss_map():
    rule = koopman.gauss_legendre(-1.0, 0.0, 100)
    dictionary = LegendreDictionary(39, low=-1.0, high=0.0)
    model = EDMD(dictionary).fit(rule.points, gauss_map(rule.points), sample_weight=rule.weights)
    expected = [
        (1, 1e-13), (1.000156, 7e-5), (0.93046, 3.3e-3), (0.75456, 1.2e-3), (0.52099, 4.1e-4), (0.29761, 1.5e-4),
        (0.13562, 5e-5), (0.04696, 2.2e-5), (0.01165, 8.8e-6), (0.00192, 3.6e-6), (0.00019, 1.3e-6),
    ]  # fmt: skip
    for value, residual in expected:
        distance, index = (model.eigenvalues_ - value).abs().min(0)
        assert distance < 6e-6
        assert model.residuals_[index] < 1.2 * residual
    multiplier = 4 * math.exp(-2)  # of the attracting fixed point; its powers are eigenvalues
    levels = model.pseudospectrum(torch.tensor([multiplier, multiplier**2]))
    torch.testing.assert_close(levels, torch.tensor([3.0e-4, 9.1e-5]).double(), rtol=0.02, atol=0)
    larger = EDMD(LegendreDictionary(59, low=-1.0, high=0.0)).fit(
        rule.points, gauss_map(rule.points), sample_weight=rule.weights
    )
    inside = torch.tensor([0.5 + 0.5j, -1.2, 1.3j])  # every number below e / 2 is an eigenvalue in L2
    assert (larger.pseudospectrum(inside) < 0.9 * model.pseudospectrum(inside)).all()


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        (koopman.gauss_legendre(-1.0, 0.0, 50), 2.4e-4),
        (koopman.gauss_legendre(-1.0, 0.0, 60), 1.2e-10),
        (koopman.gauss_legendre(-1.0, 0.0, 100), 2e-12),
        (koopman.trapezoid(-1.0, 0.0, 1000), 1.6e-2),
        (koopman.trapezoid(-1.0, 0.0, 10000), 1.7e-4),
    ],
)
def test_quadrature_decides_the_matrices_of_the_gauss_map(rule, error):
    def matrix(points, weights):
        dictionary = LegendreDictionary(39, low=-1.0, high=0.0).fit(points)
        return dictionary.transform(points).mT @ (weights[:, None] * dictionary.transform(gauss_map(points)))

    exact = matrix(*koopman.gauss_legendre(-1.0, 0.0, 400))
    assert (matrix(*rule) - exact).abs().max() < 1.1 * error


@given(seed=st.integers(0, 100), is_complex=st.booleans())
def test_residuals_and_levels_obey_their_inequalities(seed, is_complex):
    generator = torch.Generator().manual_seed(seed)
    dtype = torch.complex128 if is_complex else torch.float64
    psi_x, psi_y = torch.randn(2, 60, 6, generator=generator, dtype=dtype)
    weights = torch.rand(60, generator=generator, dtype=torch.float64)
    z = torch.randn(12, generator=generator, dtype=torch.complex128)
    nothing = psi_x.real[:, :0]
    small, large = (koopman.compress([(psi_x[:, :n], psi_y[:, :n], nothing)], weights) for n in (4, 6))
    tau = pseudospectrum(large, z)
    assert (tau <= pseudospectrum(small, z) + 1e-12).all()  # more functions, smaller
    values, frame = torch.linalg.eig(large.matrix)
    assert (residuals(large, values, frame) >= pseudospectrum(large, values) - 1e-12).all()
    mixing = torch.randn(6, 6, generator=generator, dtype=dtype)
    mixed = koopman.compress([(psi_x @ mixing, psi_y @ mixing, nothing)], weights)
    torch.testing.assert_close(pseudospectrum(mixed, z), tau, rtol=0, atol=1e-9)
    if not is_complex:
        torch.testing.assert_close(pseudospectrum(large, z.conj()), tau, rtol=0, atol=1e-12)
    found = koopman.pseudoeigenfunctions(large, z)
    torch.testing.assert_close(found.residuals, tau, rtol=0, atol=1e-12)
    torch.testing.assert_close(residuals(large, z, found.coefficients.mT), tau, rtol=0, atol=1e-12)
    direct = (
        weights.sqrt()[:, None]
        * (psi_y - z[0] * psi_x)
        @ (large.from_frame.to(z.dtype) @ found.coefficients[0])[:, None]
    )
    torch.testing.assert_close(direct.norm(), tau[0], rtol=1e-10, atol=0)
    square = koopman.Compression.from_gram(*(
        p.mH @ (weights[:, None] * q) for p, q in ((psi_x, psi_x), (psi_x, psi_y), (psi_y, psi_y))
    ))  # fmt: skip
    torch.testing.assert_close(pseudospectrum(square, z), tau, rtol=1e-6, atol=1e-7)


def duffing(state, damping, time=0.3, steps=60):
    """x' = y, y' = -a y + x - x^3 by the classical method of order 4."""

    def field(s):
        return torch.stack([s[:, 1], -damping * s[:, 1] + s[:, 0] - s[:, 0] ** 3], 1)

    h = time / steps
    for _ in range(steps):
        a = field(state)
        b = field(state + h / 2 * a)
        c = field(state + h / 2 * b)
        state = state + h / 6 * (a + 2 * b + 2 * c + field(state + h * c))
    return state


@pytest.mark.parametrize(
    ("damping", "point", "rates"),
    [
        (0.3, (1.0, 0.0), [(-0.3 + 1j * (8 - 0.09) ** 0.5) / 2, (-0.3 - 1j * (8 - 0.09) ** 0.5) / 2]),
        (0.3, (0.0, 0.0), [(-0.3 + 4.09**0.5) / 2, (-0.3 - 4.09**0.5) / 2]),
        (0.0, (-1.0, 0.0), [1j * 2**0.5, -1j * 2**0.5]),
    ],
    ids=["sink", "saddle", "centre"],
)
def test_the_duffing_oscillator_near_its_fixed_points(damping, point, rates, generator):
    near = 0.01 * (2 * torch.rand(300, 2, generator=generator, dtype=torch.float64) - 1)
    x = near + torch.tensor(point, dtype=torch.float64)
    y = duffing(x, damping) - torch.tensor(point, dtype=torch.float64)
    model = EDMD(MonomialDictionary(3)).fit(100 * near, 100 * y)
    for rate in rates:
        assert (model.eigenvalues_ - np.exp(0.3 * rate)).abs().min() < 5e-5  # the frequency depends on the amplitude


def test_the_energy_of_the_duffing_oscillator_is_an_eigenfunction(generator):
    x = 4 * torch.rand(2000, 2, generator=generator, dtype=torch.float64) - 2
    model = EDMD(MonomialDictionary(4)).fit(x, duffing(x, 0.0))
    powers = model.lift(x)
    energy = x[:, 1] ** 2 / 2 - x[:, 0] ** 2 / 2 + x[:, 0] ** 4 / 4
    coefficients = torch.linalg.lstsq(powers, energy[:, None]).solution
    frame = model.compression_.to_frame @ coefficients
    assert residuals(model.compression_, torch.ones(1, dtype=torch.complex128), frame)[0] < 1e-6


def test_isometries_have_no_level_below_the_distance_from_the_circle(plane, doubling):
    for n in (5, 40):
        assert (doubling(n).pseudospectrum(plane) >= (1 - plane.abs()).abs() - 1e-13).all()


def test_methods_agree_where_nothing_is_special(plane, circle):
    x = circle(400)
    model = EDMD(FourierDictionary(15)).fit(x, (x + 0.2 * torch.sin(2 * math.pi * x)) % 1)
    exact = model.pseudospectrum(plane)
    for method, tolerance in {"eig": 1e-7, "cholesky": 1e-9}.items():
        torch.testing.assert_close(model.pseudospectrum(plane, method), exact, rtol=0, atol=tolerance)
    angles = torch.linspace(-3, 3, 13, dtype=torch.float64)
    torch.testing.assert_close(
        koopman.support_function(model.compression_, angles),
        torch.stack([torch.linalg.eigvalsh((m + m.mH) / 2)[-1] for a in angles
                     for m in [torch.exp(-1j * a) * model.compression_.matrix]]),
    )  # fmt: skip


def test_samples_in_pieces_have_the_levels_of_all_at_once(plane, circle):
    x = circle(400)
    lift = FourierDictionary(4).fit(x).transform
    pieces = zip(*(part.split(7) for part in (lift(x), lift(x + GOLDEN), x)), strict=True)
    section = koopman.compress(pieces, torch.full((400,), 1 / 400, dtype=torch.float64))
    k = torch.arange(-4, 5, dtype=torch.float64)
    eigenvalues = torch.polar(torch.ones_like(k), 2 * math.pi * k * GOLDEN)
    expected = (plane[:, None] - eigenvalues).abs().amin(1)
    torch.testing.assert_close(pseudospectrum(section, plane), expected, rtol=0, atol=1e-13)
    assert pseudospectrum(section, eigenvalues).max() < 1e-13


def test_dependent_functions_are_dropped_and_change_nothing(plane, circle):
    x = circle(100)

    class Twice(FourierDictionary):
        def evaluate(self, x):
            columns = super().evaluate(x)
            return torch.cat([columns, columns], 1)

    with pytest.warns(UserWarning, match="only 9 of 18 functions are independent"):
        model = EDMD(Twice(4)).fit(x, 2 * x)
    assert model.effective_rank_ == 9
    torch.testing.assert_close(
        model.pseudospectrum(plane), EDMD(FourierDictionary(4)).fit(x, 2 * x).pseudospectrum(plane), rtol=0, atol=1e-12
    )
