import pytest

from twinfold.synthesis.linked_learning import learn_linked
from twinfold.tables.reading import read


@pytest.fixture(scope="module")
def model(real):
    """A model of a module's own `real` tables."""
    return learn_linked(read(real), seed=0)
