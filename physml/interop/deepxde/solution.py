"""DeepXDE's network as a solution of our kind."""

import torch
from torch import Tensor, nn

from physml.diff import Jet, Plan
from physml.interop.deepxde.fields import column_names
from physml.interop.deepxde.method import DeepXDE
from physml.interop.deepxde.session import session
from physml.interop.deepxde.to_deepxde import build_network, embedding_of
from physml.nets import EmbeddedAnsatz
from physml.nets.ansatz import Encoded
from physml.pinn import Solution
from physml.pinn.solution import load_weights
from physml.problem import PDE


class DeepXDEAnsatz(EmbeddedAnsatz):
    """DeepXDE's network, transforms of inputs and outputs included; evaluated without derivatives.

    Args:
        problem: gives the order of the axes.
        network: a ``deepxde.nn.NN``.
        settings: that it was made with.
    """

    def __init__(self, problem: PDE, network: nn.Module, settings: DeepXDE) -> None:
        super().__init__(network, embedding_of(problem, settings))
        self.columns = [problem.domain.names.index(name) for name in column_names(problem.domain)]

    def encode(self, points: Tensor, plan: Plan) -> Encoded:
        return {"inputs": Jet.seed(points[..., self.columns], ())}

    def jet(self, encoded: Encoded) -> Jet:
        return Jet.seed(self.network(encoded["inputs"].primal), ())


def solution_of(problem: PDE, ansatz: DeepXDEAnsatz) -> Solution:
    """One ansatz over the whole domain; its residual by nested autograd, which goes through any network."""
    time = problem.domain.time
    return Solution(problem, [time.low, time.high] if time else [0.0, 0.0], [ansatz], "autograd")


def restored(problem: PDE, settings: DeepXDE, weights: dict[str, Tensor], device: torch.device) -> Solution:
    """The solution with saved weights, in their precision."""
    dtype = next(tensor.dtype for name, tensor in weights.items() if name.startswith("window_"))
    with session(dtype, device) as dde:
        ansatz = DeepXDEAnsatz(problem, build_network(dde, problem, settings), settings)
    load_weights(ansatz, 0, weights)
    return solution_of(problem, ansatz)
