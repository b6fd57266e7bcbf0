"""Imports and exports, with the rights of the user who asks: at once, or as jobs to be polled.

What is done stands in :mod:`.work`, who does it in :mod:`.runner`.
"""
