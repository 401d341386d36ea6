"""Periodic systems, complex fields and flows in two dimensions, against closed forms."""

import math

import numpy as np
import pytest

from physml.numerics import Torus, certify, fitted_order, solve_periodic

STEPS = (8, 16, 32)


def order_of(error) -> float:
    return fitted_order([1 / n for n in STEPS], [error(n) for n in STEPS])


def sample(length: float, points: int) -> np.ndarray:
    return -length / 2 + length * np.arange(points) / points


def solve_schroedinger(start, length: float, modes: int, times: np.ndarray, points: int, steps: int) -> np.ndarray:
    """i h_t + h_xx / 2 + |h|^2 h = 0 from h = start(x)."""
    ring = Torus((length,), (modes,), real=False)
    (k,) = ring.wavenumbers
    return solve_periodic(
        ring.spectrum(start(sample(length, 4 * modes)) + 0j),
        torus=ring,
        linear=-0.5j * k**2,
        nonlinear=ring.pointwise(lambda h: 1j * np.abs(h) ** 2 * h),
        times=times,
        points=(points,),
        steps=steps,
    )


def test_a_soliton_of_the_schroedinger_equation_converges_at_order_four():
    """h = a sech(a (x - v t)) exp(i (v x + (a^2 - v^2) t / 2))."""
    size, speed, x = 2.0, 1.5, sample(30.0, 128)

    def exact(t: float, x: np.ndarray) -> np.ndarray:
        turning = np.exp(1j * (speed * x + (size**2 - speed**2) * t / 2))
        return size / np.cosh(size * (x - speed * t)) * turning

    # a speed of 1.5 does not fit the ring, but the soliton is 1e-13 at its ends
    def error(steps: int) -> float:
        end = solve_schroedinger(lambda x: exact(0.0, x), 30.0, 160, np.array([0.0, 1.0]), 128, 8 * steps)[1]
        return float(np.abs(end - exact(1.0, x)).max())

    assert error(STEPS[-1]) < 1e-3
    assert order_of(error) == pytest.approx(4, abs=0.3)


def test_two_solitons_in_one_place_breathe():
    """The closed form from 2 sech x (satsuma1974), whose modulus repeats after pi / 2."""
    x, times = sample(50.0, 256), np.linspace(0.0, math.pi / 2, 5)
    found = solve_schroedinger(lambda x: 2 / np.cosh(x), 50.0, 512, times, 256, 1000)
    t = times[:, None]
    above = np.cosh(3 * x) + 3 * np.exp(4j * t) * np.cosh(x)
    exact = 4 * np.exp(0.5j * t) * above / (np.cosh(4 * x) + 4 * np.cosh(2 * x) + 3 * np.cos(4 * t))
    np.testing.assert_allclose(found, exact, atol=1e-6)
    np.testing.assert_allclose(np.abs(found[-1]), np.abs(found[0]), atol=1e-6)


def ginzburg_landau(real: bool, steps: int) -> np.ndarray:
    """A_t = A_xx + A - (1 + 1.5 i) |A|^2 A from a plane wave, as one complex field or as two real ones; shape (64,)."""
    ring = Torus((2 * math.pi,), (8,), real=real)
    (k,), x = ring.wavenumbers, 2 * math.pi * np.arange(64) / 64
    amplitude = math.sqrt(0.12) * np.exp(1j * x)
    if real:
        start = ring.spectrum(np.stack([amplitude.real, amplitude.imag]))

        def react(a: np.ndarray) -> np.ndarray:
            u, v = a
            return -(u**2 + v**2) * np.stack([u - 1.5 * v, v + 1.5 * u])
    else:
        start = ring.spectrum(amplitude)

        def react(a: np.ndarray) -> np.ndarray:
            return -(1 + 1.5j) * np.abs(a) ** 2 * a

    end = solve_periodic(
        start,
        torus=ring,
        linear=1.5 - k**2,
        nonlinear=ring.pointwise(react),
        times=np.array([0.0, 2.0]),
        points=(64,),
        steps=steps,
    )[1]
    return end[0] + 1j * end[1] if real else end


def test_two_real_components_are_one_complex_field():
    np.testing.assert_allclose(ginzburg_landau(True, 10), ginzburg_landau(False, 10), atol=1e-14)


def test_a_growing_plane_wave_converges_at_order_four():
    """Its modulus R follows R' = R / 2 - R^3, its phase -1.5 R^2."""
    before, growth = 0.12, math.exp(2.0)
    square = before * growth / (1 + 2 * before * (growth - 1))
    turned = 0.75 * math.log(1 + 2 * before * (growth - 1))
    exact = math.sqrt(square) * np.exp(1j * (2 * math.pi * np.arange(64) / 64 - turned))

    def error(steps: int) -> float:
        return float(np.abs(ginzburg_landau(True, steps) - exact).max())

    assert error(STEPS[-1]) < 1e-6
    assert order_of(error) == pytest.approx(4, abs=0.3)


def solve_vorticity(start: np.ndarray, modes: int, viscosity: float, times: np.ndarray, steps: int) -> np.ndarray:
    """w_t + u w_x + v w_y = nu (w_xx + w_yy) on [0, 2 pi]^2, with u = psi_y, v = -psi_x and -Lap psi = w."""
    torus = Torus((2 * math.pi,) * 2, (modes,) * 2)
    kx, ky = torus.wavenumbers
    square = kx**2 + ky**2
    inverse = np.divide(1.0, square, out=np.zeros_like(square), where=square > 0)
    transport = torus.pointwise(lambda u, v, w_x, w_y: -(u * w_x + v * w_y), padding=1.5)

    def nonlinear(w: np.ndarray) -> np.ndarray:
        return transport(1j * ky * inverse * w, -1j * kx * inverse * w, 1j * kx * w, 1j * ky * w)

    return solve_periodic(
        torus.spectrum(start),
        torus=torus,
        linear=-viscosity * square,
        nonlinear=nonlinear,
        times=times,
        points=start.shape,
        steps=steps,
    )


def plane(points: int) -> list[np.ndarray]:
    return np.meshgrid(*[2 * math.pi * np.arange(points) / points] * 2, indexing="ij")


def test_taylor_green_vortices_decay_without_a_change_of_shape():
    (x, y), viscosity = plane(32), 0.05
    shape, times = 2 * np.cos(x) * np.cos(y), np.linspace(0.0, 2.0, 5)
    found = solve_vorticity(shape, 12, viscosity, times, 5)
    exact = shape * np.exp(-2 * viscosity * times)[:, None, None]
    assert np.abs(found - exact).max() < 1e-14


def vortices() -> np.ndarray:
    x, y = plane(32)
    return np.cos(x) * np.cos(2 * y) + np.sin(3 * x + y) + 0.5 * np.sin(y)


def test_a_flow_converges_at_order_four_and_certifies_itself():
    times = np.array([0.0, 0.5, 1.0])
    certificate = certify([solve_vorticity(vortices(), 16, 0.01, times, n) for n in (10, 20, 40)])
    assert certificate.order == pytest.approx(4, abs=0.3)
    assert certificate.error < 1e-4


def test_a_flow_keeps_its_mean_and_loses_enstrophy_only_to_viscosity():
    flows = {nu: solve_vorticity(vortices(), 16, nu, np.linspace(0, 0.5, 6), 20) for nu in (0.0, 0.02)}
    for flow in flows.values():
        np.testing.assert_allclose(flow.mean((1, 2)), 0.0, atol=1e-14)
    kept = (flows[0.0] ** 2).mean((1, 2))
    np.testing.assert_allclose(kept, kept[0], rtol=1e-5)
    assert (np.diff((flows[0.02] ** 2).mean((1, 2))) < 0).all()
