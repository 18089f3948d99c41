//go:build lab

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"patchwave/examples/lab/labhost"
)

func main() {
	//nolint:forbidigo // the one place that sees the process; run gets all of it as arguments
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main with everything handed in; it returns the exit code.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := hold(ctx, args, in, out); err != nil {
		say(errs, "up: %v", err)
		return 1
	}
	return 0
}

// say prints a line. If the terminal is gone, nobody is left to tell.
func say(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(w, format+"\n", args...)
}

// console is the lab with its hosts by name.
type console struct {
	lab   *labhost.Lab
	hosts map[string]*labhost.Host
	out   io.Writer
}

// hold opens a lab with the hosts that args name and keeps it until told to stop.
func hold(ctx context.Context, args []string, in io.Reader, out io.Writer) (err error) {
	l, err := labhost.Open(ctx, func(format string, args ...any) { say(out, format, args...) })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	c := console{lab: l, hosts: map[string]*labhost.Host{}, out: out}
	if len(args) == 0 {
		args = []string{"apt1=apt", "dnf1=dnf", "zypper1=zypper", "pacman1=pacman"}
	}
	for _, arg := range args {
		if err := c.add(ctx, arg); err != nil {
			return err
		}
	}
	return c.serve(ctx, lines(in))
}

// lines sends what is typed, until the end of it.
func lines(in io.Reader) <-chan string {
	typed := make(chan string)
	go func() {
		defer close(typed)
		for scanner := bufio.NewScanner(in); scanner.Scan(); {
			typed <- scanner.Text()
		}
	}()
	return typed
}

func (c console) serve(ctx context.Context, typed <-chan string) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case line, ok := <-typed:
			if !ok || line == "quit" {
				return nil
			}
			if err := c.obey(ctx, strings.Fields(line)); err != nil {
				say(c.out, "error: %v", err)
				continue
			}
			say(c.out, "ok: %s", line)
		}
	}
}

// obey does one typed command.
func (c console) obey(ctx context.Context, words []string) error {
	if len(words) != 2 {
		return errors.New("a command and a name are needed: reset, off, on, cut, mend, add")
	}
	if words[0] == "add" {
		return c.add(ctx, words[1])
	}
	h, ok := c.hosts[words[1]]
	if !ok {
		return fmt.Errorf("there is no host %s", words[1])
	}
	commands := map[string]func(context.Context) error{
		"reset": h.Reset, "off": h.Stop, "on": h.Start, "cut": h.LinkDown, "mend": h.LinkUp,
	}
	do, ok := commands[words[0]]
	if !ok {
		return fmt.Errorf("there is no command %s", words[0])
	}
	return do(ctx)
}

// kinds are the words that may follow a flavour.
func kinds() map[string]labhost.Option {
	return map[string]labhost.Option{
		"plain": labhost.Plain(), "btrfs": labhost.Btrfs(), "btrfsdefault": labhost.BtrfsDefault(),
		"snapper": labhost.Snapper(), "suse": labhost.SnapperDefault(),
	}
}

// add boots NAME=FLAVOUR, or NAME=FLAVOUR,KIND, and says how to log in.
func (c console) add(ctx context.Context, arg string) error {
	name, flavour, ok := strings.Cut(arg, "=")
	if !ok {
		return fmt.Errorf("%q: a host is written NAME=FLAVOUR", arg)
	}
	var options []labhost.Option
	if f, kind, more := strings.Cut(flavour, ","); more {
		option, ok := kinds()[kind]
		if !ok {
			return fmt.Errorf("%q: there is no kind %s, only plain, btrfs, btrfsdefault, snapper, suse", arg, kind)
		}
		flavour, options = f, append(options, option)
	}
	h, err := c.lab.Add(ctx, name, labhost.Flavour(flavour), options...)
	if err != nil {
		return err
	}
	c.hosts[name] = h
	config, err := c.lab.SSHConfig()
	if err != nil {
		return err
	}
	say(c.out, "  nsenter --net=%s ssh -F %s %s", c.lab.NetworkPath(), config, name)
	return nil
}
