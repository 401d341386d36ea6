"""Labelled data are the same data without labels, and steps of different lengths are refused."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from physml.koopman import EDMD, DelayDictionary, KernelEDMD

TIMES = 0.1 * np.arange(30)
PATH = np.stack([np.cos(3 * TIMES), np.sin(3 * TIMES)], 1)
GAP = np.delete(np.arange(30), 20)
DAYS = pd.date_range("2024-01-01", periods=30, freq="D", tz="UTC")


def labelled(rows, times=TIMES):
    return xr.DataArray(PATH[rows], {"time": times[rows], "x": [0, 1]}, ("time", "x"))


EQUAL = {
    "numbers": (labelled(slice(None)),),
    "rounded": (labelled(slice(None), TIMES.astype(np.float32)),),
    "dates": (pd.DataFrame(PATH, DAYS),),
    "two pieces": ([labelled(slice(12)), labelled(slice(12, None))],),
    "several": (xr.DataArray(np.stack([PATH, PATH]), {"t": TIMES}, ("run", "t", "x")),),
    "pairs with a gap": (labelled(GAP[:-1]), labelled(GAP[:-1] + 1).assign_coords(time=TIMES[GAP[:-1] + 1])),
    "rows of no time": (pd.DataFrame(PATH[GAP], GAP), pd.DataFrame(PATH[GAP])),
}


@pytest.mark.parametrize("name", EQUAL)
def test_labels_do_not_change_a_fit(name):
    given = EQUAL[name]
    plain = [[np.asarray(x) for x in part] if isinstance(part, list) else np.asarray(part) for part in given]
    np.testing.assert_array_equal(EDMD().fit(*given).koopman_matrix_, EDMD().fit(*plain).koopman_matrix_)


UNEQUAL = {
    "a gap": ((labelled(GAP),), "the step after row 19 of X is 2 times the first one.*a list of trajectories"),
    "a growing step": ((labelled(slice(None), TIMES**2),), "the step after row 1 of X is 3 times the first one"),
    "a gap of dates": ((pd.DataFrame(PATH[GAP], DAYS[GAP]),), "after row 19 of X is 2 times.*plain arrays"),
    "a twin": ((labelled([0, 0, 1, 2]),), "after row 0 of X is 0 times"),
    "pieces": (([labelled(slice(10)), labelled(slice(10, 30, 2))],), r"after row 0 of X\[1\] is 2 times"),
    "pairs": ((labelled(GAP[:-1]), labelled(GAP[1:])), "the time from X to Y in row 19 is 2 times"),
}


@pytest.mark.parametrize("name", UNEQUAL)
@pytest.mark.parametrize("model", [EDMD(), KernelEDMD(), EDMD(DelayDictionary(2))], ids=["edmd", "kernel", "delays"])
def test_unequal_steps_are_refused(model, name):
    given, message = UNEQUAL[name]
    with pytest.raises(ValueError, match=message):
        model.fit(*given)


def test_held_out_data_are_checked_as_those_of_the_fit():
    model = EDMD().fit(PATH)
    with pytest.raises(ValueError, match="after row 19 of X is 2 times"):
        model.residuals(labelled(GAP))
    with pytest.raises(ValueError, match="after row 19 of X is 2 times"):
        model.score(labelled(GAP))
