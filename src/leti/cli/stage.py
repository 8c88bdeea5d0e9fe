"""What `leti sample` and `leti score` share: problems, and how programs are drawn for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leti import build
from leti.config import DEFAULTS, Config, load_config
from leti.errors import ConfigError
from leti.progress import track
from leti.types import Decoding, Problem, SampleRequest, Solution
from leti.vocabulary import BAD, GOOD, knows_reward_tokens

TOKENS = {"good": GOOD, "bad": BAD, "none": ""}
KS = (1, 10, 100)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage alone, set up as a run sets it up for scoring."""

    config: Config
    split: str
    problems: tuple[Problem, ...]

    @property
    def decoding(self) -> Decoding:
        """How programs are drawn."""
        return build.score_decoding(self.config)

    def sample(self, weights: str, token: str) -> Iterator[Solution]:
        """Programs for every problem of the split.

        Raises:
            UserError: no such token, or no such weights.
        """
        place = build.weights(weights)
        request = SampleRequest(
            weights=place,
            prefix=_prefix(place, token),
            decoding=self.decoding,
            key=f"seed={self.config.seed} score={self.split}",
        )
        rows = [(problem, sample) for problem in self.problems for sample in range(self.config.score.samples)]
        solutions = build.sampler(self.config).sample(rows, request, done=frozenset())
        return track(solutions, label=f"{self.split}: sampling", total=len(rows))


def stage(problems: str, split: str, *, samples: int, seed: int, overrides: Sequence[str]) -> Stage:
    """A stage from what was typed.

    Raises:
        UserError: no such problems, split or key.
    """
    name, _, path = problems.partition("=")
    ks = [k for k in KS if k <= samples]
    typed = [f"problems.name={name}", f"score.samples={samples}", f"score.ks={ks}", f"seed={seed}"]
    config = load_config(DEFAULTS, [*typed, *([f"problems.path={path}"] if path else []), *overrides])
    return Stage(config=config, split=split, problems=build.split(config, build.problem_set(config), name=split))


def _prefix(weights: str, token: str) -> str:
    """`auto` asks a model that has the reward tokens for good programs, and any other one as it is."""
    if token == "auto":  # noqa: S105 - the word a user types
        return GOOD if knows_reward_tokens(weights) else ""
    if token not in TOKENS:
        raise ConfigError(f"--token {token!r}: there are auto, {', '.join(TOKENS)}.")
    return TOKENS[token]
