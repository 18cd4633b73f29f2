package delivery

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/journal"
)

// A cut is the plan by which a stretch of the journal becomes log files. It
// is committed before the first file is put, so that whoever carries it out,
// however often it has to be begun again, puts the same bytes under the same
// keys.
type cut struct {
	ID   string    `json:"id"`
	Time time.Time `json:"time"`
	// To is the end of the stretch, for the writers that it has chunks of. It
	// begins at the shard's cursor, which does not move while the cut stands.
	To journal.Cursor `json:"to"`
	// Limit is the size at which a file was divided into parts.
	Limit int `json:"limit"`
	// Trails are the destinations of the files by trail, as they were when
	// the cut was planned. The records of a trail that is not among them go
	// nowhere: nobody knew it.
	Trails map[string]Destination `json:"trails"`
	Files  []planned              `json:"files"`
}

// planned is one file of a cut.
type planned struct {
	fileKey
	Part   int    `json:"part,omitempty"`
	Object string `json:"object"` // the key without the trail's prefix
}

// plan names the files that a window becomes when it is delivered now.
func plan(w *window, trails map[string]Destination, limit int, now time.Time) *cut {
	c := &cut{ID: aws.UUID(), Time: now.UTC(), To: w.moved(), Limit: limit, Trails: trails}
	for _, k := range w.keys() {
		if _, known := trails[k.Trail]; !known {
			continue
		}
		for part := range w.parts(k, limit) {
			c.Files = append(c.Files, planned{k, part, k.object(now, aws.FileSuffix())})
		}
	}
	return c
}

// A file is a planned one together with its records.
type file struct {
	planned
	to      Destination
	records []record
}

// files joins the cut with the window that holds its stretch of the journal.
// An error means that the window holds something else.
func (c *cut) files(w *window) ([]file, error) {
	files := make([]file, 0, len(c.Files))
	for _, k := range w.keys() {
		d, known := c.Trails[k.Trail]
		if !known {
			continue
		}
		for part, records := range w.parts(k, c.Limit) {
			n := len(files)
			if n >= len(c.Files) || c.Files[n].fileKey != k || c.Files[n].Part != part {
				return nil, fmt.Errorf("delivery: cut %s does not match the journal at part %d of %+v", c.ID, part, k)
			}
			files = append(files, file{c.Files[n], d, records})
		}
	}
	if len(files) != len(c.Files) {
		return nil, fmt.Errorf("delivery: cut %s has %d files, the journal gives %d", c.ID, len(c.Files), len(files))
	}
	return files, nil
}

func (c *cut) encode() []byte {
	body, err := json.Marshal(c)
	if err != nil {
		panic(err) // strings, numbers and times in this century only
	}
	return body
}

func decodeCut(body []byte) (*cut, error) {
	c := new(cut)
	if err := json.Unmarshal(body, c); err != nil {
		return nil, fmt.Errorf("delivery: a cut cannot be read: %w", err)
	}
	if c.ID == "" || len(c.To) == 0 {
		return nil, errors.New("delivery: a cut without an id or an end")
	}
	for i, f := range c.Files {
		if _, ok := c.Trails[f.Trail]; !ok || f.Object == "" {
			return nil, fmt.Errorf("delivery: file %d of cut %s has no destination", i, c.ID)
		}
	}
	return c, nil
}
