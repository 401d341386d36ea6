"""Families of drifts: what the dynamics behind the data is supposed to look like, up to parameters."""

from physml.dynamics.affine import AffineDrift as AffineDrift
from physml.dynamics.families import EllipticVortex as EllipticVortex
from physml.dynamics.families import LambOseen as LambOseen
from physml.dynamics.families import LotkaVolterra as LotkaVolterra
from physml.dynamics.families import Repressilator as Repressilator
from physml.dynamics.family import DriftFamily as DriftFamily
from physml.dynamics.family import FitWarning as FitWarning
from physml.dynamics.family import Increments as Increments
from physml.dynamics.family import LinearFamily as LinearFamily
from physml.dynamics.family import NonlinearFamily as NonlinearFamily
from physml.dynamics.neural import NeuralDrift as NeuralDrift
from physml.dynamics.polynomial import GradientField as GradientField
from physml.dynamics.polynomial import PolynomialDrift as PolynomialDrift
