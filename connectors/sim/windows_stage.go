package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// stage downloads updates ahead: engine/updates/stage.ps1 and winupdate_stage.
func (w *windows) stage(k *worker) int {
	args := k.job.body.Args
	list, _ := changes(args["changes"]) // what is not spelled as a change is passed over
	short := ""
	k.locked(func() {
		short = w.short(args)
		rc := 0
		if short != "" {
			rc = 1
		}
		k.a.run("stage.room", short, "", rc)
	})
	if short != "" {
		return 1
	}
	k.half()
	var said strings.Builder
	for i, c := range list {
		k.pause(w.h.fleet.opt.JobTime / time.Duration(4*len(list)))
		k.locked(func() {
			if u := w.find(c.to); u == nil || !u.downloaded {
				k.a.say("[%d/%d] %s downloading\n", i+1, len(list), c.name)
			}
			said.WriteString(w.download(c, args["accept_eula"] == "true"))
		})
	}
	rc := 0
	if said.Len() > 0 {
		rc = 1
	}
	k.locked(func() {
		k.a.run("winupdate.stage", said.String(), "", rc)
		k.a.put("stage.end", "")
		var b strings.Builder
		for _, c := range list {
			word := "missing"
			if u := w.find(c.to); u != nil && (u.downloaded || u.state != winOffered) {
				word = "staged"
			}
			fmt.Fprintf(&b, "%s\t%s\t%s\t%s\n", c.name, c.arch, c.to, word)
		}
		k.a.run("stage.files", b.String(), "", 0)
	})
	return rc
}

// download downloads one update, or says why not.
func (w *windows) download(c change, accept bool) string {
	u := w.find(c.to)
	switch {
	case u == nil || !slices.Contains(w.offered(), u):
		return "error: " + c.name + ": the host is not offered this revision any more " + hresult(0) + "\n"
	case u.EULA && !u.accepted && !accept:
		return "error: " + c.name + ": it has terms that nobody has accepted; accept_eula in windows_update does " + hresult(0) + "\n"
	}
	u.accepted = u.accepted || accept
	u.downloaded = true
	return ""
}

// short says where the download would leave too little space; there is one drive.
func (w *windows) short(args map[string]string) string {
	left := or(w.h.spec.DiskFree, 30<<30)>>10 - int64(number(args["size"], 0)+1023)>>10
	var b strings.Builder
	for _, line := range append([]string{"65536\t" + `C:\Windows\SoftwareDistribution\Download`}, strings.Split(args["mounts"], "\n")...) {
		wanted, path, ok := strings.Cut(line, "\t")
		switch {
		case !ok:
		case !strings.HasPrefix(strings.ToUpper(path), "C:"):
			fmt.Fprintf(&b, "?\t%s\t%s\n", wanted, path)
		case left < int64(number(wanted, 0)):
			fmt.Fprintf(&b, "%d\t%s\t%s\n", left, wanted, path)
		}
	}
	return b.String()
}
