package policy

import (
	"fmt"
	"slices"
	"testing"
)

func TestContradictions(t *testing.T) {
	for _, c := range []struct {
		condition string
		want      string
	}{
		{`"StringEquals":{"k":"a"},"StringNotEquals":{"k":"b"}`, `[]`},
		{`"StringEquals":{"k":"a"},"StringNotEquals":{"k":"a"}`, `[[0 1]]`},
		{`"StringEquals":{"k":["a","b"]},"StringNotEquals":{"K":"a"}`, `[]`},
		{`"StringEquals":{"k":"a"},"StringLike":{"k":"b*"}`, `[[0 1]]`},
		{`"StringEquals":{"k":"bc"},"StringLike":{"k":"b*"}`, `[]`},
		{`"StringEquals":{"k":"A"},"StringEqualsIgnoreCase":{"k":"a"}`, `[]`},
		{`"StringEqualsIfExists":{"k":"a"},"StringNotEquals":{"k":"a"}`, `[]`},
		{`"StringEqualsIfExists":{"k":"a"},"StringNotEquals":{"k":"a"},"Null":{"k":"false"}`, `[[0 1 2]]`},
		{`"StringLike":{"k":"a*"},"StringLikeIfExists":{"k":"b*"}`, `[[0 1]]`},
		{`"StringLike":{"k":"a*z"},"StringLikeIfExists":{"k":"*b*"}`, `[]`},
		{`"StringLike":{"k":"a?"},"StringLikeIfExists":{"k":"ab"}`, `[]`},
		{`"StringLike":{"k":"ab*"},"StringNotLike":{"k":"a*"}`, `[[0 1]]`},
		{`"StringLike":{"k":"a*"},"StringNotLike":{"k":"ab*"}`, `[]`},
		{`"StringLike":{"k":"a*"},"StringNotLike":{"k":"a?"}`, `[]`},
		{`"StringEquals":{"k":"${aws:username}"},"StringNotEquals":{"k":"x"}`, `[]`},
		{`"StringEquals":{"k":"${*}"},"StringNotEquals":{"k":"*"}`, `[[0 1]]`},
		{`"StringEquals":{"several":"a"},"StringLike":{"several":"b"}`, `[]`},
		{`"ForAnyValue:StringEquals":{"k":"a"},"StringEquals":{"k":"b"}`, `[]`},
		{`"ArnEquals":{"k":"arn:aws:iam::1:user/*"},"ArnLike":{"k":"arn:aws:iam::1:role/*"}`, `[[0 1]]`},
		{`"ArnEquals":{"k":"arn:aws:iam::1:*"},"ArnLike":{"k":"arn:aws:iam::*:role/x"}`, `[]`},
		{`"ArnEquals":{"k":"arn:aws:iam::1:role/x"},"StringEquals":{"k":"arn:aws:iam::1:role/y"}`, `[[0 1]]`},
		{`"Null":{"k":"true"},"StringEquals":{"k":"a"}`, `[[0 1]]`},
		{`"Null":{"k":"true"},"StringNotEquals":{"k":"a"}`, `[]`},
		{`"Null":{"several":"true"},"ForAnyValue:StringEquals":{"several":"a"}`, `[[0 1]]`},
		{`"Null":{"several":"true"},"ForAllValues:StringEquals":{"several":"a"}`, `[]`},
		{`"Null":{"k":["true","false"]}`, `[]`},
		{`"Bool":{"k":"true"},"BoolIfExists":{"k":"false"}`, `[[0 1]]`},
		{`"Bool":{"k":"true"},"StringEquals":{"k":"TRUE"}`, `[]`},
		{`"NumericLessThan":{"k":5},"NumericGreaterThan":{"k":4}`, `[]`},
		{`"NumericLessThan":{"k":5},"NumericGreaterThan":{"k":5}`, `[[0 1]]`},
		{`"NumericLessThanEquals":{"k":5},"NumericGreaterThanEquals":{"k":5},"NumericNotEquals":{"k":5}`, `[[0 1 2]]`},
		{`"NumericEquals":{"k":"many"}`, `[[0]]`},
		{`"NumericNotEquals":{"k":5}`, `[]`},
		{`"DateGreaterThan":{"k":"2026-12-31"},"DateLessThan":{"k":"2026-01-31T00:00:00Z"}`, `[[0 1]]`},
		{`"DateGreaterThan":{"k":"2026-01-31"},"DateLessThan":{"k":"2026-12-31T00:00:00.5Z"}`, `[]`},
		{`"DateGreaterThan":{"k":"9999-12-31T23:59:59Z"}`, `[]`},
		{`"IpAddress":{"k":"10.0.0.0/8"},"NotIpAddress":{"k":"10.0.0.0/9"}`, `[]`},
		{`"IpAddress":{"k":"10.1.0.0/16"},"NotIpAddress":{"k":"10.0.0.0/8"}`, `[[0 1]]`},
		{`"IpAddress":{"k":"10.0.0.0/8"},"IpAddressIfExists":{"k":"192.168.0.0/16"}`, `[[0 1]]`},
		{`"IpAddress":{"k":"0.0.0.0/0"},"NotIpAddress":{"k":["0.0.0.0/1","128.0.0.0/1"]}`, `[[0 1]]`},
		{`"NotIpAddress":{"k":"0.0.0.0/0"},"Null":{"k":"false"}`, `[]`},
		{`"StringEquals":{"k":[]}`, `[[0]]`},
		{`"StringEquals":{"k":"a","m":"b"},"StringNotEquals":{"m":"b"}`, `[[1 2]]`},
	} {
		doc := parse(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{`+c.condition+`}}}`)
		got := doc.Statements[0].Contradictions(func(key string) bool { return key == "several" })
		if text := fmt.Sprint(got); text != c.want {
			t.Errorf("%s: %s, want %s", c.condition, text, c.want)
		}
	}
}

func TestIdle(t *testing.T) {
	for _, c := range []struct {
		operator, values string
		want             []int
	}{
		{"NumericLessThan", `["10","ten"]`, []int{1}},
		{"DateLessThan", `["2026-01-31","soon"]`, []int{1}},
		{"IpAddress", `["10.0.0.0/8","10.0.0.0/33"]`, []int{1}},
		{"BinaryEquals", `["QQ==","Q"]`, []int{1}},
		{"Bool", `[true,"yes","FALSE","${k}"]`, []int{1}},
		{"Null", `["true","absent"]`, []int{1}},
		{"ArnLike", `["*","arn:aws:s3:::*","my-bucket","arn:aws:*"]`, []int{2, 3}},
		{"StringLike", `["","*"]`, nil},
	} {
		doc := parse(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"`+c.operator+`":{"k":`+c.values+`}}}}`)
		if got := doc.Statements[0].Idle(0); !slices.Equal(got, c.want) {
			t.Errorf("%s %s: %v, want %v", c.operator, c.values, got, c.want)
		}
	}
}

// Whatever conditions a value meets, they are no contradiction.
func FuzzContradictions(f *testing.F) {
	f.Add("StringEquals", "a", "StringLike", "a*", "a")
	f.Add("NumericLessThan", "5", "NumericGreaterThan", "4", "4.5")
	f.Add("DateLessThan", "2026-12-31", "DateGreaterThan", "2026-01-31", "1780000000")
	f.Add("IpAddress", "10.0.0.0/8", "NotIpAddress", "10.1.0.0/16", "10.2.0.0")
	f.Add("ArnLike", "arn:aws:s3:::*a?", "StringNotLike", "*b*", "arn:aws:s3:::caé")
	f.Add("BoolIfExists", "TRUE", "Null", "false", "true")
	f.Add("StringEqualsIgnoreCase", "A", "StringNotEqualsIgnoreCase", "b", "a")
	f.Fuzz(func(t *testing.T, one, a, other, b, value string) {
		var s Statement
		for _, c := range []outlineCondition{{one, "k", []string{a}}, {other, "k", []string{b}}} {
			compiled, err := compileCondition(&c, true)
			if err != nil {
				return
			}
			s.conditions = append(s.conditions, compiled)
		}
		single := func(string) bool { return false }
		for _, ctx := range []Context{nil, {"k": {value}}} {
			if s.holds(ctx) && s.Contradictions(single) != nil {
				t.Errorf("%s %q and %s %q hold of %q", one, a, other, b, ctx["k"])
			}
		}
	})
}
