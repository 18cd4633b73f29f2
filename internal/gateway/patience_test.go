package gateway

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// serve serves a handler on the returned end of a connection that is not the
// network's, so that its deadlines are on the test's clock.
func serve(t *testing.T, h http.HandlerFunc) net.Conn {
	client, server := net.Pipe()
	one := &single{conn: make(chan net.Conn, 1), closed: make(chan struct{})}
	one.conn <- server
	s := &http.Server{Handler: h}
	go s.Serve(one)
	t.Cleanup(func() {
		client.Close()
		s.Close()
	})
	return client
}

// single is a listener to which one client comes.
type single struct {
	conn   chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (s *single) Accept() (net.Conn, error) {
	select {
	case c := <-s.conn:
		return c, nil
	case <-s.closed:
		return nil, net.ErrClosed
	}
}

func (s *single) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

func (s *single) Addr() net.Addr { return &net.UnixAddr{} }

// send sends the beginning of a request with a body of a hundred bytes.
func send(conn net.Conn, body string) *bufio.Reader {
	fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n%s", body)
	return bufio.NewReader(conn)
}

func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		read := make(chan error, 1)
		h := func(w http.ResponseWriter, r *http.Request) {
			n, err := io.Copy(io.Discard, patient(w, r.Body, patience))
			read <- err
			fmt.Fprint(w, n)
		}
		began := time.Now()
		const begun = "begun and never ended"
		silent := send(serve(t, h), begun)
		if err := <-read; aws.CodeOf(err) != "RequestTimeout" {
			t.Errorf("a silent client: %v", err)
		}
		if d := time.Since(began); d != patience+time.Duration(len(begun))*time.Second/pace {
			t.Errorf("a silent client is waited for for %v", d)
		}
		resp, err := http.ReadResponse(silent, nil)
		if err != nil || !resp.Close {
			t.Errorf("a silent client keeps its connection: %v", err)
		}

		resp, err = http.ReadResponse(send(serve(t, h), strings.Repeat("x", 100)), nil)
		if err := <-read; err != nil {
			t.Errorf("a quick client: %v", err)
		}
		if err != nil || resp.Close {
			t.Errorf("a quick client loses its connection: %v", err)
		}
	})
}

// TestPatienceEnds: a body that has been read to its end leaves no deadline
// behind that would cut the call short.
func TestPatienceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := serve(t, func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, patient(w, r.Body, patience))
			select {
			case <-r.Context().Done():
				t.Error("the call was cancelled")
			case <-time.After(2 * patience): // longer than the deadline was
			}
		})
		if _, err := http.ReadResponse(send(conn, strings.Repeat("x", 100)), nil); err != nil {
			t.Error(err)
		}
	})
}
