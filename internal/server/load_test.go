package server

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/wire/sigv4"
)

// connections is how many clients a load has.
const connections = 64

// startServer starts a server on an empty directory.
func startServer(tb testing.TB, change func(*Config)) (*Server, Profile) {
	tb.Helper()
	c := Config{
		Listen: "127.0.0.1:0", Data: tb.TempDir(), Region: "us-east-1",
		DeliveryInterval: time.Hour, DigestInterval: time.Hour,
	}
	if change != nil {
		change(&c)
	}
	s, err := Start(context.Background(), c)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Stop(); err != nil {
			tb.Error(err)
		}
	})
	p, err := ReadProfile(c.Data)
	if err != nil {
		tb.Fatal(err)
	}
	return s, p
}

// signed returns the bytes of a signed request as they travel. They can be
// sent again for as long as the signature is young enough.
func signed(tb testing.TB, p Profile, region, service, contentType, target, body string) []byte {
	tb.Helper()
	r, err := http.NewRequest(http.MethodPost, p.Endpoint+"/", bytes.NewReader([]byte(body)))
	if err != nil {
		tb.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	if target != "" {
		r.Header.Set("X-Amz-Target", target)
	}
	return signedRequest(tb, p, r, region, service, []byte(body))
}

// signedRequest signs a request and returns its bytes.
func signedRequest(tb testing.TB, p Profile, r *http.Request, region, service string, body []byte) []byte {
	tb.Helper()
	r.Header.Set("User-Agent", "load")
	sigv4.Sign(r, sigv4.Credentials{AccessKey: p.AccessKeyID, Secret: p.SecretAccessKey}, region, service, sigv4.PayloadHash(body), time.Now())
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// load sends n requests over all connections and reads the answers, which
// must be of status 200. It uses as little of the machine as it can, because
// the server shares it.
func load(tb testing.TB, address string, n int, request func(i int) []byte) {
	tb.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range connections {
		wg.Go(func() {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				tb.Error(err)
				return
			}
			defer conn.Close()
			br := bufio.NewReader(conn)
			for i := int(next.Add(1)); i <= n; i = int(next.Add(1)) {
				if _, err := conn.Write(request(i)); err != nil {
					tb.Error(err)
					return
				}
				if err := readAnswer(br, "200"); err != nil {
					tb.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// loadStatus sends one request, which must be answered with a status.
func loadStatus(tb testing.TB, address string, request []byte, want string) {
	tb.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		tb.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(request); err != nil {
		tb.Fatal(err)
	}
	if err := readAnswer(bufio.NewReader(conn), want); err != nil {
		tb.Fatal(err)
	}
}

// readAnswer reads one answer with a Content-Length.
func readAnswer(br *bufio.Reader, want string) error {
	length, status := 0, ""
	for first := true; ; first = false {
		line, err := br.ReadSlice('\n')
		if err != nil {
			return err
		}
		line = bytes.TrimRight(line, "\r\n")
		if first {
			status = string(line)
		}
		if len(line) == 0 {
			break
		}
		if v, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(v)); err != nil {
				return err
			}
		}
	}
	if !strings.HasPrefix(status, "HTTP/1.1 "+want) {
		body, _ := io.ReadAll(io.LimitReader(br, int64(length)))
		return fmt.Errorf("%s: %s", status, body)
	}
	_, err := br.Discard(length)
	return err
}
