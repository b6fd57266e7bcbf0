"""Tests of Blockstore. Not part of the distribution."""
