-- +goose Up
-- Which hosts owe a reboot: the last such event of each, without reading the others.
CREATE INDEX events_owed ON events (host, seq) WHERE type = 'host.reboot-owed';
