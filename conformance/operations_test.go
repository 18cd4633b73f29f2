package conformance

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"database/sql"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "modernc.org/sqlite" // to meddle with a server's database

	"github.com/orgtrail/orgtrail/internal/server"
	"github.com/orgtrail/orgtrail/internal/wire/sigv4"
)

// daemon is a running server process.
type daemon struct {
	*exec.Cmd
	log buffer
	server.Profile
}

// command is the binary under test, with no other environment than this.
func command(env []string, args ...string) *exec.Cmd {
	c := exec.Command(binary, args...)
	c.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent"}, env...)
	tether(c)
	return c
}

// start starts a server and waits until it is healthy.
func start(t testing.TB, client *http.Client, data string, env []string, args ...string) *daemon {
	t.Helper()
	d := &daemon{Cmd: command(env, append([]string{"serve", "--listen", "127.0.0.1:0", "--data", data}, args...)...)}
	d.Stderr = &d.log
	os.Remove(filepath.Join(data, "config"))
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.Process.Kill()
		d.Wait()
	})
	for deadline := time.Now().Add(startPatience); ; time.Sleep(5 * time.Millisecond) {
		p, err := server.ReadProfile(data)
		if err == nil {
			if resp, e := client.Get(p.Endpoint + "/_orgtrail/health"); e == nil {
				resp.Body.Close()
				if resp.StatusCode == http.StatusOK {
					d.Profile = p
					return d
				}
			}
		}
		if time.Now().After(deadline) {
			d.Process.Kill()
			d.Wait()
			t.Fatalf("the server did not start: %v\n%s", err, d.log.String())
		}
	}
}

// stop ends the server in good order.
func (d *daemon) stop(t *testing.T) {
	t.Helper()
	d.Process.Signal(syscall.SIGTERM)
	if err := d.Wait(); err != nil {
		t.Errorf("the server did not stop in good order: %v\n%s", err, d.log.String())
	}
}

// put begins to send an object of this size: what is written to the returned
// pipe is the body. A client that waits for the server's 100 Continue begins to
// read the pipe when the call is in the server's hands.
func (d *daemon) put(client *http.Client, key string, size int64) (body *io.PipeWriter, status <-chan string) {
	r, w := io.Pipe()
	answered := make(chan string, 1)
	req, err := http.NewRequest(http.MethodPut, d.Endpoint+key, r)
	if err != nil {
		panic(err)
	}
	if req.ContentLength = size; size == 0 {
		req.Body = http.NoBody
	} else {
		req.Header.Set("Expect", "100-continue")
	}
	d.sign(req)
	go func() {
		resp, err := client.Do(req)
		if err != nil {
			answered <- err.Error()
			return
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		answered <- fmt.Sprint(resp.StatusCode, string(text))
	}()
	return w, answered
}

func (d *daemon) sign(r *http.Request) {
	sigv4.Sign(r, sigv4.Credentials{AccessKey: d.AccessKeyID, Secret: d.SecretAccessKey}, "us-east-1", "s3", sigv4.UnsignedPayload, time.Now())
}

func (d *daemon) mustPut(t *testing.T, key, text string) {
	t.Helper()
	body, status := d.put(http.DefaultClient, key, int64(len(text)))
	if text != "" {
		io.WriteString(body, text)
	}
	body.Close()
	if s := <-status; s != "200" {
		t.Fatalf("%s: %s", key, s)
	}
}

// TestRefusedStarts: a server that cannot do what it was told says in one
// line why, and ends.
func TestRefusedStarts(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	occupied := t.TempDir()
	running := start(t, http.DefaultClient, occupied, nil)
	defer running.stop(t)

	used := func(t *testing.T) string {
		dir := t.TempDir()
		start(t, http.DefaultClient, dir, nil).stop(t)
		return dir
	}
	write := func(t *testing.T, path, text string, mode os.FileMode) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name    string
		prepare func(t *testing.T) (data string) // nil is a new directory
		env     []string
		args    []string
		status  int
		want    string
	}{
		{name: "busy port", args: []string{"--listen", busy.Addr().String()}, status: 1, want: `cannot listen on 127.0.0.1:\d+: bind: address already in use`},
		{name: "no address", args: []string{"--listen", "4566"}, status: 1, want: `--listen 4566: not host:port`},
		{name: "flag", args: []string{"--bogus"}, status: 2, want: `flag provided but not defined: -bogus \(orgtrail serve -h lists the flags\)`},
		{name: "argument", args: []string{"bogus"}, status: 2, want: `unexpected argument "bogus" \(orgtrail serve -h lists the flags\)`},
		{name: "duration", args: []string{"--delivery-interval", "5"}, status: 2, want: `invalid value "5" for flag -delivery-interval: parse error .*`},
		{name: "no duration", args: []string{"--digest-interval", "0s"}, status: 1, want: `--delivery-interval and --digest-interval must be longer than nothing`},
		{name: "variable", env: []string{"ORGTRAIL_DEV=perhaps"}, status: 2, want: `ORGTRAIL_DEV=perhaps: parse error .*`},
		{name: "dev for everybody", args: []string{"--dev", "--listen", ":0"}, status: 1, want: `--dev trusts every caller, so that it serves a loopback address only, not :0`},
		{name: "dev for the network", env: []string{"ORGTRAIL_DEV=true", "ORGTRAIL_LISTEN=0.0.0.0:0"}, args: []string{}, status: 1, want: `--dev trusts .* not 0.0.0.0:0`},
		{name: "account", args: []string{"--account-id", "1234"}, status: 1, want: `--account-id 1234: an account id has twelve digits`},
		{name: "region", args: []string{"--region", "Mars"}, status: 1, want: `--region Mars: not the name of a region`},
		{name: "half of TLS", args: []string{"--tls-cert", "c.pem"}, status: 1, want: `--tls-cert and --tls-key go together`},
		{name: "no certificate", args: []string{"--tls-cert", "/nonexistent/c.pem", "--tls-key", "/nonexistent/k.pem"}, status: 1, want: `--tls-cert, --tls-key: open /nonexistent/c.pem: no such file or directory`},
		{name: "other database", args: []string{"--database", "mysql://localhost/x"}, status: 1, want: `--database mysql://…: neither a postgres:// URL nor the path of a SQLite file`},
		{name: "no database", args: []string{"--database", "postgres://user:secret@127.0.0.1:1/x"}, status: 1, want: `store: cannot use the database "x" at 127.0.0.1:1: .*connection refused`},
		{name: "no objects", args: []string{"--objects", "ftp://x"}, status: 1, want: `--objects ftp://x: not the URL of an S3 endpoint`},
		{name: "no key to objects", args: []string{"--objects", "http://127.0.0.1:1"}, status: 1, want: `object store: no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`},
		{name: "directory nowhere", prepare: func(*testing.T) string { return "/proc/nowhere" }, status: 1, want: `data directory: mkdir /proc/nowhere: no such file or directory`},
		{name: "directory that is a file", prepare: func(t *testing.T) string {
			path := filepath.Join(t.TempDir(), "file")
			write(t, path, "", 0o600)
			return path
		}, status: 1, want: `data directory: mkdir .*/file: not a directory`},
		{name: "objects that are a file", prepare: func(t *testing.T) string {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "objects"), "", 0o600)
			return dir
		}, status: 1, want: `object store .*/objects: mkdir .*: not a directory`},
		{name: "directory in use", prepare: func(*testing.T) string { return occupied }, status: 1, want: `store: .*/orgtrail.db is in use by another process`},
		{name: "open key", prepare: func(t *testing.T) string {
			dir := used(t)
			os.Chmod(filepath.Join(dir, "master.key"), 0o640)
			return dir
		}, status: 1, want: `seal: the master key .*/master.key may be read or written by others \(mode 0640\): chmod 600 it`},
		{name: "broken key", prepare: func(t *testing.T) string {
			dir := used(t)
			write(t, filepath.Join(dir, "master.key"), "garbage\n", 0o600)
			return dir
		}, status: 1, want: `seal: the master key .*/master.key must be base64 of 32 bytes \(44 characters\)`},
		{name: "lost key", prepare: func(t *testing.T) string {
			dir := used(t)
			os.Remove(filepath.Join(dir, "master.key"))
			return dir
		}, status: 1, want: `the master key is not the one that this database is sealed with: .*`},
		{name: "broken key in the environment", env: []string{"ORGTRAIL_MASTER_KEY=x"}, status: 1, want: `seal: ORGTRAIL_MASTER_KEY must be base64 of 32 bytes \(44 characters\)`},
		{name: "newer database", prepare: func(t *testing.T) string {
			dir := used(t)
			db, err := sql.Open("sqlite", filepath.Join(dir, "orgtrail.db"))
			if err == nil {
				_, err = db.Exec("UPDATE schema_version SET version = version + 1000")
			}
			if err = errors.Join(err, db.Close()); err != nil {
				t.Fatal(err)
			}
			return dir
		}, status: 1, want: `store: the database has schema version 10\d\d and this program knows up to \d+: run a newer orgtrail`},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := ""
			if c.prepare != nil {
				data = c.prepare(t)
			} else {
				data = filepath.Join(t.TempDir(), "data")
			}
			args := []string{"serve", "--data", data}
			if !slices.ContainsFunc(c.env, func(v string) bool { return strings.HasPrefix(v, "ORGTRAIL_LISTEN=") }) {
				args = append(args, "--listen", "127.0.0.1:0")
			}
			says(t, command(c.env, append(args, c.args...)...), c.status, c.want)
		})
	}
	says(t, command(nil, "bogus"), 2, `unknown command "bogus" \(orgtrail help lists them\)`)
	says(t, command(nil, "env", "--data", "/nonexistent"), 1, `no server has been started in /nonexistent yet`)
}

// TestVersion: the version is a command, and a flag as elsewhere.
func TestVersion(t *testing.T) {
	for _, arg := range []string{"version", "--version"} {
		out, err := command(nil, arg).Output()
		if err != nil || !regexp.MustCompile(`^orgtrail \S+\n$`).Match(out) {
			t.Errorf("%s: %q %v", arg, out, err)
		}
	}
}

// says runs a command that fails, with one line.
func says(t *testing.T, c *exec.Cmd, status int, want string) {
	t.Helper()
	var out, log bytes.Buffer
	c.Stdout, c.Stderr = &out, &log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(startPatience, func() { c.Process.Kill() })
	c.Wait()
	late.Stop()
	if got := c.ProcessState.ExitCode(); got != status {
		t.Errorf("status %d, want %d", got, status)
	}
	if !regexp.MustCompile(`^orgtrail: ` + want + `\n$`).MatchString(log.String()) {
		t.Errorf("said %q, want one line %q", log.String(), want)
	}
	if out.Len() > 0 {
		t.Errorf("printed %q", out.String())
	}
}

// TestEnvironment: what a shell gets to know of a server, and a server of its
// environment.
func TestEnvironment(t *testing.T) {
	data := t.TempDir()
	d := start(t, http.DefaultClient, data, []string{"ORGTRAIL_REGION=eu-central-1", "ORGTRAIL_ACCOUNT_ID=111122223333", "ORGTRAIL_LISTEN=nonsense"})
	out, err := command(nil, "env", "--data", data).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`export AWS_ENDPOINT_URL=%s
export AWS_ACCESS_KEY_ID=%s
export AWS_SECRET_ACCESS_KEY=%s
export AWS_REGION=eu-central-1
export AWS_DEFAULT_REGION=eu-central-1
`, d.Endpoint, d.AccessKeyID, d.SecretAccessKey)
	if string(out) != want {
		t.Errorf("env printed %q, want %q", out, want)
	}
	shell := exec.Command("sh", "-c", `eval "$("$0" env)"; printf '%s %s %s' "$AWS_ENDPOINT_URL" "$AWS_SECRET_ACCESS_KEY" "$AWS_REGION"`, binary)
	shell.Env = append(os.Environ(), "ORGTRAIL_DATA="+data)
	if out, err := shell.Output(); err != nil || string(out) != d.Endpoint+" "+d.SecretAccessKey+" eu-central-1" {
		t.Errorf("eval: %q %v", out, err)
	}
	for _, name := range []string{"credentials", "config", "master.key", "orgtrail.db"} {
		if info, err := os.Stat(filepath.Join(data, name)); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
	if !regexp.MustCompile(`^AKIA[A-Z2-7]{16}$`).MatchString(d.AccessKeyID) {
		t.Errorf("access key %s", d.AccessKeyID)
	}
	d.mustPut(t, "/my-bucket", "")

	resp, err := http.Get(d.Endpoint + "/_orgtrail/health")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var health map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&health); err != nil {
		t.Fatal(err)
	}
	if names := slices.Sorted(maps.Keys(health)); resp.StatusCode != 200 || health["status"] != "ok" || resp.Header.Get("Content-Type") != "application/json" ||
		!slices.Equal(names, []string{"engine", "journalLagSeconds", "status", "uptimeSeconds", "version"}) {
		t.Errorf("health: %s %v", resp.Status, health)
	}

	resp, err = http.Get(d.Endpoint + "/_orgtrail/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	for _, name := range []string{
		`orgtrail_calls_total{code="",operation="CreateBucket",service="s3"} 1`, `orgtrail_call_seconds_count{service="s3"} 1`,
		"orgtrail_store_commits_total ", "orgtrail_store_queued 0", "orgtrail_journal_entries_total 1", "orgtrail_delivery_lag_seconds ", "orgtrail_delivery_files_total 0",
		"orgtrail_digests_total 0", "orgtrail_events_matched_total 0", "orgtrail_events_dropped_total 0", "go_goroutines ", "process_open_fds ",
	} {
		if !strings.Contains(string(text), "\n"+name) {
			t.Errorf("no metric %s", name)
		}
	}
	for _, path := range []string{"/_orgtrail/dev/reset", "/_orgtrail/dev/flush", "/_orgtrail/dev/clock"} {
		if resp, err := http.Post(d.Endpoint+path, "application/json", nil); err != nil || resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %v %v", path, resp, err)
		}
	}
	d.stop(t)
}

// TestUntoldUser: a server that could not write its first user's key down
// does so at its next start.
func TestUntoldUser(t *testing.T) {
	data := t.TempDir()
	obstacle := filepath.Join(data, "credentials")
	if err := os.Mkdir(obstacle, 0o700); err != nil {
		t.Fatal(err)
	}
	says(t, command(nil, "serve", "--listen", "127.0.0.1:0", "--data", data), 1, `rename .*/credentials: file exists`)
	if err := os.Remove(obstacle); err != nil {
		t.Fatal(err)
	}
	d := start(t, http.DefaultClient, data, nil)
	d.mustPut(t, "/my-bucket", "")
	d.stop(t)
	// What was told is not told again: who removed the file wants it gone.
	os.Remove(obstacle)
	d = &daemon{Cmd: command(nil, "serve", "--listen", "127.0.0.1:0", "--data", data)}
	ready, err := d.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 1)
	ready.Read(line) // "serving"
	go io.Copy(io.Discard, ready)
	d.stop(t)
	if _, err := os.Stat(obstacle); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the key was written again: %v", err)
	}
}

// TestTermination: a server that is told to stop takes no more calls,
// finishes those in flight, and has them after the next start.
func TestTermination(t *testing.T) {
	data := t.TempDir()
	d := start(t, http.DefaultClient, data, nil)
	d.mustPut(t, "/my-bucket", "")
	const half = 1 << 20
	// A connection that the server has not accepted yet is no call in flight.
	patient := &http.Client{Transport: &http.Transport{ExpectContinueTimeout: time.Minute}}
	body, status := d.put(patient, "/my-bucket/key", 2*half)
	if _, err := body.Write(make([]byte, half)); err != nil {
		t.Fatal(err)
	}
	d.Process.Signal(syscall.SIGTERM)
	for deadline := time.Now().Add(startPatience); ; time.Sleep(5 * time.Millisecond) {
		conn, err := net.Dial("tcp", strings.TrimPrefix(d.Endpoint, "http://"))
		if err != nil {
			break
		}
		conn.Close()
		if time.Now().After(deadline) {
			t.Fatal("the server goes on taking calls")
		}
	}
	if _, err := body.Write(make([]byte, half)); err != nil {
		t.Error(err)
	}
	body.Close()
	if s := <-status; s != "200" {
		t.Errorf("the call in flight: %s", s)
	}
	if err := d.Wait(); err != nil {
		t.Errorf("the server did not stop in good order: %v\n%s", err, d.log.String())
	}
	d = start(t, http.DefaultClient, data, nil)
	r, _ := http.NewRequest(http.MethodHead, d.Endpoint+"/my-bucket/key", nil)
	d.sign(r)
	if resp, err := http.DefaultClient.Do(r); err != nil || resp.ContentLength != 2*half {
		t.Errorf("after the next start: %v %v", resp, err)
	}
	d.stop(t)
}

// TestTLS: the stock CLI reaches a server with a certificate of its own.
func TestTLS(t *testing.T) {
	cli := needCLI(t)
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	roots := selfSigned(t, cert, key)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	data := filepath.Join(dir, "data")
	d := start(t, client, data, nil, "--tls-cert", cert, "--tls-key", key)
	if !strings.HasPrefix(d.Endpoint, "https://127.0.0.1:") {
		t.Errorf("endpoint %s", d.Endpoint)
	}
	run := func(env string, args ...string) ([]byte, error) {
		c := exec.CommandContext(context.Background(), cli, append([]string{"--endpoint-url", d.Endpoint, "--region", d.Region}, args...)...)
		c.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID="+d.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+d.SecretAccessKey, "AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1", env)
		return c.CombinedOutput()
	}
	if out, err := run("AWS_CA_BUNDLE="+cert, "sts", "get-caller-identity"); err != nil {
		t.Errorf("with the certificate: %v\n%s", err, out)
	}
	if out, err := run("X=", "--no-verify-ssl", "sts", "get-caller-identity"); err != nil {
		t.Errorf("without a look at the certificate: %v\n%s", err, out)
	}
	if out, err := run("X=", "sts", "get-caller-identity"); err == nil || !strings.Contains(string(out), "SSL") {
		t.Errorf("a certificate that nobody knows: %v\n%s", err, out)
	}
	d.stop(t)
}

// selfSigned writes a certificate for 127.0.0.1 and its key.
func selfSigned(t *testing.T, certFile, keyFile string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "orgtrail"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return pool
}
