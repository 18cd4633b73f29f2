package delivery

import (
	"reflect"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/journal"
)

func plannedCut(t testing.TB, limit int) (*cut, *window) {
	t.Helper()
	const account = "111111111111"
	w := newWindow(journal.Cursor{1: 4, 9: 9})
	c := chunk(1, 5, account, noon, "a", "b", "c")
	c.Entries[1].Routes = append(c.Entries[1].Routes, journal.Route{Trail: "unknown"}, journal.Route{Trail: "u", Organization: "o-1"})
	w.add(&c, shardOf(account), noon)
	trails := map[string]Destination{"t": {Bucket: "b", TrailARN: "arn:t"}, "u": {Bucket: "c", Prefix: "p", TrailARN: "arn:u"}}
	return plan(w, trails, limit, noon), w
}

func TestCutSurvivesItsEncoding(t *testing.T) {
	c, w := plannedCut(t, len(head)+len(tail)+4)
	if len(c.Files) != 3 || len(c.Trails) != 2 {
		t.Fatalf("files %v, trails %v", c.Files, c.Trails)
	}
	if !reflect.DeepEqual(c.To, journal.Cursor{1: 5}) {
		t.Errorf("it ends at %v", c.To)
	}
	d, err := decodeCut(c.encode())
	if err != nil || !reflect.DeepEqual(c, d) {
		t.Errorf("decoded %+v, %v", d, err)
	}
	files, err := d.files(w)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"a,b,", "c,", "b,"} {
		if got := content(files[i].records); got != want {
			t.Errorf("file %d holds %s, want %s", i, got, want)
		}
	}
	if files[2].to.Prefix != "p" || !strings.HasPrefix(files[2].Object, "AWSLogs/o-1/111111111111/CloudTrail/us-east-1/2026/01/31/") {
		t.Errorf("file %+v", files[2])
	}
}

func TestCutRefusesAnotherStretch(t *testing.T) {
	for name, change := range map[string]func(*cut, *window){
		"record of another file": func(_ *cut, w *window) {
			w.files[fileKey{"t", "o-1", "1", "eu-west-1"}] = []record{{data: []byte("x,")}}
		},
		"file without records": func(_ *cut, w *window) { delete(w.files, w.keys()[0]) },
		"one part more":        func(c *cut, _ *window) { c.Limit = 1 },
		"one part less":        func(c *cut, _ *window) { c.Limit = 1000 },
		"unplanned trail":      func(c *cut, _ *window) { c.Trails["unknown"] = Destination{} },
	} {
		c, w := plannedCut(t, len(head)+len(tail)+4)
		change(c, w)
		if _, err := c.files(w); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestDecodeCutRefuses(t *testing.T) {
	for _, body := range []string{
		``, `null`, `[]`, `{}`, `{"id":"c"}`, `{"id":"c","to":{"x":1}}`,
		`{"id":"c","to":{"1":1},"files":[{"trail":"t","object":"o"}]}`,
		`{"id":"c","to":{"1":1},"trails":{"t":{}},"files":[{"trail":"t"}]}`,
	} {
		if c, err := decodeCut([]byte(body)); err == nil {
			t.Errorf("%s: %+v", body, c)
		}
	}
}

func FuzzDecodeCut(f *testing.F) {
	c, _ := plannedCut(f, 1<<20)
	f.Add(c.encode())
	f.Add([]byte(`{"id":"c","to":{"1":1},"limit":-1,"trails":{"t":{}},"files":[{"trail":"t","object":"o","part":-1}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		c, err := decodeCut(body)
		if err != nil {
			return
		}
		again, err := decodeCut(c.encode())
		if err != nil || !reflect.DeepEqual(c.Files, again.Files) || !reflect.DeepEqual(c.To, again.To) {
			t.Fatalf("%+v became %+v, %v", c, again, err)
		}
		_, w := plannedCut(t, 1<<20)
		c.files(w) // an error or files, never a panic
	})
}
