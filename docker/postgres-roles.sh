#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Run by PostgreSQL's image when its volume is new. For each of these names: a role, and a database
# of the same name which that role owns and nobody else can open.
set -euo pipefail

for name in flight hotel car registry; do
  password=${name^^}_PASSWORD
  psql --username "${POSTGRES_USER:-postgres}" --dbname postgres --quiet --set ON_ERROR_STOP=1 \
    --set name="$name" --set password="${!password}" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done
psql --username "${POSTGRES_USER:-postgres}" --dbname postgres --quiet --set ON_ERROR_STOP=1 \
  --command 'REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC'
