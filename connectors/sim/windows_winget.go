package sim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// WingetPackage is a program that winget knows on a machine of the family Windows.
type WingetPackage struct {
	// ID is its Id, with a dot in it; Name is what winget shows.
	ID, Name string
	// Version is installed, Available is newer; "" is nothing newer.
	Version, Available string
	// Pinned: winget does not upgrade it. Terms: it has terms to accept.
	Pinned, Terms bool
	// Exit is the status with which its upgrade ends; 0 is success.
	Exit uint32
}

// Statuses of winget.
const (
	wingetNoUpdate = 0x8A15002B
	wingetTerms    = 0x8A150041
	wingetSource   = 0x8A150046
	wingetPinned   = 0x8A150068
	wingetFinish   = 0x8A150109
)

// wingetAnswer is what winget printed.
type wingetAnswer struct {
	List         string `json:"list"`
	ListCode     string `json:"list_code"`
	Upgrades     string `json:"upgrades"`
	UpgradesCode string `json:"upgrades_code"`
	Error        string `json:"error"`
}

// program is a package of winget, by its Id.
func (w *windows) program(id string) *WingetPackage {
	i := slices.IndexFunc(w.winget, func(p *WingetPackage) bool { return p.ID == id })
	if i < 0 {
		return nil
	}
	return w.winget[i]
}

// wingetSays is what winget prints now, with or without leave to accept the terms of
// its source; nil where there is none.
func (w *windows) wingetSays(accept bool) *wingetAnswer {
	if len(w.winget) == 0 {
		return nil
	}
	if w.sourceTerms = w.sourceTerms && !accept; w.sourceTerms {
		return &wingetAnswer{ListCode: hresult(wingetSource), UpgradesCode: hresult(wingetSource)}
	}
	var up []*WingetPackage
	for _, p := range w.winget {
		if p.Available != "" && !p.Pinned {
			up = append(up, p)
		}
	}
	foot := fmt.Sprintf("%d Aktualisierungen verf\u00fcgbar.\r\n", len(up))
	return &wingetAnswer{List: wingetTable(w.winget), ListCode: hresult(0), Upgrades: wingetTable(up) + foot, UpgradesCode: hresult(0)}
}

func (w *windows) wingetFrame(a frames, accept bool) {
	said := w.wingetSays(accept)
	if said == nil {
		return
	}
	if text, err := json.Marshal(said); err == nil {
		a.put("winupdate.winget", string(text)+"\n")
	}
}

// wingetTable is a table as a German winget prints it, after its progress.
func wingetTable(list []*WingetPackage) string {
	rows := [][]string{{"Name", "ID", "Version", "Verf\u00fcgbar", "Quelle"}}
	for _, p := range list {
		rows = append(rows, []string{p.Name, p.ID, p.Version, p.Available, "winget"})
	}
	widths := make([]int, len(rows[0]))
	total := 0
	for i := range widths {
		for _, r := range rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(r[i])+1)
		}
		total += widths[i]
	}
	var b strings.Builder
	b.WriteString("\r   - \r   \\ \r")
	for n, r := range rows {
		var line strings.Builder
		for i, field := range r {
			line.WriteString(field + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(field)))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\r\n")
		if n == 0 {
			b.WriteString(strings.Repeat("-", total-1) + "\r\n")
		}
	}
	return b.String()
}

// upgrade installs a package by winget.
func (w *windows) upgrade(k *worker, c change, p *WingetPackage, accept bool) result {
	r := result{change: c, state: "failed", words: "winget did not install it"}
	switch {
	case w.sourceTerms && !accept:
		r.hresult = wingetSource
	case p.Pinned:
		r.hresult = wingetPinned
	case p.Terms && !accept:
		r.hresult = wingetTerms
	case p.Available != c.to:
		r.state, r.hresult, r.words, r.verify = "already", wingetNoUpdate, "", true
	case p.Exit != 0 && p.Exit != wingetFinish:
		r.hresult = p.Exit
	default:
		r.state, r.words, r.hresult = "installed", "", p.Exit
		r.reboot, r.verify = p.Exit == wingetFinish, p.Exit == 0
		if !slices.Contains(w.h.faults.Lies, p.ID) {
			p.Version, p.Available = c.to, ""
			w.h.seen.changes = append(w.h.seen.changes, Change{Job: k.job.id, Action: "upgrade", Package: p.ID, From: c.from, To: c.to})
		}
	}
	return r
}
