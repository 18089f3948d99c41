package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"patchwave/engine/notify"
)

// version is set by the release build.
var version = "0.1.0-dev"

// app is one invocation of the program.
type app struct {
	in       io.Reader
	out, err io.Writer
	env      func(string) (string, bool)
	now      func() time.Time
	signals  chan os.Signal
	// interrupted is the exit status of the signal that came, or 0.
	interrupted int
	flags       flags
	// sources says what commands that list hosts printed; nil is keptSources.
	sources sourceOutput
	// pollEvery is the pause between two looks at a job; 0 is the default.
	pollEvery time.Duration
	// leasing are the intervals of leases.
	leasing leasing
	// settle is how long a host may take to be what it was; 0 is the default.
	settle time.Duration
	// back is how long a host may at least take to be taken back; 0 is the default.
	back time.Duration
	// patience is how long a host waits for others that are not well; 0 is the
	// default.
	patience time.Duration
	// simTime is how long a job or a reboot takes on a machine of the
	// demonstration; 0 is a second.
	simTime time.Duration
	// sender tells receivers; nil is the network.
	sender notify.Sender
	// lastWord is how long the end of the program waits for receivers; 0 is the
	// default.
	lastWord time.Duration
}

// flags are the global ones.
type flags struct {
	config, db        string
	vars, varFiles    []string
	output, limit     string
	where             string
	yes, noColor      bool
	quiet             bool
	logLevel, logForm string
	metricsFile       string
}

func newApp(in io.Reader, out, errw io.Writer) *app {
	return &app{in: in, out: out, err: errw, env: os.LookupEnv, now: time.Now}
}

// root is the command tree.
func (a *app) root() *cobra.Command {
	c := &cobra.Command{
		Use:   "patchwave",
		Short: "Patch a fleet of Linux and Windows machines from one controller, with nothing installed on them",
		Long: `patchwave reads an inventory and policies written in HCL, asks every machine over SSH or
WinRM what is pending, decides by policy, and applies in waves and batches: with a restore point before,
a reboot where it is needed, a verification after, and every step in a journal.

Begin with:  patchwave demo
Then:        patchwave init, and validate, ping, scan, plan, apply

Which hosts: --limit takes terms with commas between them, added up from left to right.
  web-01  'web-*'         a host, a glob            role=web  tier!=prod   a label
  group:db  policy:web    of a group, of a policy   site:fra1              of a site
  '!web-03'  '&group:db'  takes away, intersects    run:ID:failed          failed in a run
  @FILE                   terms in a file, one a line

Every flag but --yes, --now, --override, --reason and --help has a variable:
PATCHWAVE_OUTPUT=json is --output json.

Exit status: 0 nothing failed · 1 internal error · 2 usage or configuration · 3 a host failed ·
  4 a host was not reached · 5 stopped by the failure threshold · 6 refused · 7 rolled back ·
  10 plan --detailed-exitcode: something to do · 11 held by another run · 130, 143 interrupted, resumable`,
		SilenceUsage:      true,
		SilenceErrors:     true,
		Version:           version,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return a.prepare(cmd) },
	}
	c.SetIn(a.in)
	c.SetOut(a.out)
	c.SetErr(a.err)
	c.SetVersionTemplate("patchwave {{.Version}}\n")
	c.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage("%w; see `%s --help`", err, cmd.CommandPath())
	})
	a.globalFlags(c.PersistentFlags())
	c.AddGroup(&cobra.Group{ID: "daily", Title: "Day to day:"}, &cobra.Group{ID: "config", Title: "Configuration:"},
		&cobra.Group{ID: "look", Title: "Looking back:"})
	for _, add := range commands() {
		c.AddCommand(strict(add(a)))
	}
	a.complete(c)
	return c
}

// commands are all of them, one file each.
func commands() []func(*app) *cobra.Command {
	return []func(*app) *cobra.Command{
		(*app).initCmd, (*app).importCmd, (*app).validateCmd, (*app).fmtCmd, (*app).testCmd, (*app).hostsCmd, (*app).graphCmd, (*app).schemaCmd,
		(*app).pingCmd, (*app).scanCmd, (*app).pendingCmd, (*app).explainCmd, (*app).scheduleCmd, (*app).planCmd, (*app).applyCmd, (*app).runCmd, (*app).resumeCmd, (*app).cancelCmd, (*app).rollbackCmd, (*app).execCmd,
		(*app).suspendCmd, (*app).unsuspendCmd, (*app).lockCmd, (*app).restorePointsCmd,
		(*app).statusCmd, (*app).historyCmd, (*app).showCmd, (*app).reportCmd,
		(*app).feedsCmd, (*app).demoCmd, (*app).versionCmd,
	}
}

func (a *app) globalFlags(f *pflag.FlagSet) {
	f.StringVarP(&a.flags.config, "config", "C", "", "configuration `DIR` (default $PATCHWAVE_CONFIG, else ./patchwave.d, else /etc/patchwave)")
	f.StringVar(&a.flags.db, "db", "", "database `FILE` (default that of the configuration)")
	f.StringArrayVar(&a.flags.vars, "var", nil, "value of a variable, `NAME=VALUE`; repeatable")
	f.StringArrayVar(&a.flags.varFiles, "var-file", nil, "`FILE` with values of variables; repeatable")
	f.StringVarP(&a.flags.output, "output", "o", "text", "`FORMAT` of the result: text, json (one document) or jsonl (one line an event)")
	f.StringVarP(&a.flags.limit, "limit", "l", "", "only the hosts of a `SELECTOR`: names, globs, group:G, label=value, …; see patchwave --help")
	f.StringVar(&a.flags.where, "where", "", "only the hosts for which an `EXPRESSION` is true: 'host.os.family == \"debian\"'")
	f.BoolVarP(&a.flags.yes, "yes", "y", false, "do not ask for confirmation")
	f.BoolVar(&a.flags.noColor, "no-color", false, "no colours (also NO_COLOR)")
	f.StringVar(&a.flags.logLevel, "log-level", "warn", "`LEVEL` of the log on standard error: trace, debug, info, warn, error or off")
	f.StringVar(&a.flags.logForm, "log-format", "text", "`FORMAT` of the log: text or json")
	f.BoolVarP(&a.flags.quiet, "quiet", "q", false, "print results and errors only, no progress")
}

// strict makes a command refuse arguments it does not know, with status 2.
func strict(c *cobra.Command) *cobra.Command {
	check := c.Args
	if check == nil {
		check = cobra.NoArgs
	}
	c.Args = func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usage("%w; see `%s --help`", err, cmd.CommandPath())
		}
		return nil
	}
	return c
}

// prepare fills flags from the environment and checks the common ones.
func (a *app) prepare(cmd *cobra.Command) error {
	var err error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if err == nil && !f.Changed {
			err = a.fromEnv(cmd.Flags(), f)
		}
	})
	if err != nil {
		return err
	}
	for _, name := range []string{"limit", "where", "policy"} {
		if f := cmd.Flags().Lookup(name); f != nil && f.Changed && f.Value.Type() == "string" && f.Value.String() == "" {
			return usage("--%s is empty (a shell variable that is not set?); leave it out to take all", name)
		}
	}
	switch also := cmd.Annotations[outputsAlso]; a.flags.output {
	case "text", "json", "jsonl", also:
	default:
		if f := cmd.Flags().Lookup("format"); f == nil {
			known := "text, json or jsonl"
			if also != "" {
				known = "text, json, jsonl or " + also
			}
			return usage("output %q is not %s", a.flags.output, known)
		}
	}
	switch a.flags.logForm {
	case "text", "json":
	default:
		return usage("--log-format %q is not text or json", a.flags.logForm)
	}
	if hclog.LevelFromString(a.flags.logLevel) == hclog.NoLevel {
		return usage("--log-level %q is not trace, debug, info, warn, error or off", a.flags.logLevel)
	}
	return nil
}

// outputsAlso is the annotation of a command that has an output format of its own.
const outputsAlso = "outputs-also"

// fromEnv sets a flag from PATCHWAVE_NAME.
func (a *app) fromEnv(set *pflag.FlagSet, f *pflag.Flag) error {
	name := "PATCHWAVE_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
	switch f.Name {
	case "yes", "now", "override", "reason", "help", "version", "config":
		return nil // config has its own order of places to look in
	case "var":
		name = "PATCHWAVE_VARS"
	case "var-file":
		name = "PATCHWAVE_VARS_FILE"
	}
	value, ok := a.env(name)
	if !ok || value == "" {
		return nil
	}
	values := []string{value}
	if f.Name == "var" || f.Name == "var-file" {
		values = splitList(value)
	}
	for _, v := range values {
		if err := set.Set(f.Name, v); err != nil {
			return usage("environment variable %s: %w", name, err)
		}
	}
	return nil
}

// splitList splits what an environment variable holds for a flag that can be
// repeated: one a line, or with commas between.
func splitList(s string) []string {
	sep := ","
	if strings.Contains(s, "\n") {
		sep = "\n"
	}
	var out []string
	for _, v := range strings.Split(s, sep) {
		if v = strings.TrimSpace(v); v != "" {
			out = append(out, v)
		}
	}
	return out
}

func (a *app) versionCmd() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", GroupID: "config",
		Example: "  patchwave version",
		RunE: func(*cobra.Command, []string) error {
			if a.flags.output != "text" {
				return a.json(map[string]string{"schema": "patchwave/version/v1", "version": version})
			}
			_, err := fmt.Fprintln(a.out, "patchwave", version)
			return err
		},
	}
}
