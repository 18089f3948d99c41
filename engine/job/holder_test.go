package job

import (
	"os"
	"strings"
	"testing"
	"time"

	"patchwave/connectors"
)

// TestBreak: whoever sees a claim can give it back, once, and no other one.
func TestBreak(t *testing.T) {
	root := rootDir(t)
	c := newClient(t, root)
	ctx := t.Context()
	anybody := c
	anybody.Claim = Claim{}
	if h, err := anybody.Show(ctx); err != nil || h != (Holder{}) {
		t.Fatalf("nobody: %+v, %v", h, err)
	}
	if err := c.Set(ctx); err != nil {
		t.Fatal(err)
	}
	h, err := anybody.Show(ctx)
	if err != nil || h.Controller != c.Claim.Controller || h.Run != c.Claim.Run || h.Fence != c.Claim.Fence || h.Name != c.Host ||
		h.Left <= 0 || h.Left > c.Claim.TTL {
		t.Fatalf("%+v, %v", h, err)
	}
	other := h
	other.Fence++
	if err := anybody.Break(ctx, other); connectors.CodeOf(err) != connectors.CodeLocked {
		t.Errorf("another claim: %v", err)
	}
	anybody.Host = "under-another-name"
	if err := anybody.Break(ctx, h); err != nil {
		t.Error(err)
	}
	if h, err := anybody.Show(ctx); err != nil || h != (Holder{}) {
		t.Errorf("afterwards: %+v, %v", h, err)
	}
	if err := c.Renew(ctx); connectors.CodeOf(err) != connectors.CodeLocked {
		t.Errorf("a renewal afterwards: %v", err)
	}
}

func TestShowOfAnExpiredClaim(t *testing.T) {
	root := rootDir(t)
	c := newClient(t, root)
	for claim, want := range map[string]time.Duration{"c9 r9 7 1 web-01": 0, "c9 r9 7 99999999999 web-01": 24 * time.Hour} {
		if err := c.Set(t.Context()); err != nil { // makes the directory
			t.Fatal(err)
		}
		if err := os.WriteFile(root+"/claim", []byte(claim+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if h, err := c.Show(t.Context()); err != nil || h != (Holder{Controller: "c9", Run: "r9", Fence: 7, Name: "web-01", Left: want}) {
			t.Errorf("%q: %+v, %v", claim, h, err)
		}
		if err := os.Remove(root + "/claim"); err != nil {
			t.Fatal(err)
		}
	}
}

// TestShowOfAHostileClaim: what no controller writes is not handed on.
func TestShowOfAHostileClaim(t *testing.T) {
	root := rootDir(t)
	c := newClient(t, root)
	if err := c.Set(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, claim := range []string{"c\x1b[2J r 1 1 h", "c $(reboot) 1 1 h", "c r 1 1 ../../etc", strings.Repeat("c", 300) + " r 1 1 h"} {
		if err := os.WriteFile(root+"/claim", []byte(claim+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if h, err := c.Show(t.Context()); connectors.CodeOf(err) != connectors.CodeGuard || h != (Holder{}) {
			t.Errorf("%q: %+v, %v", claim, h, err)
		}
	}
}
