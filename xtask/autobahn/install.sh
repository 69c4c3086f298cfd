#!/usr/bin/env bash
# install.sh FOLDER: puts the Autobahn|Testsuite under FOLDER, as FOLDER/bin/wstest.
#
# The suite runs on Python 2.7 only. The interpreter is $AUTOBAHN_PYTHON if set, else one found on this machine, else the
# one of Debian's bullseye, unpacked under FOLDER from the mirror that apt already uses; nothing is installed outside FOLDER.
# Packages are pinned by hash in the lists beside this script and fetched by pip. Says nothing when all is there already.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "${1:?usage: install.sh FOLDER}"
folder=$(cd "$1" && pwd)

say() { echo "autobahn: $*" >&2; }
fail() { say "$*"; exit 1; }

# What was installed, by the contents of this script and its lists.
wanted=$(cat "$here/install.sh" "$here"/*.txt | sha256sum | cut -d' ' -f1)
if [ "$(cat "$folder/installed" 2>/dev/null || true)" = "$wanted" ] && "$folder/bin/wstest" --autobahnversion >/dev/null 2>&1; then
  exit 0
fi
say "installing the suite under $folder"
rm -rf "$folder"/{installed,bin,lib,boot,wheels}
mkdir -p "$folder"/{bin,lib,boot,wheels}

# --- The interpreter -------------------------------------------------------------------------------------------------

# A CPython 2.7 with wide characters (the suite tests UTF-8) and the modules that the suite imports.
usable() {
  [ -x "${1:-}" ] && "$1" -c 'import ctypes, hashlib, json, sqlite3, ssl, sys, zlib
sys.exit(sys.version_info[:2] != (2, 7) or sys.maxunicode <= 0xffff)' >/dev/null 2>&1
}

find_python() {
  local candidate
  if [ -n "${AUTOBAHN_PYTHON:-}" ]; then
    usable "$AUTOBAHN_PYTHON" || fail "AUTOBAHN_PYTHON=$AUTOBAHN_PYTHON is no CPython 2.7 that the suite can use"
    python=$AUTOBAHN_PYTHON
    return 0
  fi
  for candidate in "$folder/python/python2.7" "$(type -P python2.7 || true)" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/2.7.*/bin/python2.7; do
    if usable "$candidate"; then
      python=$candidate
      return 0
    fi
  done
  return 1
}

mirror() {
  apt-get indextargets --format '$(COMPONENT) $(CREATED_BY) $(SITE)' 2>/dev/null |
    awk '$1 == "main" && $2 == "Packages" && $3 !~ /security/ && !seen { print $3; seen = 1 }'
}

# Bullseye's interpreter and the libraries it is linked with, in a folder of its own with a wrapper that finds them. Apt is
# given lists, cache and sources of its own, so that the machine's stay as they are.
unpack_debian_python() {
  local to="$folder/python" apt="$folder/apt" site triplet package
  type -P apt-get >/dev/null || fail "no Python 2.7 here, and no apt-get to fetch one with; set AUTOBAHN_PYTHON"
  site=$(mirror)
  [ -n "$site" ] || { apt-get -qq update >&2; site=$(mirror); }
  [ -n "$site" ] || fail "apt knows no mirror to take Python 2.7 from"
  say "unpacking Debian's Python 2.7"
  rm -rf "$to" "$apt"
  mkdir -p "$to" "$apt"/{lists/partial,cache/archives/partial,packages}
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${site%/} bullseye main" >"$apt/sources.list"
  local options=(
    -qq -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$apt/lists"
    -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root -o Acquire::Check-Valid-Until=false -o Acquire::Languages=none
  )
  apt-get "${options[@]}" update >&2
  local names=(
    python2.7-minimal libpython2.7-minimal libpython2.7-stdlib libpython2.7-dev libssl1.1 libffi7 libsqlite3-0 libdb5.3
    libncursesw6 libtinfo6 libreadline8 zlib1g libbz2-1.0 libexpat1
  )
  (cd "$apt/packages" && apt-get "${options[@]}" download "${names[@]/%//bullseye}") >&2
  for package in "$apt"/packages/*.deb; do
    dpkg-deb -x "$package" "$to"
  done
  triplet=$(basename "$(dirname "$(find "$to/usr/lib" -name 'libssl.so.1.1' | head -n 1)")")
  cat >"$to/python2.7" <<WRAPPER
#!/bin/sh
export LD_LIBRARY_PATH="$to/usr/lib/$triplet:$to/lib/$triplet\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
export CPATH="$to/usr/include:$to/usr/include/python2.7\${CPATH:+:\$CPATH}"
exec "$to/usr/bin/python2.7" "\$@"
WRAPPER
  chmod +x "$to/python2.7"
  rm -rf "$apt"
  python="$to/python2.7"
  usable "$python" || fail "Debian's Python 2.7 does not run here"
}

python=
find_python || unpack_debian_python

# --- The packages ----------------------------------------------------------------------------------------------------

# The last pip that runs on 2.7 is fetched by today's pip, and runs from its wheel.
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
  --python-version 27 --implementation py --abi none --platform any \
  --require-hashes --requirement "$here/boot.txt" --dest "$folder/wheels"
unset PYTHONPATH PYTHONHOME
pip_wheel=$(echo "$folder"/wheels/pip-*.whl)
pip_install() {
  PYTHONPATH="$folder/boot" PYTHONDONTWRITEBYTECODE=1 PYTHONWARNINGS=ignore \
    "$python" "$pip_wheel/pip" --no-python-version-warning install --quiet --no-deps "$@"
}
pip_install --no-index --target "$folder/boot" "$folder"/wheels/setuptools-*.whl "$folder"/wheels/wheel-*.whl
pinned=(--no-build-isolation --no-compile --require-hashes --target "$folder/lib")
pip_install "${pinned[@]}" --requirement "$here/suite.txt"
pip_install "${pinned[@]}" --requirement "$here/speed.txt" ||
  say "no C helpers (no compiler?): section 9 will take much longer"
# Packages in a folder that is no site folder: `zope` needs to be a plain package, and setuptools to be beside the rest.
touch "$folder/lib/zope/__init__.py"
cp -r "$folder"/boot/{pkg_resources,setuptools} "$folder/lib/"

cat >"$folder/bin/wstest" <<WSTEST
#!/bin/sh
export PYTHONPATH="$folder/lib" PYTHONUNBUFFERED=1 PYTHONWARNINGS=ignore
exec "$python" -c 'import sys; sys.argv[0] = "wstest"; from autobahntestsuite.wstest import run; run()' "\$@"
WSTEST
chmod +x "$folder/bin/wstest"
"$folder/bin/wstest" --autobahnversion >/dev/null || fail "wstest does not run"
rm -rf "$folder/wheels" "$folder/boot"
echo "$wanted" >"$folder/installed"
