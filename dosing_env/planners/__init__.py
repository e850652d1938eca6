"""Policies that use more than the chart: inference, or the true patient. One per file, found by its file name."""
