"""Policies that plan."""
