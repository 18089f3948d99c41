//go:build lab

package labhost

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Sh runs a POSIX sh script as root on the guest, past sshd and the network, and
// returns its standard output. A script that fails is an error with both
// outputs. It also works while the link is down.
func (h *Host) Sh(ctx context.Context, script string) (string, error) {
	g, err := h.running()
	if err != nil {
		return "", err
	}
	pid, err := g.init()
	if err != nil {
		return "", err
	}
	cmd := command(ctx, "nsenter", "--target", strconv.Itoa(pid), "--mount", "--uts", "--ipc", "--net", "--pid",
		"--cgroup", "--root", "--wd", "--", "/bin/sh", "-s")
	// The whole of it is parsed before it runs, so children cannot eat the rest.
	cmd.Stdin = strings.NewReader("lab_main() {\n" + script + "\n}\nlab_main </dev/null\n")
	r, err := capture(cmd, h.lab.net.run)
	if err == nil && r.ExitCode != 0 {
		err = fmt.Errorf("exit code %d: %s", r.ExitCode, tail([]byte(r.Stdout+r.Stderr), 2048))
	}
	if err != nil {
		return r.Stdout, fmt.Errorf("script on %s: %w", h.Name, err)
	}
	return r.Stdout, nil
}

// SSH logs in with the real ssh client from inside the lab and runs a command
// line. A command that ran and failed is no error; 255 is ssh's own.
func (h *Host) SSH(ctx context.Context, user, line string) (Result, error) {
	config, err := h.lab.SSHConfig()
	if err != nil {
		return Result{}, err
	}
	cmd := command(ctx, "ssh", "-F", config, "-l", user, h.Name, line)
	return capture(cmd, h.lab.net.run)
}

// SSHConfig writes an ssh_config with every guest of the lab, and returns its
// path. Host keys are pinned.
func (l *Lab) SSHConfig() (string, error) {
	known := filepath.Join(l.Dir, "known_hosts")
	var lines, config strings.Builder
	for _, h := range l.Hosts() {
		lines.WriteString(h.KnownHostsLine)
		fmt.Fprintf(&config, "Host %s\n\tHostName %s\n\tPort %d\n", h.Name, h.Addr, h.Port)
	}
	fmt.Fprintf(&config, "Host *\n\tIdentityFile %s\n\tIdentitiesOnly yes\n\tUserKnownHostsFile %s\n", l.KeyFile, known)
	config.WriteString("\tGlobalKnownHostsFile /dev/null\n\tStrictHostKeyChecking yes\n\tBatchMode yes\n\tConnectTimeout 10\n")
	config.WriteString("\tPasswordAuthentication no\n\tUser root\n\tLogLevel ERROR\n")
	path := filepath.Join(l.Dir, "ssh_config")
	if err := writeFile(known, lines.String()); err != nil {
		return "", err
	}
	return path, writeFile(path, config.String())
}

// writeFile replaces a file by rename: others may be reading it.
func writeFile(path, body string) error {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	if _, err := file.WriteString(body); err != nil {
		_ = file.Close() // the first error counts
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
