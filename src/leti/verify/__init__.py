"""Problem + Solution -> Verdict: programs run in a sandbox, judged from outside by what is known of the run."""

from leti.verify.checks import tests_from_text
from leti.verify.events import Event, EventKind
from leti.verify.outcome import judge
from leti.verify.sandbox import Ended, Evidence, How, Job, LaneLostError, Sandbox
from leti.verify.sandbox.process import ProcessSandbox
from leti.verify.verifier import PythonVerifier

__all__ = [
    "Ended",
    "Event",
    "EventKind",
    "Evidence",
    "How",
    "Job",
    "LaneLostError",
    "ProcessSandbox",
    "PythonVerifier",
    "Sandbox",
    "judge",
    "tests_from_text",
]
