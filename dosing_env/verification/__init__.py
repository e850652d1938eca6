"""Checks of the simulation that anybody can run: against other engines, published figures, and itself."""

from dosing_env.verification.checks import Check, verify

__all__ = ["Check", "verify"]
