package chain

import (
	"reflect"
	"testing"
)

func FuzzPlan(f *testing.F) {
	f.Add((&plan{Bucket: "b", Key: "k", End: 1, Hash: "h", Signature: "s", Body: []byte("x")}).encode())
	f.Add([]byte(`{}`))
	f.Add([]byte(``))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := decodePlan(b)
		if err != nil || p == nil {
			return
		}
		again, err := decodePlan(p.encode())
		if err != nil || !reflect.DeepEqual(p, again) {
			t.Errorf("%+v became %+v, %v", p, again, err)
		}
	})
}

func TestRounding(t *testing.T) {
	for ms, want := range map[int64][2]int64{0: {0, 0}, 1: {0, 1000}, 999: {0, 1000}, 1000: {1000, 1000}, 1001: {1000, 2000}} {
		if floor(ms) != want[0] || ceil(ms) != want[1] {
			t.Errorf("%d: %d and %d", ms, floor(ms), ceil(ms))
		}
	}
}
