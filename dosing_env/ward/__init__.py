"""Care on a ward: a dose every few hours, levels by a plan, a target of daily exposure, a kidney at risk."""
