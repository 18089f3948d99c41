package run

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/powershell"
	"patchwave/policies"
)

// drives is a Windows host that has 5 GiB free on C and no other drive. It answers
// with the words of the question, as require.ps1 does.
type drives struct{ asked string }

func (*drives) Dialect() connectors.Dialect { return connectors.DialectPowerShell }

func (*drives) Close() error { return nil }

func (d *drives) Run(_ context.Context, c connectors.Command) (connectors.Result, error) {
	call, err := powershell.Decode(c.Script)
	if err != nil {
		return connectors.Result{}, err
	}
	d.asked = call.Args["mounts"]
	var rows []string
	for _, path := range strings.Split(d.asked, "\n") {
		free := "?"
		if strings.HasPrefix(strings.ToUpper(path), "C:") {
			free = fmt.Sprint(5 << 20)
		}
		rows = append(rows, free+"\t"+path)
	}
	out := ""
	for _, f := range [][2]string{{"clock", fmt.Sprint(time.Now().Unix())}, {"disk", strings.Join(rows, "\n")}, {"blockers", ""}} {
		out += fmt.Sprintf("@@%s BEGIN %s\n%s\n@@%s END %s rc=0\n", call.Nonce, f[0], f[1], call.Nonce, f[0])
	}
	return connectors.Result{Stdout: []byte(out + "@@" + call.Nonce + " DONE\n")}, nil
}

// TestDrives: a policy may name a drive as "C:" or as "C:\", in whatever case; paths of
// Linux are not asked for.
func TestDrives(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"C:": `5.0 GiB free on C:, 6.0 GiB wanted`, `C:\`: `5.0 GiB free on C:\, 6.0 GiB wanted`, "c:": `5.0 GiB free on c:, 6.0 GiB wanted`,
		`D:\`: `the free space on D:\ cannot be told`,
	} {
		d := &drives{}
		reasons, code, err := Requirements(t.Context(), d, "w", policies.Require{DiskFree: map[string]int64{path: 6 << 30, "/": 1 << 50}}, true, time.Now)
		if err != nil || code != connectors.CodeDisk || !slices.Equal(reasons, []string{want}) || d.asked != path {
			t.Errorf("%s: %q, %s, %v; asked %q", path, reasons, code, err, d.asked)
		}
		if reasons, _, err := Requirements(t.Context(), d, "w", policies.Require{DiskFree: map[string]int64{path[:1] + ":": 4 << 30}}, false, time.Now); path[0] != 'D' && (err != nil || len(reasons) > 0) {
			t.Errorf("%s: %q, %v", path, reasons, err)
		}
	}
}
