"""Tests of the REST API, and of the roles it checks."""
