"""Several runs in one page: who is ahead, by how much, and whether it is clear."""
