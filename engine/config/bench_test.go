package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchwave/engine/config"
	"patchwave/engine/config/diag"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// fleet writes a configuration with n hosts of six arguments in a number of
// files, and returns its directory.
func fleet(tb testing.TB, n, files int) string {
	tb.Helper()
	texts := make([]strings.Builder, files)
	for i := range n {
		fmt.Fprintf(&texts[i%files], `host "web-%05d" {
  address    = "10.%d.%d.%d"
  connection = connection.linux
  labels     = { role = "web", tier = var.tier }
  timezone   = "Europe/Berlin"
  vars       = { owner = "web team", rack = %d }
}
`, i, i>>16, i>>8&255, i&255, i%40)
	}
	dir := privateDir(tb)
	write(tb, dir, "main.hcl", `
variable "tier" { default = "prod" }
connection "linux" { type = "ssh" }
group "web" { where = host.labels.role == "web" && host.labels.tier != "test" }
baseline "all" {
  approve "all" { packages = ["*"] }
}
policy "web" {
  hosts    = group.web
  baseline = baseline.all
}
`)
	for i := range texts {
		write(tb, dir, fmt.Sprintf("hosts-%03d.hcl", i), texts[i].String())
	}
	return dir
}

func BenchmarkLoad(b *testing.B) {
	for _, c := range []struct{ hosts, files int }{{5_000, 1}, {10_000, 1}, {20_000, 1}, {10_000, 100}} {
		b.Run(fmt.Sprintf("hosts=%d/files=%d", c.hosts, c.files), func(b *testing.B) {
			dir := fleet(b, c.hosts, c.files)
			b.ReportAllocs()
			for b.Loop() {
				cfg, ds := config.Load(options(dir))
				if ds.HasErrors() {
					b.Fatal(ds.Err())
				}
				if len(cfg.Unmanaged) != 0 {
					b.Fatalf("%d hosts are unmanaged", len(cfg.Unmanaged))
				}
			}
		})
	}
}

// BenchmarkBareParse is what the HCL library alone takes for the same text; the
// goal for BenchmarkLoad is 1.3 times that.
func BenchmarkBareParse(b *testing.B) {
	text, err := os.ReadFile(filepath.Join(fleet(b, 10_000, 1), "hosts-000.hcl"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, diags := hclsyntax.ParseConfig(text, "x.hcl", hcl.InitialPos); diags.HasErrors() {
			b.Fatal(diags)
		}
	}
}

func BenchmarkResolve(b *testing.B) {
	cfg, ds := config.Load(options(fleet(b, 10_000, 10)))
	if ds.HasErrors() {
		b.Fatal(ds.Err())
	}
	for b.Loop() {
		if inv, _, _ := cfg.Resolve(nil); len(inv.Hosts) != 10_000 {
			b.Fatal("hosts are missing")
		}
	}
}

// BenchmarkErrors reports a thousand mistakes in a large configuration.
func BenchmarkErrors(b *testing.B) {
	dir := fleet(b, 10_000, 10)
	var s strings.Builder
	for i := range 1_000 {
		fmt.Fprintf(&s, "group \"g%d\" { members = [host.wab-%05d] }\n", i, i)
	}
	write(b, dir, "wrong.hcl", s.String())
	out, err := os.Create(filepath.Join(b.TempDir(), "out"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		_, ds := config.Load(options(dir))
		if n, _ := ds.Counts(); n != 1_000 {
			b.Fatalf("%d errors", n)
		}
		if err := diag.WriteText(out, ds, true); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLists loads long lists and maps: time grows as they do.
func BenchmarkLists(b *testing.B) {
	for _, n := range []int{20_000, 40_000} {
		b.Run(fmt.Sprint("members=", n), func(b *testing.B) {
			var s strings.Builder
			fmt.Fprintf(&s, "connection \"c\" { type = \"ssh\" }\nhost \"h-[1:%d]\" {\n  connection = connection.c\n}\ngroup \"g\" {\n  members = [\n", n)
			for i := range n {
				fmt.Fprintf(&s, "    host.h-%d,\n", i+1)
			}
			s.WriteString("  ]\n}\nbaseline \"b\" {\n  approve \"a\" {\n    packages = [\n")
			for i := range n {
				fmt.Fprintf(&s, "      \"package-%d\",\n", i)
			}
			s.WriteString("    ]\n  }\n}\nlocals {\n  map = {\n")
			for i := range n / 10 {
				fmt.Fprintf(&s, "    key%d = \"value\"\n", i)
			}
			s.WriteString("  }\n}\n")
			dir := privateDir(b)
			write(b, dir, "main.hcl", s.String())
			for b.Loop() {
				if _, ds := config.Load(options(dir)); ds.HasErrors() {
					b.Fatal(ds.Err())
				}
			}
		})
	}
}
