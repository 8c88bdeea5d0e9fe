"""All attempts of a run in a browser: the report's page over http, with every attempt a filter away.

asked (what a query asks for) -> index (where each attempt stands on disk) -> finding (the attempts of one page)
    -> pages (as HTML) -> server (on this machine only)
"""

from leti.view.index import Index
from leti.view.server import serving

__all__ = ["Index", "serving"]
