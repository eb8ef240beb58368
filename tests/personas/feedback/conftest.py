"""Customers whose words and deeds are planted."""

import pytest

import twinfold
from personas.feedback.worlds import THEMES, World, make_world

CUT = {"a": "kind = 'a'", "b": "kind = 'b'", "c": "kind = 'c'"}
"""Personas by the kinds that were planted."""

BIG = (2_000, 1_200, 800)


@pytest.fixture(scope="session")
def parting():
    """Those of b complain of fees five times as often as others, and leave no more often."""
    about = {**dict.fromkeys(THEMES, (0.2, 0.2, 0.2)), "fees": (0.08, 0.5, 0.08)}
    customers, said = make_world(World(kinds=BIG, about=about), 0)
    return customers, said, twinfold.find_personas(customers, conditions=CUT, texts={"reviews": said}, does="left")


@pytest.fixture(scope="session")
def agreeing():
    """Those of b complain of fees five times as often as others, and leave three times as often."""
    about = {**dict.fromkeys(THEMES, (0.2, 0.2, 0.2)), "fees": (0.08, 0.5, 0.08)}
    customers, said = make_world(World(kinds=BIG, about=about, left=(0.04, 0.12, 0.04)), 0)
    return twinfold.find_personas(customers, conditions=CUT, texts={"reviews": said}, does="left")
