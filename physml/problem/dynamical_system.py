"""The kind ``DynamicalSystem``: a flow map, and what is known of the spectrum of its Koopman operator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from physml.problem.checks import ProblemError
from physml.problem.flow_data import FlowData, OperatorSection
from physml.problem.held_out import HeldOut
from physml.problem.problem import Problem


@dataclass(frozen=True, kw_only=True)
class DynamicalSystem(Problem):
    r"""A map F, of whose Koopman operator :math:`K g = g \circ F` the spectrum is asked for.

    What is known of the spectrum is for comparison only; no method sees it. Beside the fields of :class:`Problem`:

    Args:
        states: names of the coordinates of the state; empty for operators that are given as matrices.
        samples: ``samples(p, seed)`` to the data; measured and equispaced data do not depend on the seed.
        dt: the time between two samples.
        measure_preserving: whether the samples' measure is invariant, so that K is an isometry.
        tolerance: a point that a method returns counts as spurious if its residual is larger.
        observable: ``observable(x)`` of rows x (m, d) to values (m,): the function whose spectral measure is asked for.
        distance: ``distance(p, z)`` from complex z to the approximate point spectrum, or to the eigenvalues that smooth
            functions have, where those are known.
        spectrum: ``spectrum(p)`` to points of the approximate point spectrum, close enough to stand for all of it.
        levels: ``levels(p, z, count)``, the least residual at z of all functions in the span of the ``count``
            smoothest of the natural dictionary, where that is known.
        density: ``density(p, theta)`` of the observable's spectral measure, where it is known.
        moments: ``moments(p, count)``, the :math:`\langle K^n g, g\rangle` for n < count, where they are known.
        test_function: ``test_function(theta)``, real and analytic on the circle: the computed measure is integrated
            against it, where moments are known.
        discrete_part: ``discrete_part(p)``, the share of the observable in the span of eigenfunctions, where known.
        held_out: samples that follow those of ``samples``, for problems of forecasting.

    Example:
        >>> import torch
        >>> x = torch.arange(50)[:, None] / 50
        >>> turn = DynamicalSystem(name="turn", title="Turn", equation=r"x \mapsto x + 1/4", states=("x",),
        ...                        samples=lambda p, seed: FlowData.pairs(x, x + 0.25), measure_preserving=True)
        >>> turn.data().sizes
        (50, 2, 1)
    """

    states: tuple[str, ...]
    samples: Callable[[Any, int], FlowData | OperatorSection]
    dt: float = 1.0
    measure_preserving: bool = False
    tolerance: float = 0.2
    observable: Callable[[Tensor], Tensor] | None = None
    distance: Callable[[Any, np.ndarray], np.ndarray] | None = None
    spectrum: Callable[[Any], np.ndarray] | None = None
    levels: Callable[[Any, np.ndarray, int], np.ndarray] | None = None
    density: Callable[[Any, np.ndarray], np.ndarray] | None = None
    moments: Callable[[Any, int], np.ndarray] | None = None
    test_function: Callable[[np.ndarray], np.ndarray] | None = None
    discrete_part: Callable[[Any], float] | None = None
    held_out: HeldOut | None = None

    kind = "dynamical system"
    headline = "worst residual"
    reported = (
        "worst residual",
        "mean residual",
        "points",
        "spurious",
        "distance from spectrum",
        "missed spectrum",
        "mean level",
        "level error",
        "density error",
        "W1",
        "moment error",
        "weak error",
        "forecast error",
        "climatology",
        "persistence",
        "discrete part",
        "discrete part error",
    )

    @property
    def frame(self) -> dict[str, Any]:
        return {"dimension": len(self.states), "dt": self.dt}

    @property
    def dimensions(self) -> tuple[str, ...]:
        return ()

    @property
    def comparable(self) -> bool:
        return self.discrete_part is None

    def data(self, seed: int = 0) -> FlowData | OperatorSection:
        """The samples; random ones are drawn anew for each seed."""
        return self.samples(self.params, seed)

    def check(self) -> None:
        """See that data, states and observable fit together.

        Raises:
            ProblemError: with what was given, what was expected and the way out.
        """
        if not (self.dt > 0 and self.tolerance > 0):
            raise ProblemError(
                f"{self.name}: dt is {self.dt} and tolerance {self.tolerance}; expected positive numbers"
            )
        try:
            data = self.data()
        except (ValueError, OSError) as error:
            raise ProblemError(f"{self.name}: {error}") from error
        dimension = data.sizes[2] if isinstance(data, FlowData) else 0
        if dimension != len(self.states):
            raise ProblemError(
                f"{self.name}: {len(self.states)} states are named and the data have {dimension} coordinates; name each"
            )
        if isinstance(data, FlowData) and self.observable is not None:
            values = self.observable(data.trajectories[0])
            if values.shape != (len(data.trajectories[0]),):
                raise ProblemError(
                    f"{self.name}: observable gives shape {tuple(values.shape)} for {len(data.trajectories[0])} rows; "
                    "expected one value for each"
                )
        if self.held_out is not None:
            self._check_held_out(self.held_out, data)

    def _check_held_out(self, held_out: HeldOut, data: FlowData | OperatorSection) -> None:
        if not isinstance(data, FlowData) or len(data.trajectories) != 1:
            raise ProblemError(f"{self.name}: held-out samples follow one trajectory, which samples must give alone")
        later, expected = held_out.samples(self.params, 0), (held_out.leads + 1, len(self.states))
        if later.ndim != 2 or len(later) < expected[0] or later.shape[1] != expected[1]:
            raise ProblemError(
                f"{self.name}: held-out samples have shape {tuple(later.shape)}; expected {expected}, or more rows"
            )
        if data.sizes[1] < held_out.season:
            raise ProblemError(
                f"{self.name}: {data.sizes[1]} samples are less than a season of {held_out.season}; give more"
            )
