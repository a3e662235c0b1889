#!/bin/sh
# Prefect reads its secrets from environment variables only. This puts the secret files that it was given there, for this
# one process and its children, and becomes the program; so no secret stands in the image, in compose.yaml or in the
# output of "docker inspect".
set -eu

for name in PREFECT_API_AUTH_STRING PREFECT_SERVER_API_AUTH_STRING PREFECT_SERVER_DATABASE_CONNECTION_URL; do
    file="${SECRETS_DIR:-/run/secrets}/$(printf '%s' "$name" | tr '[:upper:]' '[:lower:]')"
    if [ -r "$file" ]; then
        export "$name=$(cat "$file")"
    elif [ -e "$file" ]; then
        echo "with-secrets: $file cannot be read by $(id -un)" >&2
        exit 1
    fi
done

exec "$@"
