"""Engines that learn with torch, imported at first use."""

from importlib import import_module
from types import ModuleType

from twinfold.errors import MissingExtraError


def load_deep(module: str) -> ModuleType:
    """A module of this package that needs torch. Raises `MissingExtraError` where that is not installed."""
    try:
        return import_module(f"twinfold.synthesis.engines.{module}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != "torch":
            raise
        raise MissingExtraError(
            'this engine needs torch, which is not installed; pip install "twinfold[deep]", or choose engine "trees"'
        ) from None
