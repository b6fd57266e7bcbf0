"""The runtime bridge: blocks out of bundle versions, for learning contexts."""
