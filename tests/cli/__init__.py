"""Tests of the command-line client, end to end against a server of its own."""
