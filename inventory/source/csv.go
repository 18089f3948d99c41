package source

import (
	"encoding/csv"
	"errors"
	"slices"
	"strconv"
	"strings"

	"patchwave/inventory"
)

// maxColumns bounds the columns of a table.
const maxColumns = 1000

// csv reads a table of hosts (RFC 4180; with semicolons where the header has them).
// The header row says what the columns are, in any order and case:
//
//	name           required
//	address        a DNS name or an IP address (also: host, hostname, ip, fqdn)
//	connection     ssh, winrm or local (also: type)
//	user, port
//	identity_file  the path of a private key
//	jump           jump hosts, [user@]host[:port], separated by blanks
//	groups         names, separated by blanks, semicolons or commas (also: group)
//	site, timezone
//	labels.NAME    a label; an empty field is none
//	vars.NAME      a variable, always text; an empty field is none
//
// Other columns are noted and not read. Rows whose name is empty are noted; lines
// that begin with # are comments.
func (r *reader) csv() *Error {
	text, failed := r.text()
	if failed != nil {
		return failed
	}
	body := strings.TrimRight(string(text), " \t\r\n")
	table := csv.NewReader(strings.NewReader(body))
	table.FieldsPerRecord = -1
	table.ReuseRecord = true
	table.Comment = '#'
	header, _, _ := strings.Cut(body, "\n")
	if strings.Count(header, ";") > strings.Count(header, ",") {
		table.Comma = ';'
	}
	t := &csvTable{r: r, seen: map[string]bool{}}
	first := true
	for first || table.InputOffset() < int64(len(body)) {
		row, err := table.Read()
		if err != nil {
			return r.csvError(err)
		}
		line, _ := table.FieldPos(0)
		pos := inventory.Position{File: r.path, Line: line, Column: 1}
		if first {
			if failed := t.header(row, pos); failed != nil {
				return failed
			}
			first = false
			continue
		}
		if len(r.hosts) >= MaxHosts {
			return &Error{Pos: pos, Msg: "the table has too many hosts"}
		}
		t.row(row, pos)
	}
	return nil
}

func (r *reader) csvError(err error) *Error {
	pos := inventory.Position{File: r.path}
	msg := "the table is empty: its first line names the columns, for example name,address,groups"
	if parse, ok := errors.AsType[*csv.ParseError](err); ok {
		pos.Line, pos.Column = parse.Line, parse.Column
		msg = "this is no table: " + parse.Err.Error()
	}
	return &Error{Pos: pos, Msg: msg}
}

// csvColumns are the names of columns, and what they mean.
var csvColumns = map[string]string{
	"name": "name", "address": "address", "host": "address", "hostname": "address", "ip": "address", "fqdn": "address",
	"connection": "connection", "type": "connection", "user": "user", "port": "port", "identity_file": "identity_file",
	"jump": "jump", "groups": "groups", "group": "groups", "site": "site", "timezone": "timezone",
}

// csvTable is a table being read.
type csvTable struct {
	r *reader
	// columns are what each means; "" is not read.
	columns []string
	seen    map[string]bool // groups
}

func (t *csvTable) header(row []string, pos inventory.Position) *Error {
	if len(row) > maxColumns {
		return &Error{Pos: pos, Msg: "the table has too many columns"}
	}
	for i, name := range row {
		name = strings.TrimSpace(name)
		meaning := csvColumns[strings.ToLower(name)]
		prefix, rest, dotted := strings.Cut(name, ".")
		if prefix = strings.ToLower(prefix); dotted && rest != "" && (prefix == "labels" || prefix == "vars") {
			meaning = prefix + "." + rest
		}
		switch {
		case meaning == "" && name != "":
			at := pos
			at.Column = i + 1
			t.r.note(at, "column %q is not read; known are name, address, connection, user, port, identity_file, jump, groups, site, timezone, labels.NAME, vars.NAME", shorten(name))
		case meaning != "" && slices.Contains(t.columns, meaning):
			return &Error{Pos: pos, Msg: "the table has two columns for " + shorten(meaning)}
		}
		t.columns = append(t.columns, meaning)
	}
	if !slices.Contains(t.columns, "name") {
		return &Error{Pos: pos, Msg: "the table has no column name; its first line names the columns, for example name,address,groups"}
	}
	return nil
}

func (t *csvTable) row(row []string, pos inventory.Position) {
	h := Host{Pos: pos}
	for i, field := range row {
		field = strings.TrimSpace(field)
		if field == "" {
			continue
		}
		if i >= len(t.columns) {
			t.r.note(pos, "the row has more fields than the first line names")
			break
		}
		t.field(&h, t.columns[i], field)
	}
	if h.Name == "" {
		t.r.lose(pos, "a row was left out: it has no name")
		return
	}
	t.r.declareGroups(h.Groups, t.seen, pos)
	t.r.hosts = append(t.r.hosts, h)
}

func (t *csvTable) field(h *Host, column, field string) {
	switch column {
	case "name":
		h.Name = field
	case "address":
		h.Address = field
	case "connection":
		t.r.setConnection(h, strings.ToLower(field))
	case "user":
		h.User = field
	case "port":
		n, err := strconv.Atoi(field)
		if err != nil {
			n = -1
		}
		t.r.setPort(h, n)
	case "identity_file":
		h.IdentityFiles = []string{field}
	case "jump":
		h.Jump = strings.Fields(strings.ReplaceAll(field, ",", " "))
	case "groups":
		h.Groups = unique(strings.FieldsFunc(field, func(r rune) bool { return r == ' ' || r == ';' || r == ',' || r == '\t' }))
	case "site":
		h.Site = field
	case "timezone":
		h.Timezone = field
	default:
		kind, name, _ := strings.Cut(column, ".")
		switch kind {
		case "labels":
			t.r.setLabel(h, name, field)
		case "vars":
			t.r.setVars(h, map[string]any{name: field})
		}
	}
}
