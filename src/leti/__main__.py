"""`python -m leti`."""

from leti.cli import main

main()
