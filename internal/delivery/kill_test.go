package delivery

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/store"
)

// childDir in the environment makes this program the process that is killed.
const childDir = "ORGTRAIL_TEST_CHILD_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := child(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1) // it is to be killed
	}
	os.Exit(m.Run())
}

const batchSize = 10

// batchOf makes the entries that a child journals in one commit.
func batchOf(n int) (batch []journal.Entry) {
	for i := n * batchSize; i < (n+1)*batchSize; i++ {
		routes := [][]journal.Route{{toOrg}, {toOrg, toPrefixed}, {toAccount}, nil}[i%4]
		batch = append(batch, entry(i, i/4%5, "us-east-1", time.Now(), routes...))
	}
	return batch
}

// child journals batches and delivers them until it is killed. It tells the
// number of each before and after its commit.
func child(dir string) error {
	first, err := strconv.Atoi(os.Getenv("ORGTRAIL_TEST_CHILD_FIRST"))
	if err != nil {
		return err
	}
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{Dir: dir})
	if err != nil {
		return err
	}
	go New(directoryConfig(s, dir, 5)).Run(ctx)
	for n := first; ; n++ {
		fmt.Println("try", n)
		if err := s.Append(ctx, batchOf(n)...); err != nil {
			return err
		}
		fmt.Println("ack", n)
	}
}

// directoryConfig delivers into a directory, which refuses one put of so many.
func directoryConfig(s *store.Store, dir string, refusing int) Config {
	return Config{
		Store: s, Bucket: directory{filepath.Join(dir, "buckets"), refusing},
		Trails: known{
			"org-trail":      {Bucket: "org-trail"},
			"account-trail":  {Bucket: "account-trail"},
			"prefixed-trail": {Bucket: "shared", Prefix: "prefixed-trail"},
		},
		Interval: 20 * time.Millisecond, WindowSize: 16 << 10, FileSize: 2 << 10,
		Log: slog.New(slog.DiscardHandler),
	}
}

// directory is a directory of buckets.
type directory struct {
	path     string
	refusing int // one put of so many; 0 is none
}

func (d directory) PutLog(_ context.Context, _ store.Reader, o Object) *aws.Error {
	if d.refusing > 0 && rand.IntN(d.refusing) == 0 {
		return aws.Errorf(aws.AccessDenied, "no")
	}
	if err := d.put(filepath.Join(d.path, o.Bucket, o.Key), o.Body); err != nil {
		return aws.Errorf(aws.InternalFailure, "%v", err)
	}
	return nil
}

// put writes a file that is there whole or not at all. Other bytes than those
// of a file that is there go beside it, for the test to find.
func (d directory) put(at string, body []byte) error {
	if there, err := os.ReadFile(at); err == nil && !bytes.Equal(there, body) {
		at += ".changed"
	}
	if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
		return err
	}
	part, err := os.CreateTemp(filepath.Dir(d.path), "part")
	if err != nil {
		return err
	}
	defer part.Close()
	if _, err := part.Write(body); err != nil {
		return err
	}
	return os.Rename(part.Name(), at)
}

func (d directory) bodies(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(d.path, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		at, err := filepath.Rel(d.path, path)
		if err == nil {
			all[filepath.ToSlash(at)], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A process that is killed again and again, at any moment, loses nothing that
// was acknowledged and delivers nothing twice.
func TestKilledAgainAndAgain(t *testing.T) {
	rounds := 25
	if testing.Short() {
		rounds = 3
	}
	dir := t.TempDir()
	var tried, acknowledged []int
	for range rounds {
		first := 0
		if len(tried) > 0 {
			first = tried[len(tried)-1] + 1
		}
		a, b := killed(t, dir, first, 1+rand.IntN(60))
		tried, acknowledged = append(tried, a...), append(acknowledged, b...)
	}

	s, err := store.Open(t.Context(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := directoryConfig(s, dir, 0)
	if err := New(c).Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	objects := c.Bucket.(directory).bodies(t)
	var journaled, perhaps []journal.Entry
	for _, n := range acknowledged {
		journaled = append(journaled, batchOf(n)...)
	}
	for _, n := range tried {
		if len(acknowledged) > 0 && acknowledged[0] == n {
			acknowledged = acknowledged[1:]
			continue
		}
		perhaps = append(perhaps, batchOf(n)...)
	}
	checkPlaces(t, readObjects(t, objects), journaled, perhaps)
	checkManifest(t, s, objects)
	t.Logf("%d entries acknowledged, %d perhaps, in %d objects", len(journaled), len(perhaps), len(objects))
}

// killed runs a child until it has told of some commits, and kills it.
func killed(t *testing.T, dir string, first, commits int) (tried, acknowledged []int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir, fmt.Sprint("ORGTRAIL_TEST_CHILD_FIRST=", first))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		word, number, _ := strings.Cut(lines.Text(), " ")
		n, err := strconv.Atoi(number)
		if err != nil {
			t.Fatalf("the child says %q", lines.Text())
		}
		if word == "try" {
			tried = append(tried, n)
			continue
		}
		acknowledged = append(acknowledged, n)
		if len(acknowledged) == commits {
			cmd.Process.Kill() // what it has said until then is still read
		}
	}
	cmd.Wait()
	if len(acknowledged) < commits {
		t.Fatal("the child ended by itself")
	}
	return tried, acknowledged
}
