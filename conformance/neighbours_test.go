package conformance

import (
	"maps"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/orgtrail/orgtrail/internal/server"
	"github.com/orgtrail/orgtrail/internal/store/postgrestest"
)

// The commands of scripts whose server keeps its data elsewhere.
func init() {
	maps.Copy(commands, map[string]func(*testscript.TestScript, bool, []string){
		"postgres": func(ts *testscript.TestScript, neg bool, args []string) { of(ts).postgres(ts, args) },
		"objects":  func(ts *testscript.TestScript, neg bool, args []string) { of(ts).objects(ts, args) },
	})
}

// postgres sets a variable to the URL of an empty PostgreSQL database. Where
// PostgreSQL is missing the script is skipped.
//
//	postgres NAME
func (s *script) postgres(ts *testscript.TestScript, args []string) {
	ts.Setenv(args[0], postgrestest.URL(s.env.T().(testing.TB)))
}

// objects starts an S3 store, which is a second server that knows nothing of
// the first, sets a variable to its URL, and acts as its first user.
//
//	objects NAME
func (s *script) objects(ts *testscript.TestScript, args []string) {
	data := ts.MkAbs("objects-data")
	store := exec.Command(binary, "serve", "--listen", "127.0.0.1:0", "--data", data)
	store.Stderr = &s.log
	tether(store)
	ts.Check(store.Start())
	ts.Defer(func() {
		store.Process.Kill()
		store.Wait()
	})
	var p server.Profile
	s.until(ts, filepath.Base(data), func() (ready bool) {
		var err error
		p, err = server.ReadProfile(data)
		return err == nil && healthy(p.Endpoint)
	})
	ts.Setenv(args[0], p.Endpoint)
	ts.Setenv("AWS_ACCESS_KEY_ID", p.AccessKeyID)
	ts.Setenv("AWS_SECRET_ACCESS_KEY", p.SecretAccessKey)
}
