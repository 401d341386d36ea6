r"""The multi-marginal bridge from plans between adjacent snapshots.

For a Markov reference the problem of all snapshots decouples: the plan of each interval is an entropic transport with
the cost :math:`C_{ij} = -\log p_\theta(y_j | x_i)`, and the plans are glued as a Markov chain through the data.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from physml.bridge.affine_step import PairMoments, affine_step
from physml.bridge.law import PathLaw, Trajectories
from physml.bridge.pair_models import PairModel, Paths
from physml.dynamics import AffineDrift, Increments
from physml.numerics.sinkhorn import SinkhornResult, sinkhorn_log
from physml.problem import SnapshotData

_IMPOSSIBLE = 1e6  # cost of a pair whose density underflows or cannot be linearised
_ROWS = 2_000  # of a plan that are in memory at once while chains are drawn
_KEPT = 20_000_000  # entries of a plan, with more of which it is computed anew each time it is needed
_MATTERS = 1e-3  # a pair with this share of its row's mass has its density corrected

Potentials = Sequence[tuple[Tensor, Tensor]]


class CoupledBridge(PathLaw):
    """A Schroedinger bridge through snapshots, with its plans.

    Args:
        data: the snapshots.
        model: of pairs, with the reference process.
        tolerance: of Sinkhorn's marginal errors.
        start: potentials to start from, for each interval.
        generator: of the paths that correct densities, where the model corrects them.

    Warns:
        ConvergenceWarning: a plan has not converged.
    """

    def __init__(
        self,
        data: SnapshotData,
        model: PairModel,
        *,
        tolerance: float = 1e-8,
        start: Potentials | None = None,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(data, model.reference)
        self.model = model
        self.potentials: list[tuple[Tensor, Tensor]] = []
        self.errors: list[float] = []
        self._plans: list[Tensor | None] = []
        self._moments: list[PairMoments] = []
        for i in range(len(data.times) - 1):
            plan = self._solve(i, tolerance, start[i] if start is not None else None, generator)
            self.potentials.append((plan.f, plan.g))
            self.errors.append(float(plan.error))
            conditional = plan.conditional()
            if self.reference.affine is not None:
                self._moments.append(PairMoments.of(*self._ends(i), conditional, self._span(i)[1]))
            self._plans.append(conditional if conditional.numel() <= _KEPT else None)

    def _solve(
        self, i: int, tolerance: float, start: tuple[Tensor, Tensor] | None, generator: torch.Generator | None
    ) -> SinkhornResult:
        cost = self._cost(i)
        plan = sinkhorn_log(cost, tolerance=tolerance, start=start)
        if not self.model.corrects:
            return plan
        matters = plan.conditional() > _MATTERS
        cost[matters] -= self.model.correction(*self._ends(i), *self._span(i), matters, generator)
        return sinkhorn_log(cost, tolerance=tolerance, start=(plan.f, plan.g))

    def _cost(self, i: int) -> Tensor:
        cost = self.model.log_density(*self._ends(i), *self._span(i)).neg_()
        return cost.nan_to_num_(_IMPOSSIBLE, _IMPOSSIBLE, _IMPOSSIBLE)

    def _conditional(self, i: int) -> Tensor:
        kept = self._plans[i]
        return (self.potentials[i][1] - self._cost(i)).softmax(1) if kept is None else kept

    def _ends(self, i: int) -> tuple[Tensor, Tensor]:
        return self.data.samples[i], self.data.samples[i + 1]

    def _span(self, i: int) -> tuple[float, float]:
        return self.data.times[i], self.data.times[i + 1] - self.data.times[i]

    @property
    def value(self) -> float:
        r"""V: the divergence from the reference process up to a constant that no parameter changes.

        :math:`V = \sum_i \langle P_i, C_i \rangle + \sum P_i \log(P_i N_i N_{i+1})`
        """
        total = 0.0
        for f, g in self.potentials:
            total += float(f.mean() + g.mean()) + math.log(len(f) * len(g))
        return total

    @property
    def progress(self) -> dict[str, float]:
        """V, and the largest marginal error of a plan."""
        return {"V": self.value, "marginal error": max(self.errors)}

    def coupling(self, i: int) -> Tensor:
        """The plan between snapshots i and i + 1, shape (N_i, N_{i+1})."""
        conditional = self._conditional(i)
        return conditional / len(conditional)

    def chains(self, count: int, generator: torch.Generator | None = None) -> Tensor:
        """Indices of the points that whole trajectories go through, shape (K, count); all first points evenly often."""
        first = torch.arange(count) % len(self.data.samples[0])
        chains = [first.to(self.data.samples[0].device)]
        for i in range(len(self._plans)):
            conditional = self._conditional(i)
            levels = torch.rand(count, 1, generator=generator, dtype=conditional.dtype).to(conditional.device)
            pieces = []
            for rows, level in zip(chains[-1].split(_ROWS), levels.split(_ROWS), strict=True):
                steps = conditional[rows].cumsum(1)
                pieces.append(torch.searchsorted(steps, level * steps[:, -1:])[:, 0])
            chains.append(torch.cat(pieces).clamp_max(conditional.shape[1] - 1))
        return torch.stack(chains)

    def paths(self, count: int, generator: torch.Generator) -> Paths:
        """Bridges in all intervals of so many chains: B is count times the intervals, interval by interval."""
        chains = self.chains(count, generator)
        through = [cloud[chain] for cloud, chain in zip(self.data.samples, chains, strict=True)]
        spans = torch.tensor([self._span(i) for i in range(len(self._plans))]).to(through[0])
        begin, duration = spans.repeat_interleave(count, 0).unbind(1)
        return self.model.bridges(torch.cat(through[:-1]), torch.cat(through[1:]), begin, duration, generator)

    def sample_trajectories(self, count: int, generator: torch.Generator | None = None) -> Trajectories:
        return self.join(self.paths(count, generator or torch.Generator().manual_seed(0)))

    def join(self, paths: Paths) -> Trajectories:
        """The bridges of all intervals as whole trajectories."""
        intervals, steps = len(self._plans), self.model.steps
        pieces = paths.states.unflatten(1, (intervals, -1)).transpose(0, 1)
        states = torch.cat([pieces[:, :-1].flatten(0, 1), pieces[-1:, -1]])
        edges = torch.tensor(self.data.times).to(states)
        inner = torch.arange(steps).to(states) / steps
        times = torch.cat([(edges[:-1, None] + inner * edges.diff()[:, None]).flatten(), edges[-1:]])
        return Trajectories(times, states, self.reference.rate)

    def maximize(self, count: int, generator: torch.Generator) -> Tensor:
        if isinstance(self.reference.family, AffineDrift) and self.reference.affine is not None:
            return affine_step(self._moments, *self.reference.affine, self.reference.rate)
        return self.fit(self.paths(count, generator))

    def fit(self, paths: Paths) -> Tensor:
        """The parameters of maximum likelihood from paths of this bridge.

        The drift of the bridge stands for the increments, of which it is the mean: the noise of a step does not enter.
        Weights of the quadrature in time are the trapezoidal rule's, open at the end, where the drift is singular.
        """
        steps, intervals = self.model.steps, len(self._plans)
        spans = torch.tensor([self._span(i) for i in range(intervals)]).to(paths.states)
        begin, duration = spans.repeat_interleave(paths.states.shape[1] // intervals, 0).unbind(1)
        numbers = torch.arange(steps).to(duration)[:, None]
        shares = torch.ones_like(numbers)
        shares[0], shares[-1] = (0.5, 1.5) if steps > 1 else (1.0, 1.0)
        h = duration / steps
        increments = Increments(
            states=paths.states[:-1].flatten(0, 1),
            times=(begin + numbers * h).flatten(),
            velocities=paths.drifts.flatten(0, 1),
            precision=torch.linalg.inv(self.reference.rate),
            weights=(shares * h).flatten(),
        )
        return self.reference.family.fit(increments, self.reference.theta)

    def forward_drift(self, x: Tensor, t: float) -> Tensor:
        r""":math:`b_\theta + Q \nabla \log h` with :math:`h(x, t) = \sum_j e^{g_j} p_\theta(y_j | x)`."""
        i, begin = self.interval(t)
        left = begin + self._span(i)[1] - t
        if left <= 0:
            raise ValueError(f"the drift of a bridge is singular at its end, t = {t:g}; stop a step before it")
        log_density, pulls = self.model.pulls(x, self.data.samples[i + 1], t, left)
        weights = (self.potentials[i][1] + log_density).softmax(1)
        return self.reference.drift(x, t) + (weights[..., None] * pulls).sum(1) @ self.reference.rate
