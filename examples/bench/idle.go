package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2/hclparse" //nolint:depguard // the yardstick: the parser and nothing else
)

// idleBench measures `patchwave run` on a configuration of n hosts with nothing
// due, and `patchwave validate`, beside a program that only parses the same files.
// Each is a process of its own; what counts is its processor time.
func idleBench(ctx context.Context, n, rounds int) (err error) {
	dir, err := os.MkdirTemp("", "patchwave-bench-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	config, binary := filepath.Join(dir, "config"), filepath.Join(dir, "patchwave")
	if err := writeIdle(config, n); err != nil {
		return err
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/patchwave")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build patchwave (run this at the top of the source tree): %w: %s", err, out)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	common := []string{"-C", config, "--db", filepath.Join(dir, "patchwave.db"), "-q"}
	if _, err := process(ctx, binary, append([]string{"run"}, common...)...); err != nil {
		return err // the first makes the database
	}
	var parse, run, validate []cost
	for range rounds {
		for _, b := range []struct {
			into    *[]cost
			program string
			args    []string
		}{
			{&parse, self, []string{"-parse", config}},
			{&run, binary, append([]string{"run"}, common...)},
			{&validate, binary, append([]string{"validate"}, common...)},
		} {
			c, err := process(ctx, b.program, b.args...)
			if err != nil {
				return err
			}
			*b.into = append(*b.into, c)
		}
	}
	p, r, v := median(parse), median(run), median(validate)
	fmt.Printf("%d host blocks, nothing due, median of %d rounds, processor time of a process\n", n, rounds)
	fmt.Printf("parse     %7.1f ms\n", ms(p.cpu, 1))
	fmt.Printf("run       %7.1f ms  (%.2f x the parse)\n", ms(r.cpu, 1), r.cpu.Seconds()/p.cpu.Seconds())
	fmt.Printf("validate  %7.1f ms  (%.2f x the parse)\n", ms(v.cpu, 1), v.cpu.Seconds()/p.cpu.Seconds())
	return nil
}

// process runs a program to its end and says what it took.
func process(ctx context.Context, name string, args ...string) (cost, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	start := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		return cost{}, fmt.Errorf("%s %s: %w: %s", filepath.Base(name), args[0], err, out)
	}
	return cost{time.Since(start), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}, nil
}

// parseOnly reads every file of a configuration and does nothing with it.
func parseOnly(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.hcl"))
	if err != nil {
		return err
	}
	parser := hclparse.NewParser()
	for _, f := range files {
		if _, diags := parser.ParseHCLFile(f); diags.HasErrors() {
			return diags
		}
	}
	return nil
}

// writeIdle writes a configuration of n host blocks with one policy whose window
// opens once a year, on a day that is not today.
func writeIdle(dir string, n int) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	day := time.Now().AddDate(0, 6, 0)
	var b strings.Builder
	fmt.Fprintf(&b, `connection "linux" {
  type = "ssh"
  user = "root"
}

group "all" {
  where = host.labels.role == "web"
}

baseline "all" {
  approve "security" {
    classification = ["security"]
  }
}

window "yearly" {
  schedule = "*-%02d-%02d 02:00"
  duration = "4h"
  timezone = "UTC"
}

policy "all" {
  hosts    = group.all
  baseline = baseline.all
  window   = window.yearly
}
`, day.Month(), min(day.Day(), 28))
	for i := range n {
		fmt.Fprintf(&b, "\nhost \"web-%05d\" {\n  address    = \"10.%d.%d.%d\"\n  connection = connection.linux\n  labels     = { role = \"web\", rack = \"r%d\" }\n}\n",
			i, i>>16&255, i>>8&255, i&255, i%40)
	}
	return os.WriteFile(filepath.Join(dir, "all.hcl"), []byte(b.String()), 0o600)
}
