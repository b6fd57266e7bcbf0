"""Tests of the bridge's REST API."""
