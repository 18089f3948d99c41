package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// complete gives arguments and flags their completions in the shell. They come
// from the configuration alone: no host is touched, no database is opened, and
// what cannot be read is passed over in silence, for a shell has no place for it.
func (a *app) complete(root *cobra.Command) {
	flag := func(c *cobra.Command, name string, f cobra.CompletionFunc) {
		if c.Flag(name) != nil {
			_ = c.RegisterFlagCompletionFunc(name, f) // it fails for a flag that is not there, or that has one
		}
	}
	for name, words := range map[string][]cobra.Completion{
		"output":     {"text", "json", "jsonl"},
		"log-level":  {"trace", "debug", "info", "warn", "error", "off"},
		"log-format": {"text", "json"},
	} {
		flag(root, name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	}
	flag(root, "config", directories)
	flag(root, "limit", a.completeLimit)
	for _, name := range []string{"where", "var"} {
		flag(root, name, cobra.NoFileCompletions)
	}
	for _, c := range root.Commands() {
		for name, words := range map[string][]cobra.Completion{
			"refresh": {"auto", "always", "never"}, "by": {"update", "host"}, "format": {"text", "json"},
		} {
			flag(c, name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
		}
		flag(c, "dir", directories)
		flag(c, "policy", a.completePolicy)
		c.ValidArgsFunction = a.completeArgs(c.Name())
	}
}

// completeArgs is the completion of a command's arguments.
func (a *app) completeArgs(name string) cobra.CompletionFunc {
	switch name {
	case "apply":
		return nil // a saved plan is a file
	case "init":
		return directories
	case "fmt":
		return cobra.FixedCompletions([]cobra.Completion{"hcl"}, cobra.ShellCompDirectiveFilterFileExt)
	case "rollback", "explain":
		return a.completeHost(0)
	case "suspend", "unsuspend":
		return a.completePolicy
	case "show":
		return a.completeHost(1)
	default:
		return cobra.NoFileCompletions
	}
}

func directories(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// completeHost completes the argument at a place with the names of hosts.
func (a *app) completeHost(place int) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) != place {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		hosts, _, _ := a.declared(cmd)
		return beginning(word, "", hosts), cobra.ShellCompDirectiveNoFileComp
	}
}

func (a *app) completePolicy(cmd *cobra.Command, _ []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
	_, _, policies := a.declared(cmd)
	return beginning(word, "", policies), cobra.ShellCompDirectiveNoFileComp
}

// completeLimit completes the last term of a selector, after its ! or &.
func (a *app) completeLimit(cmd *cobra.Command, _ []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
	at := strings.LastIndex(word, ",") + 1
	if at < len(word) && (word[at] == '!' || word[at] == '&') {
		at++
	}
	before, term := word[:at], word[at:]
	hosts, groups, policies := a.declared(cmd)
	terms := slices.Clone(hosts)
	for _, g := range groups {
		terms = append(terms, "group:"+g)
	}
	for _, p := range policies {
		terms = append(terms, "policy:"+p)
	}
	return beginning(term, before, terms), cobra.ShellCompDirectiveNoFileComp
}

// beginning returns the words that begin with a prefix, with what stands before
// it.
func beginning(prefix, before string, words []string) []cobra.Completion {
	var out []cobra.Completion
	for _, w := range words {
		if strings.HasPrefix(w, prefix) {
			out = append(out, before+w)
		}
	}
	return out
}

// declared returns the names of hosts, groups and policies of the configuration;
// fewer or none if it has mistakes.
func (a *app) declared(cmd *cobra.Command) (hosts, groups, policies []string) {
	if err := a.prepare(cmd); err != nil {
		return nil, nil, nil
	}
	a.sources = a.quietSources
	cfg, _, err := a.loadConfig()
	if err != nil || cfg == nil {
		return nil, nil, nil
	}
	inv, list, _ := cfg.Resolve(nil)
	if inv == nil {
		return nil, nil, nil
	}
	for _, h := range inv.Hosts {
		hosts = append(hosts, h.Name)
	}
	for _, g := range inv.Groups {
		groups = append(groups, g.Name)
	}
	for _, p := range list {
		policies = append(policies, p.Name)
	}
	return hosts, groups, policies
}
