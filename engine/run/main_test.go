package run_test

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails if a test leaves a goroutine behind: of the engine, of a
// connection, or of a simulated machine. The tests wait for machines most of the
// time: more of them run at once than there are processors.
func TestMain(m *testing.M) {
	flag.Parse()
	cores := runtime.GOMAXPROCS(0)
	if f := flag.Lookup("test.parallel"); f != nil && f.Value.String() == strconv.Itoa(cores) {
		if err := flag.Set("test.parallel", strconv.Itoa(8*cores)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	// A channel that is opened in the very moment in which its connection ends is
	// waited for by golang.org/x/crypto/ssh for ever (mux.loop has dropped all
	// channels and not closed the connection yet). Nobody waits for the goroutine.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("golang.org/x/crypto/ssh.(*mux).openChannel"))
}
