"""What a trained network computes, without torch: residual layers, chances of codes, and weights from a model file."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt

from twinfold.synthesis.engines.chain import check

Array = npt.NDArray[Any]

_LARGEST = 1e4  # no weight that was learned is larger, and none so large overflows


P = ParamSpec("P")
T = TypeVar("T")


def on_one_thread(function: Callable[P, T]) -> Callable[P, T]:
    """The function, with products of matrices on one thread: so small, they lose more to waiting than they gain."""

    @wraps(function)
    def limited(*args: P.args, **more: P.kwargs) -> T:
        with _controller().limit(limits=1, user_api="blas"):
            return function(*args, **more)

    return limited


@cache
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]  # scikit-learn's own

    return ThreadpoolController()


def follow(layers: Array, biases: Array, state: Array) -> Array:
    """The state, (rows, width), behind residual layers, (depth, width, width) with (depth, width), rectified."""
    for layer, bias in zip(layers, biases, strict=True):
        state = state + (np.maximum(state, 0) @ layer.T + bias)
    rectified: Array = np.maximum(state, 0)
    return rectified


def chances(scores: Array, drawable: Array) -> Array:
    """The chances of codes, (rows, codes), that scores give; zero where a code is not `drawable`, (codes,)."""
    scores[:, ~drawable] = -np.inf
    scores -= scores.max(axis=1, keepdims=True, initial=-_LARGEST)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=1, keepdims=True)
    return scores


def checked_weights(arrays: Mapping[str, Array], shapes: Mapping[str, Sequence[int]]) -> dict[str, Array]:
    """Weights of a model file by name, float32 of such shapes and of a size that was learned.

    Raises `KeyError` or `ValueError`.
    """
    out = {}
    for name, shape in shapes.items():
        array = arrays[name]
        check(array.dtype == np.float32 and array.shape == tuple(shape), f"{name} of the wrong shape")
        check((np.abs(array) <= _LARGEST).all(), f"{name} that was never learned")
        out[name] = array
    return out
