"""Writes programs: Problem -> Solution.

Every sampler has one method, `sample(rows, request, *, done)`, and keeps the same promises (`conformance` checks them).
Nothing here imports torch; the default backend stands in `leti.sampling.hf` and is imported where it is built.
"""

from leti.sampling.completion import CUTS, program_of
from leti.sampling.conformance import check_sampler
from leti.sampling.scripted import ScriptedSampler

__all__ = ["CUTS", "ScriptedSampler", "check_sampler", "program_of"]
