"""Classical numerics: pseudo-spectral references, convergence certificates, a cache for what they compute."""

from physml.numerics.convergence import Certificate as Certificate
from physml.numerics.convergence import certify as certify
from physml.numerics.convergence import fitted_order as fitted_order
from physml.numerics.etdrk4 import ETDRK4 as ETDRK4
from physml.numerics.fourier import pointwise as pointwise
from physml.numerics.fourier import spectrum_of as spectrum_of
from physml.numerics.fourier import values_on_grid as values_on_grid
from physml.numerics.semilinear import solve_semilinear as solve_semilinear
