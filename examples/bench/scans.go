package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	cryptossh "golang.org/x/crypto/ssh"

	"patchwave/connectors"
	"patchwave/connectors/script"
	"patchwave/connectors/ssh"
	"patchwave/engine/scan"
	"patchwave/engine/updates"
	"patchwave/engine/updates/apt"
	"patchwave/inventory"
)

// engineScan scans all machines with the engine.
func engineScan(ctx context.Context, m machines, target connectors.Target, parallel int) (err error) {
	d := ssh.New(ssh.Config{})
	defer func() { err = errors.Join(err, d.Close()) }()
	var hosts []*inventory.Host
	for i, address := range m.Addresses {
		t := target
		t.Name, t.Address = "m"+strconv.Itoa(i), address
		hosts = append(hosts, &inventory.Host{Name: t.Name, Address: address, Target: t})
	}
	fleet := scan.Fleet{Dialer: d, Managers: []updates.Manager{apt.New()}, Parallelism: parallel, Now: time.Now}
	return fleet.Scan(ctx, hosts, scan.RefreshNever, func(o inventory.Observation) error {
		if o.State != inventory.ScanOK {
			return fmt.Errorf("%s is %s: %+v", o.Host, o.State, o.Problem)
		}
		return nil
	})
}

// bareScan sends the same script with golang.org/x/crypto/ssh alone and throws
// the answer away.
func bareScan(ctx context.Context, m machines, target connectors.Target, parallel int) error {
	signer, err := cryptossh.ParsePrivateKey([]byte(m.Key))
	if err != nil {
		return err
	}
	program, err := script.Encode(connectors.DialectSh, scan.Script([]updates.Manager{apt.New()}), "00112233445566778899aabbccddeeff",
		map[string]string{"refresh": "never", "managers": "apt", "max_age": "3600", "lock_wait": "1"})
	if err != nil {
		return err
	}
	config := &cryptossh.ClientConfig{User: target.User, Auth: []cryptossh.AuthMethod{cryptossh.PublicKeys(signer)},
		HostKeyCallback: cryptossh.InsecureIgnoreHostKey()} //nolint:gosec // a yardstick on loopback, not a client
	slots := make(chan struct{}, parallel)
	errs := make([]error, len(m.Addresses))
	var wg sync.WaitGroup
	for i, address := range m.Addresses {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			errs[i] = bareHost(ctx, net.JoinHostPort(address, strconv.Itoa(m.Port)), config, program)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func bareHost(ctx context.Context, address string, config *cryptossh.ClientConfig, script []byte) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	c, chans, reqs, err := cryptossh.NewClientConn(conn, address, config)
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	client := cryptossh.NewClient(c, chans, reqs)
	s, err := client.NewSession()
	if err != nil {
		return errors.Join(err, client.Close())
	}
	var out bytes.Buffer
	s.Stdin, s.Stdout, s.Stderr = bytes.NewReader(script), &out, io.Discard
	if err := s.Run("/bin/sh -s"); err != nil {
		return errors.Join(err, client.Close())
	}
	if out.Len() == 0 {
		err = errors.New("an empty answer")
	}
	return errors.Join(err, client.Close())
}

func median(costs []cost) cost {
	slices.SortFunc(costs, func(a, b cost) int { return cmp.Compare(a.cpu, b.cpu) })
	return costs[len(costs)/2]
}
