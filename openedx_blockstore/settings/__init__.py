"""Settings modules.

``common`` and ``production`` are read by LMS and Studio (Open edX's app plugins); ``standalone`` is
a whole Django project of its own, for development and for a service without a host.
"""
