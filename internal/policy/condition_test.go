package policy

import (
	"fmt"
	"testing"
)

// holds evaluates the one condition `"operator": {"k": values}`.
func holds(t *testing.T, operator, values string, ctx Context) bool {
	t.Helper()
	doc, err := Parse(fmt.Appendf(nil, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{%q:{"K":%s}}}}`, operator, values))
	if err != nil {
		t.Fatalf("%s %s: %v", operator, values, err)
	}
	return doc.Statements[0].holds(ctx)
}

func TestOperators(t *testing.T) {
	const trail = `"arn:aws:cloudtrail:us-east-2:111111111111:trail/t"`
	for _, c := range []struct {
		operator, policy, request string
		want                      bool
	}{
		{"StringEquals", `"a"`, "a", true},
		{"StringEquals", `"a"`, "A", false},
		{"StringEquals", `["b","a"]`, "a", true},
		{"StringEquals", `"a*"`, "ab", false},
		{"StringEquals", `"a*"`, "a*", true},
		{"StringEquals", `""`, "", true},
		{"StringEquals", `[]`, "a", false},
		{"StringNotEquals", `"a"`, "a", false},
		{"StringNotEquals", `"a"`, "b", true},
		{"StringNotEquals", `["a","b"]`, "b", false},
		{"StringNotEquals", `[]`, "b", true},
		{"StringEqualsIgnoreCase", `"Ab"`, "aB", true},
		{"StringEqualsIgnoreCase", `"Ab"`, "abc", false},
		{"StringEqualsIgnoreCase", `"*"`, "a", false},
		{"StringNotEqualsIgnoreCase", `"Ab"`, "aB", false},
		{"StringNotEqualsIgnoreCase", `"Ab"`, "c", true},
		{"StringLike", `"a*c?"`, "abbcd", true},
		{"StringLike", `"a*c?"`, "Abbcd", false},
		{"StringNotLike", `"a*"`, "ab", false},
		{"StringNotLike", `"a*"`, "b", true},
		{"StringLike", `"${aws:username}/*"`, "zoe/x", true},
		{"StringEquals", `"${aws:username}"`, "zoe", true},
		{"StringEquals", `"${aws:none}"`, "", false},
		{"StringNotEquals", `"${aws:none}"`, "x", true},
		{"StringEqualsIgnoreCase", `"${aws:username}"`, "ZOE", true},
		{"StringEqualsIgnoreCase", `"${aws:none}"`, "", false},

		{"NumericEquals", `"10"`, "10.0", true},
		{"NumericEquals", `10`, "10", true},
		{"NumericEquals", `"10"`, "11", false},
		{"NumericEquals", `"ten"`, "10", false},
		{"NumericEquals", `"10"`, "ten", false},
		{"NumericEquals", `"0x10"`, "16", false},
		{"NumericEquals", `"1e999"`, "1e999", false},
		{"NumericNotEquals", `"10"`, "11", true},
		{"NumericNotEquals", `"10"`, "10", false},
		{"NumericNotEquals", `"10"`, "ten", true},
		{"NumericLessThan", `"10"`, "9.5", true},
		{"NumericLessThan", `"10"`, "10", false},
		{"NumericLessThanEquals", `"10"`, "10", true},
		{"NumericLessThanEquals", `"10"`, "10.1", false},
		{"NumericGreaterThan", `"-1"`, "0", true},
		{"NumericGreaterThan", `"0"`, "0", false},
		{"NumericGreaterThanEquals", `"0"`, "0", true},
		{"NumericGreaterThanEquals", `"0"`, "-0.1", false},

		{"DateEquals", `"2026-01-31T02:10:00Z"`, "2026-01-31T03:10:00+01:00", true},
		{"DateEquals", `"2026-01-31T02:10:00Z"`, "1769825400", true},
		{"DateEquals", `"1769825400"`, "2026-01-31T02:10:00Z", true},
		{"DateEquals", `1769825400`, "2026-01-31T02:10:00Z", true},
		{"DateEquals", `"2026-01-31"`, "2026-01-31T00:00:00Z", true},
		{"DateEquals", `"2026-01"`, "2026-01-01T00:00:00Z", true},
		{"DateEquals", `"2026-01-31t02:10z"`, "2026-01-31T02:10:00.0Z", true},
		{"DateEquals", `"2026-01-31T02:10:00.5Z"`, "1769825400.5", true},
		{"DateEquals", `"soon"`, "soon", false},
		{"DateEquals", `"2026-01-31"`, "soon", false},
		{"DateNotEquals", `"2026-01-31"`, "2026-02-01", true},
		{"DateNotEquals", `"2026-01-31"`, "2026-01-31", false},
		{"DateLessThan", `"2026-01-31"`, "2026-01-30T23:59:59Z", true},
		{"DateLessThan", `"2026-01-31"`, "2026-01-31", false},
		{"DateLessThanEquals", `"2026-01-31"`, "2026-01-31", true},
		{"DateGreaterThan", `"2026-01-31"`, "2026-02-01", true},
		{"DateGreaterThan", `"2026-01-31"`, "2026-01-31", false},
		{"DateGreaterThanEquals", `"2026-01-31"`, "2026-01-31", true},

		{"Bool", `"true"`, "true", true},
		{"Bool", `true`, "TRUE", true},
		{"Bool", `"false"`, "true", false},
		{"Bool", `"${aws:flag}"`, "true", true},
		{"BinaryEquals", `"QmluYXJ5"`, "QmluYXJ5", true},
		{"BinaryEquals", `"QmluYXJ5"`, "QmluYXJ6", false},
		{"BinaryEquals", `"!"`, "!", false},

		{"IpAddress", `"203.0.113.0/24"`, "203.0.113.77", true},
		{"IpAddress", `"203.0.113.9/24"`, "203.0.113.77", true},
		{"IpAddress", `"203.0.113.0/24"`, "203.0.114.1", false},
		{"IpAddress", `"203.0.113.7"`, "203.0.113.7", true},
		{"IpAddress", `"203.0.113.7"`, "203.0.113.8", false},
		{"IpAddress", `"0.0.0.0/0"`, "2001:db8::1", false},
		{"IpAddress", `"203.0.113.0/24"`, "::ffff:203.0.113.77", true},
		{"IpAddress", `["10.0.0.0/8","2001:DB8:1234:5678::/64"]`, "2001:db8:1234:5678::9", true},
		{"IpAddress", `"2001:DB8::/32"`, "2001:db9::", false},
		{"IpAddress", `"fe80::1%eth0"`, "fe80::1%eth0", false},
		{"IpAddress", `"nowhere"`, "203.0.113.7", false},
		{"IpAddress", `"203.0.113.0/24"`, "AWS Internal", false},
		{"NotIpAddress", `"203.0.113.0/24"`, "203.0.113.77", false},
		{"NotIpAddress", `"203.0.113.0/24"`, "198.51.100.1", true},
		{"NotIpAddress", `"203.0.113.0/24"`, "AWS Internal", true},

		{"ArnEquals", trail, "arn:aws:cloudtrail:us-east-2:111111111111:trail/t", true},
		{"ArnEquals", `"arn:aws:cloudtrail:*:111111111111:trail/*"`, "arn:aws:cloudtrail:us-east-2:111111111111:trail/t", true},
		{"ArnLike", `"arn:aws:cloudtrail:*:111111111111:trail/*"`, "arn:aws:cloudtrail:us-east-2:222222222222:trail/t", false},
		{"ArnLike", `"arn:aws:*:111111111111:trail/t"`, "arn:aws:cloudtrail:us-east-2:111111111111:trail/t", false}, // a * ends at the colon
		{"ArnLike", `"arn:aws:sns:*:*:a:*"`, "arn:aws:sns:us-east-1:111111111111:a:b:c", true},
		{"ArnLike", `"*"`, "arn:aws:sns:us-east-1:111111111111:a", true},
		{"ArnLike", `"arn:*"`, "arn:aws:sns:us-east-1:111111111111:a", false},
		{"ArnLike", `"arn:aws:iam::*:user/${aws:username}"`, "arn:aws:iam::111111111111:user/zoe", true},
		{"ArnLike", `"${aws:arn}"`, "arn:aws:iam::111111111111:user/zoe", true},
		{"ArnLike", `"${aws:none}"`, "arn:aws:iam::111111111111:user/zoe", false},
		{"ArnLike", trail, "no arn", false},
		{"ArnNotEquals", trail, "arn:aws:cloudtrail:us-east-2:111111111111:trail/t", false},
		{"ArnNotLike", `"arn:aws:cloudtrail:*:222222222222:*"`, "arn:aws:cloudtrail:us-east-2:111111111111:trail/t", true},

		{"Null", `"true"`, "x", false},
		{"Null", `"false"`, "x", true},
		{"Null", `true`, "", false},
		{"Null", `["true","false"]`, "x", true},
		{"ForAllValues:Null", `"false"`, "x", true},
	} {
		ctx := Context{"k": {c.request}, "aws:username": {"zoe"}, "aws:flag": {"true"}, "aws:arn": {"arn:aws:iam::111111111111:user/zoe"}}
		if got := holds(t, c.operator, c.policy, ctx); got != c.want {
			t.Errorf("%s %s of %q: %v", c.operator, c.policy, c.request, got)
		}
	}
}

// Every operator, without its key: false if it says what the key is, true if
// it says what it is not; IfExists and ForAllValues do not mind.
func TestMissingKey(t *testing.T) {
	for name, op := range operators {
		for _, ctx := range []Context{nil, {"k": {}}} {
			for prefix, want := range map[string]bool{"": op.negated, "ForAnyValue:": false, "ForAllValues:": true} {
				if got := holds(t, prefix+name, `"1"`, ctx); got != want {
					t.Errorf("%s%s without the key: %v", prefix, name, got)
				}
				if !holds(t, prefix+name+"IfExists", `"1"`, ctx) {
					t.Errorf("%s%sIfExists without the key: false", prefix, name)
				}
			}
		}
	}
	for value, want := range map[string]bool{`"true"`: true, `"false"`: false, `true`: true, `[]`: false} {
		if got := holds(t, "Null", value, nil); got != want {
			t.Errorf("Null %s without the key: %v", value, got)
		}
	}
}

// IfExists changes nothing for a key that is there.
func TestIfExistsPresent(t *testing.T) {
	if holds(t, "StringEqualsIfExists", `"a"`, Context{"k": {"b"}}) || !holds(t, "StringEqualsIfExists", `"a"`, Context{"k": {"a"}}) {
		t.Error("IfExists does not look at the value")
	}
}

func TestSeveralValues(t *testing.T) {
	for _, c := range []struct {
		operator, policy string
		request          []string
		want             bool
	}{
		{"ForAllValues:StringEquals", `["a","b"]`, []string{"a", "b", "a"}, true},
		{"ForAllValues:StringEquals", `["a","b"]`, []string{"a", "c"}, false},
		{"ForAnyValue:StringEquals", `["a","b"]`, []string{"c", "b"}, true},
		{"ForAnyValue:StringEquals", `["a","b"]`, []string{"c", "d"}, false},
		{"ForAllValues:StringNotEquals", `["a","b"]`, []string{"c", "d"}, true},
		{"ForAllValues:StringNotEquals", `["a","b"]`, []string{"c", "a"}, false},
		{"ForAnyValue:StringNotEquals", `["a","b"]`, []string{"c", "a"}, true},
		{"ForAnyValue:StringNotEquals", `["a","b"]`, []string{"b", "a"}, false},
		{"ForAllValues:StringLike", `"x*"`, []string{"x1", "x2"}, true},
		{"ForAnyValue:ArnLike", `"arn:aws:*:*:*:a"`, []string{"arn:aws:x:y:z:b", "arn:aws:x:y:z:a"}, true},
		{"StringEquals", `"a"`, []string{"b", "a"}, true},
		{"StringNotEquals", `"a"`, []string{"b", "a"}, false},
		{"StringNotEquals", `"a"`, []string{"b", "c"}, true},
	} {
		if got := holds(t, c.operator, c.policy, Context{"k": c.request}); got != c.want {
			t.Errorf("%s %s of %q: %v", c.operator, c.policy, c.request, got)
		}
	}
}

// Operators and keys are all to hold; names of keys have no case.
func TestConditionsTogether(t *testing.T) {
	doc := parse(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{
		"StringEquals":{"AWS:PrincipalTag/Team":"red","aws:b":["1","2"]},"Bool":{"aws:SecureTransport":"true"}}}}`)
	ctx := Context{"aws:principaltag/team": {"red"}, "aws:b": {"2"}, "aws:securetransport": {"true"}}
	if !doc.Statements[0].holds(ctx) {
		t.Error("all conditions are met")
	}
	for name := range ctx {
		other := Context{}
		for k, v := range ctx {
			other[k] = v
		}
		other.Set(name, "other")
		if doc.Statements[0].holds(other) {
			t.Errorf("holds with another %s", name)
		}
	}
}

// Only the current version of the language has variables.
func TestVariablesNeedVersion(t *testing.T) {
	for version, want := range map[string]bool{`"Version":"2012-10-17",`: true, `"Version":"2008-10-17",`: false, ``: false} {
		doc := parse(t, `{`+version+`"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:username}"}}`)
		r := Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/zoe", Context: Context{"aws:username": {"zoe"}}}
		if got := doc.Statements[0].matches(&r); got != want {
			t.Errorf("%s replaced: %v", version, got)
		}
		r.Resource = "arn:aws:s3:::b/${aws:username}"
		if got := doc.Statements[0].matches(&r); got == want {
			t.Errorf("%s literal: %v", version, got)
		}
	}
}

func parse(t testing.TB, doc string) *Document {
	t.Helper()
	d, err := Parse([]byte(doc))
	if err != nil {
		t.Fatalf("%s: %v", doc, err)
	}
	return d
}
