-- +goose Up
-- Which restore points runs made of a host, without reading all other events.
CREATE INDEX events_points ON events (host, seq) WHERE type = 'point.made';
