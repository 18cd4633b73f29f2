package wire_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/wire"
)

// Descriptors and Go structures agree field by field, and every pattern
// compiles.
func TestDescriptors(t *testing.T) {
	seen := map[*wire.Struct]bool{}
	for _, svc := range services {
		for _, op := range svc.Operations {
			for _, v := range []wire.Shape{op.NewInput(), op.NewOutput()} {
				checkStruct(t, svc.ID, v.Describe(), reflect.TypeOf(v).Elem(), seen)
			}
			if op.Service != svc || svc.Operation(op.Name) != op || op.EventName == "" {
				t.Errorf("%s %s is not linked", svc.ID, op.Name)
			}
			if op.NewInput().Describe() != op.Input || op.NewOutput().Describe() != op.Output {
				t.Errorf("%s %s has other shapes than it says", svc.ID, op.Name)
			}
		}
	}
}

func checkStruct(t *testing.T, where string, s *wire.Struct, v reflect.Type, seen map[*wire.Struct]bool) {
	if seen[s] {
		return
	}
	seen[s] = true
	where += "." + s.Name
	if s.Name != v.Name() || len(s.Fields) != v.NumField() {
		t.Fatalf("%s describes %v with %d fields", where, v, len(s.Fields))
	}
	for i, f := range s.Fields {
		gf := v.Field(i)
		if !strings.EqualFold(f.Name[:1], gf.Name[:1]) || f.Name[1:] != gf.Name[1:] {
			t.Errorf("%s: field %d is %s in Go and %s in the descriptor", where, i, gf.Name, f.Name)
		}
		ft := gf.Type
		if ft.Kind() == reflect.Pointer {
			ft = ft.Elem()
		}
		checkType(t, where+"."+f.Name, f.Type, ft, seen)
	}
}

var goKinds = map[wire.Kind]reflect.Kind{
	wire.String: reflect.String, wire.Bool: reflect.Bool, wire.Int32: reflect.Int32, wire.Int64: reflect.Int64,
	wire.Float: reflect.Float64, wire.Time: reflect.Struct, wire.Blob: reflect.Slice, wire.Structure: reflect.Struct,
	wire.List: reflect.Slice, wire.Map: reflect.Map, wire.Stream: reflect.Interface,
}

func checkType(t *testing.T, where string, d *wire.Type, v reflect.Type, seen map[*wire.Struct]bool) {
	if goKinds[d.Kind] != v.Kind() || d.Kind == wire.Time && v != reflect.TypeFor[time.Time]() {
		t.Errorf("%s: %v is described as kind %d", where, v, d.Kind)
		return
	}
	if d.Rule != nil && d.Rule.Pattern != nil {
		func() {
			defer func() {
				if r := recover(); r != nil {
					t.Errorf("%s: %v", where, r)
				}
			}()
			d.Rule.Pattern.Match("")
		}()
	}
	switch d.Kind {
	case wire.Structure:
		checkStruct(t, where, d.Struct, v, seen)
	case wire.List:
		checkType(t, where+"[]", d.Item, v.Elem(), seen)
	case wire.Map:
		checkType(t, where+"{}", d.Item, v.Elem(), seen)
	}
}

// What the table of operations says beyond the models.
func TestOperations(t *testing.T) {
	for _, c := range []struct{ op, want string }{
		{"cloudtrail.CreateTrail", "CreateTrail writes"},
		{"cloudtrail.StartLogging", "StartLogging writes"},
		{"cloudtrail.GetTrail", "GetTrail reads"},
		{"cloudtrail.DescribeTrails", "DescribeTrails reads"},
		{"organizations.AttachPolicy", "AttachPolicy writes void"},
		{"iam.GetUser", "GetUser reads"},
		{"sts.AssumeRole", "AssumeRole reads"},
		{"sts.GetSessionToken", "GetSessionToken"},
		{"sts.GetCallerIdentity", "GetCallerIdentity reads"},
		{"s3.CreateBucket", "CreateBucket writes"},
		{"s3.PutPublicAccessBlock", "PutBucketPublicAccessBlock writes void"},
		{"s3.PutObject", "PutObject data streams"},
		{"s3.UploadPart", "UploadPart data streams"},
		{"s3.GetObject", "GetObject reads data"},
		{"s3.HeadBucket", "HeadBucket reads data"},
		{"s3.DeleteObjects", "DeleteObjects data"},
		{"s3.ListObjectsV2", "ListObjects reads data"},
		{"s3.ListBuckets", "ListBuckets reads"},
		{"s3.PutBucketLifecycleConfiguration", "PutBucketLifecycle writes"},
	} {
		id, name, _ := strings.Cut(c.op, ".")
		for _, svc := range services {
			if svc.ID != id {
				continue
			}
			op := svc.Operation(name)
			got := op.EventName
			for _, flag := range []struct {
				name string
				set  bool
			}{{"reads", op.ReadOnly}, {"writes", op.Writes}, {"data", op.DataType == "AWS::S3::Object"}, {"void", op.Void}, {"streams", op.Streaming}} {
				if flag.set {
					got += " " + flag.name
				}
			}
			if got != c.want {
				t.Errorf("%s: %s, want %s", c.op, got, c.want)
			}
		}
	}
}

func TestServices(t *testing.T) {
	for i, want := range []string{
		"cloudtrail cloudtrail cloudtrail.amazonaws.com false",
		"organizations organizations organizations.amazonaws.com true",
		"iam iam iam.amazonaws.com true",
		"sts sts sts.amazonaws.com false",
		"s3 s3 s3.amazonaws.com false",
	} {
		s := services[i]
		if got := fmt.Sprint(s.ID, " ", s.SigningName, " ", s.EventSource, " ", s.Global); got != want {
			t.Errorf("got %s", got)
		}
	}
}
