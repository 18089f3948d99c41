package winrm

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"

	"patchwave/connectors"
)

// A server may leave out what it says about itself when the client does not ask for
// it: gss-ntlmssp does. That the integrity code is computed over the flags that were
// sent is what the simulated machine checks, in TestContract.
func TestFirstMessageAsksForTheTarget(t *testing.T) {
	noLeaks(t)
	f := &fake{scheme: "ntlm"}
	f.start(t, false)
	s := dialed(t, hasty(), f.target())
	if _, err := s.Run(t.Context(), connectors.Command{Line: "x"}); err != nil {
		t.Fatal(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	token, ok := strings.CutPrefix(f.tokens[0], "Negotiate ")
	first, err := base64.StdEncoding.DecodeString(token)
	if !ok || err != nil || len(first) < 16 {
		t.Fatalf("the first message is %q", f.tokens[0])
	}
	const must = 0x4 | 0x200 | 0x8000 | 0x1 // target, NTLM, always sign, Unicode: MS-NLMP, 3.1.5.1.1
	if flags := binary.LittleEndian.Uint32(first[12:]); flags&must != must {
		t.Errorf("the flags %08x lack %08x", flags, must&^flags)
	}
}
