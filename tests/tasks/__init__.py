"""Tests of tasks made of parts."""
