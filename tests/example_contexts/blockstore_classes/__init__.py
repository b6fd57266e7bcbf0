"""Classes of a school as learning contexts of Blockstore."""
