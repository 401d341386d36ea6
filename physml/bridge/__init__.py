"""Multi-marginal Schroedinger bridges: paths and dynamics from snapshots."""

from physml.bridge.coupled import CoupledBridge as CoupledBridge
from physml.bridge.gaussian import GaussianSchrodingerBridge as GaussianSchrodingerBridge
from physml.bridge.gaussian_refinement import AliasingWarning as AliasingWarning
from physml.bridge.gaussian_refinement import GaussianRefinement as GaussianRefinement
from physml.bridge.gaussian_refinement import refine_gaussian as refine_gaussian
from physml.bridge.half_bridges import HalfBridges as HalfBridges
from physml.bridge.ipml import IPML as IPML
from physml.bridge.ipml import IPMLBridge as IPMLBridge
from physml.bridge.law import PathLaw as PathLaw
from physml.bridge.law import Trajectories as Trajectories
from physml.bridge.linearized import LinearizedPaths as LinearizedPaths
from physml.bridge.linearized import linearize as linearize
from physml.bridge.pair_models import AffinePairs as AffinePairs
from physml.bridge.pair_models import LinearizedPairs as LinearizedPairs
from physml.bridge.pair_models import PairModel as PairModel
from physml.bridge.reference import Reference as Reference
from physml.bridge.regressors import AffineRegression as AffineRegression
from physml.bridge.regressors import FourierRegression as FourierRegression
from physml.bridge.regressors import GaussianProcess as GaussianProcess
from physml.bridge.regressors import Regressor as Regressor
