"""Dosing tables of a clinic that fit on a sheet of paper: what they may ask, the file they stand in, the policy."""
