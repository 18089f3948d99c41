package main

import (
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"patchwave/connectors"
	"patchwave/engine/report"
	"patchwave/inventory"
)

type hostsDoc struct {
	Schema string    `json:"schema"`
	Facts  string    `json:"facts"`
	Hosts  []hostDoc `json:"hosts"`
}

type hostDoc struct {
	Name       string            `json:"name"`
	Address    string            `json:"address"`
	Connection connectionDoc     `json:"connection"`
	Groups     []string          `json:"groups"`
	Labels     map[string]string `json:"labels"`
	Site       *string           `json:"site"`
	Policies   []string          `json:"policies"`
	LastSeen   *time.Time        `json:"last_seen"`
}

type connectionDoc struct {
	Name string          `json:"name"`
	Type connectors.Kind `json:"type"`
	Port *int            `json:"port"`
	User *string         `json:"user"`
}

func (a *app) hostsCmd() *cobra.Command {
	return &cobra.Command{
		Use: "hosts", Short: "List the inventory: hosts with address, connection, groups, labels and policies", GroupID: "config",
		Example: "  patchwave hosts\n  patchwave hosts -l 'group:web,!web-03' -o json",
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.withHosts(cmd, optional, a.showHosts) },
	}
}

// portOf is the port in force, 0 for a connection that has none.
func portOf(t connectors.Target) int {
	switch {
	case t.Port != 0:
		return t.Port
	case t.Kind == connectors.KindSSH:
		return 22
	case t.Kind == connectors.KindWinRM && t.WinRM.HTTPS:
		return connectors.WinRMPortHTTPS
	case t.Kind == connectors.KindWinRM:
		return connectors.WinRMPortHTTP
	default:
		return 0
	}
}

func newHostDoc(s *session, h *inventory.Host) hostDoc {
	d := hostDoc{Name: h.Name, Address: h.Address, Groups: orEmpty(h.Groups), Labels: h.Labels, Policies: orEmpty(h.Policies),
		Connection: connectionDoc{Name: h.Connection, Type: h.Target.Kind}}
	if d.Labels == nil {
		d.Labels = map[string]string{}
	}
	if port := portOf(h.Target); port != 0 {
		d.Connection.Port = &port
	}
	if h.Target.User != "" {
		d.Connection.User = &h.Target.User
	}
	if h.Site != "" {
		d.Site = &h.Site
	}
	if o, ok := s.seen[h.Name]; ok {
		at := o.At.UTC()
		d.LastSeen = &at
	}
	return d
}

func orEmpty(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func (a *app) showHosts(s *session, hosts []*inventory.Host) error {
	doc := hostsDoc{Schema: report.SchemaHosts, Facts: "none", Hosts: []hostDoc{}}
	if len(s.seen) > 0 {
		doc.Facts = "stored"
	}
	for _, h := range hosts {
		doc.Hosts = append(doc.Hosts, newHostDoc(s, h))
	}
	if a.flags.output != "text" {
		return a.json(doc)
	}
	rows := make([][]cell, 0, len(doc.Hosts))
	for _, h := range doc.Hosts {
		seen := "never"
		if h.LastSeen != nil {
			seen = ago(a.now().Sub(*h.LastSeen))
		}
		rows = append(rows, []cell{c(h.Name), c(h.Address), c(h.Connection.Name), c(strings.Join(h.Groups, ",")),
			c(labels(h.Labels)), c(strings.Join(h.Policies, ",")), c(seen)})
	}
	return a.table([]string{"host", "address", "connection", "groups", "labels", "policy", "last seen"}, rows)
}

func labels(m map[string]string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, k+"="+m[k])
	}
	return strings.Join(out, ",")
}

// ago says how long ago something was.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "just now"
	case d < 2*time.Hour:
		return count(int(d.Minutes()), "minute") + " ago"
	case d < 48*time.Hour:
		return count(int(d.Hours()), "hour") + " ago"
	default:
		return count(int(d.Hours()/24), "day") + " ago"
	}
}

// joinClose closes what is no longer needed and keeps both errors.
func joinClose(err error, closer io.Closer) error { return errors.Join(err, closer.Close()) }
