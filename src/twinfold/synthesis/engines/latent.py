"""What `gan`, `vae` and `vaegan` have learned: rows whose columns are independent, given a point in a latent space.

A row is drawn in three steps: a point of the latent space, by its prior; from it, by one network, the chances of every
column's codes; and a code of each. So a row's likelihood is a mean over points, and a condition is met by weighing the
points that were drawn. Where there is an encoder, points are proposed by it, and weighed by how much likelier the prior
has them (Burda et al. 2016, "Importance weighted autoencoders"); a tenth comes from the prior, so that no weight is
without bounds (Hesterberg 1995, "Weighted average importance sampling and defensive mixture distributions").

Learning needs torch; a learned model is plain arrays, and draws without it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

from twinfold.errors import ModelFileError
from twinfold.protocols import CodeColumn, Codes, Draw
from twinfold.synthesis.engines.chain import check
from twinfold.synthesis.engines.fixed_columns import FixedColumns, pick, pick_admitted
from twinfold.synthesis.engines.layers import chances, checked_weights, follow, on_one_thread
from twinfold.synthesis.named_arrays import put_under, take_from

Array = npt.NDArray[Any]

ROWS = 2048
"""Rows drawn at a time: what the caches of a processor hold."""

DEFENSIVE = 0.1
"""Share of points that come from the prior, where an encoder proposes the others."""

PROPOSALS, MIXTURE = 32, 1024
"""Points that a likelihood is a mean over: those an encoder proposes for a row, or those of the prior for all rows."""


class Decoder(NamedTuple):
    """From a point of L dimensions to scores of C codes, all float32.

    `inlet` (width, L) and `bias` (width,); `condition` (C, width), what a code asked for adds, or (0, width) where none
    can be asked for; `layers` (depth, width, width) and `layer_biases` (depth, width); `head` (C, width) and
    `head_bias` (C,).
    """

    inlet: Array
    bias: Array
    condition: Array
    layers: Array
    layer_biases: Array
    head: Array
    head_bias: Array


class Encoder(NamedTuple):
    """From rows, known in part, to normal distributions of points, all float32.

    `embed` (C + D, width): what each code adds, and below them each column while it is not known; `bias` (width,);
    `layers`, `layer_biases` as a decoder's; `mean` (L, width) and `mean_bias` (L,); `spread` (L, width) and
    `spread_bias` (L,): the log of the standard deviation.
    """

    embed: Array
    bias: Array
    layers: Array
    layer_biases: Array
    mean: Array
    mean_bias: Array
    spread: Array
    spread_bias: Array


class Prior(NamedTuple):
    """A mixture of K normal distributions: `share` (K,), `mean` (K, L), `factor` (K, L, L), lower Cholesky's."""

    share: Array
    mean: Array
    factor: Array

    @classmethod
    def standard(cls, size: int) -> "Prior":
        """One normal distribution of independent dimensions."""
        return cls(np.ones(1), np.zeros((1, size)), np.eye(size)[None])

    def draw(self, n: int, rng: np.random.Generator) -> Array:
        """Points, shape (n, L)."""
        which = rng.choice(len(self.share), size=n, p=self.share / self.share.sum())
        noise = rng.standard_normal((n, self.mean.shape[1]))
        if len(self.share) == 1:
            only: Array = self.mean[0] + noise @ self.factor[0].T
            return only
        points = np.empty_like(noise)
        for k in np.unique(which):
            own = which == k
            points[own] = self.mean[k] + noise[own] @ self.factor[k].T
        return points

    def log_density(self, points: Array) -> Array:
        """The log density of points, (n, L); shape (n,)."""
        terms = np.empty((len(self.share), len(points)))
        inverse = np.linalg.inv(self.factor)
        for k, (share, mean, factor) in enumerate(zip(self.share, self.mean, self.factor, strict=True)):
            whitened = (points - mean) @ inverse[k].T
            terms[k] = np.log(share) - 0.5 * np.square(whitened).sum(axis=1) - np.log(np.diag(factor)).sum()
        size = self.mean.shape[1]
        found: Array = logsumexp(terms, axis=0) - 0.5 * size * np.log(2 * np.pi) - np.log(self.share.sum())
        return found


class LatentModel:
    """What an engine with a latent space has learned of a table's codes."""

    def __init__(
        self, fixed: FixedColumns, decoder: Decoder, prior: Prior, encoder: Encoder | None = None, *, note: str = ""
    ) -> None:
        """The parts; codes and columns of the networks are those that are learned, in order."""
        self.columns, self.fixed, self.note = fixed.columns, fixed, note
        self.decoder, self.prior, self.encoder = decoder, prior, encoder
        self._unknown = {j: fixed.codes_of[fixed.learned[-1]].stop + k for k, j in enumerate(fixed.learned)}

    @on_one_thread
    def sample(
        self,
        n: int,
        *,
        allowed: Mapping[int, npt.NDArray[np.float32]],
        given: Mapping[int, Codes],
        rng: np.random.Generator,
    ) -> Draw:
        """Draw n rows; see `protocols.Model.sample`."""

        def fill(codes: Codes, log_weight: Array, admitted: Mapping[int, Array], known: Mapping[int, Array]) -> None:
            self.fill(self._propose(known, log_weight, rng), codes, log_weight, admitted, known, rng)

        return self.fixed.draw(n, ROWS, allowed, given, fill)

    @on_one_thread
    def log_prob(self, codes: Codes) -> npt.NDArray[np.float64]:
        """The log probability of each row of codes, shape (rows,); finite for every row of valid codes.

        An estimate, always the same: a mean over points, which is below the truth where a point lights up few rows.
        """
        rng = np.random.default_rng(0)
        if self.encoder is None:
            tables = self._log_chances(self.prior.draw(MIXTURE, rng), rng)

        def weigh(codes: Codes, log_weight: Array, _: Mapping[int, Array], known: Mapping[int, Array]) -> None:
            if self.encoder is None:
                terms = sum(tables[j][:, own] for j, own in known.items())
                log_weight += logsumexp(terms, axis=0) - np.log(MIXTURE)
                return
            tried, found = np.repeat(codes, PROPOSALS, axis=1), np.zeros(codes.shape[1] * PROPOSALS)
            repeated = {j: np.repeat(own, PROPOSALS) for j, own in known.items()}
            self.fill(self._propose(repeated, found, rng), tried, found, {}, repeated, rng)
            log_weight += logsumexp(found.reshape(-1, PROPOSALS), axis=1) - np.log(PROPOSALS)

        return self.fixed.weigh_rows(codes, ROWS // PROPOSALS, weigh)

    def fill(
        self,
        points: Array,
        codes: Codes,
        log_weight: Array,
        admitted: Mapping[int, Array],
        given: Mapping[int, Array],
        rng: np.random.Generator,
    ) -> None:
        """Into `codes`, (columns, rows), what points, (rows, L), say of the columns that are learned."""
        n = len(points)
        state = self._decode(points, rng)
        for j in self.fixed.learned:
            chance = self._chances(state, j)
            if j in given:
                codes[j] = given[j]
                self.fixed.weigh(log_weight, j, chance[np.arange(n), codes[j]], codes[j])
            elif j in admitted:
                codes[j] = pick_admitted(chance, admitted[j], rng.random(n), log_weight)
            else:
                codes[j] = pick(chance, rng.random(n))

    def encode(self, known: Mapping[int, Array], n: int) -> tuple[Array, Array]:
        """The mean and the standard deviation, (n, L) each, of the points of rows of which some columns are known."""
        assert self.encoder is not None
        state = np.tile(self.encoder.bias, (n, 1))
        for j in self.fixed.learned:
            here = self.encoder.embed[self.fixed.codes_of[j]][known[j]] if j in known else None
            state += self.encoder.embed[self._unknown[j]] if here is None else here
        state = follow(self.encoder.layers, self.encoder.layer_biases, state)
        mean = state @ self.encoder.mean.T + self.encoder.mean_bias
        spread = np.exp(np.clip(state @ self.encoder.spread.T + self.encoder.spread_bias, -6, 2))
        return mean.astype(np.float64), spread.astype(np.float64)

    def _propose(self, known: Mapping[int, Array], log_weight: Array, rng: np.random.Generator) -> Array:
        """Points for rows, (rows, L): of the prior, or, where something is known, by the encoder, and weighed."""
        n = len(log_weight)
        points = self.prior.draw(n, rng)
        if self.encoder is None or not known:
            return points
        mean, spread = self.encode(known, n)
        proposed = mean + spread * rng.standard_normal(mean.shape)
        points = np.where(rng.random((n, 1)) < DEFENSIVE, points, proposed)
        prior = self.prior.log_density(points)
        own = -0.5 * (((points - mean) / spread) ** 2 + np.log(2 * np.pi)).sum(axis=1) - np.log(spread).sum(axis=1)
        log_weight += prior - np.logaddexp(np.log(DEFENSIVE) + prior, np.log1p(-DEFENSIVE) + own)
        return points

    def _decode(self, points: Array, rng: np.random.Generator) -> Array:
        """The state behind the decoder's layers, (rows, width), of points and of a code asked for in each row."""
        state = points.astype(np.float32) @ self.decoder.inlet.T + self.decoder.bias
        if len(self.decoder.condition):
            state += self.decoder.condition[self._ask(len(points), rng)]
        return follow(self.decoder.layers, self.decoder.layer_biases, state)

    def _ask(self, n: int, rng: np.random.Generator) -> Array:
        """A code of one column for each row, numbered through all: as often as it is among real rows."""
        which, out = rng.integers(len(self.fixed.learned), size=n), np.empty(n, np.int64)
        for k, j in enumerate(self.fixed.learned):
            rows, share = which == k, self.fixed.margins[j]
            out[rows] = self.fixed.codes_of[j].start + rng.choice(len(share), size=rows.sum(), p=share / share.sum())
        return out

    def _chances(self, state: Array, j: int) -> Array:
        own = self.fixed.codes_of[j]
        return chances(state @ self.decoder.head[own].T + self.decoder.head_bias[own], self.fixed.drawable[j])

    def _log_chances(self, points: Array, rng: np.random.Generator) -> dict[int, Array]:
        """For each column that is learned the log chance of each code at each point, (points, codes)."""
        state, out = self._decode(points, rng), {}
        for j in self.fixed.learned:
            chance, log_chance = self._chances(state, j), np.zeros((len(points), self.columns[j].cardinality))
            for code in range(chance.shape[1]):
                self.fixed.weigh(log_chance[:, code], j, chance[:, code], np.full(len(points), code))
            out[j] = log_chance
        return out

    def arrays(self) -> dict[str, Array]:
        """Everything learned, as plain arrays."""
        parts = {"decoder": self.decoder, "prior": self.prior, "encoder": self.encoder}
        own = [put_under(name, part._asdict()) for name, part in parts.items() if part is not None]
        return self.fixed.arrays() | {name: array for part in own for name, array in part.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], columns: Sequence[CodeColumn]) -> Self:
        """The model that `arrays` came from, every shape and number checked."""
        try:
            fixed = FixedColumns.from_arrays(arrays, columns)
            codes, count = fixed.codes_of[fixed.learned[-1]].stop, len(fixed.learned)
            prior = _checked_prior(take_from("prior", arrays))
            decoder = _checked_decoder(take_from("decoder", arrays), codes, prior.mean.shape[1])
            own = take_from("encoder", arrays)
            encoder = _checked_encoder(own, codes, count, prior.mean.shape[1]) if own else None
        except (KeyError, ValueError, IndexError, OverflowError, TypeError) as error:
            raise ModelFileError(f"the model's networks are damaged ({error}); fit the model again") from None
        return cls(fixed, decoder, prior, encoder)


def _checked_prior(arrays: Mapping[str, Array]) -> Prior:
    share, mean, factor = (arrays[name] for name in Prior._fields)
    check(mean.ndim == 2 and share.shape == mean.shape[:1] and min(mean.shape) >= 1, "a prior of the wrong shape")
    check(factor.shape == (*mean.shape, mean.shape[1]), "a prior of the wrong shape")
    sound = (a.dtype == np.float64 and (np.abs(a) <= 1e4).all() for a in (share, mean, factor))
    check(all(sound), "a prior out of bounds")
    check((share > 0).all() and (np.diagonal(factor, axis1=1, axis2=2) > 0).all(), "a prior without spread")
    return Prior(share, mean, factor)


def _checked_decoder(arrays: Mapping[str, Array], codes: int, size: int) -> Decoder:
    layers, condition = arrays["layers"], arrays["condition"]
    check(layers.ndim == 3 and condition.ndim == 2 and len(condition) in (0, codes), "layers of the wrong shape")
    depth, width = layers.shape[:2]
    shapes = ((width, size), (width,), (len(condition), width), (depth, width, width), (depth, width))
    return Decoder(**checked_weights(arrays, _named(Decoder._fields, (*shapes, (codes, width), (codes,)))))


def _checked_encoder(arrays: Mapping[str, Array], codes: int, count: int, size: int) -> Encoder:
    layers = arrays["layers"]
    check(layers.ndim == 3, "layers of the wrong shape")
    depth, width = layers.shape[:2]
    shapes = ((codes + count, width), (width,), (depth, width, width), (depth, width))
    ends = ((size, width), (size,), (size, width), (size,))
    return Encoder(**checked_weights(arrays, _named(Encoder._fields, (*shapes, *ends))))


def _named(names: Sequence[str], shapes: Sequence[tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    return dict(zip(names, shapes, strict=True))
