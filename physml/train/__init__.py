"""The one training loop: named losses, trackers, checkpoints, exact resume, NaN guard."""

from physml.train.loop import Outcome as Outcome
from physml.train.loop import Process as Process
from physml.train.loop import train as train
from physml.train.step import Step as Step
from physml.train.tracker import LiveTable as LiveTable
from physml.train.tracker import PlainLines as PlainLines
from physml.train.tracker import Quiet as Quiet
from physml.train.tracker import Tracker as Tracker
from physml.train.tracker import default_tracker as default_tracker
