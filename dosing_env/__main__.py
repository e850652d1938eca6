"""`python -m dosing_env` is `dosing-env`."""

from dosing_env.cli import main

if __name__ == "__main__":  # not in the processes that `--jobs` starts
    main(prog_name="dosing-env")
