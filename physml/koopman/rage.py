r"""RAGE: how much of an observable is in the discrete and how much in the continuous spectrum.

For a unitary K and the projections :math:`P_n` on the first n functions of a dictionary (Ruelle, Amrein, Georgescu,
Enss; colbrook2026adversarial)

.. math:: \lim_n \lim_L \frac{1}{L+1} \sum_{l=0}^L \|P_n K^l g\|^2 = \|P_{pp}\, g\|^2,

the part of g in the closed span of eigenfunctions. L goes to infinity first.
"""

from typing import Any

import torch
from jaxtyping import Float, Num
from torch import Tensor

from physml.koopman.arrays import Array, as_tensor, is_numpy, outgoing


def running_averages(overlaps: Num[Tensor, "n times"]) -> Float[Tensor, "n times"]:
    r"""The averages over :math:`l \le L` of :math:`\|P_n K^l g\|^2`, for all n and L.

    Args:
        overlaps: the inner products of orthonormal functions :math:`q_i` with :math:`K^l g`, l = 0, 1, ...

    Example:
        >>> running_averages(torch.eye(2, dtype=torch.float64))  # K^l g = q_l
        tensor([[1.0000, 0.5000],
                [1.0000, 1.0000]], dtype=torch.float64)
    """
    return _averages(overlaps.abs().square().cumsum(0))


def rage_average(
    series: Any, n_delays: int = 20, stride: int = 1, n_samples: int | None = None, horizon: int | None = None
) -> Array:
    r"""The running averages of a signal, whose delays are the dictionary: (n_delays, horizon + 1).

    Row n - 1 is for :math:`P_n`, column L for the average over 0, ..., L. In the limit they are 1 for a sum of
    periods, and 0 for a signal that mixes.

    Args:
        series: samples of g along a trajectory, (T,); their mean is removed.
        n_delays: number of functions :math:`K^{hj} g`.
        stride: h.
        n_samples: M, over which inner products are averaged; None for half of what is there.
        horizon: L; None for as long as the series lasts.

    Raises:
        ValueError: a series that is too short, or constant.

    Example:
        >>> import numpy as np
        >>> averages = rage_average(np.sin(0.3 * np.arange(4000)), n_delays=2)
        >>> round(float(averages[1, -1]), 2)
        1.0
    """
    s = as_tensor(series, "series")
    if s.ndim != 1 or n_delays < 1 or stride < 1:
        raise ValueError(
            f"series has shape {tuple(s.shape)}, n_delays is {n_delays} and stride {stride}; expected a vector and "
            "integers >= 1"
        )
    M = len(s) // 2 if n_samples is None else n_samples
    L = len(s) - M if horizon is None else horizon
    if n_delays >= M or L < 0 or max(L, stride * (n_delays - 1)) + M > len(s):
        raise ValueError(
            f"a series of {len(s)} samples is too short for n_samples={M}, horizon={L} and {n_delays} delays with "
            f"stride {stride}; lower them, or pass more samples"
        )
    s = s - s.mean()
    size = s.abs().square().mean().sqrt()
    if not float(size) > 0:
        raise ValueError("the series is constant, so that nothing is left without its mean; choose another observable")
    delays = torch.stack([s[j * stride : j * stride + M] for j in range(n_delays)], 1)
    Q = torch.linalg.qr(delays).Q
    overlaps = _correlations(Q, s, L) / (size * M**0.5)
    projections = overlaps.abs().square().cumsum(0).clamp(max=1.0)  # single shifts may be longer than the mean one
    return outgoing(_averages(projections), is_numpy(series))


def _averages(squares: Float[Tensor, "n times"]) -> Float[Tensor, "n times"]:
    return squares.cumsum(1) / torch.arange(1, squares.shape[1] + 1, device=squares.device)


def _correlations(Q: Num[Tensor, "M n"], s: Num[Tensor, " T"], horizon: int) -> Num[Tensor, "n times"]:
    """The inner products of the columns of Q with s shifted by 0, ..., horizon, by FFT."""
    size = len(s) + len(Q)
    spectra = torch.fft.fft(Q.mT.conj().resolve_conj().flip(1), n=size) * torch.fft.fft(s, n=size)
    correlations = torch.fft.ifft(spectra)[:, len(Q) - 1 : len(Q) + horizon]
    return correlations if Q.is_complex() else correlations.real
