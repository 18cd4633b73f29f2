package filter

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"
)

// event is a document that the tests ask questions of.
const event = `{
  "eventType": "UpdateTrail",
  "sourceIPAddress": "111.111.111.111",
  "arrayKey": ["value", "another value"],
  "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
  "coordinates": [[0, 1, 2], [4, 5, 6]],
  "SomeObject": null,
  "ThisFlag": true,
  "Off": false,
  "cluster.name": "c",
  "quo\"ted": "tab\there é",
  "latency": 1.5e3,
  "account": "123456789012",
  "user": {"id": 1, "email": "John.Stiles@example.com", "mid*dle": "Ev*ent"}
}`

const access = `127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534`

var matchTests = []struct {
	pattern, message string
	want             bool
}{
	{``, `anything`, true},
	{`  `, ``, true},
	{`ERROR`, `Exiting with ERRORCODE: -1`, true},
	{`ERROR`, `error`, false},
	{`ERROR Exception`, `[ERROR] Caught IllegalArgumentException`, true},
	{`ERROR Exception`, `[ERROR] fatal`, false},
	{`ERROR -Exiting`, `Exiting with ERRORCODE: -1`, false},
	{`ERROR - "Exiting with"`, `ERROR: leaving`, true},
	{`-ERROR`, `INFO`, true},
	{`"Failed to process"`, `x Failed to process y`, true},
	{`"say \"hi\""`, `they say "hi"`, true},
	{`?ERROR ?WARN`, `WARN message`, true},
	{`?ERROR ?WARN`, `INFO message`, false},
	{`INFO ?ERROR`, `INFO message`, true}, // beside other terms, ? is ignored
	{`?ERROR -WARN`, `INFO`, true},
	{`%AUTHORIZED%`, `[ERROR 401] UNAUTHORIZED REQUEST`, true},
	{`%^[hc]at%`, `hat`, true},
	{`%^[hc]at%`, `a hat`, false},
	{`%\d{3}-[A-F]+%`, `x 123-ABBA`, true},
	{`-%ab+c%`, `abbbc`, false},
	{`Ünïcode_1`, `an Ünïcode_1 word`, true},

	{`{ $.eventType = "UpdateTrail" }`, event, true},
	{`{$.eventType=UpdateTrail}`, event, true},
	{`{ $.eventType = "Update*" }`, event, true},
	{`{ $.eventType = *Trail }`, event, true},
	{`{ $.eventType = *dateT* }`, event, true},
	{`{ $.eventType = Trail }`, event, false},
	{`{ $.eventType != "UpdateTrail" }`, event, false},
	{`{ $.eventType = %^Up.*l$% }`, event, true},
	{`{ $.eventType != %^Up.*l$% }`, event, false},
	{`{ $.sourceIPAddress != 123.123.* }`, event, true},
	{`{ $.sourceIPAddress = 111.111.* }`, event, true},
	{`{ $.arrayKey[0] = "value" }`, event, true},
	{`{ $.arrayKey[1] = "value" }`, event, false},
	{`{ $.arrayKey[*] = "another*" }`, event, true},
	{`{ $.objectList[1].id = 2 }`, event, true},
	{`{ $.objectList[*].id = 2 }`, event, true},
	{`{ $.objectList[*].id = 3 }`, event, false},
	{`{ $.objectList[0].id = 1 && $.objectList[*].id = 2 }`, event, true},
	{`{ $.coordinates[1][2] = 6 }`, event, true},
	{`{ $.* = %111\.111\.111\.1[0-9]{1,2}% }`, event, true},
	{`{ $.*.email = "John*" }`, event, true},
	{`{ $.*.email = "Jane*" }`, event, false},
	{`{ $.SomeObject IS NULL }`, event, true},
	{`{ $.missing IS NULL }`, event, false},
	{`{ $.SomeOtherObject NOT EXISTS }`, event, true},
	{`{ $.SomeObject NOT EXISTS }`, event, false},
	{`{ $.SomeObject EXISTS }`, event, true},
	{`{ $.SomeObject != x }`, event, false},
	{`{ $.ThisFlag IS TRUE }`, event, true},
	{`{ $.ThisFlag is false }`, event, false},
	{`{ $.Off IS FALSE }`, event, true},
	{`{ $.ThisFlag = true }`, event, true},
	{`{ $.['cluster.name'] = "c" }`, event, true},
	{`{ $['cluster.name'] = "c" }`, event, true},
	{`{ $.cluster.name = "c" }`, event, false},
	{`{ $.['quo"ted'] = "tab*" }`, event, true},
	{`{ $.user.['mid*dle'] = "Ev*ent" }`, event, true}, // an asterisk within is itself
	{`{ $.latency >= 1500 && $.latency < 15.01e2 && $.latency > +1000 && $.latency <= 1500.0 }`, event, true},
	{`{ $.latency = 1500 }`, event, true},
	{`{ $.latency = "1500" }`, event, false},
	{`{ $.latency = "1.5e3" }`, event, true},
	{`{ $.account = 123456789012 }`, event, true},
	{`{ $.account > 1 }`, event, false},
	{`{ $.users = 1 }`, `{"users":[1,2,3]}`, false},
	{`{ $.users != 1 }`, `{"users":[1,2,3]}`, false},
	{`{ $.missing != 1 }`, `{"users":1}`, false},
	{`{ ($.user.id = 1) && ($.objectList[0].name = "a") }`, event, true},
	{`{ ($.user.id = 2 && $.eventType = nonmatch) || $.arrayKey[1] = "GET" }`, event, false},
	{`{ $.user.id = 1 || $.eventType = x && $.eventType = y }`, event, true},
	{`{ ($.user.id = 1 || $.eventType = x) && $.eventType = y }`, event, false},
	{`{ $.a = Root }`, `{"a":"\u0052oot"}`, true},
	{`{ $.a = Root }`, `{"\u0061":"Root"}`, true},
	{`{ $.a = "x/y" }`, `{"a":"x\/y"}`, true},
	{`{ $.a = 1 }`, `{"a":2,"a":1}`, true},
	{`{ $.a = 2 }`, `{"a":2,"a":1}`, false},
	{`{ $.a.b = 2 }`, `{"a":{"b":2},"a":{}}`, false},
	{`{ $.a NOT EXISTS }`, `not JSON`, false},
	{`{ $.a = 1 }`, `{"a":1} trailing`, false},
	{`{ $.a = 1 }`, `{"a":1`, false},
	{`{ $.a = 1 }`, ``, false},
	{`{ $[0].a = 1 }`, `[{"a":1}]`, true},

	{`[ip, user, username, timestamp, request = "*html*", status = 4*, bytes > 1000]`, access, true},
	{`[ip, user, username, timestamp, request, status, bytes]`, access, true},
	{`[ip, user, username, timestamp, request, status]`, access, false},
	{`[..., status = 404, bytes]`, access, true},
	{`[ip = 127.0.0.*, ..., bytes < 1000]`, access, false},
	{`[ip, ..., status = 403 || status = 404, bytes]`, access, true},
	{`[ip, ..., status = 4* && status != 404, bytes]`, access, false},
	{`[ip, ..., (status = 1 || status = 404) && status != 5*, ]`, access, true},
	{`[ip=%127\.0\.0\.[1-9]%, ...]`, access, true},
	{`[,,, timestamp = "10/Oct*", ...]`, access, true},
	{`[w1=ERROR, w2]`, `ERROR message`, true},
	{`[w1=ERROR, w2]`, `ERROR WARN message`, false},
	{`[w1=ERROR || w1=WARN, w2]`, `WARN message`, true},
	{`[w1!=ERROR&&w1!=WARN, w2]`, `INFO message`, true},
	{`[a, b]`, `"x \" y" [z`, true},
	{`[a > 1]`, `word`, false},
	{`[...]`, strings.Repeat("w ", 100), true},
}

func TestMatch(t *testing.T) {
	for _, test := range matchTests {
		p, err := Parse(test.pattern)
		if err != nil {
			t.Errorf("%s: %v", test.pattern, err)
			continue
		}
		if got := p.Match([]byte(test.message)); got != test.want {
			t.Errorf("%s: %v for %s", test.pattern, got, test.message)
		}
		if test.want {
			checkMay(t, p, test.pattern, test.message)
		}
	}
}

// checkMay sees that what may match is not denied of a message that does.
func checkMay(t *testing.T, p *Pattern, pattern, message string) {
	t.Helper()
	if !p.May([]byte(message)) {
		t.Errorf("%s: May denies %s", pattern, message)
	}
}

func TestSyntaxErrors(t *testing.T) {
	for pattern, offset := range map[string]int{
		`user@example.com`: 4,
		`a-b`:              1,
		`"open`:            0,
		`ERROR -`:          7,
		`%open`:            0,
		`%%`:               0,
		`%a(b)%`:           2,
		`%something!%`:     10,
		`%é%`:              1,
		`%[a%`:             0,
		`%\b%`:             1,
		`%` + strings.Repeat("[ab]{900}", 5) + `%`: 0,
		`%a% %b% %c%`:                        8,
		`{`:                                  1,
		`{}`:                                 1,
		`{ $.a = 1`:                          9,
		`{ $.a = 1 } x`:                      12,
		`{ $.a }`:                            6,
		`{ $.a == 1 }`:                       7,
		`{ $ = 1 }`:                          3,
		`{ $. = 1 }`:                         4,
		`{ $.a. = 1 }`:                       6,
		`{ $.a[x] = 1 }`:                     6,
		`{ $.a[99999999999999999999] = 1 }`:  6,
		`{ $.a[*].* = 1 }`:                   2,
		`{ $.a < x }`:                        6,
		`{ $.a > "5" }`:                      6,
		`{ $.a IS MAYBE }`:                   9,
		`{ $.a NOT NULL }`:                   10,
		`{ $.a = @x }`:                       8,
		`{ ($.a = 1 }`:                       11,
		`{ $.a = 1 && }`:                     13,
		`{ $.a = 1 & $.b = 1 }`:              10,
		`{ a = 1 }`:                          2,
		`{` + strings.Repeat("(", 100) + `}`: 65,
		`[a`:                                 2,
		`[a, b] c`:                           7,
		`[..., ...]`:                         6,
		`[a = ]`:                             5,
		`[a b]`:                              3,
		`[a = 1 && b = 2]`:                   10,
		`[a = %x%, b = %y%, c = %z%]`:        23,
		strings.Repeat("x", 1025):            1024,
	} {
		_, err := Parse(pattern)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%.40s: %v", pattern, err)
		} else if syntax.Offset != offset {
			t.Errorf("%.40s: offset %d, want %d (%v)", pattern, syntax.Offset, offset, err)
		}
	}
}

// TestRuleBook compiles the patterns by which CIS watches an account.
func TestRuleBook(t *testing.T) {
	for _, pattern := range []string{
		`{($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*")}`,
		`{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") || ($.sourceIPAddress!="delivery.logs.amazonaws.com") || ($.eventName!="HeadBucket") }`,
		`{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && ($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }`,
		`{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType !="AwsServiceEvent"}`,
		`{($.eventSource=iam.amazonaws.com) && (($.eventName=DeleteGroupPolicy) || ($.eventName=DeleteRolePolicy) || ($.eventName=PutGroupPolicy))}`,
		`{($.eventName=ConsoleLogin) && ($.errorMessage="Failed authentication")}`,
		`{($.eventSource=kms.amazonaws.com) && (($.eventName=DisableKey) || ($.eventName=ScheduleKeyDeletion))}`,
	} {
		if _, err := Parse(pattern); err != nil {
			t.Errorf("%s: %v", pattern, err)
		}
	}
}

func TestExtract(t *testing.T) {
	for _, test := range []struct {
		pattern, message string
		want             map[string]string
	}{
		{`ERROR`, `ERROR`, map[string]string{}},
		{`[..., request=*.html*, status_code=4*,]`, access, map[string]string{
			"$status_code": "404", "$request": "GET /index.html HTTP/1.0", "$7": "1534",
			"$4": "10/Oct/2000:13:25:15 -0700", "$3": "frank", "$2": "-", "$1": "127.0.0.1",
		}},
		{`{ $.user.id = 1 && $.ThisFlag IS TRUE && $.objectList[*].name = b && $.gone NOT EXISTS && $.user EXISTS && $.SomeObject IS NULL && $.user.id != 2 }`, event, map[string]string{
			"$.user.id": "1", "$.ThisFlag": "true", "$.objectList[*].name": "a",
		}},
		{`{ $.['quo"ted'] = * }`, event, map[string]string{`$.['quo"ted']`: "tab\there é"}},
		{`{ $.a = 1 }`, `{"a":0,"a":1}`, map[string]string{"$.a": "1"}},
	} {
		p, err := Parse(test.pattern)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := p.Extract([]byte(test.message))
		if !ok || !maps.Equal(got, test.want) {
			t.Errorf("%s: %v, %v", test.pattern, got, ok)
		}
		if got, ok := p.Extract([]byte("\x00")); test.pattern != "ERROR" && (ok || got != nil) {
			t.Errorf("%s: %v for what does not match", test.pattern, got)
		}
	}
}

func TestMayDenies(t *testing.T) {
	for _, pattern := range []string{
		`{ $.eventName = "CreateUser" }`, `{ $.errorCode = * }`, `{ $.errorCode EXISTS }`,
		`{ $.eventName = DeleteUser || $.eventName = CreateUser }`, `CreateUser`, `[..., a = CreateUser]`,
	} {
		p, err := Parse(pattern)
		if err != nil {
			t.Fatal(err)
		}
		if p.May([]byte(`{"eventName":"ListUsers"}`)) {
			t.Errorf("%s: May is true", pattern)
		}
	}
}

// TestWildcardsCompileFast compiles what makes the automaton as large as it
// can be.
func TestWildcardsCompileFast(t *testing.T) {
	var b strings.Builder
	b.WriteString("{")
	for i := range 45 {
		fmt.Fprintf(&b, "$.k%d.a=1||$.*.m%d=1||", i, i)
	}
	b.WriteString("$.z=1}")
	if b.Len() > MaxLength {
		t.Fatal(b.Len())
	}
	start := time.Now()
	p, err := Parse(b.String())
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("compiled in %v", took)
	}
	if !p.Match([]byte(`{"k7":{"m30":1}}`)) {
		t.Error("no match")
	}
}
