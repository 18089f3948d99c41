package local_test

import (
	"testing"

	"patchwave/connectors"
	"patchwave/connectors/connectortest"
	"patchwave/connectors/local"
)

func TestContract(t *testing.T) {
	connectortest.Run(t, func(t testing.TB, edit func(*connectors.Target)) connectors.Session {
		t.Helper()
		target := connectors.Target{Name: "here", Kind: connectors.KindLocal}
		if edit != nil {
			edit(&target)
		}
		s, err := local.Dialer{}.Dial(t.Context(), target)
		if err != nil {
			t.Fatalf("dial: %v", err)
		}
		return s
	})
}

func TestOtherKindsAreRefused(t *testing.T) {
	_, err := local.Dialer{}.Dial(t.Context(), connectors.Target{Name: "web", Kind: connectors.KindSSH})
	if connectors.CodeOf(err) != connectors.CodeUnsupported {
		t.Errorf("got %v", err)
	}
}
