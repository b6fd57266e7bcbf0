"""Import validation: what an author should know about OLX and assets before they become a version.

docs/plugins/validation.rst is for people who use it. Other code uses :mod:`.api`.
"""
