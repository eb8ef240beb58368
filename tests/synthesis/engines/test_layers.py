"""What is drawn without torch is what torch has learned: the same weights give the same chances in both."""

import numpy as np
import pytest
import torch

from twinfold.protocols import CodeColumn, CodeTable
from twinfold.synthesis.engines.denoiser import DiffusionModel, _Rows, find_numbers
from twinfold.synthesis.engines.diffusion import Network
from twinfold.synthesis.engines.fixed_columns import FixedColumns
from twinfold.synthesis.engines.latent import LatentModel, Prior
from twinfold.synthesis.engines.latent_learning import DecoderNetwork, EncoderNetwork

ROWS = 50


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    columns = (
        CodeColumn("a", 3, False),
        CodeColumn("x", 40, True),
        CodeColumn("b", 5, True),
        CodeColumn("y", 60, True),
    )
    return CodeTable(
        columns, np.stack([rng.integers(0, column.cardinality, 4000) for column in columns]).astype(np.uint16)
    )


def shaken(module):
    """The module with weights that are all of some size, those too that begin as zeros."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator))
    return module


def numbered(table, fixed):
    first = np.array([fixed.codes_of[j].start for j in fixed.learned])
    return torch.tensor(table.codes[fixed.learned, :ROWS].T.astype(np.int64) + first)


def softened(scores, fixed, j):
    return torch.softmax(scores[:, fixed.codes_of[j]], dim=1).detach().numpy()


def test_a_denoiser_gives_the_chances_that_were_learned(table):
    fixed = FixedColumns.of(table)
    numbers, learned = find_numbers(fixed), [table.columns[j] for j in fixed.learned]
    assert len(numbers) == 2
    network = shaken(Network(learned, len(numbers), 24, 2, torch.Generator().manual_seed(0)))
    codes = np.zeros((4, ROWS), np.uint16)
    rows = _Rows(DiffusionModel(fixed, network.fold(), steps=3), codes, np.random.default_rng(0))
    told = [fixed.learned[0], numbers[0]]
    for j in told:
        rows.tell(j, table.codes[j, :ROWS])
    hidden = torch.tensor([[j not in told for j in fixed.learned]] * ROWS)
    noisy = torch.tensor(np.stack([rows._noisy.get(j, np.zeros(ROWS)) for j in numbers], axis=1), dtype=torch.float32)
    places = [fixed.learned.index(j) for j in numbers]
    scores = network(numbered(table, fixed), noisy, hidden, torch.ones(ROWS), places)
    for j in fixed.learned:
        assert rows.chances(j) == pytest.approx(softened(scores, fixed, j), abs=1e-4)


def test_a_latent_model_places_and_draws_rows_as_was_learned(table):
    fixed = FixedColumns.of(table)
    learned, generator = [table.columns[j] for j in fixed.learned], torch.Generator().manual_seed(0)
    encoder = shaken(EncoderNetwork(learned, 3, 24, 2, generator))
    decoder = shaken(DecoderNetwork(learned, 3, 24, 2, generator))
    model = LatentModel(fixed, decoder.fold(), Prior.standard(3), encoder.fold())
    told = fixed.learned[1:3]
    known = torch.tensor([[j in told for j in fixed.learned]] * ROWS)
    mean, spread = encoder(numbered(table, fixed), known)
    placed = model.encode({j: table.codes[j, :ROWS] for j in told}, ROWS)
    assert placed[0] == pytest.approx(mean.detach().numpy(), abs=1e-4)
    assert placed[1] == pytest.approx(torch.exp(spread).detach().numpy(), rel=1e-3)
    points = np.random.default_rng(0).standard_normal((ROWS, 3))
    scores = decoder(torch.tensor(points, dtype=torch.float32))
    state = model._decode(points, np.random.default_rng(0))
    for j in fixed.learned:
        assert model._chances(state, j) == pytest.approx(softened(scores, fixed, j), abs=1e-4)
