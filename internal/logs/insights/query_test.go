package insights

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)

// eventsOf makes events of messages, a minute apart.
func eventsOf(messages ...string) iter.Seq[Event] {
	return func(yield func(Event) bool) {
		for i, m := range messages {
			at := epoch.Add(time.Duration(i) * time.Minute)
			e := Event{Timestamp: at, Ingestion: at.Add(time.Second), Message: []byte(m), Stream: "stream", Group: "123456789012:group", Ptr: fmt.Sprint("p", i)}
			ok := yield(e)
			clear(e.Message) // a message is lent
			if !ok {
				return
			}
		}
	}
}

var trail = []string{
	`{"eventName":"CreateUser","sourceIPAddress":"203.0.113.7","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::1:user/alice"},"readOnly":false,"n":3,"tags":[{"key":"a"},{"key":"b"}],"@odd":"x","zero":0,"x-y":"dash"}`,
	`{"eventName":"ListUsers","sourceIPAddress":"203.0.113.8","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::1:user/alice"},"readOnly":true,"n":10,"errorCode":"AccessDenied"}`,
	`{"eventName":"ListUsers","sourceIPAddress":"2001:db8::1","userIdentity":{"type":"Root","arn":"arn:aws:iam::1:root"},"readOnly":true,"n":"7.5","s":"  pad ded  "}`,
	`plain line user=bob, method:GET, latency := 12 ms`,
}

// table writes the rows of a result, a line for each, without @ptr.
func table(r *Result) string {
	var b strings.Builder
	for _, row := range r.Rows {
		var cells []string
		for _, f := range row {
			if f.Name != "@ptr" {
				cells = append(cells, f.Name+"="+f.Value)
			}
		}
		b.WriteString(strings.Join(cells, " ") + "\n")
	}
	return b.String()
}

func answer(t *testing.T, query string, messages ...string) *Result {
	t.Helper()
	q, err := Parse(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	q.Now = epoch
	r, err := q.Run(context.Background(), eventsOf(messages...))
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return r
}

func TestQueries(t *testing.T) {
	for _, test := range []struct{ query, want string }{
		{`fields @timestamp | sort @timestamp asc | limit 2`, "@timestamp=2026-01-02 03:04:05.678\n@timestamp=2026-01-02 03:05:05.678\n"},
		{`fields n | limit 1`, "\n"}, // the newest; it has no such field
		{`filter eventName = "CreateUser" | fields eventName, userIdentity.arn as who, missing`, "eventName=CreateUser who=arn:aws:iam::1:user/alice\n"},
		{`filter @message like "method" | fields @logStream, @log, @ingestionTime`, "@logStream=stream @log=123456789012:group @ingestionTime=2026-01-02 03:07:06.678\n"},
		{`filter n = 3 | display n, readOnly, zero | fields zero`, "n=3 readOnly=0 zero=0\n"},
		{`filter n >= 7.5 | sort n desc | display n`, "n=10\nn=7.5\n"},
		{`filter readOnly = 1 and errorCode != "x" | stats count(*)`, "count(*)=2\n"},
		{`filter readOnly = true and ispresent(errorCode) | display eventName`, "eventName=ListUsers\n"},
		{`filter not (readOnly = true) | stats count(*) as c`, "c=2\n"},
		{`filter errorCode like /(?i)^access/ | display errorCode`, "errorCode=AccessDenied\n"},
		{`filter errorCode not like /x/ | stats count()`, "count()=4\n"},
		{`filter eventName =~ 'List' | stats count(*) as c`, "c=2\n"},
		{`filter eventName in ["CreateUser", 'Nobody'] | stats count(*) as c`, "c=1\n"},
		{`filter n in [3, 10] | stats count(*) as c`, "c=2\n"},
		{`filter eventName not in ["CreateUser"] and ispresent(eventName) | stats count(*) as c`, "c=2\n"},
		{`filter isIpInSubnet(sourceIPAddress, "203.0.113.0/29") or isValidIpV6(sourceIPAddress) | sort @timestamp | display sourceIPAddress`, "sourceIPAddress=203.0.113.7\nsourceIPAddress=2001:db8::1\n"},
		{`filter isIpv4InSubnet(sourceIPAddress, "203.0.113.8/32") | display n`, "n=10\n"},
		{`stats count(*) as calls, count(errorCode) as errors by userIdentity.arn as who | sort calls desc, who | filter ispresent(who)`, "who=arn:aws:iam::1:user/alice calls=2 errors=1\nwho=arn:aws:iam::1:root calls=1 errors=0\n"},
		{`stats count(*) by missing`, "count(*)=4\n"},
		{`stats sum(n), avg(n), min(n), max(n), count_distinct(eventName), stddev(n) as dev`, "sum(n)=20.5 avg(n)=6.833333333333333 min(n)=3 max(n)=10 count_distinct(eventName)=2 dev=2.8963578661637945\n"},
		{`stats pct(n, 50) as p, median(n) as m, pct(n,100) as top, earliest(eventName) as first, latest(n) as last`, "p=7.5 m=7.5 top=10 first=CreateUser last=7.5\n"},
		{`stats sortsFirst(eventName) as a, sortsLast(eventName) as z, latest(@timestamp) as at`, "a=CreateUser z=ListUsers at=2026-01-02 03:07:05.678\n"},
		{`stats count(*) by bin(2m)`, "bin(2m)=2026-01-02 03:04:00.000 count(*)=2\nbin(2m)=2026-01-02 03:06:00.000 count(*)=2\n"},
		{`stats count(*) by bin(2m) | sort bin(2m) desc | limit 1`, "bin(2m)=2026-01-02 03:06:00.000 count(*)=2\n"},
		{`stats count(*) as c by eventName | stats max(c) as most, count(*) as names`, "most=2 names=3\n"},
		{`stats sum(n) / count(*) * 100 as share, sum(missing) as none | fields floor(share) as f`, "share=512.5 f=512\n"},
		{`stats count(*) as c by bin(1 hour) as t | display c, t`, "c=4 t=2026-01-02 03:00:00.000\n"},
		{`stats count(*) by eventName | sort count(*) desc, eventName | limit 1`, "eventName=ListUsers count(*)=2\n"},
		{`filter 1 = 2 | stats count(*)`, ""},
		{`parse @message "user=*, method:*, latency := * ms" as @user, @method, @latency | filter ispresent(@user) | display @user, @method, @latency, @latency * 2 as double`, "@user=bob @method=GET @latency=12 double=24\n"},
		{`parse 'line *' as rest | filter ispresent(rest) | display rest`, "rest=user=bob, method:GET, latency := 12 ms\n"},
		{`parse @message /user=(?<u>\w+), method:(?<m>\w+)/ | stats count(*) as c by u, m | filter ispresent(u)`, "u=bob m=GET c=1\n"},
		{`parse userIdentity.arn "arn:*:*:*" as partition, service, rest | filter service = "iam" | stats count(*) as c by partition`, "partition=aws c=3\n"},
		{`dedup eventName | limit 5`, "@timestamp=2026-01-02 03:07:05.678 @message=" + trail[3] + "\n@timestamp=2026-01-02 03:06:05.678 @message=" + trail[2] + "\n@timestamp=2026-01-02 03:04:05.678 @message=" + trail[0] + "\n"},
		{`fields n | filter ispresent(n) | sort @timestamp asc | dedup userIdentity.type`, "n=3\nn=7.5\n"},
		{`filter ispresent(n) | sort n asc | limit 2 | sort n desc | display n`, "n=7.5\nn=3\n"},
		{`filter eventName = "CreateUser" | fields tags.1.key, ` + "`x-y`, userIdentity.`type`, @@odd", "tags.1.key=b x-y=dash userIdentity.type=IAMUser @@odd=x\n"},
		{`filter n = 3 | display 2 ^ 3 ^ 0 + 10 % 3 * -2 - 1 / 4 as v, 1 / 0 as none, "a" + 1 as no`, "v=-0.25\n"},
		{`filter n = 3 | display abs(-2), ceil(1.2), floor(-1.2), greatest(1, n, 2), least(1, n), log(1), sqrt(16)`, "abs(-2)=2 ceil(1.2)=2 floor(-1.2)=-2 greatest(1, n, 2)=3 least(1, n)=1 log(1)=0 sqrt(16)=4\n"},
		{`filter ispresent(s) | display trim(s) as a, ltrim(s) as b, rtrim("xyZfooxyZ", "xyZ") as c, strlen("é€") as d, toupper("aé") as e, tolower("AÉ") as f`, "a=pad ded b=pad ded   c=xyZfoo d=2 e=AÉ f=aé\n"},
		{`filter n = 3 | display substr("xyZfooxyZ", 3, 3) as a, substr("abc", 1) as b, substr("abc", 9) as c, replace("foo", "o", "0") as d, strcontains("abc", "b") as e, concat("a", n, "b") as f`, "a=foo b=bc c= d=f00 e=1 f=a3b\n"},
		{`filter n = 3 | display coalesce(missing, eventName) as a, isempty(missing) as b, isblank("  ") as c, strlen(missing) as d`, "a=CreateUser b=1 c=1\n"},
		{`filter n = 3 | display datefloor(@timestamp, 1h) as a, dateceil(@timestamp, 1d) as b, datefloor(@timestamp, 1 month) as c, dateceil(@timestamp, 1q) as d, toMillis(@timestamp) as e, fromMillis(0) as f, now() as g`,
			"a=2026-01-02 03:00:00.000 b=2026-01-03 00:00:00.000 c=2026-01-01 00:00:00.000 d=2026-04-01 00:00:00.000 e=1767323045678 f=1970-01-01 00:00:00.000 g=1767323045\n"},
		{"# all of it\nfields eventName # only this\n| filter n = 3 # \"quoted\n", "eventName=CreateUser\n"},
		{`FIELDS eventName | FILTER IsPresent(eventName) AND NOT (eventName LIKE "List") | LIMIT 3`, "eventName=CreateUser\n"},
		{`fields jsonParse(@message) as doc | filter doc.userIdentity.type = "Root" | display doc.n`, "doc.n=7.5\n"},
		{`sort n | display n`, "n=3\nn=7.5\nn=10\n\n"},
		{`sort n desc | display n`, "n=10\nn=7.5\nn=3\n\n"},
		{`fields abs(n) | filter abs(n) > 5 | stats count(*) as c`, "c=2\n"},
	} {
		got := table(answer(t, test.query, trail...))
		if got != test.want {
			t.Errorf("%s:\n%swant\n%s", test.query, got, test.want)
		}
	}
}

func TestResult(t *testing.T) {
	r := answer(t, `filter n > 0 | limit 2`, trail...)
	size := 0
	for _, m := range trail {
		size += len(m)
	}
	if r.Matched != 3 || r.Scanned != 4 || r.Bytes != int64(size) || len(r.Rows) != 2 {
		t.Errorf("%+v", r)
	}
	want := []Field{{"@timestamp", "2026-01-02 03:06:05.678"}, {"@message", trail[2]}, {"@ptr", "p2"}}
	if !slices.Equal(r.Rows[0], want) {
		t.Errorf("%v", r.Rows[0])
	}
	if r := answer(t, `limit any 2`, trail...); len(r.Rows) != 2 || r.Scanned != 2 || r.Matched != 2 {
		t.Errorf("limit any: %+v", r)
	}
	if r := answer(t, `limit any 2 | stats count(*) as c`, trail...); table(r) != "c=2\n" {
		t.Errorf("limit any: %+v", r)
	}
}

func TestDefaultLimit(t *testing.T) {
	many := func(yield func(Event) bool) {
		for i := range 12000 {
			if !yield(Event{Timestamp: time.UnixMilli(int64(i)), Message: []byte("x")}) {
				return
			}
		}
	}
	for limit, want := range map[int]int{0: MaxRows, 5: 5, 99999: MaxRows} {
		q, err := Parse(`fields @timestamp`)
		if err != nil {
			t.Fatal(err)
		}
		q.Limit = limit
		r, err := q.Run(context.Background(), many)
		if err != nil || len(r.Rows) != want || r.Rows[0][0].Value != "1970-01-01 00:00:11.999" {
			t.Errorf("limit %d: %d rows, %v", limit, len(r.Rows), err)
		}
	}
}

// bulk makes n events whose message is their number.
func bulk(format string, n int) iter.Seq[Event] {
	return func(yield func(Event) bool) {
		for i := range n {
			if !yield(Event{Message: fmt.Appendf(nil, format, i)}) {
				return
			}
		}
	}
}

func TestBoundsAndCancellation(t *testing.T) {
	for _, query := range []string{`stats count(*) by n`, `dedup n`} {
		q, err := Parse(query)
		if err != nil {
			t.Fatal(err)
		}
		q.room = 1 << 20
		if _, err := q.Run(context.Background(), bulk(`{"n":"%0500d"}`, 2000)); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: %v", query, err)
		}
	}
	q, err := Parse(`stats pct(n, 99) as p, median(n) as m, count_distinct(n) as d`)
	if err != nil {
		t.Fatal(err)
	}
	const n = 30_000
	r, err := q.Run(context.Background(), bulk(`{"n":%d}`, n))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{0.99 * (n - 1), 0.5 * (n - 1), n} {
		if got, _ := parseNumber(r.Rows[0][i].Value); got < want*0.998 || got > want*1.002 {
			t.Errorf("%v, want about %v", r.Rows[0][i], want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := q.Run(ctx, bulk(`x`, 1000)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestTextsStayBounded doubles a text until there is no more room for it, and
// keeps more of them than there is.
func TestTextsStayBounded(t *testing.T) {
	query := "fields @message as a0"
	for i := range 20 {
		query += fmt.Sprintf(" | fields concat(a%d, a%d) as a%d", i, i, i+1)
	}
	if got := table(answer(t, query+` | display strlen(a16) as a, ispresent(a17) as b`, "0123456789")); got != "a=655360 b=0\n" {
		t.Error(got)
	}
	q, err := Parse(query + ` | display a16`)
	if err != nil {
		t.Fatal(err)
	}
	q.room = 8 << 20
	_, err = q.Run(context.Background(), eventsOf(slices.Repeat([]string{"0123456789"}, 10)...))
	if !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

func TestDiscoversNoMoreThan200(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{`)
	for i := range 201 {
		fmt.Fprintf(&b, `"f%d":%d,`, i, i)
	}
	b.WriteString(`"last":1}`)
	if got := table(answer(t, `fields f199, f200, last`, b.String())); got != "f199=199\n" {
		t.Error(got)
	}
	if got := table(answer(t, `fields a, b`, `{"a":1,"b":2} x`)); got != "\n" {
		t.Error("fields of what is not JSON:", got)
	}
	if got := table(answer(t, `fields a, a.b`, `{"a":1,"a":"\u00e9\n","a.b":null,"a":{"b":[]}}`)); got != "a=é\n\n" {
		t.Errorf("%q", got)
	}
}

func TestSyntaxErrors(t *testing.T) {
	for query, want := range map[string]string{
		``:                                      "0-0 unexpected end of the query",
		`fields`:                                "6-6 unexpected end of the query",
		`fields a |`:                            "10-10 unexpected end of the query",
		`| fields a`:                            "0-1 unexpected symbol found | at line 1 and position 0",
		`field a`:                               "0-5 unexpected symbol found field at line 1 and position 0",
		"fields é\n| count()":                   "11-16 unexpected symbol found count at line 2 and position 2",
		`pattern @message`:                      "0-7 the command pattern is not served",
		`fields a | unmask(b)`:                  "11-17 the command unmask is not served",
		`diff`:                                  "0-4 the command diff is not served",
		`anomaly`:                               "0-7 the command anomaly is not served",
		`filter a = "x`:                         "11-13 the quote is not closed",
		`filter a like /x`:                      "14-16 the regular expression is not closed",
		`filter a like /(?=x)/`:                 "14-21 invalid regular expression: invalid or unsupported Perl syntax: `(?=`",
		`filter a ! b`:                          "9-10 unexpected symbol found ! at line 1 and position 9",
		`filter (a = 1`:                         "13-13 unexpected end of the query",
		`filter a in [1`:                        "14-14 unexpected end of the query",
		`filter nofunction(a)`:                  "7-17 unknown function nofunction",
		`filter abs()`:                          "7-12 wrong number of arguments for abs",
		`filter count(*) > 1`:                   "7-12 the aggregation function count stands outside of stats",
		`stats a`:                               "6-7 the field a stands outside of an aggregation function",
		`stats pct(a, 101)`:                     "13-16 a percentile is between 0 and 100",
		`stats count(*) as c, sum(a) as c`:      "31-32 the field c is already defined",
		`stats count(*) as c | stats latest(c)`: "28-34 latest needs the time of events, which groups do not have",
		`stats count(*) by bin(5x)`:             "22-24 5x is no period",
		`stats count(*) by bin(0m)`:             "22-24 0m is no period",
		`limit 0`:                               "6-7 limit must be between 1 and 10000",
		`limit 10001`:                           "6-11 limit must be between 1 and 10000",
		`dedup a | fields b`:                    "10-16 only limit may follow dedup",
		`parse @message "a *" as x, y`:          "15-20 the pattern has 1 wildcards for 2 fields",
		`parse @message "a *"`:                  "20-20 unexpected end of the query",
		`parse @message /a/`:                    "15-18 the regular expression has no named groups",
		`fields a as b, c as b`:                 "20-21 the field b is already defined",
		"fields `a":                             "7-9 the backquote is not closed",
		`fields a | SOURCE logGroups()`:         "17-17 SOURCE must be the first command",
		`filter a like /[ab]{999}[ab]{999}[ab]{999}[ab]{999}[ab]{999}/`: "14-61 the regular expression is too large",
		"fields \xff":                           "0-0 the query is not UTF-8",
		`fields 1e999`:                          "7-12 the number 1e999 is too large",
		`filter ` + strings.Repeat("(", 200):    "107-108 the expression nests too deep",
		`filter ` + strings.Repeat("not ", 200): "407-410 the expression nests too deep",
		strings.Repeat("x", 10001):              "0-0 the query has more than 10000 characters",
	} {
		_, err := Parse(query)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%.40s: %v", query, err)
		} else if got := fmt.Sprintf("%d-%d %s", syntax.Start, syntax.End, syntax.Message); got != want {
			t.Errorf("%.60q: %s\nwant %s", query, got, want)
		}
	}
}

func TestSource(t *testing.T) {
	q, err := Parse(`SOURCE logGroups(namePrefix: ['/aws/', "b"], accountIdentifiers: ['111122223333'], class: ["STANDARD"]) | fields @message`)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(*q.Source); got != "{[/aws/ b] [111122223333] [STANDARD]}" {
		t.Error(got)
	}
	if q, err = Parse(`SOURCE logGroups() | fields a`); err != nil || q.Source == nil {
		t.Error(err)
	}
}

func TestNaturalOrder(t *testing.T) {
	want := []string{"", "!", "#", "*%04", "A", "a1b9", "a1b10", "a2", "a02", "b"}
	for i := range want {
		for j := range want {
			if got, w := naturalOrder(want[i], want[j]), i-j; (got < 0) != (w < 0) || (got > 0) != (w > 0) {
				t.Errorf("%q and %q: %d", want[i], want[j], got)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`fields @timestamp, abs(a) as b | filter a like /x/ and b in [1,"2"] | sort b desc | limit 5`, trail[0])
	f.Add(`parse @message "a * b" as x | stats count(*), pct(n, 5) by bin(5m), x | sort bin(5m) | dedup x`, trail[1])
	f.Add("stats avg(n)/2 as a, latest(s), min(n), stddev(n) by userIdentity.`arn` # c\n| stats max(a)", trail[2])
	f.Add(`SOURCE logGroups(namePrefix: ["a"]) | display jsonParse(@message) as d, d.n, substr(s, 1, 2), replace(s, "a", "b")`, trail[0])
	f.Add(`parse /(?<x>\w+)/ | display dateceil(@timestamp, 3mo), isIpInSubnet(x, "::/0"), -n ^ 2 % 3`, trail[3])
	f.Fuzz(func(t *testing.T, query, message string) {
		q, err := Parse(query)
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Start > syntax.End || syntax.End > len(query) {
				t.Fatalf("%q: %#v", query, err)
			}
			return
		}
		for range 2 { // a query can run again
			r, err := q.Run(context.Background(), eventsOf(message, trail[0], message))
			if err != nil || r.Scanned > 3 || len(r.Rows) > 3 {
				t.Fatalf("%q: %v, %+v", query, err, r)
			}
		}
	})
}
