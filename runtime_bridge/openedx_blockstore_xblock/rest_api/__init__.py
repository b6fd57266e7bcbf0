"""REST for front ends: blocks, learning contexts, and what learners have left."""
