"""Notes about versions of bundles: a small example of a plugin of Blockstore."""
