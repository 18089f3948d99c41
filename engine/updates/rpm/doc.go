// Package rpm holds what the rpm-based managers share: the order of versions (of inventory/version),
// NEVRAs, how offers and advisories make the updates of a listing, and what the
// complaints of rpm and of dnf's libraries mean.
package rpm
