package sqs

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/store"
)

// receipt is what a receipt handle says: which message of which queue was
// received, and as which of its receptions.
type receipt struct {
	queue    string // ID
	key      string
	received int
}

// handle seals a receipt. Nobody but this server can make or read one.
func (s *Service) handle(r receipt) string {
	text := r.queue + " " + strconv.Itoa(r.received) + " " + r.key
	return base64.StdEncoding.EncodeToString(s.receipts.Seal([]byte(text), "receipt"))
}

// open reads a handle and asks that it belongs to the queue.
func (s *Service) open(q *Queue, handle *string) (receipt, error) {
	if aws.Val(handle) == "" {
		return receipt{}, missing("ReceiptHandle")
	}
	sealed, err := base64.StdEncoding.DecodeString(*handle)
	if err != nil {
		return receipt{}, invalidHandle(*handle)
	}
	text, err := s.receipts.Open(sealed, "receipt")
	if err != nil {
		return receipt{}, invalidHandle(*handle)
	}
	queue, rest, _ := strings.Cut(string(text), " ")
	count, key, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(count)
	if err != nil || queue != q.ID {
		return receipt{}, invalidHandle(*handle)
	}
	return receipt{queue, key, n}, nil
}

// message finds the message of a receipt as long as it has not been received
// again since, nil when it was, or is gone.
func (r receipt) message(from store.Reader) *message {
	m, ok := messages.Get(from, r.key)
	if !ok || m.Received != r.received {
		return nil
	}
	return m
}
