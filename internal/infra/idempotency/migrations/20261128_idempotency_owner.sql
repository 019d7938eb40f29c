-- Whose answers they are: each account has room for so many bodies.
ALTER TABLE idempotency ADD COLUMN owner TEXT NOT NULL DEFAULT '';

CREATE INDEX idempotency_bodies ON idempotency (owner) WHERE body <> '';
