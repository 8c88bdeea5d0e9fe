"""The nouns of LETI, and the way they flow.

    problems --Problem--> sampling --Solution--> verify --Verdict--> feedback --Feedback-->
        objectives --Example--> training --weights--> sampling ...

All are frozen: nothing is mutated after it is made. An `Attempt` holds one whole turn of the pipeline for one program.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from leti.kinds import Check

Key = tuple[str, int]
"""(problem id, sample number): names one program of an iteration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A prompt and the check that decides it."""

    id: str
    """Unique in a run: `source/name`, as in `mbpp/17`."""
    prompt: str
    """What the model reads."""
    check: Check
    source: str
    """The problem set it comes from."""
    reference: str | None = None
    """A whole program known to pass. Only ever used to validate the check, never to train."""
    chat: bool = False
    """The prompt is a user's message in the model's chat template, and the program is the code in the answer. Else
    the prompt is the beginning of the program, and the completion its rest."""

    @property
    def beginning(self) -> str:
        """What the program begins with, whatever the model writes."""
        return "" if self.chat else self.prompt


class Ending(StrEnum):
    """Why a completion ended."""

    TOKEN = "token"  # noqa: S105 - the end-of-text token, not a secret
    STOP = "stop"
    LENGTH = "length"


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """One program the model wrote."""

    problem: str
    sample: int
    completion: str
    """The text after the prompt, as decoded, without special tokens."""
    tokens: tuple[int, ...]
    """The sampled ids of the completion, without the end-of-text token. Empty if they are not known."""
    program: str
    """The part that is run: the problem's beginning and what was kept of the completion."""
    ending: Ending

    @property
    def key(self) -> Key:
        """Names this solution within its iteration."""
        return (self.problem, self.sample)


class Outcome(StrEnum):
    """How a program ended, seen from outside. A fault of the sandbox is not here: that is a `SandboxError`."""

    PASSED = "passed"
    FAILED = "failed"
    RAISED = "raised"
    TIMED_OUT = "timed-out"
    OUT_OF_MEMORY = "out-of-memory"
    EXITED = "exited"
    CRASHED = "crashed"


class TestStatus(StrEnum):
    """What became of one test."""

    __test__ = False  # the name starts with "Test": not for pytest to collect

    PASSED = "passed"
    FAILED = "failed"
    RAISED = "raised"
    STOPPED = "stopped"
    """The program ended, or was ended, while the test ran."""
    NOT_REACHED = "not-reached"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A place in the program or its tests."""

    line: int
    """1-based, in the text `program + "\\n" + tests`; inside `eval`/`exec` text, in that text."""
    function: str
    """The function's name; `<module>` at the top level."""
    source: str
    """The line's text, stripped. Empty where there is none."""
    evaluated: bool = False
    """True for code the program itself compiled (`eval`, `exec`)."""
    repeated: int = 0
    """How many more times the same place follows directly (recursion)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRecord:
    """What went wrong, as data: `feedback` makes text from it, in one place."""

    type: str
    """The exception's name as the interpreter prints it, such as `NameError` or `json.decoder.JSONDecodeError`."""
    message: str = ""
    frames: tuple[Frame, ...] = ()
    """Outermost first; frames of the program and its tests only."""
    syntax: Frame | None = None
    """For a SyntaxError: the place it points to."""
    check: str | None = None
    """Source of the test statement that failed."""
    expected: str | None = None
    """For a failed comparison: the right-hand side, rendered; bounded and deterministic."""
    got: str | None = None
    """For a failed check: the side that calls something, else the left one (or the whole expression), rendered."""
    where: tuple[str, ...] = ()
    """For a failed check: what calls inside the compared expressions returned, as in `area(2) returned 12.5`."""
    limit: str | None = None
    """The limit that was hit and how much it is, as in `memory: 512 MiB`."""

    @property
    def name(self) -> str:
        """The exception's name without its module."""
        return self.type.rpartition(".")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """What became of one test, and why."""

    __test__ = False  # the name starts with "Test": not for pytest to collect

    status: TestStatus
    error: ErrorRecord | None = None
    """For a test that did not pass after the first such; the first's record is the verdict's own `error`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How one program ended."""

    outcome: Outcome
    tests: tuple[TestResult, ...] = ()
    """One per test of the check, in order."""
    error: ErrorRecord | None = None
    """What went wrong first."""
    trusted: bool = True
    """Whether everything was decided outside the program's process. False where objects of the program's own classes
    had a say: their methods could lie."""
    output: str = ""
    """What the program printed (stdout and stderr), bounded."""
    seconds: float = field(default=0.0, compare=False)
    """Wall-clock time the program took. Measured, so it differs between runs and is not stored with a run's rows."""

    @property
    def passed(self) -> bool:
        """Whether every test ran and held."""
        return self.outcome is Outcome.PASSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """A verdict in the words the model is trained on."""

    good: bool
    text: str | None
    """None where there is nothing to say: the program passed, or the template is `none`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One whole turn for one program; one line on disk."""

    problem: Problem
    solution: Solution
    verdict: Verdict
    feedback: Feedback


class Role(StrEnum):
    """What a segment of an example is."""

    REWARD = "reward"
    MARKER = "marker"
    FEEDBACK = "feedback"
    PROBLEM = "problem"
    PROGRAM = "program"
    END = "end"


CONTROL_ROLES = frozenset({Role.REWARD, Role.MARKER, Role.END})
"""Segments that are one special token. Every other segment is plain text, whatever it looks like: a program that
prints `<|good|>` cannot put a reward token into the training text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of training text with one role and one weight."""

    text: str
    """For `Role.END` empty: the model's own end-of-text token stands there."""
    role: Role
    weight: float = 1.0
    """Of each of its tokens in the loss; 0 means: read, not learned."""
    tokens: tuple[int, ...] = ()
    """The ids this text was sampled as. Empty: the tokenizer decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One text the model is trained on."""

    problem: str
    sample: int
    segments: tuple[Segment, ...]
    chat: bool = False
    """The problem is a user's message, and the program the model's turn, in the model's chat template."""

    @property
    def key(self) -> Key:
        """Names the attempt it was made from."""
        return (self.problem, self.sample)

    @property
    def text(self) -> str:
        """The whole text, without the end-of-text token."""
        return "".join(segment.text for segment in self.segments)


Wanted = tuple[Problem, int]
"""A problem, and the number of the sample that is wanted of it."""


def wanted(problems: Sequence[Problem], samples: int) -> list[Wanted]:
    """So many samples of each problem, in order."""
    return [(problem, sample) for problem in problems for sample in range(samples)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """How completions are drawn."""

    temperature: float = 1.0
    """0 takes the most likely token."""
    top_p: float = 1.0
    min_p: float = 0.0
    """Tokens less likely than this share of the likeliest one, at the temperature and under the prefix, never come."""
    guidance: float = 0.0
    """With a good token for prefix: draw from `(1 + guidance) * logits(good) - guidance * logits(bad)`."""
    max_new_tokens: int = 256
    total_tokens: int | None = None
    """If set, a completion gets `total_tokens` minus the prompt's length rounded up to a multiple of 128
    (the official code's rule), in place of `max_new_tokens`."""
    stop: tuple[str, ...] = ()
    """The completion ends before the first of these."""
    cut: str = "raw"
    """What is kept of a completion: see `sampling.completion`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRequest:
    """What is sampled, apart from the problems: the weights are an argument, so no sampler can be stale."""

    weights: str
    """A directory of weights, or a Hugging Face model name."""
    prefix: str
    """A reward token before the prompt, or the empty string."""
    decoding: Decoding
    key: str
    """With a row's problem and sample number, all the randomness there is: such as `seed=0 iteration=3`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """How weights are scored."""

    splits: Mapping[str, Sequence[Problem]]
    samples: int
    """Programs per problem."""
    ks: Sequence[int]
    """pass@k for each of these."""
    decoding: Decoding


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainStep:
    """What one optimiser step did."""

    step: int
    """1-based within the iteration."""
    kind: str
    """`examples` or `pretrain`."""
    loss: float
    """Weighted mean over the step's loss-bearing tokens, in nats."""
    learning_rate: float
    gradient_norm: float
    tokens: int
    """Tokens that bore loss."""
    sequences: int


class Work(StrEnum):
    """What a run's time goes into."""

    SAMPLING = "sampling"
    """Programs to learn from, verified meanwhile."""
    VERIFYING = "verifying"
    """What is left of it when all of them are sampled."""
    TRAINING = "training"
    SCORING = "scoring"
    """Sampling and verifying the held-out programs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """A stretch of time that went into one kind of work; those of a place add up."""

    place: str
    """`base`, or the iteration."""
    work: Work
    seconds: float
    """By the wall clock, of the time in which the run was being worked on."""
    ended: float
    """Seconds since 1970."""
