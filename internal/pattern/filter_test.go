package pattern

import (
	"strconv"
	"strings"
	"testing"
)

func itoa(n int) string { return strconv.Itoa(n) }

func TestMatchAttributes(t *testing.T) {
	message := map[string]Attribute{
		"store":     {"String", "example_corp"},
		"event":     {"String", "order-placed"},
		"interests": {"String.Array", `["soccer","rugby",null,true,5]`},
		"price":     {"Number", "210.75"},
		"whole":     {"Number", "100.0"},
		"ip":        {"String", "10.0.0.25"},
		"blob":      {"Binary", "AAAA"},
		"a.b":       {"String", "dotted"},
		"broken":    {"String.Array", `["x"`},
		"json":      {"String", `["soccer"]`},
	}
	for policy, want := range map[string]bool{
		`{}`:                         true,
		`{"store":["example_corp"]}`: true,
		`{"store":["other"]}`:        false,
		`{"store":["example_corp"],"event":["order-cancelled","order-placed"]}`: true,
		`{"interests":["rugby","tennis"]}`:                                      true,
		`{"interests":["tennis"]}`:                                              false,
		`{"interests":[null]}`:                                                  true,
		`{"interests":[true]}`:                                                  true,
		`{"interests":[5]}`:                                                     true,
		`{"interests":[{"anything-but":["rugby"]}]}`:                            true,
		`{"json":["soccer"]}`:                                                   false,
		`{"price":[210.75]}`:                                                    true,
		`{"whole":[100]}`:                                                       true,
		`{"whole":["100.0"]}`:                                                   false,
		`{"price":[{"numeric":[">",0,"<=",150]}]}`:                              false,
		`{"price":[{"numeric":[">=",200]}]}`:                                    true,
		`{"store":[{"numeric":[">=",0]}]}`:                                      false,
		`{"price":[{"prefix":"2"}]}`:                                            false,
		`{"event":[{"prefix":"order-"}]}`:                                       true,
		`{"event":[{"suffix":"-placed"}]}`:                                      true,
		`{"store":[{"equals-ignore-case":"EXAMPLE_corp"}]}`:                     true,
		`{"event":[{"anything-but":"order-cancelled"}]}`:                        true,
		`{"event":[{"anything-but":{"prefix":"order-"}}]}`:                      false,
		`{"missing":[{"anything-but":"x"}]}`:                                    false,
		`{"missing":[null,{"anything-but":"x"}]}`:                               false,
		`{"missing":[{"exists":false}]}`:                                        true,
		`{"store":[{"exists":true}]}`:                                           true,
		`{"store":[{"exists":false}]}`:                                          false,
		`{"blob":[{"exists":true}]}`:                                            false,
		`{"ip":[{"cidr":"10.0.0.0/24"}]}`:                                       true,
		`{"a.b":["dotted"]}`:                                                    true,
		`{"broken":["x"]}`:                                                      false,
		`{"$or":[{"store":["other"]},{"event":["order-placed"]}]}`:              true,
		`{"price":[{"numeric":["<",1]}],"$or":[{"store":["other"]},{"event":["order-placed"]}]}`: false,
	} {
		p, err := ParseFilter(policy, false)
		if err != nil {
			t.Errorf("%s: %v", policy, err)
			continue
		}
		if got := p.MatchAttributes(message); got != want {
			t.Errorf("%s: %v, want %v", policy, got, want)
		}
	}
}

func TestFilterOnBody(t *testing.T) {
	for _, tt := range []struct {
		policy, body string
		want         bool
	}{
		{`{"object":{"key":[{"prefix":"auto-"},"hardcodedvalue"]}}`, `{"object":{"key":"auto-test"}}`, true},
		{`{"object":{"key":[{"prefix":"auto-"},"hardcodedvalue"]}}`, `{"object":{"key":"hardcodedvalue"}}`, true},
		{`{"object":{"key":[{"prefix":"auto-"}]}}`, `{"object":{"key":"other"}}`, false},
		{`{"object":{"key":[{"prefix":"auto-"}]}}`, `auto-`, false},
		{`{"object":{"key":[{"prefix":"auto-"}]}}`, `"auto-"`, false},
		{`{"object.nested":["string.value"]}`, `{"object":{"nested":"string.value"}}`, true},
		{`{}`, `not json`, true},
	} {
		p, err := ParseFilter(tt.policy, true)
		if err != nil {
			t.Errorf("%s: %v", tt.policy, err)
			continue
		}
		if got := p.MatchJSON([]byte(tt.body)); got != tt.want {
			t.Errorf("%s on %s: %v, want %v", tt.policy, tt.body, got, tt.want)
		}
	}
}

func TestFilterErrors(t *testing.T) {
	list := func(n int) string { return strings.Repeat("1,", n-1) + "1" }
	for _, tt := range []struct {
		policy string
		body   bool
		want   string
	}{
		{`{"key_a":"value_one"}`, false, "FilterPolicy: \"key_a\" must be an object or an array\n at [Source: (String)\"{\"key_a\":\"value_one\"}\"; line: 1, column: 11]"},
		{`{"Amount":[]}`, false, "FilterPolicy: Empty arrays are not allowed\n at [Source: (String)\"{\"Amount\":[]}\"; line: 1, column: 13]"},
		{`{invalidjson}`, false, "FilterPolicy: failed to parse JSON. Unexpected character ('i' (code 105)): was expecting double-quote to start field name\n at [Source: (String)\"{invalidjson}\"; line: 1, column: 2]"},
		{`{"a":{"b":[1]}}`, false, "Filter policy scope MessageAttributes does not support nested filter policy"},
		{`{"$or":[{"a":{"b":[1]}},{"c":[1]}]}`, false, "Filter policy scope MessageAttributes does not support nested filter policy"},
		{`{"a":{"b":[1]}}`, true, ""},
		{`{"a":[1],"b":[1],"c":[1],"d":[1],"e":[1]}`, false, ""},
		{`{"a":[1],"b":[1],"c":[1],"d":[1],"e":[1],"f":[1]}`, false, "FilterPolicy: Filter policy can not have more than 5 keys"},
		{`{"a":[` + list(150) + `]}`, false, ""},
		{`{"a":[` + list(151) + `]}`, false, "FilterPolicy: Filter policy is too complex"},
		{`{"a":[` + list(15) + `],"b":[` + list(10) + `]}`, false, ""},
		{`{"a":[` + list(16) + `],"b":[` + list(10) + `]}`, false, "FilterPolicy: Filter policy is too complex"},
		// Three deep and two deep: 3×4 × 2×3 = 72, and with 7 values 168.
		{`{"a":{"b":{"c":[` + list(4) + `]}},"d":{"e":[` + list(3) + `]}}`, true, ""},
		{`{"a":{"b":{"c":[` + list(4) + `]}},"d":{"e":[` + list(7) + `]}}`, true, "FilterPolicy: Filter policy is too complex"},
		{`{"$or":[{"a":[` + list(75) + `]},{"b":[` + list(75) + `]}]}`, false, ""},
		{`{"$or":[{"a":[` + list(75) + `]},{"b":[` + list(76) + `]}]}`, false, "FilterPolicy: Filter policy is too complex"},
		{`{"a":["` + strings.Repeat("x", 256<<10) + `"]}`, false, "FilterPolicy: Filter policy is too long"},
	} {
		got := ""
		if _, err := ParseFilter(tt.policy, tt.body); err != nil {
			got = err.(*SyntaxError).Reason
			if err.Error() != "Invalid parameter: "+got {
				t.Errorf("%v", err)
			}
		}
		if got != tt.want {
			t.Errorf("%.80s:\n got %s\nwant %s", tt.policy, got, tt.want)
		}
	}
}
