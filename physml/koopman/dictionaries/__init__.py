"""Dictionaries: the functions of the state in which a Koopman operator is sought."""

from physml.koopman.dictionaries.delays import DelayDictionary as DelayDictionary
from physml.koopman.dictionaries.dictionary import Dictionary as Dictionary
from physml.koopman.dictionaries.dictionary import Foreign as Foreign
from physml.koopman.dictionaries.dictionary import check_columns as check_columns
from physml.koopman.dictionaries.dictionary import own_copy as own_copy
from physml.koopman.dictionaries.fourier import FourierDictionary as FourierDictionary
from physml.koopman.dictionaries.fourier import RandomFourierDictionary as RandomFourierDictionary
from physml.koopman.dictionaries.kernels import KernelDictionary as KernelDictionary
from physml.koopman.dictionaries.kernels import make_kernel as make_kernel
from physml.koopman.dictionaries.kernels import principal_functions as principal_functions
from physml.koopman.dictionaries.neural import NeuralDictionary as NeuralDictionary
from physml.koopman.dictionaries.neural import invariance_loss as invariance_loss
from physml.koopman.dictionaries.polynomials import HermiteDictionary as HermiteDictionary
from physml.koopman.dictionaries.polynomials import LegendreDictionary as LegendreDictionary
from physml.koopman.dictionaries.polynomials import MonomialDictionary as MonomialDictionary
from physml.koopman.dictionaries.radial import RBFDictionary as RBFDictionary
from physml.koopman.dictionaries.tensor import TensorDictionary as TensorDictionary
