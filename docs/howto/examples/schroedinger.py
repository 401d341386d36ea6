"""A free quantum particle on a ring: the real part u and the imaginary part v of its wave function."""

import math
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr

from physml.problem import PDE, Axis, Condition, Domain, Params, Reference, parameter

WAVES = ((1.0, 1), (0.5, -2))  # amplitude, wavenumber


@dataclass(frozen=True)
class Schroedinger(Params):
    mass: float = parameter(1.0, low=0.1, meaning="in units of hbar")


def residual(u, v, p):
    return {"real": u.t + v.xx / (2 * p.mass), "imaginary": v.t - u.xx / (2 * p.mass)}


def start_real(points, p):
    return sum(a * torch.cos(k * points.x) for a, k in WAVES)


def start_imaginary(points, p):
    return sum(a * torch.sin(k * points.x) for a, k in WAVES)


def solution(p, refinement):
    t, x = np.linspace(0.0, 1.0, 51), -math.pi + 2 * math.pi * np.arange(64) / 64
    psi = sum(a * np.exp(1j * (k * x - k**2 * t[:, None] / (2 * p.mass))) for a, k in WAVES)
    return xr.Dataset({"u": (("t", "x"), psi.real), "v": (("t", "x"), psi.imag)}, coords={"t": t, "x": x})


problem = PDE(
    name="schroedinger",
    title="Free particle on a ring",
    equation=r"i \psi_t + \frac{1}{2m} \psi_{xx} = 0, \quad \psi = u + i v",
    domain=Domain((Axis("t", 0.0, 1.0), Axis("x", -math.pi, math.pi, periodic=True))),
    residual=residual,
    fields=("u", "v"),
    conditions=(
        Condition("real start", "t", 0.0, start_real, quantity=lambda u, v: u.value),
        Condition("imaginary start", "t", 0.0, start_imaginary, quantity=lambda u, v: v.value),
    ),
    params=Schroedinger(),
    reference=Reference("exact", solution, method="closed form"),
)
