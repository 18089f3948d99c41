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
	goleak.VerifyTestMain(m)
}
