-- Run once by the PostgreSQL image, when its volume is empty. Sagsgang and Prefect each get a database and an account
-- that may do nothing outside it: Prefect's server never reads the record.
\set sagsgang_password `cat /run/secrets/sagsgang_database_password`
\set sequencer_password `cat /run/secrets/sequencer_database_password`
\set prefect_password `cat /run/secrets/prefect_database_password`

CREATE ROLE sagsgang LOGIN PASSWORD :'sagsgang_password';
CREATE DATABASE sagsgang OWNER sagsgang;
REVOKE ALL ON DATABASE sagsgang FROM PUBLIC;

-- The roles of the audit log. What each may do is granted by "python -m flows.granting" when the tables are there.
CREATE ROLE sagsgang_writer NOLOGIN;
CREATE ROLE sagsgang_sequencer NOLOGIN;
CREATE ROLE sagsgang_reader NOLOGIN;
CREATE ROLE sagsgang_retention NOLOGIN;
CREATE ROLE sagsgang_log LOGIN PASSWORD :'sequencer_password' IN ROLE sagsgang_sequencer;
GRANT CONNECT ON DATABASE sagsgang TO sagsgang_log;

CREATE ROLE prefect LOGIN PASSWORD :'prefect_password';
CREATE DATABASE prefect OWNER prefect;
REVOKE ALL ON DATABASE prefect FROM PUBLIC;
