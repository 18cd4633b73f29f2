package wire_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/wire"
	"github.com/orgtrail/orgtrail/internal/wire/api/cloudtrail"
	"github.com/orgtrail/orgtrail/internal/wire/api/events"
	"github.com/orgtrail/orgtrail/internal/wire/api/iam"
	"github.com/orgtrail/orgtrail/internal/wire/api/kms"
	"github.com/orgtrail/orgtrail/internal/wire/api/logs"
	"github.com/orgtrail/orgtrail/internal/wire/api/organizations"
	"github.com/orgtrail/orgtrail/internal/wire/api/s3"
	"github.com/orgtrail/orgtrail/internal/wire/api/sns"
	"github.com/orgtrail/orgtrail/internal/wire/api/sqs"
	"github.com/orgtrail/orgtrail/internal/wire/api/sts"
)

var services = []*wire.Service{
	cloudtrail.API, organizations.API, iam.API, sts.API, s3.API,
	kms.API, logs.API, sns.API, sqs.API, events.API,
}

// filler gives every member of a structure a value that no other member has.
type filler int

const streamed = "streamed \x00 bytes"

func (n *filler) fill(v wire.Shape) wire.Shape {
	n.structure(v.Describe(), reflect.ValueOf(v).Elem(), 0)
	return v
}

func (n *filler) structure(s *wire.Struct, v reflect.Value, depth int) {
	for i, f := range s.Fields {
		fv := v.Field(i)
		switch {
		case f.Type.Kind == wire.Stream:
			fv.Set(reflect.ValueOf(io.NopCloser(strings.NewReader(streamed))))
			continue
		case f.Wire == "Content-Length":
			fv.Set(reflect.ValueOf(new(int64(len(streamed)))))
			continue
		case depth > 6 && f.Type.Kind >= wire.Structure:
			continue // a shape that contains itself
		}
		if fv.Kind() == reflect.Pointer {
			fv.Set(reflect.New(fv.Type().Elem()))
			fv = fv.Elem()
		}
		n.value(f.Type, fv, f.In, depth)
	}
}

func (n *filler) value(t *wire.Type, v reflect.Value, in wire.Location, depth int) {
	*n++
	switch t.Kind {
	case wire.String:
		text := fmt.Sprintf(" v%d <&>\"'\\ é😀\t\r\n+%%/= ", *n)
		if in == wire.Header || in == wire.Headers {
			text = fmt.Sprintf("v%d", *n)
		}
		v.SetString(text)
	case wire.Bool:
		v.SetBool(*n%2 == 0)
	case wire.Int32, wire.Int64:
		v.SetInt(int64(*n))
	case wire.Float:
		v.SetFloat(float64(*n) + 0.25)
	case wire.Time:
		v.Set(reflect.ValueOf(time.Unix(1_700_000_000+int64(*n), 0).UTC()))
	case wire.Blob:
		v.SetBytes([]byte{0, 0xFF, byte(*n)})
	case wire.Structure:
		n.structure(t.Struct, v, depth+1)
	case wire.List:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		n.value(t.Item, v.Index(0), in, depth+1)
		n.value(t.Item, v.Index(1), in, depth+1)
	case wire.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for _, k := range []string{"one", "two"} {
			x := reflect.New(v.Type().Elem()).Elem()
			n.value(t.Item, x, in, depth+1)
			v.SetMapIndex(reflect.ValueOf(k), x)
		}
	}
}

// readStreams replaces the streams of v by their content, so that values can
// be compared.
func readStreams(v wire.Shape) {
	rv := reflect.ValueOf(v).Elem()
	for i, f := range v.Describe().Fields {
		if f.Type.Kind == wire.Stream && !rv.Field(i).IsNil() {
			b, err := io.ReadAll(rv.Field(i).Interface().(io.Reader))
			rv.Field(i).Set(reflect.ValueOf(content(fmt.Sprintf("%s %v", b, err))))
		}
	}
}

type content string

func (content) Read([]byte) (int, error) { return 0, io.EOF }
func (content) Close() error             { return nil }

// formEncoder writes what a client of the query protocol sends. It is an
// Encoder that this package knows nothing of.
type formEncoder struct {
	form  url.Values
	path  []string
	open  []*wire.Type // lists and maps
	count []int        // items or entries so far, of each of them
}

func (e *formEncoder) name() string { return strings.Join(e.path, ".") }

func (e *formEncoder) set(s string) {
	e.form.Set(e.name(), s)
	e.path = e.path[:len(e.path)-1]
}

func (e *formEncoder) BeginStruct(*wire.Struct) {}
func (e *formEncoder) EndStruct()               { e.path = e.path[:max(0, len(e.path)-1)] }

func (e *formEncoder) Field(f *wire.Field) bool {
	name := f.Wire
	if f.Type.Flat && f.Type.ItemName != "" {
		name = f.Type.ItemName
	}
	e.path = append(e.path, name)
	e.form.Set(e.name(), "") // present, even when nothing follows
	return true
}

func (e *formEncoder) BeginList(t *wire.Type, _ int) { e.begin(t, t.ItemName) }

// begin opens a list or a map, with a level of its own around what is not
// flat.
func (e *formEncoder) begin(t *wire.Type, level string) {
	if !t.Flat {
		e.path = append(e.path, level)
	}
	e.open = append(e.open, t)
	e.count = append(e.count, 0)
}

func (e *formEncoder) Item() {
	e.count[len(e.count)-1]++
	e.path = append(e.path, strconv.Itoa(e.count[len(e.count)-1]))
	e.form.Set(e.name(), "")
}

func (e *formEncoder) EndList() {
	n := len(e.open) - 1
	if !e.open[n].Flat {
		e.path = e.path[:len(e.path)-1]
	}
	e.path, e.open, e.count = e.path[:len(e.path)-1], e.open[:n], e.count[:n]
}

func (e *formEncoder) BeginMap(t *wire.Type, _ int) { e.begin(t, "entry") }

func (e *formEncoder) Key(k string) {
	e.Item()
	t := e.open[len(e.open)-1]
	e.form.Set(e.name()+"."+t.KeyName, k)
	e.path[len(e.path)-1] += "." + t.ValueName
}

func (e *formEncoder) EndMap()                        { e.EndList() }
func (e *formEncoder) String(_ *wire.Type, s string)  { e.set(s) }
func (e *formEncoder) Bool(_ *wire.Type, b bool)      { e.set(strconv.FormatBool(b)) }
func (e *formEncoder) Int(_ *wire.Type, n int64)      { e.set(strconv.FormatInt(n, 10)) }
func (e *formEncoder) Float(_ *wire.Type, f float64)  { e.set(strconv.FormatFloat(f, 'g', -1, 64)) }
func (e *formEncoder) Time(_ *wire.Type, t time.Time) { e.set(t.Format(time.RFC3339)) }
func (e *formEncoder) Blob(_ *wire.Type, b []byte)    { e.set(base64.StdEncoding.EncodeToString(b)) }
