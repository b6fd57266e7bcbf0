"""Starters of the real servers that the tests talk to: MariaDB, PostgreSQL and SeaweedFS (S3).

``python -m tests.services --help`` says how to run a command with some of them.
"""
