r"""Spectral measures from moments: autocorrelations of a trajectory, and filters that make them a density.

For an isometry K and a function g, :math:`a_n = \langle K^n g, g\rangle = \int e^{in\theta}\, d\mu_g(\theta)` and
:math:`a_{-n} = \bar a_n` (colbrook2024rigorous, their section 3).
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from physml.koopman.arrays import Array, as_tensor, is_numpy, outgoing

Filter = Callable[[Tensor], Tensor]

_BUMP = math.log(4 / math.log(2)) / 16  # so that the filter is 1/2 at 1/2


def _cosine(x: Tensor) -> Tensor:
    return (1 + torch.cos(math.pi * x)) / 2


def _bump(x: Tensor) -> Tensor:
    inside = (1 - x).clamp(min=torch.finfo(x.dtype).tiny)
    steep = torch.exp(-_BUMP / x.clamp(min=1e-9) ** 4)
    return torch.exp(-2 / inside * steep)


def _smooth_step(c: Tensor) -> Tensor:
    return c**4 * (35 - 84 * c + 70 * c**2 - 20 * c**3)


FILTERS: dict[str, Filter] = {
    "fejer": lambda x: 1 - x,
    "cosine": _cosine,
    "vandeven": lambda x: 1 - _smooth_step(x),
    "sharp_cosine": lambda x: _smooth_step(_cosine(x)),
    "bump": _bump,
}


def moment_filter(name: str) -> Filter:
    r"""The filter :math:`\varphi` on [-1, 1] of that name, even, 1 at 0 and 0 at the ends.

    "fejer" :math:`1 - |x|` has order 1, and keeps densities nonnegative; "cosine" :math:`(1 + \cos \pi x)/2` order 2;
    "vandeven" :math:`1 - |x|^4 (35 - 84|x| + 70 x^2 - 20|x|^3)` order 4, and "sharp_cosine", the same polynomial of the
    cosine filter, order 8; "bump" :math:`\exp(-\tfrac{2}{1-|x|} e^{-c/x^4})` converges faster than any power.

    Raises:
        ValueError: an unknown name.

    Example:
        >>> moment_filter("cosine")(torch.tensor([0.0, 0.5, 1.0]))
        tensor([1.0000, 0.5000, 0.0000])
    """
    if name not in FILTERS:
        raise ValueError(f"no filter {name!r}; there are {', '.join(FILTERS)}")
    return lambda x: torch.where(x.abs() < 1, FILTERS[name](x.abs().clamp(max=1.0)), 0.0)


def ergodic_moments(values: Any, n_moments: int) -> Array:
    r"""The :math:`a_0, \dots, a_n` of a function from its values along one trajectory, by FFT.

    .. math:: a_n = \frac{1}{M - n} \sum_m g(x_{m+n})\, \overline{g(x_m)}

    Args:
        values: g at consecutive samples, (M,).
        n_moments: n.

    Raises:
        ValueError: values are no vector, all the same, or not more than n.

    Example:
        >>> import numpy as np
        >>> ergodic_moments(np.exp(0.5j * np.arange(100)), 1)[1].round(6)
        np.complex128(0.877583+0.479426j)
    """
    g = as_tensor(values, "values")
    if g.ndim != 1 or not 0 <= n_moments < len(g):
        raise ValueError(
            f"values have shape {tuple(g.shape)} for {n_moments} moments; expected a vector of more samples than "
            "moments"
        )
    if bool((g == g[0]).all()):
        raise ValueError(
            f"the observable is constant ({g[0]:.3g}), its spectral measure is a point at 0; choose another"
        )
    size = 2 * len(g)
    transform = torch.fft.fft(g, n=size)
    sums = torch.fft.ifft(transform.abs() ** 2)[: n_moments + 1]
    moments = sums / (len(g) - torch.arange(n_moments + 1, device=g.device))
    return outgoing(moments if g.is_complex() else moments.real.contiguous(), is_numpy(values))


def moment_measure(moments: Any, theta: Any, filter: str = "bump") -> Array:
    r"""The density :math:`\frac{1}{2\pi} \sum_{|n| \le N} \varphi(n/N)\, a_n e^{-in\theta}` of a spectral measure.

    Args:
        moments: a_0, ..., a_N.
        theta: angles.
        filter: a name; see :func:`moment_filter`.

    Raises:
        ValueError: an unknown filter, or fewer than two moments.

    Example:
        >>> import numpy as np
        >>> round(float(moment_measure([1.0, 0.0, 0.0], np.zeros(1))[0] * 2 * np.pi), 6)
        1.0
    """
    a, angles = as_tensor(moments, "moments"), as_tensor(theta, "theta")
    if a.ndim != 1 or len(a) < 2:
        raise ValueError(f"moments have shape {tuple(a.shape)}; expected a vector of a_0, a_1, ...")
    a, n = a.to(angles.device), torch.arange(len(a), device=angles.device, dtype=torch.float64)
    weighted = moment_filter(filter)(n / (len(a) - 1)) * a
    waves = torch.exp(-1j * n[1:] * angles[..., None])
    density = weighted[0].real + 2 * (waves @ weighted[1:].to(waves)).real
    return outgoing(density / (2 * math.pi), is_numpy(theta))


def point_masses(moments: Any, theta: Any) -> Array:
    """The mass of a spectral measure at each angle, by Fejer's kernel over its value at 0; the error falls as 1 / N.

    Args:
        moments: a_0, ..., a_N.
        theta: angles.

    Raises:
        ValueError: fewer than two moments.

    Example:
        >>> import numpy as np
        >>> point_masses(np.exp(0.5j * np.arange(100)), np.array([0.5, 2.0])).round(3)
        array([1., 0.])
    """
    density = moment_measure(moments, theta, "fejer")
    return density * (2 * math.pi / (len(moments) - 1))  # Fejer's kernel at 0 is N / 2 pi
