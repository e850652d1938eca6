"""Model families as building blocks, one per file: plain functions for one patient. docs/blocks.md lists them."""
