package wire

import (
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Encoder writes a tree of values. The walker calls it in the order of the
// descriptor; Field comes before each present member and says whether to
// write it. Every value comes with its Type, which knows whether it is
// sensitive and how it is written.
type Encoder interface {
	BeginStruct(*Struct)
	// Field begins a member; false leaves it out.
	Field(*Field) bool
	EndStruct()

	BeginList(t *Type, n int)
	Item() // before each item
	EndList()

	BeginMap(t *Type, n int)
	Key(string) // before each value, in order of the keys
	EndMap()

	String(*Type, string)
	Bool(*Type, bool)
	Int(*Type, int64)
	Float(*Type, float64)
	Time(*Type, time.Time)
	Blob(*Type, []byte)
}

// Decoder reads a tree of values. Errors stick: after the first, loops end
// and values are zero. The caller asks Err when the walk is over.
type Decoder interface {
	BeginStruct(*Struct)
	// NextField returns the index of the next member present, -1 at the end
	// of the structure.
	NextField() int

	BeginList(*Type)
	NextItem() bool

	BeginMap(*Type)
	NextKey() (string, bool)

	String(*Type) string
	Bool(*Type) bool
	Int(t *Type, bits int) int64
	Float(*Type) float64
	Time(*Type) time.Time
	Blob(*Type) []byte

	Err() error
}

// Encode walks a structure. Streams are left out: they are nobody's value.
func Encode(e Encoder, v Shape) {
	encodeStruct(e, v.Describe(), reflect.ValueOf(v).Elem())
}

func encodeStruct(e Encoder, s *Struct, v reflect.Value) {
	e.BeginStruct(s)
	for i := range s.Fields {
		f := &s.Fields[i]
		fv := v.Field(i)
		if fv.IsNil() || f.Type.Kind == Stream || !e.Field(f) {
			continue
		}
		if fv.Kind() == reflect.Pointer {
			fv = fv.Elem()
		}
		encodeValue(e, f.Type, fv)
	}
	e.EndStruct()
}

func encodeValue(e Encoder, t *Type, v reflect.Value) {
	switch t.Kind {
	case String:
		e.String(t, v.String())
	case Bool:
		e.Bool(t, v.Bool())
	case Int32, Int64:
		e.Int(t, v.Int())
	case Float:
		e.Float(t, v.Float())
	case Time:
		e.Time(t, v.Interface().(time.Time))
	case Blob:
		e.Blob(t, v.Bytes())
	case Structure:
		encodeStruct(e, t.Struct, v)
	case List:
		n := v.Len()
		e.BeginList(t, n)
		for i := range n {
			e.Item()
			encodeValue(e, t.Item, v.Index(i))
		}
		e.EndList()
	case Map:
		encodeMap(e, t, v)
	}
}

// encodeMap writes a map in the order of its keys, so that equal values have
// equal encodings.
func encodeMap(e Encoder, t *Type, v reflect.Value) {
	e.BeginMap(t, v.Len())
	if m, ok := v.Interface().(map[string]string); ok {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			e.Key(k)
			e.String(t.Item, m[k])
		}
	} else {
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int {
			return strings.Compare(a.String(), b.String())
		})
		for _, k := range keys {
			e.Key(k.String())
			encodeValue(e, t.Item, v.MapIndex(k))
		}
	}
	e.EndMap()
}

// Decode fills a structure and returns the decoder's error.
func Decode(d Decoder, v Shape) error {
	decodeStruct(d, v.Describe(), reflect.ValueOf(v).Elem())
	return d.Err()
}

func decodeStruct(d Decoder, s *Struct, v reflect.Value) {
	d.BeginStruct(s)
	for i := d.NextField(); i >= 0; i = d.NextField() {
		decodeMember(d, s.Fields[i].Type, v.Field(i))
	}
}

// decodeMember fills a structure's field, which is a pointer to a scalar or a
// structure, a slice, or a map.
func decodeMember(d Decoder, t *Type, v reflect.Value) {
	switch p := v.Addr().Interface().(type) {
	case **string:
		*p = new(d.String(t))
	case **bool:
		*p = new(d.Bool(t))
	case **int32:
		*p = new(int32(d.Int(t, 32)))
	case **int64:
		*p = new(d.Int(t, 64))
	case **float64:
		*p = new(d.Float(t))
	case **time.Time:
		*p = new(d.Time(t))
	case *[]byte:
		*p = d.Blob(t)
	case *[]string:
		*p = decodeStrings(d, t, *p)
	case *io.ReadCloser:
	default:
		if t.Kind == Structure {
			v.Set(reflect.New(v.Type().Elem()))
			v = v.Elem()
		}
		decodeValue(d, t, v)
	}
}

// decodeStrings reads a list of strings. Flat lists come in pieces: what is
// there stays.
func decodeStrings(d Decoder, t *Type, list []string) []string {
	if !t.Flat || list == nil {
		list = []string{}
	}
	d.BeginList(t)
	for d.NextItem() {
		list = append(list, d.String(t.Item))
	}
	return list
}

// decodeValue fills an item of a list or a value of a map.
func decodeValue(d Decoder, t *Type, v reflect.Value) {
	switch t.Kind {
	case String:
		v.SetString(d.String(t))
	case Bool:
		v.SetBool(d.Bool(t))
	case Int32:
		v.SetInt(d.Int(t, 32))
	case Int64:
		v.SetInt(d.Int(t, 64))
	case Float:
		v.SetFloat(d.Float(t))
	case Time:
		v.Set(reflect.ValueOf(d.Time(t)))
	case Blob:
		v.SetBytes(d.Blob(t))
	case Structure:
		decodeStruct(d, t.Struct, v)
	case List:
		decodeList(d, t, v)
	case Map:
		decodeMap(d, t, v)
	}
}

func decodeList(d Decoder, t *Type, v reflect.Value) {
	if !t.Flat || v.IsNil() {
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	}
	d.BeginList(t)
	for d.NextItem() {
		n := v.Len()
		if n == v.Cap() {
			v.Grow(1)
		}
		v.SetLen(n + 1)
		decodeValue(d, t.Item, v.Index(n))
	}
}

func decodeMap(d Decoder, t *Type, v reflect.Value) {
	v.Set(reflect.MakeMap(v.Type()))
	item := v.Type().Elem()
	d.BeginMap(t)
	for k, ok := d.NextKey(); ok; k, ok = d.NextKey() {
		x := reflect.New(item).Elem()
		decodeValue(d, t.Item, x)
		v.SetMapIndex(reflect.ValueOf(k), x)
	}
}
