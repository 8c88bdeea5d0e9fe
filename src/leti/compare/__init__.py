"""Several runs in one page: who is ahead, by how much, and whether it is clear."""

from leti.compare.comparison import Comparison, compare
from leti.compare.page import write_page
from leti.compare.terminal import in_words

__all__ = ["Comparison", "compare", "in_words", "write_page"]
