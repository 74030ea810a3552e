#!/usr/bin/env bash
# Installs the PostgreSQL server that the identity services' tests start for themselves (Debian and its kin, root).
# Says what it will do, changes nothing that is there already. Elsewhere: any initdb on the PATH serves.
set -euo pipefail

if command -v initdb >/dev/null 2>&1 || compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null; then
  printf 'PostgreSQL is here already.\n'
  exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
  printf 'setup-postgresql: install PostgreSQL 15 or later, so that initdb is on the PATH\n' >&2
  exit 1
fi
printf 'Will install with apt-get: postgresql\n'
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends postgresql
