package plane

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/s3"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

func TestLongDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 40))
	l := openLocal(t, dir)
	createBucket(t, l, "bucket")
	put(t, l, "bucket", "key", "body")
	if body, code := get(t, l, "bucket", "key", ""); body != "body" {
		t.Errorf("%q, %s", body, code)
	}
}

func TestWorkingDirectoryComesBack(t *testing.T) {
	before, _ := os.Getwd()
	l, err := Embedded(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if after, _ := os.Getwd(); after != before {
		t.Errorf("%s became %s", before, after)
	}
}

// TestCloseAtOnce: a store that is closed the moment it was opened ends.
func TestCloseAtOnce(t *testing.T) {
	for range 20 {
		l, err := Embedded(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestStartIsFast: a start takes a tenth of a second at most. On a busy machine
// that holds for the quickest of several.
func TestStartIsFast(t *testing.T) {
	dir := t.TempDir()
	for attempt := 1; ; attempt++ {
		start := time.Now()
		l, err := Embedded(dir)
		took := time.Since(start)
		if err != nil {
			t.Fatal(err)
		}
		fi, err := os.Stat(filepath.Join(dir, "s3.sock"))
		if err == nil && fi.Mode().Perm() != 0o600 {
			t.Errorf("socket: %v", fi.Mode())
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if took <= 100*time.Millisecond {
			return
		}
		if attempt == 20 {
			t.Fatalf("start %d takes %v", attempt, took)
		}
	}
}

// childDir names the directory in which TestMain runs as the process to be
// killed.
const childDir = "ORGTRAIL_TEST_PLANE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := writeForever(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// TestKill writes in a process that is killed again and again, and looks
// whether all that it was told to be written is there and whole.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	l := openLocal(t, dir)
	createBucket(t, l, "bucket")
	createBucket(t, l, "versions")
	enableVersioning(t, l, "versions", api.BucketVersioningStatusEnabled)
	l.Close()
	l.server, l.posix = nil, nil
	written := map[string]string{} // bucket/key/version → body
	for round := range 6 {
		for line := range writeAndKill(t, dir, 5+rand.IntN(60)) {
			name, body, _ := strings.Cut(line, "\t")
			written[name] = body
		}
		l := openLocal(t, dir)
		for name, body := range written {
			p := strings.Split(name, "\x01")
			if got, code := get(t, l, p[0], p[1], p[2]); checksum(got) != body {
				t.Fatalf("round %d: %q: %d bytes, %s", round, name, len(got), code)
			}
		}
		for _, key := range list(t, l, "bucket", "", "", 1000) {
			if body, code := get(t, l, "bucket", strings.TrimPrefix(key, "K "), ""); code != "" || strings.Trim(body, body[:1]) != "" {
				t.Fatalf("round %d: %q is torn: %d bytes, %s", round, key, len(body), code)
			}
		}
		l.Close()
		l.server, l.posix = nil, nil
	}
	if len(written) == 0 {
		t.Error("nothing was written")
	}
}

func checksum(body string) string {
	sum := s3.NewChecksum("CRC32")
	io.WriteString(sum, body)
	return fmt.Sprintf("%x", sum.Sum(nil))
}

// writeAndKill runs a writer until it has reported so many writes.
func writeAndKill(t *testing.T, dir string, reports int) map[string]bool {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := map[string]bool{}
	s := bufio.NewScanner(out)
	for s.Scan() {
		lines[s.Text()] = true
		if len(lines) == reports {
			cmd.Process.Kill()
		}
	}
	cmd.Wait()
	if len(lines) < reports {
		t.Fatalf("the writer ended after %d of %d", len(lines), reports)
	}
	return lines
}

// writeForever writes objects, each of one letter, and prints each when it
// has been written.
func writeForever(dir string) error {
	l, err := Embedded(dir)
	if err != nil {
		return err
	}
	errs := make(chan error)
	for i := range 4 {
		go func() { errs <- writer(l, i) }()
	}
	return <-errs
}

func writer(l *Local, n int) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	t := panicking{}
	for i := 0; ; i++ {
		bucket, key := []string{"bucket", "versions"}[i%2], fmt.Sprintf("%d/%d/%d", n, os.Getpid()%3, i%7)
		body, version := strings.Repeat(string(rune('a'+i%26)), 1+rand.IntN(100_000)), ""
		if i%3 == 0 {
			id := createUpload(t, l, bucket, key)
			out := must[api.CompleteMultipartUploadOutput](t, l, complete(bucket, key, id, uploadPart(t, l, bucket, key, id, 1, body)))
			if out.VersionId != nil {
				version = *out.VersionId
			}
		} else if out := put(t, l, bucket, key, body); out.VersionId != nil {
			version = *out.VersionId
		}
		if bucket == "versions" { // in the other one it may be overwritten
			fmt.Printf("%s\x01%s\x01%s\t%s\n", bucket, key, version, checksum(body))
		}
	}
}

// panicking is a testing.TB for use outside of tests.
type panicking struct{ testing.TB }

func (panicking) Helper()                   {}
func (panicking) Fatalf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }
func (panicking) Errorf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }
func (panicking) Fatal(a ...any)            { panic(fmt.Sprint(a...)) }
