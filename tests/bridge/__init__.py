"""Tests of the runtime bridge. They run with ``--ds=tests.settings_all``."""
