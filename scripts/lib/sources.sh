# This file lists the checkout's own source files, one a line, without what is built or installed into it.
# Sourced after common.sh.
# shellcheck disable=SC2154  # root is set there

own_files() { # own_files: every file, relative to the checkout
    find "$root" \( -name .git -o -name build -o -name .deps -o -name .catalog -o -name node_modules \) -prune \
        -o -type f -printf '%P\n' | sort
}

cpp_files() { own_files | grep -E '^(src|tests|bench)/.*\.[ch]pp$' || true; }

shell_files() { # by name, or by the first line
    own_files | grep -E '^scripts/lib/.*\.sh$' || true
    own_files | grep -vE '\.[a-z]+$' | (cd "$root" && xargs -r -d '\n' grep -lE -m 1 '^#!.*\b(ba|da)?sh$') || true
    own_files | grep -E '\.sh$' | grep -v '^scripts/lib/' || true
}
