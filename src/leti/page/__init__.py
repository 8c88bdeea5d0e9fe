"""What the pages that LETI writes have in common: how they look, how they draw, and that nothing in them runs."""
