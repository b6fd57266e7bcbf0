"""Tests of the core: what every database must pass."""
