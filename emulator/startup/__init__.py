"""The client side of the driver. This folder goes on a child's PYTHONPATH as it is; see sitecustomize.py.

What lies here runs in any virtual environment with Python 3.7 or newer, where espdojo is not installed: it imports
the standard library, pyserial and itself, nothing else.
"""
