"""Starters of real servers that the tests talk to: databases, an object store, a search engine.

``python -m tests.services --help`` says how to run a command with some of them.
"""
