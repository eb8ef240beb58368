"""Berka's eight tables, from a database into a database: seconds, and what SQL counts on either side.

    scripts/bench databases [--databases postgresql,sqlite] [--copies 1] [--url postgresql://user@host/empty]

The tables go into a database with their keys and constraints, dates as DATE, amounts as NUMERIC; are read and learned;
and are drawn into a second one, whose constraints are on. Sums, averages, counts and orphans are what SQL finds there.
PostgreSQL is started for it, on loopback. `--copies` writes as many times the customers that were learned.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from contest.environments import SHARED
from twinfold.verbs.fit import fit
from twinfold.verbs.inspect import read_source
from twinfold.verbs.preparation import prepare
from twinfold.verbs.sample import sample_to

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from postgres_server import find_programs, running_server  # noqa: E402
