-- +goose Up
-- What runs made of a host's updates is looked up host by host when a plan is made.
CREATE INDEX events_results ON events (host, seq) WHERE type = 'update.result';
