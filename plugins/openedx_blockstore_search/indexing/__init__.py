"""From versions to documents: what a version changed, and only that, goes into the index."""
