"""Tests of import validation."""
