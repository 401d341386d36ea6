"""What is to be solved: axes, parameters, conditions, references, published numbers."""

from physml.problem.axis import Axis as Axis
from physml.problem.axis import Domain as Domain
from physml.problem.checks import ProblemError as ProblemError
from physml.problem.condition import Condition as Condition
from physml.problem.condition import boundary as boundary
from physml.problem.dynamical_system import DynamicalSystem as DynamicalSystem
from physml.problem.flow_data import FlowData as FlowData
from physml.problem.flow_data import OperatorSection as OperatorSection
from physml.problem.held_out import HeldOut as HeldOut
from physml.problem.metric import relative_l2 as relative_l2
from physml.problem.metric import relative_l2_over as relative_l2_over
from physml.problem.parameters import Params as Params
from physml.problem.parameters import parameter as parameter
from physml.problem.pde import PDE as PDE
from physml.problem.problem import Problem as Problem
from physml.problem.published import Budget as Budget
from physml.problem.published import Published as Published
from physml.problem.reference import Reference as Reference
from physml.problem.semilinear import Semilinear as Semilinear
from physml.problem.snapshot_data import SnapshotData as SnapshotData
from physml.problem.snapshots import Snapshots as Snapshots
