package pattern

import (
	"strings"
	"testing"
)

const instance = `{
  "version": "0",
  "id": "ddddd4-aaaa-7777-4444-345dd43cc333",
  "detail-type": "EC2 Instance State-change Notification",
  "source": "aws.ec2",
  "account": "123456789012",
  "time": "2017-10-02T16:24:49Z",
  "region": "us-east-1",
  "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-0", "arn:aws:ec2:us-east-1:123456789012:instance/i-1"],
  "detail": {
    "c-count": 5, "d-count": 3, "x-limit": 301.8, "account": 123456789012, "tiny": 0.0000001,
    "source-ip": "10.0.0.33", "v6": "2001:db8::0:1", "state": "running", "empty": "", "none": null, "on": true,
    "file": "dir/images/Photo.PNG", "star": "a*b\\c", "list": [], "escaped": "tab\tquote\" \u00e9\ud83d\ude00",
    "nested": {"deep": {"er": "x"}}
  }
}`

// TestMatchJSON goes through the operators as EventBridge documents them.
func TestMatchJSON(t *testing.T) {
	for _, tt := range []struct {
		pattern string
		want    bool
	}{
		{`{"source":["aws.ec2"]}`, true},
		{`{"source":["aws.s3","aws.ec2"]}`, true},
		{`{"source":["aws.EC2"]}`, false},
		{`{"Source":["aws.ec2"]}`, false},
		{`{"source":["aws.ec2"],"detail":{"state":["running"]}}`, true},
		{`{"source":["aws.ec2"],"detail":{"state":["stopped"]}}`, false},
		{`{"source":["aws.s3"],"source":["aws.ec2"]}`, true},
		{`{"source":["aws.ec2"],"source":["aws.s3"]}`, false},
		{`{"resources":["arn:aws:ec2:us-east-1:123456789012:instance/i-1"]}`, true},
		{`{"resources":["arn:aws:ec2:us-east-1:123456789012:instance/i-2"]}`, false},
		{`{"resources":[{"suffix":"i-0"}]}`, true},

		{`{"detail":{"none":[null]}}`, true},
		{`{"detail":{"empty":[null]}}`, false},
		{`{"detail":{"missing":[null]}}`, false},
		{`{"detail":{"empty":[""]}}`, true},
		{`{"detail":{"none":[""]}}`, false},
		{`{"detail":{"on":[true]}}`, true},
		{`{"detail":{"on":["true"]}}`, false},
		{`{"detail":{"on":[false]}}`, false},
		{`{"detail":{"list":[null]}}`, false},

		{`{"detail":{"c-count":[5.0]}}`, true},
		{`{"detail":{"c-count":[5e0]}}`, true},
		{`{"detail":{"c-count":[0.5e1]}}`, true},
		{`{"detail":{"c-count":["5"]}}`, false},
		{`{"detail":{"account":[123456789012]}}`, true},
		{`{"detail":{"account":[123456789012.0]}}`, false},
		{`{"detail":{"x-limit":[3.018e2]}}`, true},
		{`{"detail":{"tiny":[0.0000001]}}`, true},
		{`{"detail":{"tiny":[1e-7]}}`, false},
		{`{"account":[123456789012]}`, false},

		{`{"detail":{"c-count":[{"numeric":[">",0,"<=",5]}]}}`, true},
		{`{"detail":{"c-count":[{"numeric":[">",0,"<",5]}]}}`, false},
		{`{"detail":{"c-count":[{"numeric":[">=",5,"<",6]}]}}`, true},
		{`{"detail":{"c-count":[{"numeric":[">",5]}]}}`, false},
		{`{"detail":{"c-count":[{"numeric":[">=",5]}]}}`, true},
		{`{"detail":{"c-count":[{"numeric":["<",5.000001]}]}}`, true},
		{`{"detail":{"c-count":[{"numeric":["<=",4.999999]}]}}`, false},
		{`{"detail":{"x-limit":[{"numeric":["=",3.018e2]}]}}`, true},
		{`{"detail":{"state":[{"numeric":["=",5]}]}}`, false},
		{`{"detail":{"none":[{"numeric":["=",0]}]}}`, false},
		{`{"detail":{"account":[{"numeric":[">",0]}]}}`, false},

		{`{"time":[{"prefix":"2017-10-02"}]}`, true},
		{`{"time":[{"prefix":"2017-10-03"}]}`, false},
		{`{"time":[{"prefix":""}]}`, true},
		{`{"detail":{"c-count":[{"prefix":""}]}}`, false},
		{`{"detail":{"file":[{"prefix":{"equals-ignore-case":"DIR/Im"}}]}}`, true},
		{`{"detail":{"file":[{"prefix":{"equals-ignore-case":"DIX"}}]}}`, false},
		{`{"detail":{"file":[{"prefix":{"equals-ignore-case":"dir/images/photo.png.and.more"}}]}}`, false},
		{`{"detail":{"file":[{"suffix":".PNG"}]}}`, true},
		{`{"detail":{"file":[{"suffix":".png"}]}}`, false},
		{`{"detail":{"file":[{"suffix":{"equals-ignore-case":".png"}}]}}`, true},
		{`{"detail":{"file":[{"suffix":{"equals-ignore-case":".jpg"}}]}}`, false},
		{`{"detail-type":[{"equals-ignore-case":"ec2 INSTANCE state-change notification"}]}`, true},
		{`{"detail":{"empty":[{"equals-ignore-case":""}]}}`, true},
		{`{"detail":{"state":[{"exactly":"running"}]}}`, true},

		{`{"detail":{"state":[{"anything-but":"initializing"}]}}`, true},
		{`{"detail":{"state":[{"anything-but":"running"}]}}`, false},
		{`{"detail":{"state":[{"anything-but":["stopped","running"]}]}}`, false},
		{`{"detail":{"state":[{"anything-but":["stopped","overloaded"]}]}}`, true},
		{`{"detail":{"missing":[{"anything-but":"x"}]}}`, false},
		{`{"detail":{"none":[{"anything-but":"x"}]}}`, true},
		{`{"detail":{"c-count":[{"anything-but":"x"}]}}`, true},
		{`{"detail":{"c-count":[{"anything-but":[5.0,7]}]}}`, false},
		{`{"detail":{"c-count":[{"anything-but":0}]}}`, true},
		{`{"detail":{"state":[{"anything-but":5}]}}`, true},
		{`{"detail":{"state":[{"anything-but":{"prefix":"run"}}]}}`, false},
		{`{"detail":{"state":[{"anything-but":{"prefix":["x","run"]}}]}}`, false},
		{`{"detail":{"c-count":[{"anything-but":{"prefix":"run"}}]}}`, true},
		{`{"detail":{"file":[{"anything-but":{"suffix":[".txt",".PNG"]}}]}}`, false},
		{`{"detail":{"file":[{"anything-but":{"suffix":".txt"}}]}}`, true},
		{`{"detail":{"state":[{"anything-but":{"equals-ignore-case":["Running"]}}]}}`, false},
		{`{"detail":{"state":[{"anything-but":{"equals-ignore-case":"stopped"}}]}}`, true},
		{`{"detail":{"file":[{"anything-but":{"wildcard":"*/images/*"}}]}}`, false},
		{`{"detail":{"file":[{"anything-but":{"wildcard":["*.txt","*.md"]}}]}}`, true},
		{`{"detail":{"file":[{"anything-but":{"wildcard":""}}]}}`, true},
		{`{"resources":[{"anything-but":{"suffix":"i-0"}}]}`, true},

		{`{"detail":{"state":[{"exists":true}]}}`, true},
		{`{"detail":{"none":[{"exists":true}]}}`, true},
		{`{"detail":{"missing":[{"exists":true}]}}`, false},
		{`{"detail":{"missing":[{"exists":false}]}}`, true},
		{`{"detail":{"state":[{"exists":false}]}}`, false},
		{`{"detail":{"nested":[{"exists":true}]}}`, false},
		{`{"detail":{"nested":[{"exists":false}]}}`, true},
		{`{"detail":{"list":[{"exists":true}]}}`, false},
		{`{"detail":{"list":[{"exists":false}]}}`, true},
		{`{"detail":{"missing":["x",{"exists":false}]}}`, true},
		{`{"detail":{"state":["x",{"exists":false}]}}`, false},
		{`{"detail":{"nowhere":{"deep":[{"exists":false}]}}}`, true},
		{`{"state":[{"exists":false}]}`, true},

		{`{"detail":{"source-ip":[{"cidr":"10.0.0.0/24"}]}}`, true},
		{`{"detail":{"source-ip":[{"cidr":"10.0.1.0/24"}]}}`, false},
		{`{"detail":{"source-ip":[{"cidr":"10.0.0.33/32"}]}}`, true},
		{`{"detail":{"source-ip":[{"cidr":"0.0.0.0/0"}]}}`, true},
		{`{"detail":{"source-ip":[{"cidr":"10.0.0.34/24"}]}}`, false},
		{`{"detail":{"v6":[{"cidr":"2001:db8::/32"}]}}`, true},
		{`{"detail":{"v6":["2001:0db8:0000::0001"]}}`, true},
		{`{"detail":{"v6":[{"cidr":"10.0.0.0/8"}]}}`, false},
		{`{"detail":{"c-count":[{"cidr":"10.0.0.0/8"}]}}`, false},

		{`{"detail":{"file":[{"wildcard":"dir/*.PNG"}]}}`, true},
		{`{"detail":{"file":[{"wildcard":"*"}]}}`, true},
		{`{"detail":{"file":[{"wildcard":"dir/*/Photo.PNG"}]}}`, true},
		{`{"detail":{"file":[{"wildcard":"dir/images/Photo.PNG*"}]}}`, true},
		{`{"detail":{"file":[{"wildcard":"*.png"}]}}`, false},
		{`{"detail":{"c-count":[{"wildcard":"*"}]}}`, false},
		{`{"detail":{"star":[{"wildcard":"a\\*b\\\\c"}]}}`, true},
		{`{"detail":{"state":[{"wildcard":"r\\*g"}]}}`, false},

		{`{"detail":{"escaped":["tab\tquote\" é😀"]}}`, true},
		{`{"det\u0061il":{"state":["running"]}}`, true},
		{`{"detail.state":["running"]}`, true},
		{`{"detail":{"nested.deep":{"er":["x"]}}}`, true},
		{`{"detail.nested":{"deep.er":["y"]}}`, false},

		{`{"$or":[{"source":["aws.s3"]},{"detail":{"state":["running"]}}]}`, true},
		{`{"$or":[{"source":["aws.s3"]},{"detail":{"state":["stopped"]}}]}`, false},
		{`{"source":["aws.ec2"],"detail":{"$or":[{"c-count":[{"numeric":[">",5]}]},{"d-count":[{"numeric":["<",10]}]}]}}`, true},
		{`{"source":["aws.s3"],"detail":{"$or":[{"c-count":[5]},{"d-count":[3]}]}}`, false},
		{`{"$or":[{"source":["aws.s3"]},{"region":["us-east-1"],"$or":[{"account":["1"]},{"version":["0"]}]}]}`, true},
		{`{"$or":[{"source":["aws.s3"]},{"region":["us-east-1"],"$or":[{"account":["1"]},{"version":["1"]}]}]}`, false},
	} {
		p, err := ParseEvent(tt.pattern)
		if err != nil {
			t.Errorf("%s: %v", tt.pattern, err)
			continue
		}
		if got := p.MatchJSON([]byte(instance)); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.pattern, got, tt.want)
		}
	}
}

// TestArrays: what two fields match does not come from two elements.
func TestArrays(t *testing.T) {
	const employees = `{"employees":[{"firstName":"John","lastName":"Doe","tags":["a"]},
		{"firstName":"Anna","lastName":"Smith","tags":["b","c"]},{"firstName":"Peter","boss":{"name":"Anna"}}]}`
	const teams = `{"employees":[[{"firstName":"John","lastName":"Doe"},{"firstName":"Anna","lastName":"Smith"}],[{"firstName":"Peter","lastName":"Jones"}]]}`
	for _, tt := range []struct {
		pattern, event string
		want           bool
	}{
		{`{"employees":{"firstName":["Anna"]}}`, employees, true},
		{`{"employees":{"firstName":["Anna"],"lastName":["Smith"]}}`, employees, true},
		{`{"employees":{"firstName":["Anna"],"lastName":["Doe"]}}`, employees, false},
		{`{"employees":{"firstName":["Anna"],"tags":["c"]}}`, employees, true},
		{`{"employees":{"firstName":["Anna"],"tags":["a"]}}`, employees, false},
		{`{"employees":{"firstName":["Peter"],"boss":{"name":["Anna"]}}}`, employees, true},
		{`{"employees":{"lastName":["Doe"],"boss":{"name":["Anna"]}}}`, employees, false},
		{`{"employees":{"firstName":["Peter"],"lastName":[{"exists":false}]}}`, employees, true},
		{`{"employees":{"firstName":["Anna"],"lastName":[{"exists":false}]}}`, employees, false},
		{`{"employees":{"lastName":[{"exists":false}]}}`, employees, false},
		{`{"employees":{"age":[{"exists":false}]}}`, employees, true},
		{`{"employees":{"firstName":["Anna"],"lastName":["Smith"]}}`, teams, true},
		{`{"employees":{"firstName":["Anna"],"lastName":["Jones"]}}`, teams, false},
		{`{"$or":[{"employees":{"firstName":["Anna"],"lastName":["Jones"]}},{"employees":{"firstName":["Peter"],"lastName":["Jones"]}}]}`, teams, true},
		{`{"employees":{"firstName":["Anna"]},"$or":[{"employees":{"lastName":["Jones"]}},{"employees":{"lastName":["Doe"]}}]}`, teams, false},
		{`{"a":{"x":[1],"y":[2]}}`, `{"a":{"x":1},"a.y":2}`, true},
		{`{"a":{"x":[1],"y":[2]}}`, `{"a":[{"x":1},{"x":3}],"a.y":2}`, true},
		{`{"a":{"x":[1],"y":[2]}}`, `{"a":[{"x":1},{"y":2}]}`, false},
		{`{"a":[1],"a.b":[2]}`, `{"a":1,"a.b":2}`, true},
		{`{"a":[1],"a.b":[2]}`, `{"a":[1,{"b":2}]}`, false},
		{`{"a":[1]}`, `{"a":[[[2],[1]]]}`, true},
		{`{"a":{"x":["v",{"exists":false}],"y":[{"exists":false}]}}`, `{"a":[{"x":"v"},{"y":2}]}`, true},
		{`{"a":{"x":["w",{"exists":false}],"y":[{"exists":false}]}}`, `{"a":[{"x":"v"},{"y":2}]}`, false},
		{`{"a":[1]}`, `[1]`, false},
		{`{"a":[1]}`, `{"a":1`, false},
		{`{"a":[1]}`, ``, false},
	} {
		p, err := ParseEvent(tt.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.MatchJSON([]byte(tt.event)); got != tt.want {
			t.Errorf("%s on %s: %v, want %v", tt.pattern, tt.event, got, tt.want)
		}
	}
}

// TestErrors: the reason, and the place to which the text has been read.
func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		pattern, reason string
		column          int // 0: an error without a place
	}{
		{`{"int": 42}`, `"int" must be an object or an array`, 11},
		{`{"string": "my-value"}`, `"string" must be an object or an array`, 13},
		{`{"source":["test.event-pattern"],"detail":{"lenderId":"LenderA"}}`, `"lenderId" must be an object or an array`, 56},
		{`{"resources": []}`, `Empty arrays are not allowed`, 17},
		{`{"a":{}}`, `Empty objects are not allowed`, 8},
		{`{}`, `Empty objects are not allowed`, 3},
		{`["not", "a", "dict", "but valid json"]`, `Filter is not an object`, 2},
		{``, `Filter is not an object`, 1},
		{`{'bad': 'quotation'}`, `Unexpected character (''' (code 39)): was expecting double-quote to start field name`, 2},
		{`this is valid json but not a dict`, `Unrecognized token 'this': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')`, 5},
		{`{"not": closed mark"`, `Unrecognized token 'closed': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')`, 15},
		{`{"a":[1 2]}`, `Unexpected character ('2' (code 50)): was expecting comma to separate Array entries`, 9},
		{`{"a":[1] "b"}`, `Unexpected character ('"' (code 34)): was expecting comma to separate Object entries`, 10},
		{`{"a" [1]}`, `Unexpected character ('[' (code 91)): was expecting a colon to separate field name and value`, 6},
		{`{"a":[1,]}`, `Unexpected character (']' (code 93)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')`, 9},
		{`{"key":[["value"]]}`, `Match value must be String, number, true, false, or null`, 10},
		{`{"detail": {"equal": [{"NUMERIC": ["=", 5]}]}}`, `Unrecognized match type NUMERIC`, 36},
		{`{"key":[{"wrong-operator":true}]}`, `Unrecognized match type wrong-operator`, 31},
		{`{"key":[{}]}`, `Match expression name not found`, 11},
		{`{"key":[{"suffix":"value","prefix":"value2"}]}`, `Only one key allowed in match expression`, 37},
		{`{"key":[{"suffix":100}]}`, `suffix match pattern must be a string`, 22},
		{`{"key":[{"suffix":null}]}`, `suffix match pattern must be a string`, 23},
		{`{"key":[{"suffix":[]}]}`, `suffix match pattern must be a string`, 20},
		{`{"key":[{"suffix":{"prefix":"x"}}]}`, `Unsupported suffix pattern: prefix`, 30},
		{`{"key":[{"prefix":{"equals-ignore-case":1}}]}`, `equals-ignore-case match pattern must be a string`, 42},
		{`{"detail-type": [{"equals-ignore-case": ["ec2 instance state-change notification"]}]}`, `equals-ignore-case match pattern must be a string`, 42},
		{`{"key":[{"exists":null}]}`, `exists match pattern must be either true or false.`, 23},
		{`{"key":[{"exists":"no"}]}`, `exists match pattern must be either true or false.`, 20},
		{`{"key":[{"numeric":5}]}`, `Value of numeric must be an array.`, 21},
		{`{"key":[{"numeric":[]}]}`, `Invalid member in numeric match: ]`, 22},
		{`{"key":[{"numeric":["operator"]}]}`, `Unrecognized numeric range operator: operator`, 32},
		{`{"key":[{"numeric":[1,"<="]}]}`, `Invalid member in numeric match: 1`, 22},
		{`{"key":[{"numeric":["=","000"]}]}`, `Value of equals must be numeric`, 26},
		{`{"key":[{"numeric":[">="]}]}`, `Value of >= must be numeric`, 26},
		{`{"key":[{"numeric":["<",100,">",10]}]}`, `Too many elements in numeric expression`, 30},
		{`{"key":[{"numeric":[">=",1,">",2]}]}`, `Bad numeric range operator: >`, 31},
		{`{"key":[{"numeric":[">",3,"<",1]}]}`, `Bottom must be less than top`, 33},
		{`{"key":[{"numeric":[">",20,"<="]}]}`, `Value of <= must be numeric`, 33},
		{`{"key":[{"numeric":[">",20,30]}]}`, `Bad value in numeric range: 30`, 30},
		{`{"key":[{"numeric":[">",20,"test"]}]}`, `Bad numeric range operator: test`, 34},
		{`{"key":[{"numeric":[">","20","<","30"]}]}`, `Value of > must be numeric`, 26},
		{`{"key":[{"numeric":[">",20,"<","30"]}]}`, `Value of < must be numeric`, 33},
		{`{"key":[{"numeric":[">",20,"<",30,"<",50]}]}`, `Too many terms in numeric range expression`, 36},
		{`{"key":[{"numeric":["=",5000000001]}]}`, `Value must be between -5.0E9 and 5.0E9, inclusive`, 36},
		{`{"key":[{"numeric":["=",0.0000001]}]}`, `Only values upto 6 decimals are supported`, 35},
		{`{"detail": {"c-count": [{"numeric": [">", 0, ">", 0]}]}}`, `Bad numeric range operator: >`, 49},
		{`{"detail": {"c-count": [{"numeric": [">", 0, "<"]}]}}`, `Value of < must be numeric`, 50},
		{`{"EventBusArn": [{"wildcard": "arn:aws:events:us-east-1:**:event-bus/*"}]}`, `Consecutive wildcard characters at pos 26`, 72},
		{`{"a": [{"wildcard": "\\x"}]}`, `Invalid escape character at pos 1`, 26},
		{`{"EventBusArn": [{"wildcard": 123}]}`, `wildcard match pattern must be a string`, 34},
		{`{"EventBusArn": [{"wildcard": "*:*:*:*:*:event-bus/*"}]}`, `Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard character`, 0},
		{`{"key":[{"wildcard":"*/datasync/*.bif"},{"wildcard":"*/datasync/*.tif"},{"wildcard":"*/datasync/*.tiff"},{"wildcard":"*/datasync/*.svs"}]}`, `Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard character`, 0},
		{`{"ip":[{"cidr":"bad-type"}]}`, `Malformed CIDR, one '/' required`, 0},
		{`{"ip":[{"cidr":"10.0.0.0/xx"}]}`, `Malformed CIDR, mask bits must be an integer`, 0},
		{`{"ip":[{"cidr":"10.0.0.0/-1"}]}`, `Malformed CIDR, mask bits must not be negative`, 0},
		{`{"ip":[{"cidr":"10.0.0.0/33"}]}`, `IPv4 mask bits must be < 33`, 0},
		{`{"ip":[{"cidr":"xx.11.xx/8"}]}`, `Nonstandard IP address: xx.11.xx`, 0},
		{`{"ip":[{"cidr":"xxxx:db8:1234:1a00::/64"}]}`, `Nonstandard IP address: xxxx:db8:1234:1a00::`, 0},
		{`{"detail": {"sourceIPAddress": [{"cidr": ["bad-type"]}]}}`, `prefix match pattern must be a string`, 43},
		{`{"detail": {"state": [{"anything-but": {"equals-ignore-case": 123}}]}}`, `Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.`, 66},
		{`{"detail": {"FilePath": [{"anything-but": {"wildcard": 123}}]}}`, `wildcard match pattern must be a string`, 59},
		{`{"detail": {"state": [{"anything-but": {"prefix": 123}}]}}`, `prefix/suffix match pattern must be a string`, 54},
		{`{"detail": {"state": [{"anything-but": {"prefix": ""}}]}}`, `Null prefix/suffix not allowed`, 53},
		{`{"detail": {"FileName": [{"anything-but": {"prefix": {"equals-ignore-case": "file"}}}]}}`, `Value of anything-but must be an array or single string/number value.`, 55},
		{`{"detail": {"state": [{"anything-but": {"cidr": "10.0.0.0/8"}}]}}`, `Unsupported anything-but pattern: cidr`, 50},
		{`{"detail": {"state": [{"anything-but": null}]}}`, `Value of anything-but must be an array or single string/number value.`, 44},
		{`{"detail": {"state": [{"anything-but": [1, "x"]}]}}`, `Inside anything but list, either all values are number or string, mixed type is not supported`, 48},
		{`{"$or": {"a":[1]}}`, `It must be an Array followed with $or.`, 10},
		{`{"$or": [{"a":[1]}]}`, `There must have at least 2 Objects in $or relationship.`, 20},
		{`{"$or": [1, 2]}`, `Only JSON object is allowed in array of $or relationship.`, 11},
		{`{"$or": [{"numeric":[1]},{"b":[1]}]}`, `numeric is Ruler reserved fieldName which cannot be used inside $or.`, 22},
		{`{"a":[1]} x`, `Unrecognized token 'x': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')`, 12},
		{`{"a":[01]}`, `Invalid numeric value: 01`, 9},
	} {
		want := "Event pattern is not valid. Reason: " + tt.reason
		if tt.column > 0 {
			want += "\n at [Source: (String)\"" + tt.pattern + "\"; line: 1, column: " + itoa(tt.column) + "]"
		}
		_, err := ParseEvent(tt.pattern)
		if err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", tt.pattern, err, want)
		}
	}
}

// TestErrorsInLists: the place stands twice.
func TestErrorsInLists(t *testing.T) {
	const p = `{"detail": {"state": [{"anything-but": {"equals-ignore-case": [123, 456]}}]}}`
	at := "\n at [Source: (String)\"" + p + "\"; line: 1, column: 67]"
	_, err := ParseEvent(p)
	want := "Event pattern is not valid. Reason: Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported." + at + at
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestErrorPlaces(t *testing.T) {
	_, err := ParseEvent("{\n  \"é😀\": [1],\r\n  \"b\": 2}")
	if err == nil || !strings.HasSuffix(err.Error(), "; line: 3, column: 9]") {
		t.Errorf("%v", err)
	}
	_, err = ParseEvent(`{"` + strings.Repeat("x", 600) + `": 1}`)
	if err == nil || !strings.Contains(err.Error(), `x"[truncated 107 chars]; line: 1, column: 607]`) {
		t.Errorf("%v", err)
	}
	if _, err = ParseEvent(strings.Repeat(`{"a":`, 1001)); err == nil || !strings.Contains(err.Error(), "nesting depth") {
		t.Errorf("%v", err)
	}
}

func TestTooManyCombinations(t *testing.T) {
	or := `"$or":[{"a":[1]},{"b":[1]}]`
	if _, err := ParseEvent(`{` + strings.Repeat(or+",", 8) + or + `}`); err != nil {
		t.Error(err)
	}
	_, err := ParseEvent(`{` + strings.Repeat(or+",", 50) + or + `}`)
	if err == nil || !strings.Contains(err.Error(), "Rule is too complex") {
		t.Errorf("%v", err)
	}
}
