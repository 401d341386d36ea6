"""Energy spectra of periodic flows: how much each wavenumber carries."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from physml.viz.dataset import field_of, reference_of
from physml.viz.style import OURS, TRUTH, Picture, new_figure, style


def energy_spectrum(*components: np.ndarray) -> np.ndarray:
    r"""The energy :math:`\frac12 \sum_i |\hat u_i|^2` of the waves whose length rounds to k = 0, 1, 2, ...

    Args:
        components: of a field on a periodic square, each (n, n).

    Returns:
        shape (n / 2,); over all waves it sums up to half the mean square.
    """
    n = len(components[0])
    k = np.fft.fftfreq(n, 1 / n)
    shells = np.rint(np.hypot(k[:, None], k)).astype(int)
    energy = sum(np.abs(np.fft.fft2(c) / n**2) ** 2 for c in components) / 2
    return np.bincount(shells.ravel(), np.ravel(energy))[: n // 2]


def plot_spectra(data: xr.Dataset, fields: Sequence[str], times: Sequence[float], slope: float) -> Picture:
    """The spectrum of a flow at a few times, beside its reference's and a power law.

    Args:
        data: the fields, over t and two axes of space.
        fields: the components of the flow.
        times: where to take it; the nearest times of the data are.
        slope: of the power law, which is drawn for comparison.
    """
    with style():
        figure = new_figure(8.0, 2.8)
        panels = figure.subplots(1, len(times), sharey=True)
        for panel, time in zip(np.atleast_1d(panels), times, strict=True):
            chosen = data.sel(t=time, method="nearest")
            ours = energy_spectrum(*(field_of(chosen, field).to_numpy() for field in fields))
            k = np.arange(1, len(ours))
            truths = [reference_of(chosen, field) for field in fields]
            if all(truth is not None for truth in truths):
                truth = energy_spectrum(*(t.to_numpy() for t in truths if t is not None))
                panel.loglog(k, truth[1:], color=TRUTH, label="reference")
            panel.loglog(k, ours[1:], "--", color=OURS, label="solution")
            panel.loglog(
                k,
                ours[1:].max() * (k / k[ours[1:].argmax()]) ** slope,
                ":",
                color="#888888",
                label=f"$k^{{{slope:g}}}$",
            )
            panel.set_ylim(ours[1:].max() * 1e-10, ours[1:].max() * 10)
            panel.set_xlabel("wavenumber")
            panel.set_title(f"t = {float(chosen.t):g}")
        np.atleast_1d(panels)[0].set_ylabel("energy")
        np.atleast_1d(panels)[-1].legend(loc="lower left")
        return figure
