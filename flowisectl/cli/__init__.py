"""The commands: each reads the settings, calls a role or an adapter, and shows the answer.

Commands import what they need inside their functions, so that `--help` opens at once.
"""
