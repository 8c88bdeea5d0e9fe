"""One self-contained HTML file that shows what a run learned, and from what."""

from leti.report.page import write_report

__all__ = ["write_report"]
