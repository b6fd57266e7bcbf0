"""Search over bundles, their files and the parts of those."""
