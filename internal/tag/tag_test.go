package tag

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/policy"
)

// set reads "a=1 b=2".
func set(text string) (s Set) {
	for _, pair := range strings.Fields(text) {
		key, value, _ := strings.Cut(pair, "=")
		s = append(s, Tag{key, value})
	}
	return s
}

func text(s Set) string {
	var pairs []string
	for _, t := range s {
		pairs = append(pairs, t.Key+"="+t.Value)
	}
	return strings.Join(pairs, " ")
}

func rules(change func(*Rules)) *Rules {
	r := &Rules{
		Repeated: func(key string) *aws.Error { return aws.Errorf("Repeated", "%s", key) },
		Reserved: func(key string) *aws.Error { return aws.Errorf("Reserved", "%s", key) },
		TooMany:  func() *aws.Error { return aws.Errorf("TooMany", "%d", Max) },
	}
	if change != nil {
		change(r)
	}
	return r
}

func TestWith(t *testing.T) {
	full := make(Set, Max)
	for i := range full {
		full[i].Key = fmt.Sprintf("k%02d", i)
	}
	anyCase := func(r *Rules) { r.AnyCase = true }
	asAdded := func(r *Rules) { r.AsAdded = true }
	short := func(r *Rules) {
		r.Check = func(t Tag) *aws.Error {
			if len(t.Key) > 5 {
				return aws.Errorf("Long", "%s", t.Key)
			}
			return nil
		}
	}
	for _, test := range []struct {
		change           func(*Rules)
		have, more, want string
	}{
		{nil, "", "", ""},
		{nil, "", "b=2 a=1", "a=1 b=2"},
		{nil, "a=1 c=3", "b=2 a=0", "a=0 b=2 c=3"},
		{nil, "a=1", "A=2", "A=2 a=1"},
		{anyCase, "a=1 b=2", "B=3", "B=3 a=1"},
		{asAdded, "c=3 a=1", "b=2 c=0", "c=0 a=1 b=2"},
		{nil, "", "a=1 b=2 a=1", "Repeated: a"},
		{anyCase, "", "a=1 A=1", "Repeated: A"},
		{nil, "", "x=1 Aws:y=2 x=1", "Reserved: Aws:y"},
		{nil, "", "x=1 x=1 aws:y=2", "Repeated: x"},
		{nil, "", "aws=1 awsx:y=2", "aws=1 awsx:y=2"},
		{short, "", "aws:y=2", "Reserved: aws:y"},
		{short, "", "aws:yz=2", "Long: aws:yz"},
		{nil, text(full), "k07=x", strings.Replace(text(full), "k07=", "k07=x", 1)},
		{nil, text(full), "k=x", "TooMany: 50"},
	} {
		have := set(test.have)
		got, err := rules(test.change).With(have, set(test.more))
		said := text(got)
		if err != nil {
			said = err.Error()
		}
		if said != test.want {
			t.Errorf("%q with %q: %s, want %s", test.have, test.more, said, test.want)
		}
		if text(have) != test.have {
			t.Errorf("%q with %q changed what was there: %s", test.have, test.more, text(have))
		}
	}
}

func TestWithout(t *testing.T) {
	for _, test := range []struct {
		anyCase          bool
		have, keys, want string
	}{
		{false, "a=1 b=2 c=3", "c a none", "b=2"},
		{false, "a=1", "A", "a=1"},
		{true, "a=1 b=2", "A", "b=2"},
		{false, "", "a", ""},
	} {
		have := set(test.have)
		got := rules(func(r *Rules) { r.AnyCase = test.anyCase }).Without(have, strings.Fields(test.keys))
		if text(got) != test.want || text(have) != test.have {
			t.Errorf("%q without %q: %q, want %q; left %q", test.have, test.keys, text(got), test.want, text(have))
		}
	}
}

func TestContext(t *testing.T) {
	for _, test := range []struct {
		got, want policy.Context
	}{
		{set("K=v l=").SetRequest(policy.Context{}), policy.Context{"aws:requesttag/k": {"v"}, "aws:requesttag/l": {""}, "aws:tagkeys": {"K", "l"}}},
		{Set{}.SetRequest(policy.Context{}), policy.Context{}},
	} {
		if !reflect.DeepEqual(test.got, test.want) {
			t.Errorf("%v, want %v", test.got, test.want)
		}
	}
	c := policy.Context{}
	set("K=v").SetResource(c)
	if want := (policy.Context{"aws:resourcetag/k": {"v"}}); !reflect.DeepEqual(c, want) {
		t.Errorf("%v, want %v", c, want)
	}
}

func TestShapes(t *testing.T) {
	type apiTag struct{ Key, Value *string }
	s := Of([]apiTag{{new("a"), new("1")}, {Key: new("b")}})
	if text(s) != "a=1 b=" {
		t.Errorf("read %q", text(s))
	}
	shapes := Shapes[apiTag](s)
	if len(shapes) != 2 || *shapes[0].Key != "a" || *shapes[0].Value != "1" || *shapes[1].Key != "b" || *shapes[1].Value != "" {
		t.Errorf("written %v", shapes)
	}
	if list := Shapes[apiTag](nil); list == nil || len(list) != 0 {
		t.Errorf("of none: %#v", list)
	}
}

// TestStored is about databases that are there: their rows must be readable.
func TestStored(t *testing.T) {
	const row = `[{"Key":"a","Value":"1"}]`
	var s Set
	if err := json.Unmarshal([]byte(row), &s); err != nil || text(s) != "a=1" {
		t.Fatal(s, err)
	}
	if again, _ := json.Marshal(s); string(again) != row {
		t.Errorf("%s, want %s", again, row)
	}
}
