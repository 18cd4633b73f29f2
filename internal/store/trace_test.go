package store

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/store/postgrestest"
)

const traceSteps = 12

// childSteps makes one thing durable after another and says so, and when it
// was told, after each.
func childSteps() {
	s := childOpen()
	ctx := context.Background()
	say := func() { fmt.Println("step", time.Now().UnixMicro()) }
	say()
	for i := range traceSteps {
		id := fmt.Sprint(i)
		switch i % 3 {
		case 0:
			childMust(s.Append(ctx, entry(id)))
		case 1:
			childMust(s.Update(ctx, func(tx *Tx) error { counts.Put(tx, id, new(i)); tx.Append(entry(id)); return nil }))
		case 2:
			childMust(s.OpenIntent(ctx, id, nil))
		}
		say()
	}
	childMust(s.Close())
}

func needStrace(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	if out, err := exec.Command(path, "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		t.Skipf("strace may not trace here: %s", out)
	}
	return path
}

// A call is one line of a trace: when the system call began and ended, in
// seconds, its name and its arguments.
type call struct {
	began, ended float64
	name, args   string
}

var (
	traceLine    = regexp.MustCompile(`^(\d+) +(\d+\.\d+) (\w+)\((.*)$`)
	traceResumed = regexp.MustCompile(`^(\d+) +(\d+\.\d+) <\.\.\. (\w+) resumed>(.*)$`)
	traceTime    = regexp.MustCompile(`<(\d+\.\d+)>$`)
)

// readTrace reads what strace -f -ttt -T -y wrote. Calls that were
// interrupted by another thread's are put together.
func readTrace(t *testing.T, path string) (calls []call) {
	t.Helper()
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	open := map[string]call{} // by thread
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if m := traceResumed.FindStringSubmatch(line); m != nil {
			if c, ok := open[m[1]]; ok {
				c.ended, _ = strconv.ParseFloat(m[2], 64) // when it was resumed: no earlier than it ended
				delete(open, m[1])
				calls = append(calls, c)
			}
			continue
		}
		m := traceLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		c := call{name: m[3], args: m[4]}
		c.began, _ = strconv.ParseFloat(m[2], 64)
		if strings.HasSuffix(line, "<unfinished ...>") {
			open[m[1]] = c
			continue
		}
		took := 0.0
		if d := traceTime.FindStringSubmatch(line); d != nil {
			took, _ = strconv.ParseFloat(d[1], 64)
		}
		c.ended = c.began + took
		calls = append(calls, c)
	}
	must(t, lines.Err())
	return calls
}

// wantSyncs asks that between any two steps a sync of a file whose path
// contains name began after the first of them was said and ended before the
// second was.
func wantSyncs(t *testing.T, calls []call, steps []float64, name string) {
	t.Helper()
	for i := 1; i < len(steps); i++ {
		synced := false
		for _, c := range calls {
			if (c.name == "fsync" || c.name == "fdatasync") && strings.Contains(c.args, name) && c.began > steps[i-1] && c.ended < steps[i] {
				synced = true
			}
		}
		if !synced {
			t.Errorf("step %d was acknowledged without a sync of %s", i, name)
		}
	}
}

// TestSyncBeforeAnswer proves with a trace of system calls that a caller is
// told only after its commit was synced.
func TestSyncBeforeAnswer(t *testing.T) {
	strace := needStrace(t)
	trace := filepath.Join(t.TempDir(), "trace")
	b := sqliteBench(t)
	c := child("steps", b.url)
	c.Args = []string{strace, "-f", "-ttt", "-T", "-y", "-qq", "-e", "trace=fsync,fdatasync,write", "-o", trace, os.Args[0]}
	c.Path = strace
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	calls := readTrace(t, trace)
	var steps []float64
	for _, c := range calls {
		if c.name == "write" && strings.Contains(c.args, `"step `) {
			steps = append(steps, c.began)
		}
	}
	if len(steps) != traceSteps+1 {
		t.Fatalf("%d steps in the trace", len(steps))
	}
	wantSyncs(t, calls, steps, ".db-wal>")
	s := b.open(t)
	if got := len(keys(counts.Scan(s.View(), ""))); got != traceSteps/3 {
		t.Fatalf("%d changes", got)
	}
}

// TestServerSyncsBeforeAnswer is the same for PostgreSQL: there the server
// is traced, and both clocks are the machine's.
func TestServerSyncsBeforeAnswer(t *testing.T) {
	strace := needStrace(t)
	server := postgrestest.Start(t)
	url := server.Database(t)
	trace := filepath.Join(t.TempDir(), "trace")
	tracer := exec.Command(strace, "-f", "-ttt", "-T", "-y", "-qq", "-e", "trace=fsync,fdatasync", "-o", trace, "-p", strconv.Itoa(server.PID(t)))
	must(t, tracer.Start())
	defer tracer.Wait()
	defer tracer.Process.Signal(os.Interrupt)
	eventually(t, "the server is traced", func() bool {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", server.PID(t)))
		return strings.Contains(string(status), fmt.Sprintf("TracerPid:\t%d\n", tracer.Process.Pid))
	})
	c := child("steps", url)
	out, err := c.StdoutPipe()
	must(t, err)
	must(t, c.Start())
	var steps []float64
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var told int64
		if _, err := fmt.Sscanf(lines.Text(), "step %d", &told); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, float64(told)/1e6)
	}
	must(t, c.Wait())
	tracer.Process.Signal(os.Interrupt)
	tracer.Wait()
	if len(steps) != traceSteps+1 {
		t.Fatalf("%d steps", len(steps))
	}
	calls := readTrace(t, trace)
	wantSyncs(t, calls, steps, "pg_wal/")
}
