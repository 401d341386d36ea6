"""Physics-informed neural networks."""

from physml.nets import MLP as MLP
from physml.nets import FourierFeatures as FourierFeatures
from physml.nets import ModifiedMLP as ModifiedMLP
from physml.nets import PirateNet as PirateNet
from physml.nets import RandomFeatures as RandomFeatures
from physml.nets import RandomWeightFactorisation as RandomWeightFactorisation
from physml.optim import SOAP as SOAP
from physml.optim import Adam as Adam
from physml.optim import LevenbergMarquardt as LevenbergMarquardt
from physml.optim import SSBroyden as SSBroyden
from physml.pinn.balancing import Fixed as Fixed
from physml.pinn.balancing import GradientNorm as GradientNorm
from physml.pinn.balancing import NeuralTangentKernel as NeuralTangentKernel
from physml.pinn.causal import CausalPINN as CausalPINN
from physml.pinn.causal_weights import CausalWeights as CausalWeights
from physml.pinn.causal_weights import EpsilonSchedule as EpsilonSchedule
from physml.pinn.causal_weights import causal_weights as causal_weights
from physml.pinn.plain import PINN as PINN
from physml.pinn.sampling import Sampling as Sampling
from physml.pinn.settings import PINNSettings as PINNSettings
from physml.pinn.solution import Solution as Solution
from physml.pinn.spectral import Spectral as Spectral
from physml.pinn.windows import AdaptiveWindows as AdaptiveWindows
from physml.pinn.windows import Windows as Windows
