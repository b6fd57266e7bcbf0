"""Tests of events: signals, the log, and how consumers get what is in it."""
