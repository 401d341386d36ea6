"""Forecast errors by closed forms: seasons and trends without noise."""

import pytest
import torch

from physml.koopman import EDMD, DelayDictionary
from physml.koopman.forecast_errors import forecast_errors

SEASON, LEADS = 4, 6


def errors(series, pairs=None):
    model = EDMD(DelayDictionary(5)).fit(series[:40])
    kept = model.verified(1e-6) if pairs is None else pairs(model)
    return forecast_errors(kept, model.dictionary_, series[:40], series[40:], LEADS, SEASON)


@pytest.fixture
def seasonal():
    t = torch.arange(60, dtype=torch.float64)[:, None]
    return 1 + torch.cos(2 * torch.pi * t / SEASON) + 0.3 * (-1) ** t


def test_a_season_is_forecast_by_all(seasonal):
    with pytest.warns(UserWarning, match="are independent"):
        found = errors(seasonal)
    assert all(float(values.max()) < 1e-9 for values in found.values())


def test_a_trend_is_missed_by_as_much_as_it_has_gone_on():
    """Climatology misses 0.1 t by the time from the middle of the past, persistence by the seasons it goes back."""
    t = torch.arange(60, dtype=torch.float64)[:, None]
    with pytest.warns(UserWarning, match="are independent"):
        found = errors(0.1 * t, lambda model: model.verified(torch.inf))
    assert float(found["forecast"].max()) < 1e-5  # of a double eigenvalue
    torch.testing.assert_close(found["persistence"], torch.tensor([0.4, 0.4, 0.4, 0.4, 0.8, 0.8]).double())
    starts = torch.arange(39, 60 - LEADS, dtype=torch.float64)
    for lead in range(1, LEADS + 1):
        targets = starts + lead
        gone = 0.1 * (targets - (targets % SEASON + 18))  # the past's ten samples at this place average to that
        torch.testing.assert_close(found["climatology"][lead - 1], gone.square().mean().sqrt())


def test_no_eigenpairs_forecast_zero(seasonal):
    with pytest.warns(UserWarning, match="are independent"):
        found = errors(seasonal, lambda model: model.verified(-1.0))
    starts = torch.arange(39, 60 - LEADS)
    for lead in range(1, LEADS + 1):
        torch.testing.assert_close(found["forecast"][lead - 1], seasonal[starts + lead].square().mean().sqrt())
