package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"zombiezen.com/go/sqlite"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage/chores"
	"github.com/activityd/activityd/internal/storage/counts"
	"github.com/activityd/activityd/internal/storage/memory"
	"github.com/activityd/activityd/migrations"
)

// fileName is the database's name in the data folder.
const fileName = "activityd.db"

// leastVersion of SQLite: before it a checkpoint could reset the log while
// another connection committed, and lose the commit.
const leastVersion = "3.51.3"

// Options say where the store is and how it works. Zero values are defaults.
type Options struct {
	Dir       string           // the data folder, made if it is not there; required
	Clock     func() time.Time // time.Now by default
	History   time.Duration    // how long changes are kept; 30 days by default
	Logger    *slog.Logger     // for what no caller hears of; discards by default
	Exclusive bool             // refuse to open what another exclusive store has open: for servers

	CachedUsers int   // whose structure is kept in memory; 8,192 by default
	PageCache   int64 // bytes of the file that the writer keeps in memory; 64 MiB by default
	Readers     int   // connections that read; two for each processor, at least 4, by default

	// Watch, when not nil, is called as an update begins to wait for its turn,
	// and what it gives when it is done: with how many units were in its group,
	// 0 where it never ran, and its error. It must be quick.
	Watch func(ctx context.Context) func(units int, err error)

	// Migrations are those of package migrations by default.
	Migrations fs.FS
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.History <= 0 {
		o.History = 30 * 24 * time.Hour
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.CachedUsers <= 0 {
		o.CachedUsers = 8192
	}
	o.CachedUsers = max(o.CachedUsers, 2*groupSize)
	if o.PageCache <= 0 {
		o.PageCache = 64 << 20
	}
	if o.Readers <= 0 {
		o.Readers = max(4, 2*runtime.GOMAXPROCS(0))
	}
	if o.Migrations == nil {
		o.Migrations = migrations.SQLite
	}
	return o
}

// Open opens the store in a data folder, and makes it where there is none. It
// refuses a folder that cannot be written, a file that is not activityd's, one
// from a newer activityd, and, if Exclusive, one that another server has open.
func Open(ctx context.Context, o Options) (*Store, error) {
	o = o.withDefaults()
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("storage/sqlite: cannot make the data folder: %w", err)
	}
	var lock *os.File
	if o.Exclusive {
		f, err := lockDir(o.Dir)
		if err != nil {
			return nil, err
		}
		lock = f
	}
	s, err := open(ctx, o, lock)
	if err != nil && lock != nil {
		err = errors.Join(err, lock.Close())
	}
	return s, err
}

func open(ctx context.Context, o Options, lock *os.File) (*Store, error) {
	path := filepath.Join(o.Dir, fileName)
	if err := makeFile(path); err != nil {
		return nil, err
	}
	c, err := openWriter(ctx, path, o)
	if err != nil {
		return nil, err
	}
	s, err := newStore(c, path, o, lock)
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return s, nil
}

// makeFile makes an empty file that only its owner can read; SQLite gives its
// files beside it the same mode.
func makeFile(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("storage/sqlite: cannot write to the data folder: %w", err)
	}
	return f.Close()
}

func openWriter(ctx context.Context, path string, o Options) (*conn, error) {
	c, err := openConn(path, "temp_store = MEMORY", fmt.Sprintf("cache_size = -%d", max(1, o.PageCache>>10)))
	if err != nil {
		return nil, failure("open "+path, err)
	}
	prepare := func() error {
		if err := checkVersion(c); err != nil {
			return err
		}
		if err := migrate(ctx, c, path, o.Migrations); err != nil {
			return err
		}
		// What is acknowledged survives the loss of power. Checkpoints wait for
		// 16 MiB, so that pages written often are written once.
		for _, pragma := range []string{"journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 4000", "journal_size_limit = 67108864"} {
			if err := c.exec("PRAGMA " + pragma); err != nil {
				return failure(pragma, err)
			}
		}
		return nil
	}
	if err := prepare(); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func checkVersion(c *conn) error {
	var version string
	err := c.query("SELECT sqlite_version()", func(s *sqlite.Stmt) error {
		version = s.ColumnText(0)
		return nil
	})
	if err != nil {
		return failure("ask for SQLite's version", err)
	}
	if versionLess(version, leastVersion) {
		return fmt.Errorf("storage/sqlite: this program was built with SQLite %s: build it with %s or later (modernc.org/sqlite v1.61 or later)", version, leastVersion)
	}
	return nil
}

func versionLess(a, b string) bool {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		x, _ := strconv.Atoi(as[i])
		y, _ := strconv.Atoi(bs[i])
		if x != y {
			return x < y
		}
	}
	return len(as) < len(bs)
}

func newStore(c *conn, path string, o Options, lock *os.File) (*Store, error) {
	s := &Store{
		options: o,
		lock:    lock,
		lists:   listStatements(),
		cache:   memory.NewCache(o.CachedUsers, (*account).follows),
		news:    newNews(),
		readers: newReaders(path, o.Readers),
		closing: make(chan struct{}),
		janitor: chores.New(),
		counts:  counts.New(groupSize),
	}
	drafts, err := simplelru.NewLRU[activity.UserID, *draft](o.CachedUsers, nil)
	if err != nil {
		return nil, err
	}
	s.writer = &writer{
		conn: c, cache: s.cache, news: s.news, clock: o.Clock, log: o.Logger, counts: s.counts,
		queue: make(chan *task, queueSize), closing: make(chan struct{}), ended: make(chan struct{}),
		drafts: drafts, foreign: s.janitor.Poke,
	}
	made, err := readMeta(c)
	if err != nil {
		return nil, failure("read "+path, err)
	}
	if err := made.finished(); err != nil {
		return nil, err
	}
	s.epoch, s.key = made.epoch, made.key
	if s.writer.seen, err = c.integer("PRAGMA data_version"); err != nil {
		return nil, failure("read "+path, err)
	}
	go s.writer.loop()
	s.janitor.Start(chores.Chores{Sweep: s.sweepAll, Flush: s.flushUses, Prune: s.prune, Log: o.Logger})
	return s, nil
}
