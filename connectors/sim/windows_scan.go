package sim

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"patchwave/connectors/framing"
)

// scan prints what engine/scan/scan.ps1 prints; for the script "facts" the facts
// only.
func (w *windows) scan(a frames, call framing.Call) {
	args := call.Args
	a.put("os-release", w.osRelease())
	a.put("facts", w.facts(args["managers"] == ""))
	a.put("df", w.df())
	if call.Name == "facts" {
		return
	}
	a.put("winupdate.reboot", w.rebootReasons())
	a.put("winupdate.policy", w.policy()+"accept_eula="+args["accept_eula"]+"\n")
	if !w.search(args) {
		a.put("scan.running", fmt.Sprintf("started=%d\nphase=search\nelapsed=%d\nheartbeat=1\n",
			w.startedAt.Unix(), int(time.Since(w.startedAt).Seconds())))
		return
	}
	age := ""
	if !w.foundAt.IsZero() {
		age = strconv.Itoa(int(time.Since(w.foundAt).Seconds()))
	}
	a.put("index", "age="+age)
	a.put("winupdate.list", w.list(args))
	if args["names"] != "" {
		a.put("winupdate.installed", w.installed(strings.Split(args["names"], "\n")))
	}
}

// search begins a search for updates, or joins one, and is false while it goes on.
func (w *windows) search(args map[string]string) bool {
	since, err := strconv.ParseInt(args["since"], 10, 64)
	switch {
	case w.searching && w.searches > 0:
		w.searches--
		return false
	case w.searching:
		w.searching = false
	case err == nil && w.startedAt.Unix() >= since:
		return true // the search that was begun then is the answer
	default:
		w.startedAt = w.h.now()
		w.online = w.wantsOnline(args)
		if w.searches = w.h.faults.Windows.SlowSearch; w.searches > 0 {
			w.searching = true
			w.searches--
			return false
		}
	}
	if w.online {
		w.foundAt = time.Now()
		w.h.seen.refreshes++
		for _, u := range w.updates {
			u.seen = true
		}
	}
	return true
}

func (w *windows) wantsOnline(args map[string]string) bool {
	limit, err := strconv.Atoi(args["max_age"])
	return args["refresh"] == "always" || args["refresh"] == "auto" &&
		(w.foundAt.IsZero() || err != nil || time.Since(w.foundAt) > time.Duration(limit)*time.Second)
}

func (w *windows) osRelease() string {
	id, name := "windows-server", "Windows Server"
	if w.h.spec.Windows.Client {
		id, name = "windows", "Windows"
	}
	return fmt.Sprintf("ID=%s\nID_LIKE=windows\nNAME=\"%s\"\nVERSION_ID=%s\nPRETTY_NAME=\"%s\"\n", id, name, w.build, w.edition())
}

// edition is the name of the system, by its build.
func (w *windows) edition() string {
	if w.h.spec.Windows.Client {
		return "Microsoft Windows 11 Enterprise"
	}
	names := map[string]string{"14393": "2016", "17763": "2019", "20348": "2022", "26100": "2025"}
	_, rest, _ := strings.Cut(strings.TrimPrefix(w.build, "10."), ".")
	build, _, _ := strings.Cut(rest, ".")
	return "Microsoft Windows Server " + or(names[build], "2022") + " Standard"
}

// kernelOf is the first three numbers of a version.
func kernelOf(version string) string {
	i := strings.LastIndexByte(version, '.')
	return version[:max(i, 0)]
}

// facts also say whether Windows waits for a reboot, where nobody else does.
func (w *windows) facts(flag bool) string {
	h := w.h
	product := "3"
	if h.spec.Windows.Client {
		product = "1"
	}
	var b strings.Builder
	for _, f := range [][2]string{
		{"manager", "winupdate"}, {"now", strconv.FormatInt(h.now().Unix(), 10)}, {"uid", "0"}, {"kernel", kernelOf(w.build)}, {"build", w.build},
		{"arch", "x86_64"}, {"boot_id", h.bootID}, {"uptime", strconv.Itoa(int(time.Since(h.bootedAt).Seconds()))}, {"virtual", "microsoft"},
		{"product_type", product}, {"language_mode", "FullLanguage"},
	} {
		fmt.Fprintf(&b, "%s=%s\n", f[0], f[1])
	}
	if flag && w.pends() {
		b.WriteString("reboot_flag=cbs:RebootPending\n")
	}
	return b.String()
}

// df is what scan.ps1 says of the volumes, as df -Pk does.
func (w *windows) df() string {
	const total = 62390268
	free := or(w.h.spec.DiskFree, 30<<30) / 1024
	if w.h.faults.DiskFull {
		free = 0
	}
	return "Filesystem     1024-blocks      Used Available Capacity Mounted on\n" +
		fmt.Sprintf("NTFS %d %d %d %d%% C:\\\n", total, max(0, total-free), free, 100-min(100, 100*free/total))
}

// rebootReasons are the reasons for a reboot, as the registry shows them.
func (w *windows) rebootReasons() string {
	words := map[Reason]string{ReasonServicing: "strong\tcbs:RebootPending", ReasonUpdate: "strong\twu:RebootRequired",
		ReasonRename: "medium\trename", ReasonFileRename: "weak\tfile-rename"}
	var b strings.Builder
	for _, r := range w.reasons {
		b.WriteString(words[r] + "\n")
	}
	return b.String()
}

func (w *windows) policy() string {
	if w.h.spec.Windows.Source == SourceWSUS {
		return "wu_server=https://wsus.example:8531\nwu_status_server=https://wsus.example:8531\nuse_wu_server=1\nno_auto_update=1\nservice=3\n"
	}
	return "no_auto_update=1\nservice=3\n"
}

// listing is winupdate.list, version 1.
type listing struct {
	V              int             `json:"v"`
	Source         string          `json:"source"`
	Online         bool            `json:"online"`
	Started        int64           `json:"started"`
	Finished       int64           `json:"finished"`
	Code           int             `json:"code"`
	Warnings       []any           `json:"warnings"`
	Error          *listingError   `json:"error"`
	Hollow         int             `json:"hollow"`
	RebootRequired bool            `json:"reboot_required"`
	BootID         string          `json:"boot_id"`
	LanguageMode   string          `json:"language_mode"`
	Cut            int             `json:"cut"`
	Updates        []listingUpdate `json:"updates"`
	Choco          []any           `json:"choco"`
	ChocoError     string          `json:"choco_error"`
	Winget         *wingetAnswer   `json:"winget"`
}

type listingError struct {
	Phase   string `json:"phase"`
	Hresult string `json:"hresult"`
	Message string `json:"message"`
}

type listingUpdate struct {
	ID             string            `json:"id"`
	Rev            int               `json:"rev"`
	Title          string            `json:"title"`
	KB             []string          `json:"kb"`
	CVE            []string          `json:"cve"`
	Severity       string            `json:"severity"`
	Cats           []listingCategory `json:"cats"`
	Size           string            `json:"size"`
	Published      string            `json:"published"`
	Type           int               `json:"type"`
	Downloaded     bool              `json:"downloaded"`
	Hidden         bool              `json:"hidden"`
	Optional       bool              `json:"optional"`
	Beta           bool              `json:"beta"`
	Uninstallable  bool              `json:"uninstallable"`
	EULA           bool              `json:"eula"`
	Reboot         int               `json:"reboot"`
	Impact         int               `json:"impact"`
	Input          bool              `json:"input"`
	Supersedes     []string          `json:"supersedes"`
	AwaitingReboot bool              `json:"awaiting_reboot"`
}

type listingCategory struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	Name string `json:"name"`
}

// productCategory is the GUID of a product.
const productCategory = "569e8e8f-c6cd-42c8-92a3-efbb20a0f6f5"

func (w *windows) list(args map[string]string) string {
	l := listing{V: 1, Source: or(args["source"], "default"), Online: w.online, Started: w.startedAt.Unix(), Finished: w.h.now().Unix(), Code: 2,
		Warnings: []any{}, BootID: w.h.bootID, LanguageMode: "FullLanguage", Updates: []listingUpdate{}, Choco: []any{}, Winget: w.wingetSays(args["accept_eula"] == "true")}
	for _, r := range w.reasons {
		l.RebootRequired = l.RebootRequired || r == ReasonUpdate || r == ReasonServicing
	}
	if code := w.h.faults.Windows.SearchFails; code != 0 {
		l.Code, l.Error = 4, &listingError{Phase: "search", Hresult: hresult(code), Message: "The search failed."}
	} else if why := w.noCatalogue(args); why != "" {
		l.Code, l.Error = 0, &listingError{Phase: "search", Hresult: "0x80131501", Message: why}
	} else {
		for _, u := range w.offered() {
			if u.seen && (args["source"] != "offline" || u.Class == ClassSecurity) {
				l.Updates = append(l.Updates, u.row())
			}
		}
	}
	text, err := json.Marshal(l)
	if err != nil {
		return "" // it holds nothing that JSON cannot say
	}
	return string(text)
}

// noCatalogue is why a search that wants a catalogue has none.
func (w *windows) noCatalogue(args map[string]string) string {
	if args["source"] != "offline" || args["cab"] != "" && args["cab"] == w.h.spec.Windows.Catalogue {
		return ""
	}
	return `the catalogue is not on the host; copy it to C:\ProgramData\patchwave\offline\` + args["cab"]
}

func (u *winUpdate) row() listingUpdate {
	r := listingUpdate{ID: u.ID, Rev: u.Revision, Title: u.Title, KB: u.KBs, CVE: u.CVEs, Severity: u.Severity,
		Cats: []listingCategory{{or(u.Class, ClassUpdate), "UpdateClassification", "-"}}, Size: strconv.FormatInt(or(u.Size, 32<<20), 10), Type: 1,
		Published: or(u.Published, firstTuesday()).UTC().Format(time.RFC3339), Optional: u.Optional, Downloaded: u.downloaded, Uninstallable: !u.Permanent,
		EULA: !u.EULA || u.accepted, Reboot: int(u.Reboot), Input: u.Input, Supersedes: u.Supersedes}
	for _, p := range u.Products {
		r.Cats = append(r.Cats, listingCategory{productCategory, "Product", p})
	}
	if u.Driver {
		r.Type = 2
	}
	if u.Exclusive {
		r.Impact = 2
	}
	return r
}

// firstTuesday is when an update was published that does not say.
func firstTuesday() time.Time { return time.Date(2026, 11, 10, 18, 0, 0, 0, time.UTC) }

func hresult(code uint32) string { return fmt.Sprintf("0x%08X", code) }

// installed answers for names: what is installed, waits for the reboot, or has
// failed the last time.
func (w *windows) installed(names []string) string {
	var b strings.Builder
	for _, name := range names {
		if w.program(name) != nil {
			fmt.Fprintf(&b, "%s\t\twinget\task\n", name)
		}
		for _, u := range w.updates {
			if !u.named(name) {
				continue
			}
			switch {
			case u.state == winInstalled:
				fmt.Fprintf(&b, "%s\t\t%s\tok\n", name, u.key())
			case u.state == winStaged:
				fmt.Fprintf(&b, "%s\t\t%s\tpending-reboot\n", name, u.key())
			case u.failed:
				fmt.Fprintf(&b, "%s\t\t%s\tfailed\n", name, u.key())
			}
		}
	}
	return b.String()
}

// named reports whether the update has a name in plans: its only KB, or its title;
// perhaps with the beginning of its UpdateID.
func (u *winUpdate) named(name string) bool {
	name = strings.TrimSuffix(name, "-"+u.ID[:min(8, len(u.ID))])
	if len(u.KBs) == 1 {
		return name == "KB"+u.KBs[0]
	}
	return name != "" && strings.HasPrefix(plainWord(u.Title), plainWord(name))
}

// plainWord is the letters and digits of a text.
func plainWord(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && (r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z') {
			return r
		}
		return -1
	}, s)
}

func exact(id string, revision int) string { return id + "." + strconv.Itoa(revision) }
