"""Dictionaries as settings: frozen values that a table of settings can hold, and that make the dictionary."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from physml.koopman.dictionaries import (
    DelayDictionary,
    Dictionary,
    FourierDictionary,
    HermiteDictionary,
    LegendreDictionary,
    MonomialDictionary,
    RBFDictionary,
    TensorDictionary,
)
from physml.koopman.exact_dmd import PODDictionary


@dataclass(frozen=True)
class Fourier:
    """:class:`physml.koopman.FourierDictionary`, of coordinates with a common period."""

    n: int = 10
    period: float = 1.0

    def build(self, dimension: int) -> Dictionary:
        """The dictionary for so many coordinates."""
        return FourierDictionary(self.n, self.period)


@dataclass(frozen=True)
class Monomials:
    """:class:`physml.koopman.MonomialDictionary`."""

    degree: int = 3

    def build(self, dimension: int) -> Dictionary:
        """The dictionary for so many coordinates."""
        return MonomialDictionary(self.degree)


@dataclass(frozen=True)
class Legendre:
    """:class:`physml.koopman.LegendreDictionary`."""

    degree: int = 10
    low: float = -1.0
    high: float = 1.0

    def build(self, dimension: int) -> Dictionary:
        """The dictionary for so many coordinates."""
        return LegendreDictionary(self.degree, self.low, self.high)


@dataclass(frozen=True)
class Radial:
    """:class:`physml.koopman.RBFDictionary` around centres by k-means."""

    centers: int = 100
    shape: Literal["gaussian", "laplacian", "lorentzian"] = "laplacian"
    scale: float = 1.0
    constant: bool = True

    def build(self, dimension: int) -> Dictionary:
        """The dictionary for so many coordinates."""
        return RBFDictionary(self.centers, self.shape, scale=self.scale, include_constant=self.constant)


@dataclass(frozen=True)
class FourierTimes:
    """Fourier modes of the first coordinate, an angle, times polynomials of the second one.

    Args:
        waves: largest wave number.
        degree: of the polynomials.
        polynomials: "hermite" functions on the line, or "legendre" polynomials on [0, 1].
        cross: of the hyperbolic cross; 0 for all products.
    """

    waves: int = 10
    degree: int = 10
    polynomials: Literal["hermite", "legendre"] = "hermite"
    cross: int = 0

    def build(self, dimension: int) -> Dictionary:
        """The dictionary for two coordinates."""
        second = LegendreDictionary(self.degree, 0.0, 1.0)
        if self.polynomials == "hermite":
            second = HermiteDictionary(self.degree)
        return TensorDictionary([FourierDictionary(self.waves, 2 * math.pi), second], self.cross or None)


@dataclass(frozen=True)
class Delays:
    """:class:`physml.koopman.DelayDictionary`, of the coordinates or of the problem's observable.

    Args:
        count: of delays.
        of: what is delayed.
    """

    count: int = 20
    of: Literal["states", "observable"] = "states"

    def build(self, dimension: int) -> Dictionary:
        """The dictionary for so many coordinates."""
        return DelayDictionary(self.count)


@dataclass(frozen=True)
class POD:
    """The leading principal components of the states (:class:`physml.koopman.PODDictionary`), for fields.

    Args:
        rank: how many components.
        delays: samples of them in a row; more than one where components at one time do not tell what comes next, as of
            a wave that stands.
    """

    rank: int = 20
    delays: int = 1

    def build(self, dimension: int) -> Dictionary:
        """The dictionary for so many coordinates."""
        components = PODDictionary(self.rank)
        return components if self.delays == 1 else DelayDictionary(self.delays, observables=components)


Basis = Fourier | Monomials | Legendre | Radial | FourierTimes | Delays | POD
