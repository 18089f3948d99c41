package source

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"patchwave/inventory"
)

// jsonHost is one host of the JSON form. A field that is not here is noted.
type jsonHost struct {
	Name          string         `json:"name"`
	Address       string         `json:"address"`
	Connection    string         `json:"connection"`
	User          string         `json:"user"`
	Port          *int           `json:"port"`
	IdentityFile  string         `json:"identity_file"`
	IdentityFiles []string       `json:"identity_files"`
	Jump          []string       `json:"jump"`
	Become        *jsonBecome    `json:"become"`
	Groups        []string       `json:"groups"`
	Labels        map[string]any `json:"labels"`
	Site          string         `json:"site"`
	Timezone      string         `json:"timezone"`
}

type jsonBecome struct {
	Method string `json:"method"`
	User   string `json:"user"`
}

// jsonFields are the names of the fields of a host.
var jsonFields = [...]string{"name", "address", "connection", "user", "port", "identity_file", "identity_files", "jump", "become",
	"groups", "labels", "vars", "site", "timezone"}

type jsonGroup struct {
	Name     string   `json:"name"`
	Children []string `json:"children"`
}

// json reads one of
//
//	[ HOST, … ]
//	{ "hosts": [ HOST, … ], "groups": [ { "name": …, "children": [ … ] }, … ] }
//
// where a HOST is an object with name and, as far as they are known, address,
// connection ("ssh", "winrm", "local"), user, port, identity_file or
// identity_files, jump (a list of [user@]host[:port]), become {method, user},
// groups (names), labels (an object of single values), vars (any object), site,
// timezone; or what a dynamic inventory of Ansible prints (an object with _meta).
func (r *reader) json() *Error {
	text, failed := r.text()
	if failed != nil {
		return failed
	}
	at := inventory.Position{File: r.path}
	if isList(text) {
		g := newGraph(r)
		if err := g.list(r.path, text); err != nil {
			return err
		}
		if err := g.settleDepths(); err != nil {
			return err
		}
		return g.settle(&varsDir{r: r})
	}
	hosts := member{raw: text, line: 1}
	var groups member
	if trimmed := strings.TrimSpace(string(text)); strings.HasPrefix(trimmed, "{") {
		parts, err := members(text, 1)
		if err != nil {
			return &Error{Pos: at, Msg: err.Error()}
		}
		hosts.raw = nil
		for _, m := range parts {
			switch m.key {
			case "hosts":
				hosts = m
			case "groups":
				groups = m
			default:
				r.note(inventory.Position{File: r.path, Line: m.line, Column: 1}, "%q was left out: hosts and groups are read", shorten(m.key))
			}
		}
		if hosts.raw == nil {
			return &Error{Pos: at, Msg: `there is no "hosts": write a list of hosts, or an object with hosts and groups`}
		}
	}
	return r.jsonLists(hosts, groups)
}

func (r *reader) jsonLists(hosts, groups member) *Error {
	at := inventory.Position{File: r.path, Line: hosts.line, Column: 1}
	seen := map[string]bool{}
	if groups.raw != nil {
		if err := r.jsonGroups(groups, seen); err != nil {
			return err
		}
	}
	list, err := elements(hosts.raw, hosts.line, '[')
	if err != nil {
		return &Error{Pos: at, Msg: err.Error()}
	}
	if len(list) > MaxHosts {
		return &Error{Pos: at, Msg: fmt.Sprintf("there are more than %d hosts", MaxHosts)}
	}
	for _, m := range list {
		r.jsonHost(m, seen)
	}
	return nil
}

func (r *reader) jsonGroups(groups member, seen map[string]bool) *Error {
	at := inventory.Position{File: r.path, Line: groups.line, Column: 1}
	list, err := elements(groups.raw, groups.line, '[')
	if err != nil {
		return &Error{Pos: at, Msg: "groups: " + err.Error()}
	}
	g := newGraph(r)
	for _, m := range list {
		pos := inventory.Position{File: r.path, Line: m.line, Column: 1}
		var got jsonGroup
		if err := json.Unmarshal(m.raw, &got); err != nil || got.Name == "" {
			r.lose(pos, "a group was left out: it is an object with name and children")
			continue
		}
		node, failed := g.group(got.Name, pos)
		if failed != nil {
			return failed
		}
		r.declareGroups([]string{got.Name}, seen, pos)
		r.groups[len(r.groups)-1].Children = unique(got.Children)
		for _, c := range got.Children {
			child, failed := g.group(c, pos)
			if failed != nil {
				return failed
			}
			if !node.addChild(child) {
				return &Error{Pos: pos, Msg: fmt.Sprintf("group %q cannot be in itself", shorten(c))}
			}
		}
	}
	for _, n := range g.groupOrder {
		if n != g.all && n != g.ungrouped {
			r.declareGroups([]string{n.name}, seen, n.pos)
		}
	}
	return g.settleDepths()
}

func (r *reader) jsonHost(m member, seen map[string]bool) {
	pos := inventory.Position{File: r.path, Line: m.line, Column: 1}
	var got jsonHost
	if err := json.Unmarshal(m.raw, &got); err != nil {
		r.lose(pos, "a host was left out: %s", shorten(err.Error()))
		return
	}
	v, err := decodeJSON(m.raw)
	object, ok := v.(map[string]any)
	if err != nil || !ok || got.Name == "" {
		r.lose(pos, "a host was left out: it has no name")
		return
	}
	for k := range object {
		if !slices.Contains(jsonFields[:], k) {
			r.noteOnce(pos, "%q of a host was left out: known are %s", shorten(k), strings.Join(jsonFields[:], ", "))
		}
	}
	h := Host{Name: got.Name, Address: got.Address, User: got.User, Jump: got.Jump, Groups: unique(got.Groups), Site: got.Site,
		Timezone: got.Timezone, IdentityFiles: got.IdentityFiles, Pos: pos}
	if got.IdentityFile != "" {
		h.IdentityFiles = append(h.IdentityFiles, got.IdentityFile)
	}
	if got.Port != nil {
		r.setPort(&h, *got.Port)
	}
	r.setConnection(&h, got.Connection)
	r.setBecome(&h, got.Become)
	for k, v := range got.Labels {
		if s, ok := scalarText(v); ok {
			r.setLabel(&h, k, s)
		} else {
			r.noteOnce(pos, "label %q was left out: it is no single value", shorten(k))
		}
	}
	if vars, ok := object["vars"].(map[string]any); ok {
		r.setVars(&h, vars)
	} else if object["vars"] != nil {
		r.noteOnce(pos, "vars was left out: it is no object")
	}
	r.declareGroups(h.Groups, seen, pos)
	r.hosts = append(r.hosts, h)
}

func (r *reader) setBecome(h *Host, b *jsonBecome) {
	if b == nil {
		return
	}
	switch b.Method {
	case "sudo", "doas", "su", "none":
		h.Become = &Become{Method: b.Method, User: b.User}
	case "":
		h.Become = &Become{Method: "sudo", User: b.User}
	default:
		r.noteOnce(h.Pos, "become method %q was left out: it is sudo, doas, su or none", shorten(b.Method))
	}
}
