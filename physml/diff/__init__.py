"""Derivatives: jets through unchanged modules, tracing of what a residual needs, nested autograd as the oracle."""

from physml.diff.compiled import Compiled as Compiled
from physml.diff.directions import Bundle as Bundle
from physml.diff.directions import Plan as Plan
from physml.diff.directions import make_plan as make_plan
from physml.diff.engine import Engine as Engine
from physml.diff.engine import autograd_derivatives as autograd_derivatives
from physml.diff.engine import jet_derivatives as jet_derivatives
from physml.diff.engine import read_derivatives as read_derivatives
from physml.diff.field import Field as Field
from physml.diff.field import Points as Points
from physml.diff.field import divergence as divergence
from physml.diff.jet import Jet as Jet
from physml.diff.jet import JetError as JetError
from physml.diff.jet import rule as rule
from physml.diff.rules import elementwise as elementwise
from physml.diff.traces import exact_trace as exact_trace
from physml.diff.traces import hutchinson_trace as hutchinson_trace
from physml.diff.traces import weak_trace as weak_trace
from physml.diff.tracing import trace as trace
