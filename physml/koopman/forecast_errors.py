"""How good forecasts are on samples that follow those of the fit, beside what needs no model."""

from __future__ import annotations

import torch
from torch import Tensor

from physml.koopman.estimator import Eigenpairs
from physml.koopman.snapshots import Lifting


def forecast_errors(
    pairs: Eigenpairs, dictionary: Lifting, past: Tensor, later: Tensor, leads: int, season: int
) -> dict[str, Tensor]:
    r"""Root mean squares, over starts and coordinates, of the errors 1, ..., leads samples ahead.

    A forecast is :math:`\operatorname{Re} \psi(x) V \Lambda^n \Xi` of the eigenpairs that are given. Starts are the
    last sample of the past and all later ones that have as many after them.

    Args:
        pairs: of the fit.
        dictionary: psi.
        past: the samples of the fit, (T, d).
        later: those that follow, (n, d).
        leads: largest lead.
        season: samples in a season. Climatology is the past's mean at the same place of it, persistence the last season
            before the forecast.

    Returns:
        "forecast", "climatology" and "persistence", (leads,) each.
    """
    samples, first = torch.cat([past, later]), len(past) - 1
    starts = len(later) + 1 - leads
    lifted = dictionary.evaluate(samples[first - dictionary.n_consumed_samples : first + starts])
    functions = lifted.to(pairs.eigenvectors) @ pairs.eigenvectors
    climatology = torch.stack([past[place::season].mean(0) for place in range(season)])
    errors: dict[str, list[Tensor]] = {"forecast": [], "climatology": [], "persistence": []}
    for lead in range(1, leads + 1):
        times = torch.arange(first + lead, first + lead + starts, device=past.device)
        seasons = -(-lead // season)
        forecast = (functions * pairs.eigenvalues**lead @ pairs.modes).real
        for name, found in (
            ("forecast", forecast),
            ("climatology", climatology[times % season]),
            ("persistence", samples[times - season * seasons]),
        ):
            errors[name].append((found - samples[times]).square().mean().sqrt())
    return {name: torch.stack(values) for name, values in errors.items()}
