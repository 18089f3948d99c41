//go:build qemu

package lvmguest_test

import (
	"strings"
	"testing"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/script"
	"patchwave/engine/restore"
	"patchwave/engine/restore/lvm"
	"patchwave/inventory"
)

// asked runs one operation of the provider in the guest and says how long it took.
func (g *guest) asked(t *testing.T, op restore.Op, at restore.Point) restore.Said {
	t.Helper()
	const nonce = "00112233445566778899aabbccddeeff"
	p := lvm.Provider()
	call, ok := p.Call(op, at)
	if !ok {
		t.Fatalf("%s has no call", op)
	}
	body, err := script.Encode(connectors.DialectSh, call.Script, nonce, call.Args)
	if err != nil {
		t.Fatal(err)
	}
	out := g.Must(t, "cat >/run/op <<'END-OF-OP'\n"+string(body)+"\nEND-OF-OP\nbegan=$(date +%s%N); sh /run/op || :; echo \"took $((($(date +%s%N)-began)/1000000)) ms\"")
	t.Logf("%s %s: %s", g.kind, op, strings.TrimSpace(out[strings.LastIndex(out, "took"):]))
	return p.Read(op, at, framing.ParseLog(nonce, []byte(out)))
}

// point is a restore point of its own, not of a run.
func point() restore.Point {
	return restore.Point{Tag: restore.Tag("r20261122-020000-a1b2c3", "lvm"), Host: &inventory.Host{Name: "lvm"}}
}
