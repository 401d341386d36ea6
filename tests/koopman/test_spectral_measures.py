"""Spectral measures: densities in closed form, orders of kernels and filters, bounds that hold."""

import math

import numpy as np
import pytest
import torch

from physml import koopman
from physml.koopman import (
    Compression,
    MeasurePreservingEDMD,
    ResDMDKernel,
    Resolvent,
    RiggedDMD,
    rational_kernel,
    smoothed_measure,
)
from physml.numerics import fitted_order

Q = 0.95
ANGLES = torch.tensor([0.2, 0.05, 1.0], dtype=torch.float64)
RESIDUES = {
    1: [1],
    2: [(1 + 3j) / 2, (1 - 3j) / 2],
    3: [-2 + 1j, 5, -2 - 1j],
    4: [(-39 - 65j) / 24, (17 + 85j) / 8, (17 - 85j) / 8, (-39 + 65j) / 24],
    5: [(15 - 10j) / 4, (-39 + 13j) / 2, 65 / 2, (-39 - 13j) / 2, (15 + 10j) / 4],
    6: [(725 + 1015j) / 192, (-2775 - 6475j) / 192, (1073 + 7511j) / 96],
}


def first(count):
    return torch.eye(count, dtype=torch.float64)[0]


@pytest.mark.parametrize("order", RESIDUES)
@pytest.mark.parametrize("poles", ["equispaced", "chebyshev", "roots", "geometric"])
def test_kernels_integrate_to_one_and_have_no_further_moments(order, poles):
    kernel = rational_kernel(order, poles)
    scale = kernel.residues.abs().max()
    for power in range(order):
        moment = (kernel.residues * kernel.poles**power).sum()
        assert abs(moment - float(power == 0)) < 1e-11 * scale
    t, w = (torch.from_numpy(part) for part in np.polynomial.legendre.leggauss(400))
    angle = math.pi / 2 * t  # the whole line, by x = tan(angle)
    integral = (math.pi / 2 * w * kernel(angle.tan()) / angle.cos() ** 2).sum()
    assert integral == pytest.approx(1.0, abs=2e-6)


@pytest.mark.parametrize("order", RESIDUES)
def test_residues_are_those_of_the_table(order):
    table = torch.tensor(RESIDUES[order], dtype=torch.complex128)
    if order == 6:
        table = torch.cat([table, table.conj().resolve_conj().flip(0)])
    torch.testing.assert_close(rational_kernel(order).residues, table, rtol=1e-11, atol=0)


def test_moments_of_the_rogers_szego_measure(rogers_szego):
    section = rogers_szego(Q, 60)
    assert section.invariance_defect() < 1e-14
    vector = first(60)
    for n in range(1, 8):
        vector = section.matrix @ vector
        assert vector[0] == pytest.approx(Q ** (n * n / 2), abs=1e-14)


# relative to the largest of the three densities, for widths .1, .05, .025, .0125
ERRORS = {
    1: [2.7e-1, 1.51e-1, 8.1e-2, 4.2e-2],
    2: [6.8e-2, 2.1e-2, 5.8e-3, 1.6e-3],
    4: [3.1e-3, 2.7e-4, 2.0e-5, 1.4e-6],
    6: [9.8e-5, 2.4e-6, 4.8e-8, 8.3e-10],
}
WIDTHS = [0.1, 0.05, 0.025, 0.0125]
RESDMD_ERRORS = [1.4e-4, 3.9e-6, 8.4e-8, 1.6e-9]  # of order 6


def smoothing_errors(section, kernel, widths, expected):
    """Of the densities for each width, by a dense solution for each point."""
    eye = torch.eye(section.rank, dtype=torch.float64)

    def solve(points, g):
        return torch.stack([torch.linalg.solve(section.matrix - z * eye, g.to(z.dtype)) for z in points])

    g = first(section.rank)
    densities = [smoothed_measure(section, g, ANGLES, eps, kernel, solve).density for eps in widths]
    return [float((d - expected).abs().max() / expected.max()) for d in densities]


@pytest.mark.parametrize("order", ERRORS)
def test_smoothed_measures_have_the_order_of_their_kernel(order, rogers_szego, wrapped_normal):
    expected = wrapped_normal(ANGLES, -math.log(Q))
    errors = smoothing_errors(rogers_szego(Q, 500), rational_kernel(order), WIDTHS[:3], expected)
    assert all(error < largest for error, largest in zip(errors, ERRORS[order], strict=False))
    assert fitted_order(WIDTHS[1:3], errors[1:]) > order - 0.4


def test_the_kernel_of_resdmd_has_the_same_order_and_larger_errors(rogers_szego, wrapped_normal):
    expected = wrapped_normal(ANGLES, -math.log(Q))
    errors = smoothing_errors(rogers_szego(Q, 300), ResDMDKernel(6), WIDTHS[:2], expected)
    for error, least, largest in zip(errors, ERRORS[6], RESDMD_ERRORS, strict=False):
        assert 1.3 * least < error < largest
    assert fitted_order(WIDTHS[:2], errors) > 5


def test_the_first_kernels_are_poissons_for_two_radii(rogers_szego):
    section, eps = rogers_szego(Q, 100), 0.3
    poisson = smoothed_measure(section, first(100), ANGLES, math.log1p(eps), rational_kernel(1))
    resdmd = smoothed_measure(section, first(100), ANGLES, eps, ResDMDKernel(1))
    torch.testing.assert_close(resdmd.density, poisson.density, rtol=1e-12, atol=0)
    torch.testing.assert_close(resdmd.bound, poisson.bound, rtol=1e-9, atol=0)


@pytest.mark.slow
def test_the_order_of_the_sixth_kernels_goes_on(rogers_szego, wrapped_normal):
    expected, section = wrapped_normal(ANGLES, -math.log(Q)), rogers_szego(Q, 1000)
    for kernel, largest, order in ((rational_kernel(6), ERRORS[6], 5.83), (ResDMDKernel(6), RESDMD_ERRORS, 5.76)):
        errors = smoothing_errors(section, kernel, WIDTHS[2:], expected)
        assert errors[1] < largest[3]
        assert fitted_order(WIDTHS[2:], errors) == pytest.approx(order, abs=0.05)


def test_the_schur_form_solves_what_dense_solutions_do(rogers_szego):
    section = rogers_szego(Q, 60)
    points = torch.polar(torch.tensor([1.1, 1.3]).double(), torch.tensor([0.3, 2.0]).double())
    u = Resolvent(section.matrix)(points, first(60))
    residual = u @ section.matrix.to(u).mT - points[:, None] * u - first(60)
    assert residual.abs().max() < 1e-13


@pytest.mark.parametrize("kernel", [rational_kernel(2), ResDMDKernel(2)], ids=["rational", "resdmd"])
def test_the_bound_holds_for_every_truncation(rogers_szego, kernel):
    exact = smoothed_measure(rogers_szego(Q, 450), first(450), ANGLES, 0.05, kernel).density
    bounds = []
    for count, largest in {50: 11.0, 100: 3.2, 200: 0.28, 400: 2.1e-3}.items():
        measure = smoothed_measure(rogers_szego(Q, count), first(count), ANGLES, 0.05, kernel)
        assert ((measure.density - exact).abs() <= measure.bound).all()
        assert measure.bound.max() < largest
        bounds.append(float(measure.bound.max()))
    assert bounds == sorted(bounds, reverse=True)


STEP_TEST = -0.023176565271898  # the integral of cos 5t / (2 + cos t) over |t| < 1, over 2 pi


@pytest.mark.parametrize(
    ("name", "weak", "order", "pointwise"),
    [
        ("fejer", 6.5e-3, 1, 7e-4),
        ("cosine", 1.0e-4, 2, 3e-9),
        ("vandeven", 5.5e-8, 4, 5e-12),
        ("sharp_cosine", 1e-14, None, 1e-14),
        ("bump", 1e-13, None, 1e-14),
    ],
)
def test_filters_converge_at_their_order(name, weak, order, pointwise):
    """For the density of |t| < 1: weakly against a smooth function, and where it is smooth."""
    counts = [50, 100, 200, 400, 800]
    t = 2 * math.pi * torch.arange(4096, dtype=torch.float64) / 4096
    function = torch.cos(5 * t) / (2 + torch.cos(t))
    errors = []
    for count in counts:
        n = torch.arange(1, count + 1, dtype=torch.float64)
        moments = torch.cat([torch.ones(1).double() / math.pi, torch.sin(n) / (math.pi * n)])
        density = koopman.moment_measure(moments, t, name)
        errors.append(abs(float((density * function).mean() * 2 * math.pi) / STEP_TEST - 1))
    assert errors[-1] < 1.1 * weak
    assert abs(2 * math.pi * density[0] - 1) < 1.3 * pointwise
    if order is None:
        assert errors[0] < 1e-12 or errors[0] / errors[2] > 2**14
    else:
        assert fitted_order([1 / c for c in counts[-3:]], errors[-3:]) == pytest.approx(order, abs=0.3)


def cat_moments(count):
    """Of g = u_0 + u_1 / 2 + i u_2 / 4 for an orthonormal orbit u_j = K^j u_0."""
    moments = torch.zeros(count, dtype=torch.complex128)
    moments[:3] = torch.tensor([21 / 16, 1 / 2 - 1j / 8, -1j / 4]) / 2
    return moments


def cat_density(t):
    wave = 1 + torch.exp(1j * t) / 2 + 1j * torch.exp(2j * t) / 4
    return wave.abs() ** 2 / (4 * math.pi)


def test_the_density_of_the_cat_map_by_moments():
    t = torch.linspace(-3, 3, 41, dtype=torch.float64)
    density = koopman.moment_measure(cat_moments(2000), t, "bump")
    torch.testing.assert_close(density, cat_density(t), rtol=0, atol=1e-12)


def toeplitz(moments, count):
    """The compression to g, K g, ..., from <K^j g, K^i g> = a_{j - i}."""
    shifts = torch.arange(count + 1) - torch.arange(count + 1)[:, None]
    table = torch.where(shifts >= 0, moments[shifts.abs()], moments[shifts.abs()].conj())
    return Compression.from_gram(table[:count, :count], table[:count, 1:], table[:count, :count])


@pytest.mark.parametrize("count", [10, 20, 40])
def test_mpedmd_on_delays_has_the_moments_of_the_system(count):
    moments = cat_moments(count + 1)
    section = toeplitz(moments, count)
    model = MeasurePreservingEDMD().fit_compression(section)
    values, frame = model.eigenvalues_, model.compression_.to_frame.to(torch.complex128) @ model.eigenvectors_
    assert (values.abs() - 1).abs().max() < 1e-12
    torch.testing.assert_close(frame.mH @ frame, torch.eye(count, dtype=torch.complex128), rtol=0, atol=1e-12)
    weights = (frame.mH @ section.to_frame[:, 0].to(frame)).abs() ** 2
    for n in range(count):
        assert abs((weights * values**n).sum() - moments[n]) < 1e-13
    t = -math.pi + 2 * math.pi * (torch.arange(20000, dtype=torch.float64) + 0.5) / 20000
    exact = cat_density(t) * 2 * math.pi / 20000
    distance = koopman.wasserstein1_circle(values.angle(), weights, t, exact)
    assert 1.4 < distance * count / (21 / 32) < 1.75


def test_measures_of_the_rotation_are_points_and_packets_are_modes(circle):
    alpha, n = 0.15, 3
    x = circle(60)
    model = RiggedDMD(koopman.FourierDictionary(n)).fit(x, x + alpha)
    observable = torch.tensor([0, 0, 2, 1, 0, 0, 1j], dtype=torch.complex128)
    atoms = model.spectral_atoms(observable)
    by_angle = {round(float(a), 9): float(w) for a, w in zip(atoms.angles, atoms.weights, strict=True) if w > 1e-9}
    expected = {0.0: 1.0, round(-0.3 * math.pi, 9): 4.0, round(0.9 * math.pi, 9): 1.0}
    assert by_angle.keys() == expected.keys()
    assert all(by_angle[a] == pytest.approx(w, abs=1e-12) for a, w in expected.items())
    eps = 1e-2
    measure = model.spectral_measure(torch.tensor([-0.3 * math.pi, 2.0], dtype=torch.float64), eps, 6, observable)
    peak = float(rational_kernel(6)(torch.zeros(1).double())[0])
    torch.testing.assert_close(measure.density * eps, torch.tensor([4 * peak, 0.0]).double(), rtol=1e-3, atol=1e-6)
    assert measure.bound.max() < 1e-8
    packet = model.generalized_eigenfunction(torch.tensor([-0.3 * math.pi], dtype=torch.float64), eps, 6, observable)
    scaled = packet.coefficients[0] / packet.coefficients[0, 2]
    torch.testing.assert_close(scaled.abs(), torch.eye(7).double()[2], rtol=0, atol=1e-6)
    assert packet.residuals[0] < 1e-6


def test_wave_packets_of_a_continuous_spectrum_have_residuals_of_order_eps():
    """For the shift, whose spectrum is Lebesgue's, on delays of one function to both sides."""
    count = 400
    eye = torch.eye(count + 1, dtype=torch.float64)
    section = Compression.of_section(torch.roll(eye, 1, 0)[:, :count])
    model = RiggedDMD().fit_compression(section)
    widths = [0.2, 0.1, 0.05]
    theta = torch.tensor([0.7], dtype=torch.float64)
    g = torch.eye(count, dtype=torch.float64)[count // 2]
    packets = [model.generalized_eigenfunction(theta, eps, 4, g) for eps in widths]
    assert fitted_order(widths, [float(p.residuals[0]) for p in packets]) == pytest.approx(1.0, abs=0.1)
    sizes = [float(p.coefficients[0].norm()) for p in packets]
    assert fitted_order(widths, sizes) == pytest.approx(-0.5, abs=0.05)


def test_ergodic_moments_are_averages_along_the_trajectory(generator):
    g = torch.complex(*torch.randn(2, 50, generator=generator, dtype=torch.float64))
    moments = koopman.ergodic_moments(g, 10)
    for n in (0, 1, 7):
        assert abs(moments[n] - (g[n:] * g[: 50 - n].conj()).mean()) < 1e-13
    assert koopman.ergodic_moments(g.real.numpy(), 3).dtype == np.float64


def test_point_masses_of_a_sum_of_frequencies():
    n = torch.arange(2001, dtype=torch.float64)
    moments = 0.7 * torch.exp(0.5j * n) + 0.3 * torch.exp(-2j * n)
    masses = koopman.point_masses(moments, torch.tensor([0.5, -2.0, 1.0], dtype=torch.float64))
    torch.testing.assert_close(masses, torch.tensor([0.7, 0.3, 0.0]).double(), rtol=0, atol=1e-3)
