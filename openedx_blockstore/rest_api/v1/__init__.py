"""Version 1 of the REST API: the paths and fields of the first Blockstore, and what is new."""
