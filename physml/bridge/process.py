"""The refinement as a process that the training loop steps."""

from __future__ import annotations

import itertools
import math
import warnings
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from physml.bridge.aliasing import warn_of_aliasing
from physml.bridge.coupled import CoupledBridge, Potentials
from physml.bridge.distances import distances, interpolated
from physml.bridge.findings import collect
from physml.bridge.law import PathLaw
from physml.bridge.reference import Reference
from physml.bridge.solution import BridgeSolution
from physml.numerics.anderson import Anderson
from physml.problem import Snapshots
from physml.result import Findings
from physml.train import Step

if TYPE_CHECKING:
    from physml.bridge.refinement import IterativeReferenceRefinement

_SHOWN = 12  # parameters of a family that are shown one by one


class RefinementProcess:
    """Bridges and fits in turn.

    Random numbers are the same in each iteration, so that the iteration is a map with a fixed point.

    Args:
        problem: with the snapshots, the family and the volatility.
        settings: of the refinement.
        seed: of simulated snapshots and of all draws.
        device: of all tensors.
    """

    def __init__(
        self, problem: Snapshots, settings: IterativeReferenceRefinement, seed: int, device: torch.device
    ) -> None:
        self.problem, self.settings, self.seed = problem, settings, seed
        self.data = problem.data(seed).to(device)
        self.training = self.data.training
        self.rate = problem.covariance_rate().to(device)
        self.refines = settings.iterations > 0 and problem.reference is None
        if self.refines and len(self.training.times) < 3:
            raise ValueError(
                "two snapshots determine no parameters of the family: give three, or a reference, or iterations=0 for "
                "the bridge under Brownian motion"
            )
        known = problem.reference(problem.params) if problem.reference else None
        self.theta: Tensor | None = None if known is None else problem.family.theta(known).to(device)
        self.plain = self.theta  # what the last fit gave; theta may be ahead of it
        self.done, self.settled = 0, False
        self.thetas: list[Tensor] = []
        self.values: list[float] = []
        self.potentials: Potentials | None = None
        self.anderson = Anderson(settings.memory)

    @property
    def finished(self) -> bool:
        return self.settled or self.done >= self._planned

    @property
    def _planned(self) -> int:
        return self.settings.iterations if self.refines else 1

    def step(self) -> Step:
        """A bridge, and a fit to it."""
        law = self._bridge(self.theta)
        accelerated = self.plain is not None and self.theta is not None and not torch.equal(self.theta, self.plain)
        if accelerated and self.values and not _no_worse(law, self.values[-1]):
            self.anderson.forget()
            self.theta = self.plain
            law = self._bridge(self.theta)
        if isinstance(law, CoupledBridge):
            self.potentials = law.potentials
        self.values.append(math.nan if law.value is None else law.value)
        watched = self._watched(law)
        if self.refines:
            self._fit(law)
        self.done += 1
        stage = "refinement" if self.done > 1 else "given reference" if self.problem.reference else "Brownian motion"
        return Step(stage, self.done, self._planned, law.progress, watched)

    def _fit(self, law: PathLaw) -> None:
        count = self.settings.paths_per_point * len(self.training.samples[0])
        plain = law.maximize(count, self._generator())
        change = math.inf if self.theta is None else float((plain - self.theta).norm() / plain.norm())
        self.settled = change <= self.settings.tolerance
        accelerate = self.theta is not None and law.value is not None and not self.settled
        self.theta = self.anderson.propose(self.theta, plain) if accelerate and self.theta is not None else plain
        self.plain = plain
        self.thetas.append(plain)

    def _watched(self, law: PathLaw) -> dict[str, float]:
        """The distance to the held-out snapshots, and the parameters that the bridge was found for."""
        watched: dict[str, float] = {}
        if self.data.held_out:
            count = sum(len(cloud) for cloud in self.training.samples)
            trajectories = law.sample_trajectories(count, self._generator())
            watched["W2 here"] = distances(interpolated(trajectories, self.data.validation), self.data.validation)["W2"]
        if self.theta is not None and len(self.theta) <= _SHOWN:
            watched |= self.problem.family.named(self.theta)
        return watched

    def _bridge(self, theta: Tensor | None) -> PathLaw:
        reference = Reference(self.problem.family, theta, self.rate)
        return self.settings.solver.bridge(reference, self.training, self._generator(), self.potentials)

    def _generator(self) -> torch.Generator:
        return torch.Generator().manual_seed(self.seed)

    def law(self) -> PathLaw:
        """The bridge under the last reference.

        Warns:
            AliasingWarning: its rotation is too fast for the snapshots.
        """
        law = self._bridge(self.plain)
        if self.refines and law.reference.theta is not None and law.reference.affine is not None:
            shortest = min(end - begin for begin, end in itertools.pairwise(self.training.times))
            warn_of_aliasing(law.reference.affine[0], shortest)
        return law

    def findings(self) -> Findings:
        """Distances, parameters and draws of paths of the bridge under the last reference."""
        return collect(self, self.law())

    def restore(self, weights: dict[str, Tensor]) -> BridgeSolution:
        """The solution from the parameters that a run folder keeps."""
        theta = weights.get("theta")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they were given when the run ended
            return BridgeSolution(self._bridge(theta), self.problem.states, self.seed)

    def state_dict(self) -> dict[str, Any]:
        potentials = [] if self.potentials is None else [list(pair) for pair in self.potentials]
        return {
            "theta": self.theta,
            "plain": self.plain,
            "done": self.done,
            "settled": self.settled,
            "thetas": list(self.thetas),
            "values": list(self.values),
            "potentials": potentials,
            "anderson": [list(pair) for pair in self.anderson.values],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.theta, self.plain = state["theta"], state["plain"]
        self.done, self.settled = state["done"], state["settled"]
        self.thetas, self.values = list(state["thetas"]), list(state["values"])
        self.potentials = [(f, g) for f, g in state["potentials"]] or None
        self.anderson.values = [(g, residual) for g, residual in state["anderson"]]


def _no_worse(law: PathLaw, value: float) -> bool:
    return law.value is not None and law.value <= value + law.value_noise * max(1.0, abs(value))
