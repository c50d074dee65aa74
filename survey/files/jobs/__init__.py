"""Heavy work in a process of its own: what can be made, and the worker that makes it."""
