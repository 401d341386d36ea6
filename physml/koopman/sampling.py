"""From a problem's data to a fitted estimator, and to the coordinates of its observable."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch
from torch import Tensor

from physml.koopman.bases import Basis, Delays
from physml.koopman.compression import Compression
from physml.koopman.dictionaries import Dictionary
from physml.koopman.galerkin import GalerkinEstimator
from physml.koopman.snapshots import Snapshots
from physml.problem import DynamicalSystem, FlowData, OperatorSection

Observable = Callable[[Tensor], Tensor]


def fit(
    make: Callable[[Dictionary | None], GalerkinEstimator],
    basis: Basis,
    problem: DynamicalSystem,
    data: FlowData | OperatorSection,
) -> tuple[GalerkinEstimator, Tensor | None]:
    """An estimator that is fitted to a problem's data, and the frame coordinates (r,) of the problem's observable.

    Args:
        make: the estimator with a dictionary.
        basis: the dictionary; not used for a matrix in an orthonormal basis, which has its own.
        problem: whose observable is meant.
        data: of the problem.

    Raises:
        ValueError: delays of an observable that the problem does not have.
    """
    if isinstance(data, OperatorSection):
        estimator = make(None)
        estimator.fit_compression(Compression.of_section(data.columns))
        return estimator, data.observable
    observable = problem.observable
    krylov = isinstance(basis, Delays) and basis.of == "observable"
    if krylov:
        if observable is None:
            raise ValueError(f"{problem.name} has no observable to delay; use Delays(of='states')")
        data = data.map(lambda x: observable(x)[:, None])
    dictionary = basis.build(data.sizes[2])
    estimator = make(dictionary)
    if dictionary.n_consumed_samples:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "the step after row")  # the data say where trajectories end
            estimator.fit(data.trajectories, sample_weight=data.pair_weights(dictionary.n_consumed_samples))
    else:
        estimator.fit(*data.successors(), sample_weight=data.pair_weights())
    if krylov:  # the oldest sample, whose images are the later ones
        return estimator, estimator.compression_.to_frame[:, 0]
    return estimator, None if observable is None else _projection(estimator, data, observable)


def _projection(estimator: GalerkinEstimator, data: FlowData, observable: Observable) -> Tensor:
    """The inner products of the observable with the frame."""
    dictionary, compression = estimator.dictionary_, estimator.compression_
    consumed = dictionary.n_consumed_samples
    snapshots = Snapshots(tuple(data.trajectories)) if consumed else Snapshots(*_wrapped(data))
    weights, done, total = data.pair_weights(consumed), 0, torch.zeros(())
    for psi, _, states in snapshots.lifted(dictionary):
        frame = psi @ compression.from_frame.to(psi)
        w = 1 / snapshots.count(consumed) if weights is None else weights[done : done + len(psi), None]
        total = total + ((w * frame.conj()) * observable(states)[:, None]).sum(0)
        done += len(psi)
    return total


def _wrapped(data: FlowData) -> tuple[tuple[Tensor], Tensor]:
    before, after = data.successors()
    return (before,), after
