"""What scikit-learn asks of every estimator and transformer, where its rules apply."""

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

from physml.koopman import (
    EDMD,
    ExactDMD,
    FourierDictionary,
    HermiteDictionary,
    KernelDictionary,
    KernelEDMD,
    LegendreDictionary,
    MeasurePreservingEDMD,
    MonomialDictionary,
    PODDictionary,
    RandomFourierDictionary,
    RBFDictionary,
    ResDMD,
    RiggedDMD,
)

DICTIONARIES = [
    FourierDictionary(1),
    HermiteDictionary(2),
    KernelDictionary(3),
    LegendreDictionary(2),
    MonomialDictionary(2),
    PODDictionary(2),
    RandomFourierDictionary(3),
    RBFDictionary(3),
]
ESTIMATORS = [EDMD(), ExactDMD(1), KernelEDMD(), MeasurePreservingEDMD(), ResDMD(), RiggedDMD()]

ELSEWHERE = {
    "check_complex_data": "complex states are welcome",
    "check_array_api_input": "is skipped without SCIPY_ARRAY_API",
    "check_do_not_raise_errors_in_init_or_set_params": "settings are type-checked in tests",
    "check_transformer_preserve_dtypes": "exponentials are complex",
    "check_fit2d_1sample": "one state has no length to scale by",
    "check_estimators_pickle": "a class made in a test cannot be; see test_estimators",
    "check_methods_sample_order_invariance": "rows of a trajectory have an order",
}


def on_trajectories(model):
    """The estimator, for checks that give a target, which Koopman estimators do not have: X is a trajectory."""
    kind = type(model)

    class Trajectories(kind):
        __init__ = kind.__init__

        def fit(self, X, y=None):
            return super().fit(X)

        def score(self, X, y=None):
            return super().score(X)

    return Trajectories(**model.get_params())


def failures(model):
    failed = {}
    for estimator, check in estimator_checks_generator(model):
        try:
            check(estimator)
        except BaseException as error:  # a skipped check raises no Exception
            failed[check.func.__name__] = error
    return {name: error for name, error in failed.items() if name not in ELSEWHERE}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("dictionary", DICTIONARIES, ids=lambda model: type(model).__name__)
def test_dictionaries_are_transformers(dictionary):
    assert failures(dictionary) == {}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("model", ESTIMATORS, ids=lambda model: type(model).__name__)
def test_estimators_keep_the_rules(model):
    assert failures(on_trajectories(model)) == {}
