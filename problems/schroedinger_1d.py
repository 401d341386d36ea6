"""The nonlinear Schroedinger equation on a ring: two solitons in one place, which breathe.

The field h = u + iv is complex, so that two real fields and two equations are coupled. From 2 sech x, |h| contracts to
a peak of 4 at x = 0 and opens again; the phase turns fastest where the peak is.

The start is cut off at x = -5 and x = 5, where its slope jumps by 0.054: a kink. The equation does not smooth it, as a
heat equation would; its waves run around the ring for all times, the short ones fastest, and h_xx exists in the mean
only. A method with K waves along x can come no nearer than about 8e-6 (K = 128) or 3e-6 (K = 256), relative L2.

The truth is computed with 128 modes from exact Fourier coefficients. The waves of the kink beyond them, up to mode
2048, are too fast to see more of the solution than the mean of |h|^2, which turns their phase, and are added in closed
form. A split-step solver with 2048 modes agrees to 3e-7, which is the floor of errors against this reference.
"""

import math

import numpy as np
import torch
import xarray as xr

from physml.numerics import Torus, solve_periodic
from physml.problem import PDE, Axis, Budget, Condition, Domain, Published, Reference, Semilinear

TIMES = math.pi / 2 * np.arange(101) / 100
X = -5 + 10 * np.arange(256) / 256
MODES, ALL_MODES = 128, 2048
DENSITY = 0.8 * math.tanh(5)  # the mean of |h|^2, which is conserved


def residual(u, v, p):
    """The real and the imaginary part of i h_t + h_xx / 2 + |h|^2 h."""
    density = u**2 + v**2
    return {"real": -v.t + u.xx / 2 + density * u, "imaginary": u.t + v.xx / 2 + density * v}


def start(points, p):
    return 2 / torch.cosh(points.x)


def symbol(k, p):
    """Of h: free waves, whose phase is turned by twice the mean of |h|^2, as the short waves of the kink are."""
    return 1j * (2 * DENSITY - k**2 / 2)


def coefficients(k):
    """Exact Fourier coefficients of 2 sech x on [-5, 5] at wavenumbers pi k / 5: those on the line less the tails."""
    w, a = math.pi * np.abs(k) / 5, 2 * np.arange(8) + 1.0  # sech x = 2 (e^-x - e^-3x + e^-5x ...)
    whole = 2 * math.pi / np.cosh(np.minimum(math.pi * w / 2, 700))
    tails = 8 * ((-1.0) ** np.arange(8) * a * np.exp(-5 * a) / (a**2 + w[:, None] ** 2)).sum(axis=1)
    return ((-1.0) ** k * whole - tails) / 10  # the axis starts at -5


def short_waves():
    """What the kink sends out in modes that are not computed: they turn with twice the mean of |h|^2; shape (nt, n)."""
    k = np.arange(MODES, ALL_MODES)
    turning = np.exp(1j * np.outer(TIMES, 2 * DENSITY - (math.pi * k / 5) ** 2 / 2))
    return (turning * coefficients(k)) @ (2 * np.cos(math.pi / 5 * np.outer(k, X + 5)))


def solution(p, refinement):
    ring = Torus((10.0,), (MODES,), real=False)
    (waves,) = ring.wavenumbers
    h = solve_periodic(
        coefficients(np.rint(waves * 5 / math.pi)) + 0j,
        torus=ring,
        linear=-0.5j * waves**2,
        nonlinear=ring.pointwise(lambda h: 1j * np.abs(h) ** 2 * h),
        times=TIMES,
        points=(len(X),),
        steps=40 * 2**refinement,
    )
    h = h + short_waves()
    h[0] = 2 / np.cosh(X)
    return xr.Dataset({"u": (("t", "x"), h.real), "v": (("t", "x"), h.imag)}, coords={"t": TIMES, "x": X})


problem = PDE(
    name="schroedinger_1d",
    title="Nonlinear Schroedinger equation",
    equation=r"i h_t + \frac{1}{2} h_{xx} + |h|^2 h = 0, \quad h = u + i v, \quad h(0, x) = 2 \, \mathrm{sech}\, x",
    domain=Domain((Axis("t", 0.0, math.pi / 2), Axis("x", -5.0, 5.0, periodic=True))),
    residual=residual,
    conditions=(
        Condition("initial u", "t", 0.0, start, quantity=lambda u, v: u.value),
        Condition("initial v", "t", 0.0, lambda points, p: 0.0, quantity=lambda u, v: v.value),
    ),
    fields=("u", "v"),
    reference=Reference(
        "exact",
        solution,
        method="ETDRK4 in Fourier space, 128 modes from exact coefficients, step pi/8000; the others in closed form",
        order=4,
        tolerance=3e-8,
    ),
    semilinear=Semilinear(symbol),
    published=(
        Published(
            "PINN, L-BFGS",
            "relative_l2",
            1.97e-3,
            "raissi2019",
            where="Section 3.1.1; of |h|, not of u and v",
            reproduced_by="pinn",
        ),
    ),
    budgets={"smoke": Budget(20.0), "short": Budget(180.0), "paper": Budget(3600.0)},
    citations=("raissi2019", "satsuma1974"),
)
