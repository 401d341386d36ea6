"""Physics-informed neural networks."""

from physml.nets import MLP as MLP
from physml.nets import ModifiedMLP as ModifiedMLP
from physml.optim import Adam as Adam
from physml.optim import LevenbergMarquardt as LevenbergMarquardt
from physml.pinn.causal import CausalPINN as CausalPINN
from physml.pinn.causal_weights import CausalWeights as CausalWeights
from physml.pinn.causal_weights import EpsilonSchedule as EpsilonSchedule
from physml.pinn.causal_weights import causal_weights as causal_weights
from physml.pinn.plain import PINN as PINN
from physml.pinn.sampling import Sampling as Sampling
from physml.pinn.solution import Solution as Solution
from physml.pinn.windows import Windows as Windows
