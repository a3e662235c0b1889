"""The tables of the simulated municipality: its own store, never part of Sagsgang's migrations.

What must stay true: every person is marked as a test person by the database itself, and the ledger takes no change
once written.
"""

from __future__ import annotations

#: Changed whenever a table changes, so that an old store is refused instead of half understood.
SCHEMA_VERSION = "2"

TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE address (id INTEGER PRIMARY KEY, body TEXT NOT NULL);

CREATE TABLE dar_place (
    uuid TEXT PRIMARY KEY,
    status INTEGER NOT NULL CHECK (status IN (1, 2, 3, 4)),
    current_uuid TEXT NOT NULL,
    municipality_code TEXT NOT NULL,
    road_code TEXT NOT NULL,
    road_name TEXT NOT NULL,
    addressing_name TEXT NOT NULL,
    house_number TEXT NOT NULL,
    floor TEXT NOT NULL,
    door TEXT NOT NULL,
    town TEXT NOT NULL,
    postal_code TEXT NOT NULL,
    postal_district TEXT NOT NULL,
    large_postal_code TEXT NOT NULL,
    large_postal_district TEXT NOT NULL,
    kvhx TEXT NOT NULL,
    words TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX dar_place_by_kvhx ON dar_place (kvhx);
CREATE INDEX dar_place_by_road ON dar_place (municipality_code, road_code);
CREATE INDEX dar_place_by_postal_code ON dar_place (postal_code);

CREATE TABLE dar_spelling (
    id INTEGER PRIMARY KEY,
    place_uuid TEXT NOT NULL REFERENCES dar_place (uuid),
    road_key TEXT NOT NULL,
    road_name TEXT NOT NULL,
    house_number TEXT NOT NULL,
    floor TEXT NOT NULL,
    door TEXT NOT NULL,
    town TEXT NOT NULL,
    postal_code TEXT NOT NULL,
    postal_district TEXT NOT NULL,
    is_official INTEGER NOT NULL
);
CREATE INDEX dar_spelling_by_postal_code ON dar_spelling (postal_code, road_key, house_number);
CREATE INDEX dar_spelling_by_road ON dar_spelling (road_key, house_number);

CREATE TABLE dar_event (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    operation TEXT NOT NULL CHECK (operation IN ('insert', 'update', 'delete')),
    body TEXT NOT NULL
);

CREATE TABLE person (
    pnr TEXT PRIMARY KEY,
    uuid TEXT NOT NULL UNIQUE,
    current_pnr TEXT NOT NULL,
    given_name TEXT NOT NULL,
    middle_name TEXT NOT NULL,
    surname TEXT NOT NULL,
    birth_day TEXT NOT NULL,
    status TEXT NOT NULL,
    status_day TEXT NOT NULL,
    protected_from TEXT,
    protected_to TEXT,
    address TEXT,
    moved_in TEXT,
    moved_in_uncertain INTEGER NOT NULL DEFAULT 0,
    registered_at TEXT,
    moved_from TEXT NOT NULL DEFAULT '',
    is_restored INTEGER NOT NULL DEFAULT 0,
    is_shared INTEGER NOT NULL DEFAULT 0,
    next_address TEXT,
    next_from TEXT,
    next_uncertain INTEGER NOT NULL DEFAULT 0,
    next_registered_at TEXT,
    particulars TEXT NOT NULL DEFAULT '{}',
    is_test INTEGER NOT NULL CHECK (is_test = 1),
    origin TEXT NOT NULL CHECK (origin IN ('published', 'generated')),
    esdh_spelling TEXT NOT NULL CHECK (esdh_spelling IN ('same', 'cosmetic')),
    remark TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE past_address (
    pnr TEXT NOT NULL REFERENCES person (pnr),
    position INTEGER NOT NULL,
    address TEXT NOT NULL,
    moved_in TEXT NOT NULL,
    moved_in_uncertain INTEGER NOT NULL,
    moved_from TEXT NOT NULL,
    registered_at TEXT NOT NULL,
    moved_out TEXT NOT NULL,
    moved_out_uncertain INTEGER NOT NULL,
    is_annulled INTEGER NOT NULL,
    PRIMARY KEY (pnr, position)
) WITHOUT ROWID;

CREATE TABLE subscription (pnr TEXT PRIMARY KEY REFERENCES person (pnr)) WITHOUT ROWID;

CREATE TABLE person_extract (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    produced TEXT NOT NULL,
    previous TEXT NOT NULL,
    last_sequence INTEGER NOT NULL,
    body BLOB NOT NULL
);

CREATE TABLE person_event (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    eventid TEXT NOT NULL,
    entityname TEXT NOT NULL,
    eventaction TEXT NOT NULL,
    person_uuid TEXT NOT NULL,
    pnr TEXT NOT NULL,
    registered_at TEXT NOT NULL,
    effect_from TEXT NOT NULL,
    told_at TEXT NOT NULL,
    from_failed_import INTEGER NOT NULL
);
CREATE INDEX person_event_by_id ON person_event (eventid);

CREATE TABLE esdh_case (
    seq INTEGER PRIMARY KEY,
    uuid TEXT NOT NULL UNIQUE,
    number TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    case_day TEXT NOT NULL,
    kle TEXT NOT NULL,
    facet TEXT NOT NULL,
    active_code TEXT NOT NULL CHECK (active_code IN ('Aktiv', 'Arkiveret')),
    progress TEXT NOT NULL,
    sensitivity TEXT NOT NULL,
    caseworker INTEGER NOT NULL,
    documents INTEGER NOT NULL
);

CREATE TABLE party (
    case_uuid TEXT NOT NULL REFERENCES esdh_case (uuid),
    position TEXT NOT NULL,
    identification_type TEXT NOT NULL,
    identification TEXT NOT NULL,
    role TEXT NOT NULL,
    name TEXT NOT NULL,
    address TEXT,
    protected INTEGER NOT NULL,
    contact_address TEXT,
    vendor_registered_at TEXT,
    PRIMARY KEY (case_uuid, position)
) WITHOUT ROWID;
CREATE INDEX party_by_identification ON party (identification);

CREATE TABLE note (
    seq INTEGER PRIMARY KEY,
    uuid TEXT NOT NULL UNIQUE,
    case_uuid TEXT NOT NULL REFERENCES esdh_case (uuid),
    approved INTEGER NOT NULL,
    note_date TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE INDEX note_by_case ON note (case_uuid);

CREATE TABLE document (
    seq INTEGER PRIMARY KEY,
    uuid TEXT NOT NULL UNIQUE,
    case_uuid TEXT NOT NULL REFERENCES esdh_case (uuid),
    title TEXT NOT NULL,
    document_type TEXT NOT NULL CHECK (document_type IN ('Indgående', 'Udgående', 'Internt')),
    document_date TEXT NOT NULL
);
CREATE INDEX document_by_case ON document (case_uuid);

CREATE TABLE task (
    seq INTEGER PRIMARY KEY,
    uuid TEXT NOT NULL UNIQUE,
    case_uuid TEXT NOT NULL REFERENCES esdh_case (uuid),
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    status_code TEXT NOT NULL,
    deadline TEXT NOT NULL
);
CREATE INDEX task_by_case ON task (case_uuid);

CREATE TABLE ledger (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    route TEXT NOT NULL,
    operation TEXT NOT NULL,
    committed INTEGER NOT NULL,
    replay INTEGER NOT NULL,
    reason TEXT,
    case_uuid TEXT,
    target TEXT,
    client_id TEXT,
    transaction_id TEXT
);
CREATE INDEX ledger_by_case ON ledger (case_uuid);
CREATE TRIGGER ledger_keeps_its_rows BEFORE DELETE ON ledger BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;
CREATE TRIGGER ledger_rows_stand BEFORE UPDATE ON ledger BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;
"""
