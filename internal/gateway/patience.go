package gateway

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// How a client has to send a body: it may be silent for as long as patience
// in all, and for a second more with every so many bytes that it has sent.
const (
	patience = 30 * time.Second
	pace     = 1 << 10
)

// patientBody is the body of a request whose client may not keep the
// connection for ever.
type patientBody struct {
	io.ReadCloser
	conn  *http.ResponseController
	until time.Time
}

// patient bounds the time that the body of a request may take. From now on
// the connection has a deadline, until the body has been read to its end.
func patient(w http.ResponseWriter, body io.ReadCloser, patience time.Duration) io.ReadCloser {
	b := &patientBody{body, http.NewResponseController(w), time.Now().Add(patience)}
	b.conn.SetReadDeadline(b.until) // whoever cannot has no connection to lose
	return b
}

// Read implements io.Reader. Its error is an *aws.Error when the client was
// too slow.
func (b *patientBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch {
	case err == nil:
		b.until = b.until.Add(time.Duration(n) * time.Second / pace)
		b.conn.SetReadDeadline(b.until)
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = tooSlow()
	case err == io.EOF:
		b.conn.SetReadDeadline(time.Time{})
	}
	return n, err
}

func tooSlow() error {
	return aws.Errorf("RequestTimeout", "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.")
}
