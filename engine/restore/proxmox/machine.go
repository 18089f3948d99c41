package proxmox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"patchwave/connectors"
	"patchwave/engine/restore"
)

// guest is a machine as the cluster lists it: its way in the API.
type guest struct {
	Type     string `json:"type"`
	Node     string `json:"node"`
	Name     string `json:"name"`
	VMID     int64  `json:"vmid"`
	Template int    `json:"template"`
}

func (g guest) path(more string) string {
	return "/nodes/" + url.PathEscape(g.Node) + "/" + g.Type + "/" + strconv.FormatInt(g.VMID, 10) + more
}

// status is what a machine does now.
type status struct {
	Status string `json:"status"`
	PID    int64  `json:"pid"`
	Uptime int64  `json:"uptime"`
	Lock   string `json:"lock"`
}

// identity is another one after each start: the process of the machine, or, where none
// is told, when it began.
func (s status) identity(now time.Time) string {
	switch {
	case s.Status != "running":
		return "off"
	case s.PID > 0:
		return "pid-" + strconv.FormatInt(s.PID, 10)
	case s.Uptime > 0:
		return "start-" + strconv.FormatInt(now.Unix()-s.Uptime, 10)
	default:
		return ""
	}
}

// anew reports whether a machine has been started since before. Starts that are told
// by an uptime are as exact as seconds are.
func anew(before, now string) bool {
	const slack = 5
	was, ok := strings.CutPrefix(before, "start-")
	is, also := strings.CutPrefix(now, "start-")
	if ok && also {
		a, err := strconv.ParseInt(was, 10, 64)
		b, err2 := strconv.ParseInt(is, 10, 64)
		return err == nil && err2 == nil && b > a+slack
	}
	return now != "" && now != "off" && now != before
}

// snapshot is one of a machine; the one named current is its present.
type snapshot struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Parent      string `json:"parent"`
	State       string `json:"snapstate"`
	Time        int64  `json:"snaptime"`
}

// descriptionStart begins the description of every snapshot of patchwave.
const descriptionStart = "patchwave restore point"

func (s snapshot) ours() bool {
	return restore.OwnTag(s.Name) && strings.HasPrefix(strings.TrimSpace(s.Description), descriptionStart)
}

// problem is something that is known to be in the way, with its code.
type problem struct {
	code connectors.Code
	why  string
}

func (p *problem) Error() string { return p.why }

func wrong(code connectors.Code, format string, args ...any) error {
	return &problem{code, restore.Line(fmt.Sprintf(format, args...))}
}

// find finds the machine by its number, or by its name where that is the only one.
func (w *work) find(ctx context.Context) error {
	var all []guest
	if err := w.get(ctx, "/cluster/resources?type=vm", &all); err != nil {
		return err
	}
	var found []guest
	for _, g := range all {
		if (g.Type == "qemu" || g.Type == "lxc") && (strconv.FormatInt(g.VMID, 10) == w.domain || g.Name == w.domain) {
			found = append(found, g)
		}
	}
	switch {
	case len(found) == 0:
		return wrong(connectors.CodeUnsupported, "there is no machine %q there that the token may see (VM.Audit)", w.domain)
	case len(found) > 1:
		return wrong(connectors.CodeUnsupported, "%d machines there are called %q; write the number of the right one as domain", len(found), w.domain)
	case found[0].Template != 0:
		return wrong(connectors.CodeUnsupported, "%q is a template there", w.domain)
	case found[0].Node == "" || found[0].VMID <= 0:
		return wrong(connectors.CodeUnsupported, "the cluster does not say where the machine %q is", w.domain)
	}
	w.guest = found[0]
	return nil
}

func (w *work) status(ctx context.Context) (s status, err error) {
	err = w.get(ctx, w.guest.path("/status/current"), &s)
	return s, err
}

// snapshots returns those of the machine, and the one that its present grew from.
func (w *work) snapshots(ctx context.Context) (all []snapshot, parent string, err error) {
	var list []snapshot
	if err := w.get(ctx, w.guest.path("/snapshot"), &list); err != nil {
		return nil, "", err
	}
	for _, s := range list {
		if s.Name == "current" {
			parent = s.Parent
			continue
		}
		all = append(all, s)
	}
	return all, parent, nil
}

// point returns the snapshot of the tag; nil if there is none. One of that name that
// is somebody else's is a problem.
func (w *work) point(ctx context.Context) (*snapshot, error) {
	all, _, err := w.snapshots(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		if s.Name != w.at.Tag {
			continue
		}
		if !s.ours() {
			return nil, wrong(connectors.CodeGuard, "the snapshot %s there is not patchwave's: its description is another", s.Name)
		}
		return &s, nil
	}
	return nil, nil
}

// get asks something that only reads, again where no answer comes.
func (w *work) get(ctx context.Context, path string, into any) error {
	const tries = 3
	for try := 1; ; try++ {
		err := w.api.do(ctx, http.MethodGet, path, nil, into)
		if lost := (*lostError)(nil); err == nil || try == tries || !errors.As(err, &lost) {
			return err
		}
		if err := connectors.Pause(ctx, w.poll); err != nil {
			return err
		}
	}
}

// task asks for something that takes its time, and waits until it has ended.
func (w *work) task(ctx context.Context, method, path string, form url.Values) error {
	var upid string
	if err := w.api.do(ctx, method, path, form, &upid); err != nil {
		return err
	}
	if !strings.HasPrefix(upid, "UPID:") || len(upid) > 512 {
		return &apiError{why: "the API does not say which task it has started"}
	}
	node, _, _ := strings.Cut(strings.TrimPrefix(upid, "UPID:"), ":")
	for {
		var s struct {
			Status string `json:"status"`
			Exit   string `json:"exitstatus"`
		}
		if err := w.get(ctx, "/nodes/"+url.PathEscape(node)+"/tasks/"+url.PathEscape(upid)+"/status", &s); err != nil {
			return err
		}
		if s.Status == "stopped" {
			if s.Exit == "OK" || strings.HasPrefix(s.Exit, "WARNINGS") {
				return nil
			}
			return wrong(codeOf(s.Exit), "the task of Proxmox failed: %s", s.Exit)
		}
		if err := connectors.Pause(ctx, w.poll); err != nil {
			return err
		}
	}
}

// codeOf reads what Proxmox says of an error.
func codeOf(said string) connectors.Code {
	said = strings.ToLower(said)
	switch {
	case strings.Contains(said, "can't lock file"), strings.Contains(said, "is locked"), strings.Contains(said, "got lock timeout"):
		return connectors.CodeLocked
	case strings.Contains(said, "no space left"), strings.Contains(said, "out of space"), strings.Contains(said, "insufficient free space"):
		return connectors.CodeDisk
	case strings.Contains(said, "feature is not available"), strings.Contains(said, "not supported"), strings.Contains(said, "can't snapshot"):
		return connectors.CodeUnsupported
	default:
		return connectors.CodeExit
	}
}
