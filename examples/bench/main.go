// Bench measures what a scan costs the controller, against simulated machines
// behind real SSH in another process, beside a bare SSH client that sends the
// same script and reads the same answer. It prints ratios of one run on one
// machine:
//
//	go run ./examples/bench -hosts 1000 -parallel 200
//
// or what the timer's `patchwave run` costs where nothing is due, beside the bare
// parse of the configuration:
//
//	go run ./examples/bench -idle 1000
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/sim"
)

// machines is what the serving process tells: where its machines are.
type machines struct {
	Port      int
	Addresses []string
	Key       string
	Known     string
}

func main() {
	hosts := flag.Int("hosts", 500, "simulated machines")
	parallel := flag.Int("parallel", 200, "machines in work at once")
	rounds := flag.Int("rounds", 3, "rounds; the median is printed")
	idle := flag.Int("idle", 0, "instead: what run costs with nothing due, for so many hosts")
	serve := flag.Int("serve", 0, "internal: be the process with the machines")
	parse := flag.String("parse", "", "internal: only parse this configuration")
	flag.Parse()
	var err error
	switch {
	case *serve > 0:
		err = serveMachines(*serve)
	case *parse != "":
		err = parseOnly(*parse)
	case *idle > 0:
		err = idleBench(context.Background(), *idle, *rounds)
	default:
		err = bench(context.Background(), *hosts, *parallel, *rounds)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// serveMachines starts machines, says where they are, and stays until its
// standard input ends.
func serveMachines(n int) error {
	fleet, err := sim.NewFleet(sim.Options{Addresses: true, Port: 20022, SharedHostKey: true})
	if err != nil {
		return err
	}
	defer fleet.Close()
	m := machines{Port: 20022, Key: string(fleet.ClientKey())}
	for i := range n {
		h, err := fleet.Add(sim.Machine{Name: fmt.Sprintf("m%05d", i)})
		if err != nil {
			return err
		}
		ip, _ := h.Addr()
		m.Addresses = append(m.Addresses, ip)
	}
	m.Known = string(fleet.KnownHosts())
	if err := json.NewEncoder(os.Stdout).Encode(m); err != nil {
		return err
	}
	_, err = bufio.NewReader(os.Stdin).ReadByte()
	if err != nil && err.Error() != "EOF" {
		return err
	}
	return nil
}

// child starts the serving process.
func child(ctx context.Context, n int) (machines, func() error, error) {
	var m machines
	self, err := os.Executable()
	if err != nil {
		return m, nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-serve", fmt.Sprint(n))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return m, nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return m, nil, err
	}
	if err := cmd.Start(); err != nil {
		return m, nil, err
	}
	stop := func() error { return errors.Join(in.Close(), cmd.Wait()) }
	if err := json.NewDecoder(out).Decode(&m); err != nil {
		return m, nil, errors.Join(fmt.Errorf("the machines did not start: %w", err), stop())
	}
	return m, stop, nil
}

func bench(ctx context.Context, n, parallel, rounds int) (err error) {
	m, stop, err := child(ctx, n)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	dir, err := os.MkdirTemp("", "patchwave-bench-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	key, known := filepath.Join(dir, "key"), filepath.Join(dir, "known_hosts")
	if err := errors.Join(os.WriteFile(key, []byte(m.Key), 0o600), os.WriteFile(known, []byte(m.Known), 0o600)); err != nil {
		return err
	}
	target := connectors.Target{Kind: connectors.KindSSH, Port: m.Port, User: "root",
		Auth: connectors.Auth{IdentityFiles: []string{key}}, Keys: connectors.HostKeys{Policy: connectors.HostKeysStrict, Files: []string{known}}}
	var bare, engine []cost
	for range rounds {
		c, err := measure(func() error { return bareScan(ctx, m, target, parallel) })
		if err != nil {
			return fmt.Errorf("bare client: %w", err)
		}
		bare = append(bare, c)
		if c, err = measure(func() error { return engineScan(ctx, m, target, parallel) }); err != nil {
			return fmt.Errorf("engine: %w", err)
		}
		engine = append(engine, c)
	}
	b, e := median(bare), median(engine)
	fmt.Printf("%d machines, %d at once, median of %d rounds\n", n, parallel, rounds)
	fmt.Printf("bare    %6.2f s wall  %6.2f ms CPU a host\n", b.wall.Seconds(), ms(b.cpu, n))
	fmt.Printf("engine  %6.2f s wall  %6.2f ms CPU a host  (%.2f x wall, %.2f x CPU)\n", e.wall.Seconds(), ms(e.cpu, n),
		e.wall.Seconds()/b.wall.Seconds(), e.cpu.Seconds()/b.cpu.Seconds())
	fmt.Printf("peak memory of the process %d MiB\n", peakMiB())
	return nil
}

// cost is what something took.
type cost struct{ wall, cpu time.Duration }

func measure(work func() error) (cost, error) {
	runtime.GC()
	start, before := time.Now(), cpu()
	err := work()
	return cost{time.Since(start), cpu() - before}, err
}

// cpu is the processor time of this process, user and system.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func peakMiB() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return u.Maxrss >> 10
}

func ms(d time.Duration, n int) float64 { return d.Seconds() * 1000 / float64(n) }
