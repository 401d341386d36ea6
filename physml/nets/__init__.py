"""Networks, embeddings and hard conditions."""

from physml.nets.ansatz import Ansatz as Ansatz
from physml.nets.ansatz import EmbeddedAnsatz as EmbeddedAnsatz
from physml.nets.ansatz import HardInitialAnsatz as HardInitialAnsatz
from physml.nets.embedding import Embedding as Embedding
from physml.nets.factorisation import RandomWeightFactorisation as RandomWeightFactorisation
from physml.nets.features import FourierFeatures as FourierFeatures
from physml.nets.lift import ConstantState as ConstantState
from physml.nets.lift import EvolvedComplexSeries as EvolvedComplexSeries
from physml.nets.lift import EvolvedSeries as EvolvedSeries
from physml.nets.perceptron import MLP as MLP
from physml.nets.perceptron import ModifiedMLP as ModifiedMLP
from physml.nets.perceptron import count_parameters as count_parameters
from physml.nets.pirate import PirateNet as PirateNet
from physml.nets.pirate import fit_output as fit_output
from physml.nets.random_features import RandomFeatures as RandomFeatures
from physml.nets.spectral import SpectralAnsatz as SpectralAnsatz

Network = MLP | ModifiedMLP | PirateNet | RandomFeatures
