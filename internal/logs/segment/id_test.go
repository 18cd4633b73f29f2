package segment

import (
	"slices"
	"strings"
	"testing"
)

func TestWrittenIDsSortAsIDs(t *testing.T) {
	ids := []ID{
		{}, {Stream: 1}, {Seq: 1}, {Ingested: 1}, {Time: 1},
		{1_396_035_378_988, 1_396_035_378_990, 7, 9}, {1_396_035_378_988, 1_396_035_378_990, 8, 0},
		{1_396_035_378_989, 0, 0, 0}, {MaxTime, 1<<44 - 1, 1<<56 - 1, 1<<44 - 1},
	}
	var written []string
	for i, id := range ids {
		if i > 0 && ids[i-1].Compare(id) >= 0 {
			t.Errorf("%v does not come after %v", id, ids[i-1])
		}
		s := id.String()
		written = append(written, s)
		if back, err := ParseID(s); err != nil || back != id || len(s) != 56 {
			t.Errorf("%v is written %s and read %v, %v", id, s, back, err)
		}
	}
	if !slices.IsSorted(written) {
		t.Error("written ids do not sort:", written)
	}
	// The form of the ids of AWS: the time is their beginning.
	if s := ids[5].String(); !strings.HasPrefix(s, "31132629274") {
		t.Error("the id does not begin as AWS's of that time:", s)
	}
}

func FuzzParseID(f *testing.F) {
	f.Add(ID{1, 2, 3, 4}.String())
	f.Add("0")
	f.Add("+" + strings.Repeat("9", 55))
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := ParseID(s); err == nil && id.String() != s {
			t.Errorf("%q is read as %v", s, id)
		}
	})
}
