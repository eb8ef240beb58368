"""Personal data: found by content first and name second, and masked where it must be shown."""

from twinfold.tables.personal.detection import find
from twinfold.tables.personal.masking import mask

__all__ = ["find", "mask"]
