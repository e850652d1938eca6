"""One colour and one marker per kind of policy, everywhere. Never colour alone: names stand beside it."""

from __future__ import annotations

from dosing_env.trial import Kind

# Okabe and Ito's palette, distinct with every common colour blindness.
COLOUR: dict[Kind, str] = {
    "label": "#999999",
    "guideline": "#E69F00",
    "equation": "#56B4E9",
    "regression": "#D5A6E6",
    "bayes": "#0072B2",
    "ceiling": "#1a1d24",
    "agent": "#CC79A7",
    "oracle": "#009E73",
}
HARM = "#D55E00"
INK, QUIET, RULE, TARGET = "#1a1d24", "#5a616b", "#d9dce1", "#009E73"

# Marker of radius 5 around the origin, as an SVG path; the oracle's is drawn hollow.
SHAPE: dict[Kind, str] = {
    "label": "M-5,-1.6H5V1.6H-5z",
    "guideline": "M-4.4,-4.4H4.4V4.4H-4.4z",
    "equation": "M0,-5.4L5.4,4.4H-5.4z",
    "regression": "M0,5.4L5.4,-4.4H-5.4z",
    "bayes": "M0,-6L6,0L0,6L-6,0z",
    "ceiling": "M-1.4,-6H1.4V6H-1.4z",
    "agent": "M-5.4,0a5.4,5.4 0 1,0 10.8,0a5.4,5.4 0 1,0 -10.8,0z",
    "oracle": "M-4.8,0a4.8,4.8 0 1,0 9.6,0a4.8,4.8 0 1,0 -9.6,0z",
}
MARKER: dict[Kind, str] = {
    "label": "_",
    "guideline": "s",
    "equation": "^",
    "regression": "v",
    "bayes": "D",
    "ceiling": "|",
    "agent": "o",
    "oracle": "o",
}
KNOWS = "knows the patient"  # said wherever an oracle stands
MOST = "the most to be had on that"  # said wherever a ceiling stands
