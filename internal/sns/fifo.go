package sns

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/orgtrail/orgtrail/internal/store"
)

// sequence counts the messages of a FIFO topic, under the topic's key.
type sequence struct{ Last uint64 }

var sequences = store.NewKind[sequence]("sns.sequence")

const (
	firstNumber = 10_000_000_000_000_000_000 // so that all have twenty digits
	numberStep  = 1_000
)

// nextNumber returns the sequence number of a topic's next message.
func nextNumber(tx *store.Tx, t *Topic) string {
	var n sequence
	if last, ok := sequences.Get(tx, t.key()); ok {
		n = *last
	}
	n.Last++
	sequences.Put(tx, t.key(), &n)
	return strconv.FormatUint(firstNumber+n.Last*numberStep, 10)
}

// publication is a message of a FIFO topic whose repetitions are not
// delivered for some minutes. Its key is the topic's and a hash of its
// deduplication id, or of its group, too.
type publication struct {
	ID, Number string
	At         time.Time
}

var published = store.NewKind[publication]("sns.publication")

// repetition is for how long a message is recognized.
const repetition = 5 * time.Minute

func publicationKey(t *Topic, m *Message) string {
	id := m.Deduplication
	if t.Throughput == "MessageGroup" {
		id = m.GroupID + "\n" + id
	}
	sum := sha256.Sum256([]byte(id))
	return t.key() + "/" + hex.EncodeToString(sum[:])
}

// identify gives a message of a FIFO topic the deduplication id that it goes
// by.
func (m *Message) identify() {
	if m.Deduplication == "" {
		sum := sha256.Sum256([]byte(m.Body))
		m.Deduplication = hex.EncodeToString(sum[:])
	}
}
