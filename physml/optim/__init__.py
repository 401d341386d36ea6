"""Optimisers: frozen settings that start on a module and step on blocks of weighted least squares."""

from physml.optim.adam import Adam as Adam
from physml.optim.broyden import SSBroyden as SSBroyden
from physml.optim.jacobians import normal_equations as normal_equations
from physml.optim.jacobians import squared_gradients as squared_gradients
from physml.optim.least_squares import Block as Block
from physml.optim.least_squares import loss_and_gradient as loss_and_gradient
from physml.optim.least_squares import present_loss_and_gradient as present_loss_and_gradient
from physml.optim.least_squares import total_loss as total_loss
from physml.optim.levenberg_marquardt import LevenbergMarquardt as LevenbergMarquardt
from physml.optim.phases import OptimizerSettings as OptimizerSettings
from physml.optim.phases import Phases as Phases
from physml.optim.phases import fit as fit
from physml.optim.phases import residual_block as residual_block
from physml.optim.processes import sum_over_processes as sum_over_processes
from physml.optim.soap import SOAP as SOAP
