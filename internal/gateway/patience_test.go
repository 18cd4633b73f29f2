package gateway

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// dial sends the beginning of a request with a body of a hundred bytes.
func dial(t *testing.T, s *httptest.Server, body string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n%s", body)
	return conn
}

func TestPatience(t *testing.T) {
	read := make(chan error, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := patient(w, r.Body, 50*time.Millisecond)
		n, err := io.Copy(io.Discard, body)
		read <- err
		fmt.Fprint(w, n)
	}))
	defer s.Close()

	silent := bufio.NewReader(dial(t, s, "begun and never ended"))
	if err := <-read; aws.CodeOf(err) != "RequestTimeout" {
		t.Errorf("a silent client: %v", err)
	}
	resp, err := http.ReadResponse(silent, nil)
	if err != nil || !resp.Close {
		t.Errorf("a silent client keeps its connection: %v", err)
	}

	resp, err = http.ReadResponse(bufio.NewReader(dial(t, s, strings.Repeat("x", 100))), nil)
	if err := <-read; err != nil {
		t.Errorf("a quick client: %v", err)
	}
	if err != nil || resp.Close {
		t.Errorf("a quick client loses its connection: %v", err)
	}
}

// TestPatienceEnds: a body that has been read to its end leaves no deadline
// behind that would cut the call short.
func TestPatienceEnds(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		const short = 20 * time.Millisecond
		io.Copy(io.Discard, patient(w, r.Body, short))
		select {
		case <-r.Context().Done():
			t.Error("the call was cancelled")
		case <-time.After(5 * short): // longer than the deadline was
		}
	}))
	defer s.Close()
	resp, err := http.Post(s.URL, "", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
}
