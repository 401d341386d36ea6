"""Multi-marginal Schroedinger bridges: paths and dynamics from snapshots."""

from physml.bridge.coupled import CoupledBridge as CoupledBridge
from physml.bridge.gaussian import GaussianSchrodingerBridge as GaussianSchrodingerBridge
from physml.bridge.gaussian_law import GaussianBridge as GaussianBridge
from physml.bridge.gaussian_law import GaussianLaw as GaussianLaw
from physml.bridge.gaussian_refinement import AliasingWarning as AliasingWarning
from physml.bridge.gaussian_refinement import GaussianRefinement as GaussianRefinement
from physml.bridge.gaussian_refinement import refine_gaussian as refine_gaussian
from physml.bridge.law import PathLaw as PathLaw
from physml.bridge.law import Trajectories as Trajectories
from physml.bridge.linearized import LinearizedPaths as LinearizedPaths
from physml.bridge.linearized import linearize as linearize
from physml.bridge.pair_models import AffinePairs as AffinePairs
from physml.bridge.pair_models import LinearizedPairs as LinearizedPairs
from physml.bridge.pair_models import PairModel as PairModel
from physml.bridge.process import RefinementProcess as RefinementProcess
from physml.bridge.reference import Reference as Reference
from physml.bridge.refined import RefinedBridge as RefinedBridge
from physml.bridge.refinement import IterativeReferenceRefinement as IterativeReferenceRefinement
from physml.bridge.solution import BridgeSolution as BridgeSolution
from physml.bridge.solvers import LinearizedBridge as LinearizedBridge
from physml.bridge.solvers import StaticBridge as StaticBridge
from physml.bridge.uncertainty import Bootstrap as Bootstrap
from physml.bridge.uncertainty import bootstrap as bootstrap
from physml.bridge.uncertainty import held_out_scores as held_out_scores
