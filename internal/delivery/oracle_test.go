package delivery

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/journal"
)

// place is one record in one object of a trail.
type place struct {
	Trail, Organization, Account, Region, EventID string
}

var objectKey = regexp.MustCompile(`^([^/]+)/(?:([a-z0-9/-]+)/)?AWSLogs/(?:(o-[a-z0-9]+)/)?(\d{12})/CloudTrail/([a-z0-9-]+)/(\d{4})/(\d\d)/(\d\d)/(\d{12})_CloudTrail_([a-z0-9-]+)_(\d{8})T\d{4}Z_[A-Za-z0-9]{16}\.json\.gz$`)

// readObjects returns how often each record stands in the objects, by trail:
// in these tests a trail's id is also its bucket or its prefix. It fails when
// an object is not a log file.
func readObjects(t testing.TB, objects map[string][]byte) map[place]int {
	t.Helper()
	places := map[place]int{}
	for at, body := range objects {
		m := objectKey.FindStringSubmatch(at)
		if m == nil || m[4] != m[9] || m[5] != m[10] || m[6]+m[7]+m[8] != m[11] {
			t.Errorf("%s is not the key of a log file", at)
			continue
		}
		text := gunzip(t, body)
		if strings.ContainsAny(text, "\n\r") {
			t.Errorf("%s is not one line", at)
		}
		var log struct{ Records []struct{ EventID string } }
		if err := json.Unmarshal([]byte(text), &log); err != nil {
			t.Errorf("%s: %v", at, err)
		}
		if len(log.Records) == 0 {
			t.Errorf("%s is empty", at)
		}
		trail := m[1]
		if m[2] != "" {
			trail = m[2]
		}
		for _, r := range log.Records {
			places[place{trail, m[3], m[4], m[5], r.EventID}]++
		}
	}
	return places
}

// checkDelivered checks that each of the journaled entries stands in exactly
// one object of each of its routes, and that nothing else stands anywhere.
func checkDelivered(t testing.TB, objects map[string][]byte, journaled []journal.Entry) {
	t.Helper()
	checkPlaces(t, readObjects(t, objects), journaled, nil)
}

// checkPlaces is checkDelivered for entries of which some may or may not have
// been journaled.
func checkPlaces(t testing.TB, places map[place]int, journaled, perhaps []journal.Entry) {
	t.Helper()
	lost, twice := 0, 0
	take := func(e *journal.Entry, least int) {
		for _, r := range e.Routes {
			p := place{r.Trail, r.Organization, e.Account, e.Region, e.EventID}
			switch n := places[p]; {
			case n < least:
				lost++
			case n > 1:
				twice++
			}
			delete(places, p)
		}
	}
	for i := range journaled {
		take(&journaled[i], 1)
	}
	for i := range perhaps {
		take(&perhaps[i], 0)
	}
	if lost+twice+len(places) > 0 {
		t.Errorf("of %d entries %d routes lost, %d twice; %d records that nobody sent there", len(journaled), lost, twice, len(places))
	}
}

// checkManifest checks that the manifest names exactly the objects, with
// their hashes.
func checkManifest(t testing.TB, s Store, objects map[string][]byte) {
	t.Helper()
	rows := 0
	err := s.Read(context.Background(), func(tx *sql.Tx) error {
		rows = 0
		r, err := tx.Query(`SELECT bucket, object, sha256, size, records, oldest, newest, delivered FROM manifest`)
		if err != nil {
			return err
		}
		defer r.Close()
		for r.Next() {
			var bucket, object, sum string
			var size, records, oldest, newest, delivered int64
			if err := r.Scan(&bucket, &object, &sum, &size, &records, &oldest, &newest, &delivered); err != nil {
				return err
			}
			rows++
			body, ok := objects[bucket+"/"+object]
			if !ok {
				t.Errorf("the manifest has %s/%s, the bucket has not", bucket, object)
				continue
			}
			text := gunzip(t, body)
			have := sha256.Sum256([]byte(text))
			if hex.EncodeToString(have[:]) != sum || int(size) != len(text) || int(records) != strings.Count(text, `"eventID"`) {
				t.Errorf("%s: the manifest says sha256 %s, %d bytes, %d records", object, sum, size, records)
			}
			if oldest > newest || delivered == 0 {
				t.Errorf("%s: times %d, %d, delivered %d", object, oldest, newest, delivered)
			}
		}
		return r.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	if rows != len(objects) {
		t.Errorf("%d rows in the manifest, %d objects", rows, len(objects))
	}
}

// tableSize returns the number of rows of a table.
func tableSize(t testing.TB, s Store, table string) (n int) {
	t.Helper()
	err := s.Read(context.Background(), func(tx *sql.Tx) error {
		return tx.QueryRow(`SELECT COUNT(*) FROM ` + table).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
