package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/activityd/activityd/internal/config"
	"github.com/activityd/activityd/internal/storage/mongo"
	"github.com/activityd/activityd/internal/storage/sqlite"
	"github.com/activityd/activityd/internal/storage/transfer"
)

func migrateStoreCommand(environ []string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "migrate-store --from STORE --to STORE",
		Short: "Move all data from one store to another",
		Long: `Move all data from SQLite to MongoDB or back. A STORE is sqlite:DIRECTORY (a
data_dir), a MongoDB URI, or one of the words sqlite and mongodb, which stand for
the settings data_dir and mongodb_uri: so a URI with a password need not be on
the command line.

Stop every server of both stores first. The source is not changed; the target
must be empty. Interrupted, the same command goes on where it was. The target
can be served only when all of it was read again and compared.

With --verify nothing is moved: both stores are read and compared.`,
		Example: `  activityd migrate-store --from sqlite:/var/lib/activityd --to mongodb://db.example.org/activityd
  ACTIVITYD_MONGODB_URI=mongodb://... activityd migrate-store --from mongodb --to sqlite:./data`,
		Args: noArgs,
	}
	from := cmd.Flags().String("from", "", "`store` to read (required)")
	to := cmd.Flags().String("to", "", "empty `store` to fill (required)")
	verify := cmd.Flags().Bool("verify", false, "only compare the two")
	settings := addSettings(cmd.Flags(), environ, "data_dir", "mongodb_uri")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		effective, err := settings.load()
		if err != nil {
			return err
		}
		source, err := parsePlace("--from", *from, effective.Config)
		if err != nil {
			return err
		}
		target, err := parsePlace("--to", *to, effective.Config)
		if err != nil {
			return err
		}
		if source == target {
			return usagef("--from and --to name the same store")
		}
		run := migrateStore
		if *verify {
			run = compareStores
		}
		done, err := run(cmd.Context(), source, target, cmd.ErrOrStderr())
		if err != nil {
			return interrupted(cmd.Context(), err)
		}
		return say(cmd, "%s", done)
	}
	return cmd
}

// interrupted says what to do where a signal ended the work.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return errors.New("interrupted: the same command goes on where it was")
	}
	return err
}

// place is where a store is: a data folder, or a database.
type place struct {
	dir string
	uri config.Secret
}

// String tells it without secrets.
func (p place) String() string {
	if p.uri != "" {
		return p.uri.String()
	}
	return "sqlite:" + p.dir
}

// parsePlace takes what a flag says.
func parsePlace(flag, given string, cfg config.Config) (place, error) {
	dir, isDir := strings.CutPrefix(given, "sqlite:")
	switch {
	case given == "":
		return place{}, usagef("give %s: sqlite:DIRECTORY or a MongoDB URI", flag)
	case given == "sqlite":
		return placeOfDir(cfg.DataDir)
	case isDir && dir != "":
		return placeOfDir(dir)
	case given == "mongodb" && cfg.MongoDBURI == "":
		return place{}, usagef("%s mongodb stands for the setting mongodb_uri, which is empty", flag)
	case given == "mongodb":
		return place{uri: cfg.MongoDBURI}, nil
	case strings.HasPrefix(given, "mongodb://"), strings.HasPrefix(given, "mongodb+srv://"):
		if err := mongo.CheckURI(given); err != nil {
			return place{}, usagef("%s: the MongoDB URI %v", flag, err)
		}
		return place{uri: config.Secret(given)}, nil
	}
	return place{}, usagef("%s: %s is no store: give sqlite:DIRECTORY, mongodb://HOST/DATABASE, or one of the words sqlite and mongodb", flag, shown(given))
}

// shown gives what was given unless it may have a secret in it.
func shown(given string) string {
	if strings.Contains(given, "@") {
		return "this"
	}
	return fmt.Sprintf("%q", given)
}

func placeOfDir(dir string) (place, error) {
	whole, err := filepath.Abs(dir)
	return place{dir: whole}, err
}

// opened is a store that is read.
type opened interface {
	transfer.Source
	io.Closer
}

func (p place) openSource(ctx context.Context) (opened, error) {
	if p.uri != "" {
		return only(mongo.OpenExport(ctx, string(p.uri)))
	}
	return only(sqlite.OpenExport(ctx, p.dir))
}

// only keeps a nil pointer from being an interface that is not nil.
func only[T opened](s T, err error) (opened, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (p place) openTarget(ctx context.Context) (transfer.Target, io.Closer, error) {
	if p.uri != "" {
		t, err := mongo.OpenImport(ctx, string(p.uri))
		return t, t, err
	}
	t, err := sqlite.OpenImport(ctx, p.dir)
	return t, t, err
}

// migrateStore moves all, and tells what was done.
func migrateStore(ctx context.Context, from, to place, out io.Writer) (done string, err error) {
	source, err := from.openSource(ctx)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, closer, err := to.openTarget(ctx)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, closer.Close()) }()
	var p transfer.Progress
	m := newMeter(&p, out, time.Now)
	err = transfer.Copy(ctx, source, target, &p)
	m.end()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("All of %s is in %s: %s. Both were compared, and are the same.", from, to, m.total()), nil
}

// compareStores reads both, and tells what was compared. What differs is the
// error.
func compareStores(ctx context.Context, from, to place, out io.Writer) (done string, err error) {
	a, err := from.openSource(ctx)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	b, err := to.openSource(ctx)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	var p transfer.Progress
	m := newMeter(&p, out, time.Now)
	differences, err := transfer.Compare(ctx, a, b, &p)
	m.end()
	if err != nil {
		return "", err
	}
	if len(differences) > 0 {
		return "", fmt.Errorf("the stores differ:\n  %s", strings.Join(differences, "\n  "))
	}
	return fmt.Sprintf("%s and %s are the same: %s.", from, to, m.total()), nil
}
