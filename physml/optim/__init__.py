"""Optimisers: frozen settings that start on a module and step on blocks of weighted least squares."""

from physml.optim.adam import Adam as Adam
from physml.optim.least_squares import Block as Block
from physml.optim.least_squares import normal_equations as normal_equations
from physml.optim.least_squares import squared_gradients as squared_gradients
from physml.optim.least_squares import total_loss as total_loss
from physml.optim.levenberg_marquardt import LevenbergMarquardt as LevenbergMarquardt
