package wire_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/wire"
	"github.com/orgtrail/orgtrail/internal/wire/api/cloudtrail"
	"github.com/orgtrail/orgtrail/internal/wire/api/iam"
	"github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

func TestJSONDecode(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       wire.Shape
	}{
		{"empty body", "", &cloudtrail.CreateTrailInput{}},
		{"white space", " \r\n\t{ } \n", &cloudtrail.CreateTrailInput{}},
		{"scalars", `{"Name":"t","IsMultiRegionTrail":true,"EnableLogFileValidation":false}`,
			&cloudtrail.CreateTrailInput{Name: new("t"), IsMultiRegionTrail: new(true), EnableLogFileValidation: new(false)}},
		{"out of order", `{"S3BucketName":"b","Name":"t"}`, &cloudtrail.CreateTrailInput{Name: new("t"), S3BucketName: new("b")}},
		{"null is absent", `{"Name":null,"S3BucketName":"b"}`, &cloudtrail.CreateTrailInput{S3BucketName: new("b")}},
		{"unknown members", `{"x":{"y":[1,-2.5e+7,"\u00e9",true,false,null,{"z":[]}]},"Name":"t"}`, &cloudtrail.CreateTrailInput{Name: new("t")}},
		{"names are exact", `{"name":"t"}`, &cloudtrail.CreateTrailInput{}},
		{"last one wins", `{"Name":"a","Name":"b"}`, &cloudtrail.CreateTrailInput{Name: new("b")}},
		{"lists", `{"ResourceId":"r","TagsList":[{"Key":"k","Value":"v"},{"Key":"l"}]}`,
			&cloudtrail.AddTagsInput{ResourceId: new("r"), TagsList: []cloudtrail.Tag{{Key: new("k"), Value: new("v")}, {Key: new("l")}}}},
		{"empty list is present", `{"TagsList":[]}`, &cloudtrail.AddTagsInput{TagsList: []cloudtrail.Tag{}}},
		{"second list replaces", `{"ResourceIdList":["a"],"ResourceIdList":["b"]}`, &cloudtrail.ListTagsInput{ResourceIdList: []string{"b"}}},
		{"escapes", `{"Name":"\"\\\/\b\f\n\r\t\u0041\ud83d\ude00\ud83dx"}`, &cloudtrail.CreateTrailInput{Name: new("\"\\/\b\f\n\r\tA😀\uFFFDx")}},
		{"integer", `{"MaxResults":1e1}`, &organizations.ListAccountsInput{MaxResults: new(int32(10))}},
		{"time", `{"Handshake":{"RequestedTimestamp":1.7000000001234E9}}`,
			&organizations.DescribeHandshakeOutput{Handshake: &organizations.Handshake{RequestedTimestamp: new(time.UnixMilli(1700000000123).UTC())}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := reflect.New(reflect.TypeOf(c.want).Elem()).Interface().(wire.Shape)
			if err := wire.Decode(wire.NewJSONDecoder([]byte(c.body)), got); err != nil {
				t.Fatal(err)
			}
			same(t, c.want, got)
		})
	}
}

func TestJSONRefused(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100)
	for _, c := range []struct{ body, message string }{
		{`{`, "Unexpected end"},
		{`{"Name"`, "Unexpected end"},
		{`{"Name":`, "Unexpected end"},
		{`{"Name":"x`, "Unexpected end"},
		{`{"Name":"x\`, "Unexpected character"},
		{`{"Name":"x"`, "Unexpected end"},
		{`{"Name":"x"]`, "Unexpected character"},
		{`{"Name":"x"}}`, "after the end"},
		{`{"Name":"x"} x`, "after the end"},
		{`{"Name":"x",}`, "Unexpected character"},
		{`{,"Name":"x"}`, "Unexpected character"},
		{`{"Name" "x"}`, "Unexpected character"},
		{`{Name:"x"}`, "Unexpected character"},
		{`{"Name":'x'}`, "Unexpected character"},
		{`{"Name":"\x"}`, "Unexpected character"},
		{`{"Name":"\u12G4"}`, "Unexpected character"},
		{"{\"Name\":\"a\nb\"}", "Unexpected character"},
		{"{\"Name\":\"\xff\"}", "Invalid UTF-8"},
		{`{"Name":nul}`, "Unexpected character"},
		{`{"x":01}`, "Unexpected character"},
		{`{"x":1.}`, "Unexpected character"},
		{`{"x":+1}`, "Unexpected character"},
		{`{"x":truth}`, "Unexpected character"},
		{`[]`, "Start of list found where not expected."},
		{`"x"`, "STRING_VALUE can not be converted to a Structure"},
		{`null`, "NULL_VALUE can not be converted to a Structure"},
		{`{"Name":5}`, "NUMBER_VALUE can not be converted to a String"},
		{`{"Name":{}}`, "Start of structure or map found where not expected."},
		{`{"Name":[]}`, "Start of list found where not expected."},
		{`{"Name":true}`, "TRUE_VALUE can not be converted to a String"},
		{`{"IsMultiRegionTrail":"true"}`, "STRING_VALUE can not be converted to a Boolean"},
		{`{"TagsList":{}}`, "Start of structure or map found where not expected."},
		{`{"TagsList":[null]}`, "NULL_VALUE can not be converted to a Structure"},
		{deep, "nested too deeply"},
		{strings.Repeat("[", 100_000), "Start of list found where not expected."},
		{`{"x":` + strings.Repeat("[", 100_000), "nested too deeply"},
	} {
		err := wire.Decode(wire.NewJSONDecoder([]byte(c.body)), new(cloudtrail.CreateTrailInput))
		if aws.CodeOf(err) != "SerializationException" || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%.60s: %v, want %q", c.body, err, c.message)
		}
	}
}

func TestJSONNumbers(t *testing.T) {
	for _, c := range []struct {
		text string
		ok   bool
		want int32
	}{
		{"0", true, 0}, {"-0", true, 0}, {"20", true, 20}, {"2147483647", true, 2147483647}, {"-2147483648", true, -2147483648},
		{"2.0", true, 2}, {"2e1", true, 20},
		{"2147483648", false, 0}, {"-2147483649", false, 0}, {"1.5", false, 0}, {"1e400", false, 0}, {`"1"`, false, 0},
	} {
		in := new(organizations.ListAccountsInput)
		err := wire.Decode(wire.NewJSONDecoder([]byte(`{"MaxResults":`+c.text+`}`)), in)
		if (err == nil) != c.ok || c.ok && aws.Val(in.MaxResults) != c.want {
			t.Errorf("%s: %v %v", c.text, aws.Val(in.MaxResults), err)
		}
	}
	for _, text := range []string{"1e400", "-1e20", "253402300800", `"2020-01-01T00:00:00Z"`} {
		err := wire.Decode(wire.NewJSONDecoder([]byte(`{"Handshake":{"RequestedTimestamp":`+text+`}}`)), new(organizations.DescribeHandshakeOutput))
		if aws.CodeOf(err) != "SerializationException" {
			t.Errorf("time %s: %v", text, err)
		}
	}
}

func TestJSONEncode(t *testing.T) {
	for _, c := range []struct {
		v    wire.Shape
		want string
	}{
		{&cloudtrail.DeleteTrailOutput{}, `{}`},
		{&cloudtrail.DescribeTrailsOutput{TrailList: []cloudtrail.Trail{}}, `{"trailList":[]}`},
		{&cloudtrail.GetTrailStatusOutput{IsLogging: new(false), LatestDeliveryTime: new(time.UnixMilli(1700000000123)), StartLoggingTime: new(time.Unix(1700000000, 999))},
			`{"IsLogging":false,"LatestDeliveryTime":1700000000.123,"StartLoggingTime":1700000000}`},
		{&cloudtrail.Trail{Name: new("a\"\\\n\x01\x7f<é\xffz")}, `{"Name":"a\"\\\n\u0001` + "\x7f" + `<é\ufffdz"}`},
		{&iam.GetAccountSummaryOutput{SummaryMap: map[string]int32{"Users": 2, "Roles": 1}}, `{"SummaryMap":{"Roles":1,"Users":2}}`},
	} {
		e := wire.NewJSONEncoder(nil)
		wire.Encode(e, c.v)
		if got := string(e.Bytes()); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

// Whatever we accept, encoding/json accepts as well, and it survives being
// written and read again.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		`{"Name":"t","TagsList":[{"Key":"k","Value":null}],"IsMultiRegionTrail":true}`,
		`{"TrailName":"t","EventSelectors":[{"ReadWriteType":"All","DataResources":[{"Type":"x","Values":["\ud83d\ude00"]}]}]}`,
		`{"Handshake":{"Resources":[{"Resources":[{"Resources":[]}]}],"RequestedTimestamp":1.5e9}}`,
		`{"x":[[[{"y":-1.2E+3}]]]}`, `{`, ``,
	} {
		f.Add([]byte(s))
	}
	fresh := []func() wire.Shape{
		func() wire.Shape { return new(cloudtrail.CreateTrailInput) },
		func() wire.Shape { return new(cloudtrail.PutEventSelectorsInput) },
		func() wire.Shape { return new(organizations.DescribeHandshakeOutput) },
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, fresh := range fresh {
			v, again := fresh(), fresh()
			if err := wire.Decode(wire.NewJSONDecoder(body), v); err != nil {
				continue
			}
			if len(strings.TrimSpace(string(body))) > 0 && (!json.Valid(body) || !utf8.Valid(body)) {
				t.Fatalf("accepted %q", body)
			}
			wire.Check(operationOf(v), v)
			e := wire.NewJSONEncoder(nil)
			wire.Encode(e, v)
			if err := wire.Decode(wire.NewJSONDecoder(e.Bytes()), again); err != nil {
				t.Fatalf("%v\n%s", err, e.Bytes())
			}
			same(t, v, again)
		}
	})
}

// operationOf finds the operation that a shape belongs to.
func operationOf(v wire.Shape) *wire.Operation {
	for _, svc := range services {
		for _, op := range svc.Operations {
			if s := v.Describe(); op.Input == s || op.Output == s {
				return op
			}
		}
	}
	panic("no operation has " + v.Describe().Name)
}
