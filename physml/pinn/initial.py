"""How a window begins: soft conditions, or an initial condition that the candidate solution holds exactly."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from physml.diff import Points
from physml.nets import (
    Ansatz,
    ConstantState,
    EmbeddedAnsatz,
    Embedding,
    EvolvedComplexSeries,
    EvolvedSeries,
    HardInitialAnsatz,
    Network,
)
from physml.pinn.terms import Term
from physml.problem import PDE, Axis, Condition
from physml.problem.checks import ProblemError, prescribed_field, target_values

Initial = Literal["auto", "hard", "soft"]

_SAMPLES_PER_MODE = 8  # keeps the aliasing of a kink's spectrum far below its truncation
_FEWEST_MODES = 512


def can_start_exactly(problem: PDE) -> str:
    """Why the initial condition cannot be built in, whatever the axes of space; empty if it can."""
    in_time = [condition for condition in problem.conditions if condition.axis == "t"]
    if not in_time or not len(in_time) == len(conditions_at_start(problem)) == len(problem.fields):
        return "it takes one initial value for each field"
    return ""


def conditions_at_start(problem: PDE) -> dict[str, Condition]:
    """The conditions that prescribe the value of a field at the start of time, by field."""
    starts = (c for c in problem.conditions if c.axis == "t" and c.at == problem.domain["t"].low)
    prescribed = {prescribed_field(problem, condition): condition for condition in starts}
    return {field: condition for field, condition in prescribed.items() if field is not None}


def initial_values(problem: PDE) -> Callable[[Tensor], Tensor]:
    """The targets of the initial conditions, as a function of points (n, d); shape (n, fields)."""
    conditions = conditions_at_start(problem)

    def values(points: Tensor) -> Tensor:
        at = Points(points, problem.domain.names)
        return torch.stack([target_values(conditions[field], at, problem.params) for field in problem.fields], -1)

    return values


def can_be_hard(problem: PDE) -> str:
    """Why the initial condition cannot be built in; empty if it can."""
    space = problem.domain.space
    reason = can_start_exactly(problem)
    if not reason and space and not (len(space) == 1 and space[0].periodic):
        reason = "it takes one periodic space axis, or none"
    return reason


def use_hard(problem: PDE, initial: Initial) -> bool:
    """Whether to build the initial condition in.

    Raises:
        ProblemError: hard conditions asked for where they cannot be had.
    """
    reason = can_be_hard(problem)
    if initial == "hard" and reason:
        raise ProblemError(f"{problem.name}: initial='hard' is not possible: {reason}; choose initial='soft'")
    return initial != "soft" and not reason


def soft_ansatz(
    problem: PDE, axes: tuple[Axis, ...], settings: Network, modes: int, generator: torch.Generator, dtype: torch.dtype
) -> Ansatz:
    """The ansatz of a window whose conditions are all penalised."""
    embedding = Embedding(axes, modes)
    return EmbeddedAnsatz(settings.build(embedding.size, len(problem.fields), generator).to(dtype), embedding)


def hard_ansatz(
    problem: PDE,
    axes: tuple[Axis, ...],
    settings: Network,
    modes: int,
    series_modes: int,
    before: Ansatz | None,
    generator: torch.Generator,
    dtype: torch.dtype,
) -> HardInitialAnsatz:
    """The ansatz of a window that starts exactly from the condition, or from the solution before it."""
    values_at = before.evaluate if before is not None else initial_values(problem)
    fields = len(problem.fields)
    device = next(before.parameters()).device if before is not None else torch.device("cpu")
    empty = torch.empty(0, dtype=dtype, device=device)
    embedding = Embedding(axes, modes)
    time, *spaces = axes
    if not spaces:
        state = ConstantState(values_at(empty.new_full((1, 1), time.low))[0], time.low)
        network = settings.build(embedding.size, fields, generator).to(empty)
        return HardInitialAnsatz(network, embedding, state, None, None, time.length, empty.new_ones(2), values_at)
    (space,) = spaces
    samples = _start_samples(values_at, space, time.low, series_modes, empty)
    splitting, p = problem.semilinear, problem.params
    source, closed = (splitting.nonlinear, splitting.flow) if splitting else (None, None)
    nonlinear = (lambda u: source(u, p)) if source else None
    flow = (lambda u, t: closed(u, t, p)) if closed else None
    channels = samples if nonlinear is None else torch.cat([samples, nonlinear(samples)], 1)
    symbol = (lambda k: splitting.symbol(k, p)) if splitting else torch.zeros_like
    kind = EvolvedComplexSeries if splitting and fields == 2 else EvolvedSeries
    series = kind(channels, space, symbol, len(samples) // _SAMPLES_PER_MODE, time.low)
    network = settings.build(embedding.size + channels.shape[1], fields, generator).to(empty)
    scales = torch.ones_like(samples[:2, 0])
    return HardInitialAnsatz(network, embedding, series, nonlinear, flow, time.length, scales, values_at)


def _start_samples(
    values_at: Callable[[Tensor], Tensor], space: Axis, start: float, most_modes: int, like: Tensor
) -> Tensor:
    """The fields at the start of a window, at low + length j / count, in the dtype of ``like``; shape (count, fields).

    The grid is refined until the spectrum has fallen to round-off, or has ``most_modes`` modes (a kink never resolves).
    """
    modes = min(_FEWEST_MODES, most_modes)
    while True:
        count = _SAMPLES_PER_MODE * modes
        x = space.low + space.length * torch.arange(count, dtype=like.dtype, device=like.device) / count
        samples = values_at(torch.stack([torch.full_like(x, start), x], -1))
        spectrum = torch.fft.rfft(samples, dim=0).abs()
        resolved = spectrum[modes // 2 : modes].max() < 100 * torch.finfo(like.dtype).eps * spectrum.max()
        if resolved or modes == most_modes:
            return samples
        modes = min(2 * modes, most_modes)


def scale_ansatz(ansatz: HardInitialAnsatz, residual: Term, points: Tensor) -> None:
    """Set the scales of a hard ansatz from what its base leaves over at points (n, d)."""
    with torch.no_grad():
        if ansatz.nonlinear is not None:
            ansatz.scales[1] = _largest(ansatz.layer(points))
        ansatz.scales[0] = 0.0
        left = residual(dict(ansatz.named_parameters()), residual.prepare(points))
        ansatz.scales[0] = _largest(left) * ansatz.duration


def _largest(values: Tensor) -> Tensor:
    """The largest finite magnitude; 1 if there is none."""
    finite = values[values.isfinite()].abs()
    return finite.max() if len(finite) else torch.ones_like(values[0, 0])
