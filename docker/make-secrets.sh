#!/bin/sh
# Make the secrets that compose.yaml names, once: what is there is left alone, because a new seal key would lock away
# everything that the old one sealed. The folder is open to its owner only; the files in it can be read by the
# containers' own account, which has another number than yours.
set -eu

folder="${1:-$(dirname "$0")/secrets}"
umask 022
mkdir -p "$folder"
chmod 700 "$folder"

random() { # 32 bytes in hex
    od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n'
}

make() { # name, content
    if [ -e "$folder/$1" ]; then
        echo "kept  $folder/$1"
    else
        printf '%s' "$2" >"$folder/$1"
        echo "made  $folder/$1"
    fi
}

make postgres_password "$(random)"
make sagsgang_database_password "$(random)"
make prefect_database_password "$(random)"
make sequencer_database_password "$(random)"
make sagsgang_seal_key "$(random)"
make prefect_auth "admin:$(random)"
make sagsgang_database_url "postgresql://sagsgang:$(cat "$folder/sagsgang_database_password")@postgres:5432/sagsgang"
make prefect_database_url "postgresql+asyncpg://prefect:$(cat "$folder/prefect_database_password")@postgres:5432/prefect"
make sequencer_database_url "postgresql://sagsgang_log:$(cat "$folder/sequencer_database_password")@postgres:5432/sagsgang"
