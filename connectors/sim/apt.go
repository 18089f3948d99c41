package sim

import (
	"fmt"
	"slices"
	"strings"
)

// The scan of apt: the frames are those of engine/updates/apt/doc.go.

const aptVersion = "2.6.1"

// refresh is apt_refresh.
func (debian) refresh(h *Host, a frames, root bool) {
	out, rc := h.aptRefresh(root)
	a.run("apt.refresh", out, "", rc)
}

func (h *Host) aptRefresh(root bool) (out string, rc int) {
	switch {
	case !root:
		return "E: Could not open lock file /var/lib/apt/lists/lock - open (13: Permission denied)\nE: Unable to lock directory /var/lib/apt/lists/\n", 100
	case h.faults.DiskFull:
		return "E: Write error - write (28: No space left on device)\nE: The package lists or status file could not be parsed or opened.\n", 100
	case h.faults.StaleIndex:
		return "E: Failed to fetch http://mirror.example/debian/dists/bookworm/InRelease  Could not connect to mirror.example:80 (127.0.0.9). - connect (111: Connection refused)\n" +
			"E: Some index files failed to download. They have been ignored, or old ones used instead.\n", 100
	}
	h.refreshed()
	if h.faults.Hostile {
		return "W: " + hostile + "\n", 0
	}
	return "", 0
}

func (debian) scan(h *Host, a frames, names string) {
	pending := h.pending()
	a.put("apt.host", strings.TrimSuffix(h.aptHost(), "\n"))
	a.put("apt.reboot", strings.TrimSuffix(h.aptReboot(), "\n"))
	a.run("apt.states", h.aptStates(), "", 0)
	listing := h.aptPending(pending)
	complaint := ""
	if h.faults.Hostile {
		listing, complaint = "   "+hostile+" (1 => 2)\n"+listing, "W: "+hostile+"\n"
	}
	a.run("apt.pending", listing, complaint, 0)
	files := h.files()
	a.run("apt.files", aptFiles(files), "", 0)
	if len(pending) > 0 {
		a.run("apt.versions", h.aptVersions(pending, files), "", 0)
		a.run("apt.records", aptRecords(pending), "", 0)
	}
	if names != "" {
		a.run("apt.installed", h.aptInstalled(strings.Split(names, "\n")), "", 0)
	}
}

func (h *Host) aptHost() string {
	text := "version=" + aptVersion + "\narch=" + native + "\n"
	if h.interrupted {
		text += "journal=yes\n"
	}
	if h.faults.AptLock != "" {
		text += fmt.Sprintf("lock=%d %s\n", lockPID, h.faults.AptLock)
	}
	return text
}

// lockPID is the process that holds dpkg's lock.
const lockPID = 812

func (h *Host) aptReboot() string {
	var b strings.Builder
	if len(h.flag) > 0 {
		b.WriteString("flag=yes\n")
		for _, p := range slices.Sorted(slices.Values(h.flag)) {
			fmt.Fprintf(&b, "package=%s\n", p)
		}
	}
	fmt.Fprintf(&b, "kernel=%s\nbuild=%s\n", h.kernel, h.build)
	for _, k := range slices.Sorted(slices.Values(h.kernels)) {
		fmt.Fprintf(&b, "installed=%s\n", k)
	}
	if p := h.packages["linux-image-"+h.kernel]; p != nil {
		fmt.Fprintf(&b, "image=%s\n", p.version)
	}
	return b.String()
}

// abbreviations are the second letters of dpkg's states.
var abbreviations = map[string]string{"ok": "i", "half-configured": "F", "unpacked": "U", "half-installed": "H"}

func (h *Host) aptStates() string {
	var b strings.Builder
	for _, name := range h.names() {
		p := h.packages[name]
		if !p.held && p.state == "ok" {
			continue
		}
		selection := "i"
		if p.held {
			selection = "h"
		}
		fmt.Fprintf(&b, "%s%s \t%s\t%s\t%s\n", selection, abbreviations[p.state], p.name, p.arch, p.version)
	}
	return b.String()
}

func (h *Host) aptPending(pending []pending) string {
	var b strings.Builder
	section := func(heading string, back bool) (n int) {
		for _, u := range pending {
			if u.back != back {
				continue
			}
			if n++; n == 1 {
				b.WriteString(heading + "\n")
			}
			fmt.Fprintf(&b, "   %s (%s => %s)\n", u.installed.shown(), u.installed.version, u.offer.Version)
		}
		return n
	}
	b.WriteString("Calculating upgrade...\n")
	kept := section("The following packages have been kept back:", true)
	size := int64(0)
	for _, u := range pending {
		if !u.back {
			size += u.offer.size()
		}
	}
	upgraded := section("The following packages will be upgraded:", false)
	fmt.Fprintf(&b, "%d upgraded, 0 newly installed, 0 to remove and %d not upgraded.\n", upgraded, kept)
	if n := h.unfinished(); n > 0 {
		fmt.Fprintf(&b, "%d not fully installed or removed.\n", n)
	}
	if upgraded > 0 {
		fmt.Fprintf(&b, "Need to get %d kB of archives.\nAfter this operation, 0 B of additional disk space will be used.\n", size/1000)
	}
	return b.String()
}

// unfinished counts packages that are not wholly installed.
func (h *Host) unfinished() (n int) {
	for _, p := range h.packages {
		if p.state != "ok" {
			n++
		}
	}
	return n
}

// files are the index files on the machine, without dpkg's own status.
func (h *Host) files() []Origin {
	if !h.indexed {
		return nil
	}
	files := []Origin{Security(), Updates(), Main()}
	for _, o := range h.index {
		for _, from := range o.From {
			if !slices.Contains(files, from) {
				files = append(files, from)
			}
		}
	}
	return files
}

func aptFiles(files []Origin) string {
	var b strings.Builder
	b.WriteString("1\t/var/lib/dpkg/status\ta=now\n")
	for i, f := range files {
		fmt.Fprintf(&b, "%d\t%s\t%s\n", i+2, f.Location, f.release())
	}
	return b.String()
}

// aptVersions are all versions that are newer than the installed ones.
func (h *Host) aptVersions(pending []pending, files []Origin) string {
	var b strings.Builder
	for _, u := range pending {
		for _, o := range h.offers(u.installed.shown()) {
			if h.family.compare(o.Version, u.installed.version) <= 0 {
				break
			}
			phased, numbers := "", []string{}
			if o.Phased > 0 {
				phased = fmt.Sprint(o.Phased)
			}
			for _, from := range o.from() {
				numbers = append(numbers, fmt.Sprint(2+slices.Index(files, from)))
			}
			fmt.Fprintf(&b, "%s\t%s\t%s\t%s\n", o.shown(), o.Version, phased, strings.Join(numbers, ","))
		}
	}
	return b.String()
}

func aptRecords(pending []pending) string {
	var b strings.Builder
	for _, u := range pending {
		o := u.offer
		fmt.Fprintf(&b, "%s\t%s\t%s\t%d\t%s\n", o.Name, or(o.Arch, native), o.Version, o.size(), o.Source)
	}
	return b.String()
}

func (h *Host) aptInstalled(names []string) string {
	var b strings.Builder
	for _, name := range h.names() {
		p := h.packages[name]
		if slices.Contains(names, p.name) {
			fmt.Fprintf(&b, "%s\t%s\t%s\t%s\n", p.name, p.arch, p.version, p.state)
		}
	}
	return b.String()
}
