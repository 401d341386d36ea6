"""What is wrong with the data is said in one line: what was given, what is expected, the way out."""

import numpy as np
import pytest
import torch
from sklearn.exceptions import NotFittedError

from physml import koopman
from physml.koopman import (
    EDMD,
    Compression,
    DelayDictionary,
    ExactDMD,
    FourierDictionary,
    KernelEDMD,
    LegendreDictionary,
    MeasurePreservingEDMD,
    MonomialDictionary,
    RBFDictionary,
    ResDMD,
    RiggedDMD,
    TensorDictionary,
)

X = np.random.default_rng(0).uniform(0.1, 1.0, (40, 2))
Y = X**2
WALK = np.cumsum(np.full((40, 2), 0.1), 0)


def changed(array, index, value):
    copy = array.copy()
    copy[index] = value
    return copy


BAD = {
    "shapes": (lambda: EDMD().fit(X, Y[:-1]), r"X has shape \(40, 2\) and Y \(39, 2\).*pairs have"),
    "one dimension": (lambda: EDMD().fit(X[:, 0]), r"shape \(40,\).*reshape\(-1, 1\)"),
    "nan": (lambda: EDMD().fit(changed(X, (7, 1), np.nan), Y), r"X holds NaN or inf, first in row 7; leave out"),
    "inf": (lambda: EDMD().fit(X, changed(Y, (3, 0), np.inf)), r"Y holds NaN or inf, first in row 3"),
    "words": (lambda: EDMD().fit(np.array([["a", "b"]] * 9)), "entries that are not numbers"),
    "columns": (lambda: EDMD().fit([X, X[:, :1]]), r"trajectories have \[1, 2\] columns"),
    "few samples": (lambda: EDMD(MonomialDictionary(9)).fit(X, Y), "40 pairs for 55 functions.*KernelEDMD"),
    "one sample": (lambda: EDMD().fit([X[:1], X[:1]]), "n_samples=1"),
    "negative weight": (lambda: EDMD().fit(X, Y, -np.ones(40)), "least entry is -1.*from_gram"),
    "no weight": (lambda: EDMD().fit(X, Y, np.zeros(40)), "sample_weight has a sum of 0"),
    "weights": (lambda: EDMD().fit(X, Y, np.ones(7)), r"shape \(7,\); expected one weight a pair, \(40,\)"),
    "delays of pairs": (lambda: EDMD(DelayDictionary(3)).fit(X, Y), "delays need consecutive samples"),
    "short": (lambda: EDMD(DelayDictionary(9)).fit([X[:5], X[:6]]), "no trajectory has the 10 samples"),
    "constant": (lambda: EDMD(RBFDictionary(3)).fit(np.ones((40, 2)), Y), "all 40 states are equal"),
    "far away": (
        lambda: EDMD(RBFDictionary(3, "gaussian", centers=np.full((3, 2), 1e9), include_constant=False)).fit(X, Y),
        "every function is zero",
    ),
    "zero scale": (lambda: KernelEDMD(scale=0.0).fit(X, Y), "scale of the kernel is 0.0; expected a positive"),
    "no kernel": (lambda: KernelEDMD("cubic").fit(X, Y), "no kernel 'cubic'; there are gaussian"),
    "not a kernel": (lambda: KernelEDMD(lambda x, y: -torch.cdist(x, y)).fit(X, Y), "no positive definite kernel"),
    "kernel weights": (lambda: KernelEDMD().fit(X, Y, np.ones(40)), "KernelEDMD integrates nothing"),
    "centres": (lambda: RBFDictionary(50).fit(X), "50 centres of 40 states"),
    "centre names": (lambda: RBFDictionary(5, centers="best").fit(X), "'best'; expected 'kmeans'"),
    "degree": (lambda: MonomialDictionary(-1).fit(X), "degree is -1; expected"),
    "interval": (lambda: LegendreDictionary(3, 1.0, 0.0).fit(X), "expected low < high"),
    "period": (lambda: FourierDictionary(3, 0.0).fit(X), "period > 0"),
    "factors": (lambda: TensorDictionary([FourierDictionary(2)]).fit(X), "1 factors for 2 coordinates"),
    "tolerance": (
        lambda: ResDMD(RBFDictionary(5, include_constant=False), 1e-9).fit(X, Y),
        "none of 5 eigenpairs has a residual within tolerance=1e-09",
    ),
    "correction": (lambda: ExactDMD().set_params(debias="tls").fit(X, Y), "no correction 'tls'.*forward_backward"),
    "no way back": (
        lambda: ExactDMD(debias="forward_backward").fit(X, Y @ np.array([[1.0, 1.0], [1.0, 1.0]])),
        "least-squares fit is singular.*debias='total_least_squares'",
    ),
    "z": (lambda: EDMD().fit(X, Y).pseudospectrum(np.array([np.nan])), "z holds NaN"),
    "z of functions": (lambda: EDMD().fit(X, Y).pseudoeigenfunction(np.array([np.inf])), "z holds NaN or inf"),
    "level": (lambda: EDMD().fit(X, Y).residual_bands(X, Y, level=90), "level is 90; expected a probability"),
    "blocks": (lambda: EDMD().fit(X, Y).residual_bands(X, Y, blocks=-1), "needs 2 blocks or more, given 1"),
    "one pair": (lambda: EDMD().fit(X, Y).residual_bands(X[:1], Y[:1]), "needs 2 blocks.*pass more samples"),
    "short held-out": (
        lambda: EDMD(DelayDictionary(3)).fit(np.random.default_rng(0).normal(size=(40, 1))).residuals(WALK[:3, :1]),
        "no trajectory has the 4 samples",
    ),
    "features": (lambda: EDMD().fit(X, Y).predict(X[:, :1]), "X has 1 features, but EDMD is expecting 2"),
    "steps": (lambda: EDMD().fit(X, Y).predict(X, -1), "n_steps is -1"),
    "eps": (lambda: EDMD().fit(X, X).spectral_measure([0.0], 0.0), "eps is 0.0; expected a positive width"),
    "order": (lambda: koopman.rational_kernel(0), "order 0; expected 1 or more"),
    "order of the other kernel": (lambda: koopman.ResDMDKernel(0), "order 0; expected 1 or more"),
    "observable": (lambda: EDMD().fit(X, X).spectral_measure([0.0], 0.1, observable=2), "coordinate from 0 to 1"),
    "coefficients": (
        lambda: EDMD().fit(X, X).spectral_measure([0.0], 0.1, observable=[1.0]),
        r"observable has shape \(1,\).*in the dictionary \(3,\)",
    ),
    "kappa": (lambda: EDMD().fit(X, Y).spectrum(kappa=0.0), "kappa is 0.0"),
    "constant moments": (lambda: koopman.ergodic_moments(np.ones(9), 2), "observable is constant"),
    "moments": (lambda: koopman.ergodic_moments(np.arange(3.0), 3), "more samples than moments"),
    "filter": (lambda: koopman.moment_filter("box"), "no filter 'box'"),
    "short series": (lambda: koopman.rage_average(np.arange(9.0), stride=3), "too short for"),
    "constant series": (lambda: koopman.rage_average(np.ones(99), 2), "series is constant"),
    "masses": (lambda: koopman.wasserstein1_circle([0.0], [1.0], [0.0], [2.0]), "masses are 1 and 2"),
    "knee": (lambda: koopman.knee_point([1.0, 2.0]), "2 values have no knee"),
    "empty": (lambda: koopman.hausdorff([], [1.0]), "sets of 0 and 1 points"),
    "twist": (lambda: koopman.adversarial_disc([1.5]), "radii go up to 1.5"),
    "tower": (lambda: koopman.convergence_tower(lambda *_: 0.0, [2, 1], [1], [0.1]), "expected the first two"),
    "gram": (
        lambda: Compression.from_gram(*[torch.zeros(2, 2, dtype=torch.float64)] * 3),
        "not positive definite",
    ),
    "arcs": (
        lambda: koopman.certified_arcs(Compression.of_section(torch.eye(2).double()), resolution=0.0),
        "resolution 0.0",
    ),
    "box": (lambda: koopman.trapezoid(1.0, 0.0, 4), "expected low < high"),
    "counts": (lambda: koopman.gauss_legendre((0.0, 0.0), (1.0, 1.0), (3,)), r"counts are \[3\] for 2 coordinates"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_said(name):
    call, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        call()


def test_what_is_no_dictionary_is_refused():
    with pytest.raises(TypeError, match=r"expected one of physml\.koopman or an object with fit and transform"):
        EDMD(np.sin).fit(X, Y)


@pytest.mark.parametrize(
    "call",
    ["predict", "lift", "eigenfunctions", "score", "pseudospectrum", "residuals", "residual_bands", "certified_arcs"],
)
def test_what_is_not_fitted_says_so(call):
    with pytest.raises(NotFittedError):
        getattr(RiggedDMD(), call)(*([] if call == "certified_arcs" else [X]))
    with pytest.raises(NotFittedError):
        MonomialDictionary().transform(X)


WARN = {
    "few samples": (lambda: EDMD(MonomialDictionary(3)).fit(X, Y), "40 pairs for 10 functions.*are too small"),
    "delays of a constant": (lambda: EDMD(DelayDictionary(3)).fit(np.ones((40, 1))), "only 1 of 3 functions"),
    "a seam": (lambda: EDMD().fit(np.concatenate([WALK, WALK])), r"after row 39 is 39 times the median.*as a list"),
    "single precision": (lambda: EDMD().fit(X.astype(np.float32), Y), "X is float32; computed in double precision"),
    "order": (lambda: koopman.rational_kernel(11), "order 11 cancel more than 4 digits"),
    "measure": (lambda: MeasurePreservingEDMD(MonomialDictionary(2)).fit(X, Y), "invariant measure"),
    "density": (lambda: EDMD().fit(X, Y).spectral_measure([0.0], 0.1), "invariant measure"),
    "sweep": (lambda: EDMD(MonomialDictionary(2)).fit(X, Y).pseudospectrum(1.0, "sweep"), "invariant measure"),
    "eps": (
        lambda: EDMD(FourierDictionary(2)).fit(
            np.arange(50)[:, None] / 50, np.arange(50)[:, None] / 25
        ).spectral_measure([1.0], 1e-3, observable=[0, 0, 0, 1, 0]),
        "increase N or eps",
    ),
    "energy": (lambda: KernelEDMD("laplacian", 2, scale=0.1).fit(X, Y), "of the kernel's trace.*raise n_functions"),
}  # fmt: skip


@pytest.mark.parametrize("name", WARN)
def test_what_is_doubtful_is_said(name):
    call, message = WARN[name]
    with pytest.warns(UserWarning, match=message):
        call()


def test_integers_and_complex_numbers_are_welcome():
    whole = np.arange(40)[:, None] % 7
    assert EDMD().fit(whole, whole).eigenvectors_.dtype == np.complex128
    assert EDMD().fit(whole, whole).koopman_matrix_.dtype == np.float64
    mixed = EDMD().fit(X, Y * np.exp(0.3j))
    assert mixed.predict(X).dtype == np.complex128


def test_angles_are_taken_modulo_a_turn(circle):
    x = circle(100)
    model = EDMD(FourierDictionary(3)).fit(x, x + 0.1)
    observable = torch.ones(7, dtype=torch.float64)
    here, there = (model.spectral_measure([t, t], 0.3, observable=observable).density for t in (1.0, 1.0 + 4 * np.pi))
    np.testing.assert_allclose(here, there, rtol=1e-12)


def test_the_certificate_says_what_the_bounds_are(circle):
    x = circle(100)
    isometry = EDMD(FourierDictionary(3)).fit(x, 2 * x).spectrum()
    assert "contains a point of the spectrum" in isometry.certificate
    contraction = EDMD(MonomialDictionary(2)).fit(x, 0.5 * x).spectrum()
    assert "contained in the pseudospectrum" in contraction.certificate
    assert "no distances are known" in contraction.certificate
    assert "of the adjoint" in KernelEDMD().fit(x[:20], 0.5 * x[:20]).spectrum().certificate
