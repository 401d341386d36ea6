"""DeepXDE (lu2021deepxde): problems become its models and back, and it is a method beside ours."""

from physml.interop.deepxde.from_deepxde import from_deepxde as from_deepxde
from physml.interop.deepxde.method import DeepXDE as DeepXDE
from physml.interop.deepxde.to_deepxde import to_deepxde as to_deepxde
