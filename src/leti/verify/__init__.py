"""Problem + Solution -> Verdict: programs run in a sandbox, judged from outside by what is known of the run."""

from leti.verify.checks import tests_from_text
from leti.verify.evidence import Job
from leti.verify.exchange import Exchange
from leti.verify.lane import Lane
from leti.verify.outcome import judge
from leti.verify.verifier import Limits, PythonVerifier

__all__ = ["Exchange", "Job", "Lane", "Limits", "PythonVerifier", "judge", "tests_from_text"]
