package cloudtrail

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
)

// The events that the selectors of the tables below are asked about.
var (
	describe = call.Facts{Source: "cloudtrail.amazonaws.com", Name: "DescribeTrails", Type: "AwsApiCall", ReadOnly: true}
	create   = call.Facts{Source: "cloudtrail.amazonaws.com", Name: "CreateTrail", Type: "AwsApiCall", UserARN: "arn:aws:iam::111111111111:user/ops"}
	decrypt  = call.Facts{Source: "kms.amazonaws.com", Name: "Decrypt", Type: "AwsApiCall", ReadOnly: true}
	putA     = objectEvent("PutObject", false, "arn:aws:s3:::data/in/a.txt")
	getA     = objectEvent("GetObject", true, "arn:aws:s3:::data/in/a.txt")
	putOther = objectEvent("PutObject", false, "arn:aws:s3:::database/in/a.txt")
	list     = call.Facts{Source: "s3.amazonaws.com", Name: "ListObjects", Type: "AwsApiCall", ReadOnly: true, DataType: s3Object,
		Resources: []call.Resource{{Type: "AWS::S3::Bucket", ARN: "arn:aws:s3:::data"}}}
)

func objectEvent(name string, readOnly bool, arn string) call.Facts {
	bucket, _, _ := strings.Cut(arn, "/")
	return call.Facts{Source: "s3.amazonaws.com", Name: name, Type: "AwsApiCall", ReadOnly: readOnly, DataType: s3Object,
		Resources: []call.Resource{{Type: s3Object, ARN: arn}, {Type: "AWS::S3::Bucket", ARN: bucket}}}
}

func basicData(readWrite string, values ...string) Selectors {
	return Selectors{Basic: []BasicSelector{{ReadWrite: readWrite, Data: []DataResource{{s3Object, values}}}}}
}

func advanced(fields ...FieldSelector) Selectors {
	return Selectors{Advanced: []AdvancedSelector{{Fields: fields}}}
}

func equals(field string, values ...string) FieldSelector {
	return FieldSelector{Field: field, Equals: values}
}

func TestSelectorsMatch(t *testing.T) {
	data := []FieldSelector{equals("eventCategory", "Data"), equals("resources.type", s3Object)}
	for name, c := range map[string]struct {
		s     Selectors
		match []*call.Facts
		not   []*call.Facts
	}{
		"default":         {Selectors{}, []*call.Facts{&describe, &create, &decrypt}, []*call.Facts{&putA, &getA, &list}},
		"read only":       {Selectors{Basic: []BasicSelector{{ReadWrite: readOnly, Management: true}}}, []*call.Facts{&describe, &decrypt}, []*call.Facts{&create, &getA}},
		"write only":      {Selectors{Basic: []BasicSelector{{ReadWrite: writeOnly, Management: true}}}, []*call.Facts{&create}, []*call.Facts{&describe}},
		"without kms":     {Selectors{Basic: []BasicSelector{{ReadWrite: readWriteAll, Management: true, Excluded: []string{"kms.amazonaws.com"}}}}, []*call.Facts{&describe}, []*call.Facts{&decrypt}},
		"one bucket":      {basicData(readWriteAll, "arn:aws:s3:::data/"), []*call.Facts{&putA, &getA, &list}, []*call.Facts{&putOther, &create}},
		"one prefix":      {basicData(readWriteAll, "arn:aws:s3:::data/in/"), []*call.Facts{&putA}, []*call.Facts{&putOther, &list}},
		"all buckets":     {basicData(readWriteAll, "arn:aws:s3"), []*call.Facts{&putA, &putOther, &list}, []*call.Facts{&create}},
		"all buckets 2":   {basicData(readWriteAll, "arn:aws:s3:::"), []*call.Facts{&putA, &putOther}, nil},
		"writes of data":  {basicData(writeOnly, "arn:aws:s3:::data/"), []*call.Facts{&putA}, []*call.Facts{&getA}},
		"advanced":        {advanced(equals("eventCategory", "Management")), []*call.Facts{&describe, &create}, []*call.Facts{&putA}},
		"advanced writes": {advanced(equals("eventCategory", "Management"), equals("readOnly", "false")), []*call.Facts{&create}, []*call.Facts{&describe}},
		"advanced data":   {advanced(data...), []*call.Facts{&putA, &getA, &putOther, &list}, []*call.Facts{&create}},
		"advanced name":   {advanced(append(data, FieldSelector{Field: "eventName", StartsWith: []string{"Put", "Delete"}})...), []*call.Facts{&putA}, []*call.Facts{&getA}},
		"advanced arn":    {advanced(append(data, FieldSelector{Field: "resources.ARN", StartsWith: []string{"arn:aws:s3:::data/"}})...), []*call.Facts{&putA, &list}, []*call.Facts{&putOther}},
		"advanced not":    {advanced(append(data, FieldSelector{Field: "resources.ARN", NotStartsWith: []string{"arn:aws:s3:::data/"}})...), []*call.Facts{&putOther}, []*call.Facts{&putA, &list}},
		"advanced both": {advanced(append(data, FieldSelector{Field: "resources.ARN", StartsWith: []string{"arn:aws:s3:::data"}, NotEndsWith: []string{"a.txt"}})...),
			[]*call.Facts{&list}, []*call.Facts{&putA, &putOther}},
		"no kms, advanced": {advanced(equals("eventCategory", "Management"), FieldSelector{Field: "eventSource", NotEquals: []string{"kms.amazonaws.com"}}), []*call.Facts{&describe}, []*call.Facts{&decrypt}},
		"any of two": {Selectors{Advanced: []AdvancedSelector{{Fields: []FieldSelector{equals("eventCategory", "Management")}}, {Fields: data}}},
			[]*call.Facts{&create, &putA}, nil},
	} {
		if err := c.s.check(); c.s.custom() && err != nil {
			t.Errorf("%s: not valid: %v", name, err)
		}
		for _, f := range c.match {
			if !c.s.Match(f) {
				t.Errorf("%s: does not match %s", name, f.Name)
			}
		}
		for _, f := range c.not {
			if c.s.Match(f) {
				t.Errorf("%s: matches %s %v", name, f.Name, f.Resources)
			}
		}
	}
}

func TestSelectorsCheck(t *testing.T) {
	management := equals("eventCategory", "Management")
	data := equals("eventCategory", "Data")
	six := Selectors{Basic: make([]BasicSelector, 6)}
	many := make([]string, 251)
	for i := range many {
		many[i] = "arn:aws:s3:::bucket/" + strings.Repeat("x", i+1)
	}
	for name, s := range map[string]Selectors{
		"both forms":           {Basic: defaultSelectors, Advanced: []AdvancedSelector{{Fields: []FieldSelector{management}}}},
		"none":                 {},
		"six":                  six,
		"read write type":      {Basic: []BasicSelector{{ReadWrite: "Sometimes", Management: true}}},
		"nothing":              {Basic: []BasicSelector{{ReadWrite: readWriteAll}}},
		"excluded source":      {Basic: []BasicSelector{{ReadWrite: readWriteAll, Management: true, Excluded: []string{"s3.amazonaws.com"}}}},
		"data type":            {Basic: []BasicSelector{{ReadWrite: readWriteAll, Data: []DataResource{{"AWS::EC2::Instance", []string{"arn:aws:ec2"}}}}}},
		"wildcard":             basicData(readWriteAll, "arn:aws:s3:::*"),
		"other service":        basicData(readWriteAll, "arn:aws:lambda"),
		"not an ARN":           basicData(readWriteAll, "bucket"),
		"too many":             basicData(readWriteAll, many...),
		"no category":          advanced(equals("readOnly", "true")),
		"category":             advanced(equals("eventCategory", "Everything")),
		"field twice":          advanced(management, equals("readOnly", "true"), equals("readOnly", "false")),
		"field of another":     advanced(management, equals("resources.type", s3Object)),
		"unknown field":        advanced(management, equals("colour", "red")),
		"no type":              advanced(data, equals("readOnly", "true")),
		"operator":             advanced(management, FieldSelector{Field: "readOnly", NotEquals: []string{"true"}}),
		"not a boolean":        advanced(management, equals("readOnly", "yes")),
		"no condition":         advanced(management, FieldSelector{Field: "eventSource"}),
		"management of one":    advanced(management, equals("eventSource", "kms.amazonaws.com")),
		"source not left out":  advanced(management, FieldSelector{Field: "eventSource", NotEquals: []string{"kms.amazonaws.com", "ec2.amazonaws.com"}}),
		"sources by prefix":    advanced(management, FieldSelector{Field: "eventSource", NotStartsWith: []string{"kms."}}),
		"half a type":          advanced(data, equals("resources.type", "AWS::S3")),
		"wildcard in a value":  advanced(data, equals("resources.type", s3Object), FieldSelector{Field: "eventName", StartsWith: []string{"Put*"}}),
		"equals a prefix":      advanced(data, equals("resources.type", s3Object), equals("resources.ARN", "bucket")),
		"network source":       advanced(equals("eventCategory", "NetworkActivity")),
		"network error code":   advanced(equals("eventCategory", "NetworkActivity"), equals("eventSource", "s3.amazonaws.com"), equals("errorCode", "AccessDenied")),
		"more than 500 values": advanced(data, equals("resources.type", s3Object), FieldSelector{Field: "eventName", StartsWith: append(make([]string, 0), strings.Split(strings.Repeat("x,", 501), ",")[:501]...)}),
	} {
		if err := s.check(); aws.CodeOf(err) != "InvalidEventSelectorsException" {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// FuzzSelectors reads selectors as they are stored: whatever passes the check
// must not panic when it is asked, and asks nothing of the events' order.
func FuzzSelectors(f *testing.F) {
	for _, s := range []Selectors{{Basic: defaultSelectors}, basicData(readWriteAll, "arn:aws:s3:::data/"), advanced(equals("eventCategory", "Data"), equals("resources.type", s3Object))} {
		b, _ := json.Marshal(s)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var s Selectors
		if json.Unmarshal(b, &s) != nil || s.check() != nil {
			return
		}
		for _, e := range []*call.Facts{&describe, &create, &putA, &list, {}} {
			if first := s.Match(e); s.Match(e) != first {
				t.Error("two answers to one question")
			}
		}
	})
}
