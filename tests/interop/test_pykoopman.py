"""Models of other packages: residuals by what they offer; the rest only where pykoopman can be imported."""

import importlib.util
import warnings

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.preprocessing import FunctionTransformer

from physml.interop.pykoopman import Observables, from_pykoopman, koopman_residuals, to_pykoopman
from physml.koopman import EDMD, FourierDictionary, MeasurePreservingEDMD, MonomialDictionary, hausdorff

A = np.array([[0.9, 0.2], [-0.1, 0.5]])


def path(length=60):
    states = [np.array([1.0, -0.7])]
    for _ in range(length - 1):
        states.append(A @ states[-1])
    return np.array(states)


class LikePyKoopman:
    """Eigenfunctions of the doubling map as EDMD finds them."""

    def __init__(self, x):
        self.model = EDMD(FourierDictionary(4)).fit(x, 2 * x)
        self.lamda_array = self.model.eigenvalues_

    def psi(self, columns):
        return self.model.eigenfunctions(columns.T).T


class LikePyDMD:
    modes, eigs = np.linalg.eig(A)[1], np.linalg.eig(A)[0]


def test_residuals_of_what_offers_eigenfunctions():
    x = np.arange(100)[:, None] / 100
    model = LikePyKoopman(x)
    np.testing.assert_allclose(koopman_residuals(model, x, 2 * x), model.model.residuals_, atol=1e-12)
    states = path()
    assert koopman_residuals(LikePyDMD(), states[:-1], states[1:]).max() < 1e-12
    assert koopman_residuals(LikePyDMD(), states[:-1], 1.1 * states[1:]).min() > 0.05


class LikeCustomObservables(BaseEstimator):
    """Functions with the state before them, which no clone can be made of."""

    def __init__(self, functions):
        self.functions = [lambda x: x, *functions]

    def fit(self, x):
        return self

    def transform(self, x):
        return np.hstack([function(x) for function in self.functions])


def test_observables_that_cannot_be_cloned_are_a_dictionary():
    x = np.linspace(-1, 1, 50)[:, None]
    custom = LikeCustomObservables([np.square])
    with pytest.raises(RuntimeError):
        clone(custom)
    model = EDMD(Observables(custom)).fit(x, 0.5 * x)
    assert hausdorff(model.eigenvalues_, [0.5, 0.25]) < 1e-12
    assert model.residuals_.max() < 1e-12


def test_what_offers_nothing_is_refused():
    states = path()
    with pytest.raises(TypeError, match=r"neither psi and lamda_array.*use ResDMD"):
        koopman_residuals(FunctionTransformer(), states, states)
    with pytest.raises(ValueError, match=r"X has shape \(60, 2\) and Y \(59, 2\)"):
        koopman_residuals(LikePyDMD(), states, states[1:])
    with pytest.raises(TypeError, match="expected a fitted pykoopman"):
        from_pykoopman(LikePyDMD())


@pytest.mark.skipif(importlib.util.find_spec("pykoopman") is not None, reason="pykoopman is there")
def test_a_missing_pykoopman_is_said_with_the_way_out():
    with pytest.raises(ImportError, match=r"lightning 'setuptools<81', then pip install --no-deps pykoopman"):
        to_pykoopman(EDMD())


@pytest.fixture(scope="module")
def pykoopman():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("pykoopman")


@pytest.mark.filterwarnings("ignore")
def test_models_of_pykoopman_get_residuals_and_our_estimators_their_observables(pykoopman):
    states = path()
    theirs = pykoopman.Koopman(pykoopman.observables.Polynomial(2), pykoopman.regression.EDMD())
    theirs.observables.n_input_features_ = 2  # what a current scikit-learn does not give it
    translated = from_pykoopman(theirs.fit(states, dt=1.0))
    ours = EDMD(translated.dictionary).fit(states)
    np.testing.assert_allclose(translated.koopman_matrix, ours.koopman_matrix_, atol=1e-6)
    assert hausdorff(ours.eigenvalues_, theirs.lamda_array) < 1e-6
    assert koopman_residuals(theirs, states[:-1], states[1:]).max() < 1e-6
    delays = EDMD(Observables(pykoopman.observables.TimeDelay(n_delays=2))).fit(states)
    assert delays.dictionary_.n_consumed_samples == 2
    np.testing.assert_allclose(delays.predict(states[:3])[0], states[3], atol=1e-9)


@pytest.mark.filterwarnings("ignore")
def test_our_estimators_are_regressors_of_pykoopman(pykoopman):
    states = path()
    model = pykoopman.Koopman(regressor=to_pykoopman(EDMD())).fit(states, dt=1.0)
    np.testing.assert_allclose(model.A, A, atol=1e-10)
    np.testing.assert_allclose(model.predict(states[:5]), states[1:6], atol=1e-10)
    np.testing.assert_allclose(np.real(model.simulate(states[0], n_steps=10)), states[1:11], atol=1e-9)
    assert koopman_residuals(model, states[:-1], states[1:]).max() < 1e-10
    assert clone(model).regressor.estimator.dictionary is None
    turn = np.stack([np.cos(0.3 * np.arange(80)), np.sin(0.3 * np.arange(80))], 1)
    unitary = pykoopman.Koopman(regressor=to_pykoopman(MeasurePreservingEDMD(MonomialDictionary(3)))).fit(turn, dt=1.0)
    np.testing.assert_allclose(np.abs(unitary.lamda_array), 1.0, atol=1e-12)
