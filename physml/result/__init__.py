"""Results: what a run gave, kept with its passport, and compared with what others have published."""

from physml.result.findings import Findings as Findings
from physml.result.result import Coordinates as Coordinates
from physml.result.result import Predictor as Predictor
from physml.result.result import Result as Result
from physml.result.store import read_result as read_result
from physml.result.store import write_result as write_result
