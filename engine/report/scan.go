package report

import (
	"cmp"
	"slices"
	"time"

	"patchwave/inventory"
)

// Schemas of the documents.
const (
	SchemaScan     = "patchwave/scan/v1"
	SchemaPending  = "patchwave/pending/v1"
	SchemaHosts    = "patchwave/hosts/v1"
	SchemaValidate = "patchwave/validate/v1"
	SchemaPing     = "patchwave/ping/v1"
	SchemaHistory  = "patchwave/history/v1"
	SchemaFeeds    = "patchwave/feeds/v1"
)

// Scan is the document of the scan command.
type Scan struct {
	Schema string     `json:"schema"`
	Hosts  []ScanHost `json:"hosts"`
	Totals ScanTotals `json:"totals"`
}

// ScanHost is one host in it.
type ScanHost struct {
	Name  string              `json:"name"`
	State inventory.ScanState `json:"state"`
	// IndexAge is in seconds, null if unknown.
	IndexAge *int64             `json:"index_age_s"`
	Error    *inventory.Problem `json:"error"`
	// Facts are null for a host that could not be asked.
	Facts    *inventory.Facts `json:"facts"`
	Updates  []Update         `json:"updates"`
	Notes    []string         `json:"notes"`
	Duration int64            `json:"duration_ms"`
}

// Update is one pending update.
type Update struct {
	inventory.Update
	// BlockedBy is null if nothing on the host keeps it back.
	BlockedBy *inventory.BlockedBy `json:"blocked_by"`
	// Published is null if the source gives no date.
	Published *time.Time `json:"published"`
}

// ScanTotals counts hosts by state, and updates.
type ScanTotals struct {
	Hosts       int `json:"hosts"`
	OK          int `json:"ok"`
	Stale       int `json:"stale"`
	Unreachable int `json:"unreachable"`
	Failed      int `json:"failed"`
	Updates     int `json:"updates"`
	Security    int `json:"security"`
	Blocked     int `json:"blocked"`
	Reboot      int `json:"reboot_required"`
}

// NewUpdate makes the document of an update.
func NewUpdate(u inventory.Update) Update {
	out := Update{Update: u}
	for _, list := range []*[]string{&out.Origins, &out.Advisories, &out.CVEs, &out.KBs} {
		if *list == nil {
			*list = []string{}
		}
	}
	if u.BlockedBy != inventory.NotBlocked {
		out.BlockedBy = &u.BlockedBy
	}
	if !u.Published.IsZero() {
		at := u.Published.UTC()
		out.Published = &at
	}
	return out
}

// NewScanHost makes the document of one observation.
func NewScanHost(o inventory.Observation) ScanHost {
	h := ScanHost{Name: o.Host, State: o.State, Error: o.Problem, Updates: []Update{}, Notes: o.Notes, Duration: o.Duration.Milliseconds()}
	if h.Notes == nil {
		h.Notes = []string{}
	}
	if o.IndexAge >= 0 {
		s := int64(o.IndexAge / time.Second)
		h.IndexAge = &s
	}
	if o.Facts.BootID != "" || o.Facts.OS.Name != "" {
		h.Facts = &o.Facts
	}
	for _, u := range o.Updates {
		h.Updates = append(h.Updates, NewUpdate(u))
	}
	return h
}

// NewScan makes the document of a scan.
func NewScan(obs []inventory.Observation) Scan {
	doc := Scan{Schema: SchemaScan, Hosts: []ScanHost{}}
	for _, o := range obs {
		h := NewScanHost(o)
		doc.Hosts = append(doc.Hosts, h)
		doc.Totals.Count(h)
	}
	slices.SortFunc(doc.Hosts, func(a, b ScanHost) int { return cmp.Compare(a.Name, b.Name) })
	return doc
}

// Count adds one host.
func (t *ScanTotals) Count(h ScanHost) {
	t.Hosts++
	switch h.State {
	case inventory.ScanOK:
		t.OK++
	case inventory.ScanStale:
		t.Stale++
	case inventory.ScanUnreachable:
		t.Unreachable++
	case inventory.ScanFailed:
		t.Failed++
	}
	t.Updates += len(h.Updates)
	for _, u := range h.Updates {
		if u.Classification == inventory.Security {
			t.Security++
		}
		if u.BlockedBy != nil {
			t.Blocked++
		}
	}
	if h.Facts != nil && h.Facts.RebootRequired {
		t.Reboot++
	}
}
