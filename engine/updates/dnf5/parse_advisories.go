package dnf5

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"patchwave/connectors/framing"
	"patchwave/engine/updates/parse"
	"patchwave/engine/updates/rpm"
)

// advisory is an entry of "advisory list --json". BuildTime is the time of issue:
// seconds since 1970, in some versions text.
type advisory struct {
	Name      string `json:"name"`
	Type      string `json:"type"`
	Severity  string `json:"severity"`
	NEVRA     string `json:"nevra"`
	BuildTime any    `json:"buildtime"`
}

// reference is an entry of "advisory list --with-cve --json". Its severity is not
// read: dnf5 5.4 repeats the type there.
type reference struct {
	Advisory   string `json:"advisory_name"`
	NEVRA      string `json:"nevra"`
	References []struct {
		ID   string `json:"reference_id"`
		Type string `json:"reference_type"`
	} `json:"references"`
}

// readAdvisories joins the two lists by advisory and package.
func readAdvisories(list, cves framing.Frame) ([]rpm.Advisory, error) {
	var entries []advisory
	if err := decode(list, &entries); err != nil {
		return nil, fmt.Errorf("list of advisories: %w", err)
	}
	var refs []reference
	err := decode(cves, &refs)
	if err != nil {
		err = fmt.Errorf("list of CVEs: %w", err)
	}
	byEntry := map[[2]string][]string{}
	for _, r := range refs {
		for _, ref := range r.References {
			if strings.EqualFold(ref.Type, "cve") {
				key := [2]string{r.Advisory, r.NEVRA}
				byEntry[key] = append(byEntry[key], parse.CVEs(ref.ID)...)
			}
		}
	}
	var advisories []rpm.Advisory
	for _, e := range entries {
		n, ok := rpm.ParseNEVRA(e.NEVRA)
		if !ok || !rpm.AdvisoryOK(e.Name) {
			continue
		}
		advisories = append(advisories, rpm.Advisory{
			Name: n.Name, Arch: n.Arch, Version: n.Version,
			ID: e.Name, Type: strings.ToLower(e.Type), Severity: e.Severity,
			CVEs: byEntry[[2]string{e.Name, e.NEVRA}], Issued: issued(e.BuildTime),
		})
	}
	return advisories, err
}

// decode reads the JSON of a frame. dnf5 prints nothing where there is nothing to
// list.
func decode(f framing.Frame, into any) error {
	text := strings.TrimSpace(strings.Join(f.Lines(), "\n"))
	if f.RC != 0 {
		return fmt.Errorf("%s", rpm.Complaint("dnf5 advisory list", f.RC, f.ErrLines(), nil).Message)
	}
	if text == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fmt.Errorf("read the JSON of dnf5: %w", err)
	}
	return nil
}

func issued(v any) time.Time {
	switch v := v.(type) {
	case float64:
		if v > 0 && v < 1e11 {
			return time.Unix(int64(v), 0).UTC()
		}
	case string:
		if t, err := time.Parse(time.DateTime, v); err == nil && t.Year() > 1970 {
			return t
		}
	}
	return time.Time{}
}
