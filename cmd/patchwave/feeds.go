package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"patchwave/engine/config"
	"patchwave/engine/feeds"
	"patchwave/engine/report"
	"patchwave/engine/store"
)

// feedsDoc is the document of feeds import, with what was imported, and of feeds
// status.
type feedsDoc struct {
	Schema string    `json:"schema"`
	Feeds  []feedDoc `json:"feeds"`
}

type feedDoc struct {
	Kind feeds.Kind `json:"kind"`
	// Ecosystem is null for feeds that are about CVEs alone.
	Ecosystem *string `json:"ecosystem"`
	File      string  `json:"file"`
	SHA256    string  `json:"sha256"`
	Size      int64   `json:"size"`
	Entries   int     `json:"entries"`
	// Used are the entries that say something of a managed distribution.
	Used int `json:"used"`
	// Dated is the date of the data, by "data" itself, else by that of the "file",
	// else by the "import". Age counts from it.
	Dated    time.Time `json:"dated"`
	DatedBy  string    `json:"dated_by"`
	Imported time.Time `json:"imported"`
	Age      int64     `json:"age_s"`
	// Old says that it is older than it should be.
	Old bool `json:"old"`
}

// maxFeedAge is the age from which a feed is said to be old.
const maxFeedAge = 14 * 24 * time.Hour

func (a *app) feedsCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "feeds", Short: "Vulnerability data from files: severities, CVEs, known exploited ones, scores", GroupID: "config",
		Long: "What apt, apk and pacman do not say of an update, imported files fill in: its CVEs, its severity,\n" +
			"whether one of them is known to be exploited, and its EPSS score. Nothing is ever downloaded.",
		Example: "  patchwave feeds import osv all.zip\n  patchwave feeds status",
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(strict(a.feedsImportCmd()), strict(a.feedsStatusCmd()))
	return cmd
}

func (a *app) feedsImportCmd() *cobra.Command {
	return &cobra.Command{
		Use: "import [KIND] FILE...", Short: "Import feeds from files, each whole or not at all",
		Long: "KIND is found out from the content if it is not given. A feed takes the place of the one before of\n" +
			"its kind and ecosystem. FILE may be compressed with gzip; - is standard input.\n\n" +
			"  osv     all.zip of an ecosystem, from https://osv-vulnerabilities.storage.googleapis.com/ECOSYSTEM/all.zip\n" +
			"  debian  https://security-tracker.debian.org/tracker/data/json\n" +
			"  kev     https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json, or the .csv\n" +
			"  epss    https://epss.empiricalsecurity.com/epss_scores-current.csv.gz",
		Example: "  patchwave feeds import all.zip known_exploited_vulnerabilities.json epss_scores-current.csv.gz\n" +
			"  patchwave feeds import debian - < tracker.json",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			kind := feeds.Kind("")
			if len(args) > 1 && slices.Contains(feeds.Kinds(), feeds.Kind(args[0])) {
				kind, args = feeds.Kind(args[0]), args[1:]
			}
			return a.withStore(cmd.Context(), create, func(st *store.Store) error { return a.importFeeds(cmd.Context(), st, kind, args) })
		},
	}
}

func (a *app) feedsStatusCmd() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show the imported feeds with their age", Args: cobra.NoArgs,
		Example: "  patchwave feeds status\n  patchwave feeds status -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withStore(cmd.Context(), optional, func(st *store.Store) error {
				var list []store.Feed
				if st != nil {
					var err error
					if list, err = st.Feeds(cmd.Context()); err != nil {
						return err
					}
				}
				return a.showFeeds(list)
			})
		},
	}
}

// withStore opens the database alone. The configuration is read for nothing but
// where it is, and not at all if a flag says that.
func (a *app) withStore(ctx context.Context, mode access, do func(*store.Store) error) (err error) {
	var cfg *config.Config
	if a.flags.db == "" {
		if cfg, err = a.mustLoad(); err != nil {
			return err
		}
	}
	st, err := a.openStore(ctx, cfg, mode)
	if err != nil {
		return err
	}
	if st != nil {
		defer func() { err = errors.Join(err, st.Close()) }()
	}
	return do(st)
}

func (a *app) showFeeds(list []store.Feed) error {
	doc := feedsDoc{Schema: report.SchemaFeeds, Feeds: []feedDoc{}}
	for _, f := range list {
		d := feedDoc{Kind: f.Kind, File: f.File, SHA256: f.SHA256, Size: f.Size, Entries: f.Entries, Used: f.Used,
			Dated: f.Dated, DatedBy: f.DatedBy, Imported: f.Imported}
		if f.Scope != "" {
			d.Ecosystem = &f.Scope
		}
		age := a.now().Sub(f.Dated)
		d.Age, d.Old = int64(max(age, 0)/time.Second), age > maxFeedAge
		doc.Feeds = append(doc.Feeds, d)
	}
	switch a.flags.output {
	case "json":
		return a.json(doc)
	case "jsonl":
		for _, d := range doc.Feeds {
			if err := a.json(struct {
				Schema string `json:"schema"`
				feedDoc
			}{doc.Schema, d}); err != nil {
				return err
			}
		}
		return nil
	}
	return a.feedsText(doc)
}

func (a *app) feedsText(doc feedsDoc) error {
	if len(doc.Feeds) == 0 {
		return a.printf("no feed is imported; see `patchwave feeds import --help`\n")
	}
	var rows [][]cell
	for _, d := range doc.Feeds {
		ecosystem, age := "-", cell{ageText(d.Age), plain}
		if d.Ecosystem != nil {
			ecosystem = *d.Ecosystem
		}
		if d.Old {
			age = cell{age.text + ", old", warn}
		}
		dated := d.Dated.UTC().Format(time.DateOnly)
		if d.DatedBy != "data" {
			dated += " (" + d.DatedBy + ")"
		}
		rows = append(rows, []cell{c(string(d.Kind)), c(ecosystem), c(strconv.Itoa(d.Entries)), c(strconv.Itoa(d.Used)),
			c(dated), c(d.Imported.UTC().Format("2006-01-02 15:04")), age, c(d.File)})
	}
	if err := a.table([]string{"feed", "ecosystem", "entries", "used", "dated", "imported", "age", "file"}, rows); err != nil {
		return err
	}
	for _, d := range doc.Feeds {
		if name := d.name(); d.Old {
			a.say("warning: the feed %s is %s old: what came out since is not known; fetch it and import it again", name, ageText(d.Age))
		} else if d.Dated.After(a.now().Add(24 * time.Hour)) {
			a.say("warning: the feed %s is of %s, which is to come: look at the clock of this computer", name, d.Dated.UTC().Format(time.DateOnly))
		}
	}
	return nil
}

// name is how a feed is called in a sentence.
func (d feedDoc) name() string {
	if d.Ecosystem == nil {
		return string(d.Kind)
	}
	return strings.TrimSpace(string(d.Kind) + " " + *d.Ecosystem)
}

// ageText says an age in its largest unit.
func ageText(seconds int64) string {
	switch {
	case seconds >= 2*86400:
		return fmt.Sprintf("%d days", seconds/86400)
	case seconds >= 2*3600:
		return fmt.Sprintf("%d hours", seconds/3600)
	default:
		return fmt.Sprintf("%d minutes", seconds/60)
	}
}
