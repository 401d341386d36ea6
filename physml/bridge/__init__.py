"""Schrödinger bridges between populations at several times, and refinement of their reference dynamics."""

from physml.bridge.gaussian import GaussianSchrodingerBridge as GaussianSchrodingerBridge
from physml.bridge.gaussian_refinement import AliasingWarning as AliasingWarning
from physml.bridge.gaussian_refinement import GaussianRefinement as GaussianRefinement
from physml.bridge.gaussian_refinement import refine_gaussian as refine_gaussian
