#!/bin/sh
# Prints a Python that can make the virtual environment: $PYTHON, or the first fitting one of the usual names.
# It must be a version that pyproject.toml allows and bring venv and ensurepip. Run from the project's folder.

# Exit code of the candidate: 0 it fits, 3 only venv or ensurepip is missing, anything else: another version.
fits() {
    "$1" - 2>/dev/null <<'END'
import re, sys, sysconfig

def version(text):
    return [int(number) for number in text.split(".")]

bounds = re.search('requires-python = "(.*)"', open("pyproject.toml").read()).group(1)
lowest, beyond, broken = [version(text.lstrip("<>=!")) for text in bounds.split(",")]
here = list(sys.version_info[:3])
standard = sys.implementation.name == "cpython" and not sysconfig.get_config_var("Py_GIL_DISABLED")
if not (lowest <= here < beyond and here != broken and standard):
    sys.exit(4)
try:
    import ensurepip, venv
except ImportError:
    sys.exit(3)
END
}

bare=
for candidate in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11; do
    fits "$candidate"
    case $? in
        0)
            if [ -n "${PYTHON:-}" ] && [ "$candidate" != "$PYTHON" ]; then
                echo "PYTHON=$PYTHON does not fit, using $candidate" >&2
            fi
            echo "$candidate"
            exit 0
            ;;
        3) : "${bare:=$candidate}" ;;
    esac
done

bounds=$(sed -n 's/^requires-python = "\(.*\)"/\1/p' pyproject.toml)
if [ -n "$bare" ]; then
    series=$("$bare" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
    echo "$bare lacks venv or ensurepip. On Debian or Ubuntu: apt install $series-venv" >&2
else
    echo "No Python $bounds found. Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python@3.13;" \
        "or name one: make PYTHON=/path/to/python3 ..." >&2
fi
exit 1
