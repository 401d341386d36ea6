"""The estimators: one data set in every form, forecasts with error bars, and limits in which methods agree."""

import math
import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, PolynomialFeatures, StandardScaler

from physml import koopman
from physml.koopman import (
    EDMD,
    DelayDictionary,
    ExactDMD,
    FourierDictionary,
    KernelDictionary,
    KernelEDMD,
    MeasurePreservingEDMD,
    MonomialDictionary,
    ResDMD,
    RiggedDMD,
)

A = np.array([[0.9, 0.2], [-0.1, 0.5]])


def trajectories(count=12, length=9, seed=0):
    states = [np.random.default_rng(seed).uniform(-1, 1, (count, 2))]
    for _ in range(length - 1):
        states.append(states[-1] @ A.T)
    return np.stack(states, 1)


def test_every_form_of_the_same_data_gives_the_same_model():
    paths = trajectories()
    x, y = paths[:, :-1].reshape(-1, 2), paths[:, 1:].reshape(-1, 2)
    reference = EDMD(MonomialDictionary(2)).fit(x, y)
    forms = [(list(paths),), (paths,), (torch.from_numpy(paths),), (torch.from_numpy(x), torch.from_numpy(y))]
    for form in forms:
        model = EDMD(MonomialDictionary(2)).fit(*form)
        given = torch.Tensor if isinstance(form[0], torch.Tensor) else np.ndarray
        assert isinstance(model.eigenvalues_, given)
        assert isinstance(model.predict(form[0]), list if isinstance(form[0], list) else given)
        np.testing.assert_allclose(np.asarray(model.koopman_matrix_), reference.koopman_matrix_, atol=1e-12)
    np.testing.assert_allclose(reference.predict(paths)[:, :-1], paths[:, 1:], atol=1e-13)
    np.testing.assert_allclose(reference.lift(x) @ reference.koopman_matrix_, reference.lift(y), atol=1e-13)


def test_weights_are_repetitions():
    rng = np.random.default_rng(1)
    x, y, counts = rng.normal(size=(50, 2)), rng.normal(size=(50, 2)), rng.integers(0, 4, 50)
    weighted = EDMD(MonomialDictionary(1)).fit(x, y, sample_weight=counts)
    repeated = EDMD(MonomialDictionary(1)).fit(np.repeat(x, counts, 0), np.repeat(y, counts, 0))
    np.testing.assert_allclose(weighted.koopman_matrix_, repeated.koopman_matrix_, atol=1e-12)
    np.testing.assert_allclose(weighted.residuals_, repeated.residuals_, atol=1e-12)


def test_rows_in_chunks_are_those_at_once(monkeypatch):
    x = np.random.default_rng(2).normal(size=(100, 2))
    whole = EDMD(DelayDictionary(3)).fit(x)
    monkeypatch.setattr("physml.koopman.snapshots._ROWS", 7)
    np.testing.assert_allclose(EDMD(DelayDictionary(3)).fit(x).koopman_matrix_, whole.koopman_matrix_, atol=1e-12)


@pytest.mark.parametrize("model", [EDMD(), ResDMD(), MeasurePreservingEDMD(), RiggedDMD(), ExactDMD(), KernelEDMD()])
def test_settings_are_those_of_scikit_learn(model):
    copy = clone(model).set_params(**model.get_params())
    assert repr(copy) == repr(model)


@pytest.mark.parametrize(
    "model", [EDMD(DelayDictionary(2)), EDMD(PolynomialFeatures(2)), KernelEDMD(), RiggedDMD(), ExactDMD(2)]
)
@pytest.mark.filterwarnings("ignore:.*measure")
def test_a_pickled_model_predicts_the_same(model):
    paths = trajectories()
    model.fit(list(paths))
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copy.predict(paths[0]), model.predict(paths[0]))


def test_pipelines_and_searches():
    paths = trajectories(40, 2)
    x, y = paths[:, 0], paths[:, 1]
    pipeline = make_pipeline(StandardScaler(), EDMD(MonomialDictionary(1))).fit(np.concatenate(trajectories(1, 60)))
    assert pipeline.predict(x).shape == x.shape
    search = GridSearchCV(EDMD(), {"dictionary": [MonomialDictionary(0), MonomialDictionary(1)]}, cv=3).fit(x, y)
    assert search.best_params_["dictionary"].degree == 1
    assert search.best_score_ == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize(
    "foreign", [PolynomialFeatures(2), FunctionTransformer(lambda x: np.hstack([np.ones_like(x[:, :1]), x]))]
)
def test_any_transformer_is_a_dictionary(foreign):
    paths = trajectories()
    model = EDMD(foreign).fit(paths)
    assert np.abs(model.eigenvalues_[model.residuals_ < 1e-9] - 1).min() < 1e-12
    np.testing.assert_allclose(model.predict(paths[0, :3]), paths[0, 1:4], atol=1e-12)


def test_delays_make_a_hidden_oscillation_linear():
    t = np.arange(200)
    x = (np.cos(0.3 * t) + 0.5 * np.cos(1.1 * t + 1))[:, None]
    model = EDMD(DelayDictionary(4)).fit(x[:150])
    assert koopman.hausdorff(model.eigenvalues_, np.exp(1j * np.array([0.3, -0.3, 1.1, -1.1]))) < 1e-10
    assert model.residuals_.max() < 1e-10
    np.testing.assert_allclose(model.predict(x[:4], n_steps=100)[0], x[103], atol=1e-8)
    assert model.score(x[100:]) == pytest.approx(1.0, abs=1e-12)
    assert model.forecast(x[:5], 3).states.shape == (2, 4, 1)


def nonlinear(x):
    return np.stack([0.9 * x[:, 0], 0.5 * x[:, 1] + 0.3 * x[:, 0] ** 2 + 0.1 * np.sin(3 * x[:, 1])], 1)


@pytest.mark.parametrize("degree", [1, 3, 6])
def test_error_bars_hold(degree):
    """In the mean over the sampling measure, here of quadrature points, with the norm of K on the span."""
    x = koopman.gauss_legendre((-1.0, -1.0), (1.0, 1.0), 24).points.numpy()
    model = EDMD(MonomialDictionary(degree)).fit(x, nonlinear(x))
    forecast, truth = model.forecast(x, 6), x
    for n in range(7):
        errors = np.sqrt(np.mean((forecast.states[:, n] - truth) ** 2, 0))
        if n <= 1:  # beyond, ||K|| is only known from below
            assert (errors <= forecast.error_bounds[n] + 1e-12).all()
        else:
            assert (errors <= 2 * forecast.error_bounds[n] + 1e-12).all()
        truth = nonlinear(truth)
    assert (np.diff(forecast.error_bounds, axis=0) >= -1e-12).all()


def test_error_bars_of_isometries_hold_for_long(circle):
    """The observable sin 2 pi x + sin 4 pi x / 2 under the doubling map, of which two modes are kept."""
    x = circle(64).numpy()
    model = EDMD(FourierDictionary(4)).fit(x, 2 * x)
    verified = ResDMD(FourierDictionary(4), tolerance=1e-6).fit(x, 2 * x)
    assert len(verified.eigenvalues_) == 1
    forecast = verified.forecast(x, 3)
    mean, spread = x.mean(), x.std()
    np.testing.assert_allclose(forecast.states, mean, atol=1e-9)
    np.testing.assert_allclose(forecast.error_bounds[:, 0], spread, atol=1e-6)
    assert model.forecast(x, 3).error_bounds[-1] > model.forecast(x, 3).error_bounds[0]


def test_resdmd_is_edmd_without_what_is_not_verified(doubling):
    model = doubling(8)
    x = np.arange(100)[:, None] / 100
    kept = ResDMD(FourierDictionary(8), tolerance=0.5).fit(x, 2 * x)
    pairs = EDMD(FourierDictionary(8)).fit(x, 2 * x).verified(0.5)
    np.testing.assert_allclose(kept.eigenvalues_, pairs.eigenvalues, atol=1e-13)
    np.testing.assert_allclose(kept.residuals_, pairs.residuals, atol=1e-13)
    assert len(kept.eigenvalues_) == 1 < len(model.eigenvalues_)


def test_residuals_of_other_data_see_what_the_fit_does_not():
    """Independent X and Y have the residual of an operator that maps everything to means."""
    rng = np.random.default_rng(3)
    with pytest.warns(UserWarning, match="times as many"):
        model = EDMD(MonomialDictionary(4)).fit(rng.uniform(-1, 1, (22, 2)), rng.uniform(-1, 1, (22, 2)))
    far = np.abs(model.eigenvalues_ - 1) > 0.1
    fresh = model.residuals(rng.uniform(-1, 1, (20000, 2)), rng.uniform(-1, 1, (20000, 2)))
    assert np.median(fresh[far]) > 2 * np.median(model.residuals_[far])
    x, y = rng.normal(size=(60, 2)), rng.normal(size=(60, 2))
    same = EDMD(MonomialDictionary(2)).fit(x, y)
    np.testing.assert_allclose(same.residuals(x, y), same.residuals_, atol=1e-12)


def test_mpedmd_is_edmd_for_a_rotation_and_unitary_for_all_else(circle):
    x = circle(100)
    rotation = MeasurePreservingEDMD(FourierDictionary(5)).fit(x, x + 0.17)
    assert koopman.hausdorff(rotation.eigenvalues_, EDMD(FourierDictionary(5)).fit(x, x + 0.17).eigenvalues_) < 1e-12
    doubling = MeasurePreservingEDMD(FourierDictionary(5)).fit(x, 2 * x)
    G = doubling.lift(x).mH @ doubling.lift(x) / 100
    V = doubling.eigenvectors_
    torch.testing.assert_close(V.mH @ G @ V, torch.eye(11, dtype=torch.complex128), rtol=0, atol=1e-12)
    assert (doubling.eigenvalues_.abs() - 1).abs().max() < 1e-12
    states = doubling.predict(x, n_steps=1000)
    assert states.std() < 1.0  # nothing grows


def test_exact_dmd_finds_waves_in_many_coordinates():
    t, z = np.arange(60), np.linspace(0, 2 * math.pi, 500)
    waves = np.cos(z - 0.3 * t[:, None]) + 0.6 * np.sin(2 * z + 0.8 * t[:, None]) + 1.0
    model = ExactDMD(rank=5).fit(waves[:50])
    assert koopman.hausdorff(model.eigenvalues_, np.exp(1j * np.array([0, 0.3, -0.3, 0.8, -0.8]))) < 1e-11
    np.testing.assert_allclose(model.predict(waves[:1], n_steps=59)[0], waves[59], atol=1e-9)
    assert model.residuals_.max() < 1e-11
    X, Y = waves[:49].T, waves[1:50].T
    U, S, Vh = (part[:, :5] if i == 0 else part[:5] for i, part in enumerate(np.linalg.svd(X, full_matrices=False)))
    _, W = np.linalg.eig(U.T @ Y @ Vh.T / S)
    exact = Y @ Vh.T / S @ W
    for mode in model.modes_:
        cosines = np.abs(exact.conj().T @ mode) / np.linalg.norm(exact, axis=0) / np.linalg.norm(mode)
        assert cosines.max() == pytest.approx(1.0, abs=1e-9)


def cosine_kernel(x, y):
    """Of rank 9."""
    return sum(torch.cos(k * (x - y.mT)) for k in range(5))


def test_dual_residuals_are_exact_in_the_space_of_the_kernel():
    angles = np.sort(np.random.default_rng(4).uniform(0, 2 * math.pi, 12))[:, None]
    model = KernelEDMD(cosine_kernel).fit(angles, angles + 0.7)
    assert model.effective_rank_ == 9
    assert koopman.hausdorff(model.eigenvalues_, np.exp(0.7j * np.arange(-4, 5))) < 1e-12
    assert model.residuals_.max() < 1e-7
    assert model.pseudospectrum(np.exp(0.7j * np.arange(5))).max() < 1e-7
    assert model.pseudospectrum(np.array([0.0])) == pytest.approx(1.0, abs=1e-7)
    left = model.left_eigenvectors_.conj().T @ model.koopman_matrix_ - model.eigenvalues_[:, None] * (
        model.left_eigenvectors_.conj().T
    )
    assert np.abs(left).max() < 1e-12
    doubled = KernelEDMD(cosine_kernel).fit(angles, 2 * angles)
    assert doubled.residuals_.max() < 1e-6  # K* k_x = k_2x stays in the space of the kernel, which is of rank 9
    part = KernelEDMD(cosine_kernel, n_functions=5).fit(angles, 2 * angles)
    assert part.residuals_.min() > 0.1


def test_kernel_edmd_is_edmd_with_the_kernels_functions():
    rng = np.random.default_rng(5)
    x = rng.uniform(-1, 1, (80, 2))
    kernel = KernelEDMD("gaussian", n_functions=10, scale=2.0).fit(x, nonlinear(x))
    galerkin = EDMD(KernelDictionary(10, "gaussian", scale=2.0)).fit(x, nonlinear(x))
    np.testing.assert_allclose(np.sort(np.abs(kernel.eigenvalues_)), np.sort(np.abs(galerkin.eigenvalues_)), atol=1e-7)
    np.testing.assert_allclose(kernel.predict(x), galerkin.predict(x), atol=1e-6)
    assert np.abs(KernelEDMD("gaussian", scale=2.0).fit(x, nonlinear(x)).predict(x) - nonlinear(x)).max() < 1e-2


def test_the_spectrum_of_an_isometry_is_found_with_error_bounds(circle):
    x, alpha = circle(200), 0.37
    model = MeasurePreservingEDMD(FourierDictionary(6)).fit(x, x + alpha)
    true = torch.polar(torch.ones(13).double(), 2 * math.pi * alpha * torch.arange(-6, 7).double())
    steps = torch.arange(-1.5, 1.5, 0.05, dtype=torch.float64)
    grid = torch.complex(*torch.meshgrid(steps, steps, indexing="ij")).flatten()
    found = model.spectrum(grid)
    distance = (found.points[:, None] - true).abs().amin(1)
    assert (distance <= found.error_bounds + 1e-12).all()
    assert koopman.hausdorff(found.points, true) < 0.05
    assert koopman.hausdorff(model.spectrum().points, true) < 1e-12
    arcs = model.certified_arcs(resolution=1e-3)
    gaps = torch.angle(torch.polar(torch.ones_like(arcs.centers), arcs.centers)[:, None] / true).abs()
    assert (gaps.amin(1) <= arcs.half_widths + 1e-12).all()
    assert gaps.amin(0).max() < 2e-3  # none is missed
    assert len(arcs.centers) <= 2 * 13


def test_larger_neighbourhoods_leave_fewer_points():
    z = torch.linspace(-1, 1, 41).to(torch.complex128)
    levels = 0.05 + (z - 0.3).abs() * (z + 0.5).abs()
    few, many = (koopman.local_minima(z, levels, kappa) for kappa in (5.0, 1.0))
    assert len(few.points) < len(many.points)
    assert few.error_bounds.max() <= many.error_bounds.max()
