"""How good the base of a hard initial condition is without the networks' corrections."""

import dataclasses
import warnings
from itertools import pairwise

import torch

import physml
from physml.nets import MLP, Ansatz
from physml.pinn import Solution, Windows
from physml.pinn.initial import hard_ansatz
from physml.pinn.windows import window_axes
from physml.problem import PDE, relative_l2


def base_alone(problem: PDE, windows: int) -> float:
    """Relative L2 error; each window starts from the base of the one before."""
    assert problem.domain.time is not None and problem.reference is not None
    edges = Windows(windows).edges(problem.domain.time)
    pieces: list[Ansatz] = []
    for start, end in pairwise(edges):
        axes = window_axes(problem, start, end)
        before = pieces[-1] if pieces else None
        settings = MLP(), 5, 32768, before, torch.Generator(), torch.float64
        ansatz = hard_ansatz(problem, axes, *settings)
        ansatz.scales[0] = 0.0
        pieces.append(ansatz)
    truth = problem.reference.dataset(problem.params)
    grid = {name: truth[name].to_numpy() for name in problem.domain.names}
    return relative_l2(Solution(problem, edges, pieces).predict(**grid).u, truth.u)


def main() -> None:
    warnings.simplefilter("ignore")
    closed = physml.load("allen_cahn")
    assert closed.semilinear is not None
    trapezoidal = closed.replace(semilinear=dataclasses.replace(closed.semilinear, flow=None))
    print("windows  closed flow  trapezoidal rule")
    for windows in (1, 4, 10, 20):
        errors = base_alone(closed, windows), base_alone(trapezoidal, windows)
        print(f"{windows:7d}  {errors[0]:11.2e}  {errors[1]:16.2e}")


if __name__ == "__main__":
    main()
