package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"patchwave/connectors"
	"patchwave/engine/report/safe"
	"patchwave/engine/scan"
	"patchwave/inventory"
)

type execDoc struct {
	Schema string     `json:"schema"`
	Hosts  []execHost `json:"hosts"`
}

type execHost struct {
	Name      string             `json:"name"`
	State     string             `json:"state"`
	ExitCode  *int               `json:"exit_code"`
	Stdout    string             `json:"stdout"`
	Stderr    string             `json:"stderr"`
	Truncated bool               `json:"truncated"`
	Duration  int64              `json:"duration_ms"`
	Error     *inventory.Problem `json:"error"`
}

type execOptions struct {
	become  bool
	timeout time.Duration
}

func (a *app) execCmd() *cobra.Command {
	var opt execOptions
	cmd := &cobra.Command{
		Use: "exec [--become] -- COMMAND…", Short: "Run a command on the hosts; equal output is grouped", GroupID: "daily",
		Long: "Runs on all hosts, or those of --limit and --where. The words after -- are joined with spaces and given\n" +
			"to a shell on the host, as ssh does. Nothing is journaled, and nothing protects the host from the command.",
		Example: "  patchwave exec -l 'web-*' -- uptime\n  patchwave exec --become -- 'apt-mark showhold'",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.sources = a.freshSources(cmd.Context())
			return a.withHosts(cmd, optional, func(s *session, hosts []*inventory.Host) error {
				return a.exec(cmd.Context(), s, hosts, strings.Join(args, " "), opt)
			})
		},
	}
	cmd.Flags().BoolVar(&opt.become, "become", false, "become root first (or the user that the become block of the connection names)")
	cmd.Flags().DurationVar(&opt.timeout, "timeout", 0, "how long the command may take, a `DURATION` such as 30s or 5m (default that of the connection, 2h)")
	return cmd
}

func (h execHost) host() (name, state string) { return h.Name, h.State }

func (h execHost) event() any {
	return struct {
		Schema string `json:"schema"`
		execHost
	}{schemaExec, h}
}

const schemaExec = "patchwave/exec/v1"

func (a *app) exec(ctx context.Context, s *session, hosts []*inventory.Host, line string, opt execOptions) error {
	answers, err := eachHost(ctx, a, s, hosts, "running",
		func(ctx context.Context, d connectors.Dialer, h *inventory.Host) execHost {
			return a.execHost(ctx, d, h, line, opt)
		})
	if err != nil {
		return err
	}
	if err := a.showExec(execDoc{Schema: schemaExec, Hosts: answers}); err != nil {
		return err
	}
	return exit(answersCode(answers))
}

func (a *app) execHost(ctx context.Context, d connectors.Dialer, h *inventory.Host, line string, opt execOptions) execHost {
	out := execHost{Name: h.Name, State: "ok"}
	start := time.Now()
	session, err := d.Dial(ctx, h.Target)
	var res connectors.Result
	if err == nil {
		res, err = session.Run(ctx, connectors.Command{Line: line, Become: opt.become, Timeout: opt.timeout, MaxOutput: 1 << 20})
		err = errors.Join(err, session.Close())
	}
	out.Duration = time.Since(start).Milliseconds()
	out.Stdout, out.Stderr, out.Truncated = string(res.Stdout), string(res.Stderr), res.Truncated
	if err != nil {
		o := scan.Failure(h.Name, err, a.now())
		out.State, out.Error = string(o.State), o.Problem
		return out
	}
	out.ExitCode = &res.ExitCode
	if res.ExitCode != 0 {
		out.State = "failed"
	}
	return out
}

// showExec prints equal answers once, under the hosts that gave them.
func (a *app) showExec(doc execDoc) error {
	switch a.flags.output {
	case "json":
		return a.json(doc)
	case "jsonl":
		return nil // said as they came
	}
	var order []string
	groups := map[string][]string{}
	for _, h := range doc.Hosts {
		text := execText(h)
		if _, ok := groups[text]; !ok {
			order = append(order, text)
		}
		groups[text] = append(groups[text], h.Name)
	}
	for _, text := range order {
		names := groups[text]
		head := safe.Text(strings.Join(names, ", "))
		if len(names) > 1 {
			head = strconv.Itoa(len(names)) + " hosts: " + head
		}
		if err := a.printf("%s\n%s", paint("== "+head, strong, a.color(a.out)), text); err != nil {
			return err
		}
	}
	return nil
}

func execText(h execHost) string {
	var b strings.Builder
	for _, stream := range []string{h.Stdout, h.Stderr} {
		if s := strings.TrimRight(stream, "\n"); s != "" {
			b.WriteString(safe.Block(s) + "\n")
		}
	}
	switch {
	case h.Error != nil:
		b.WriteString(h.Error.Code + ": " + safe.Text(h.Error.Message) + "\n")
	case *h.ExitCode != 0:
		fmt.Fprintf(&b, "exit status %d\n", *h.ExitCode)
	}
	if h.Truncated {
		b.WriteString("(the output was longer than is kept)\n")
	}
	return b.String()
}
