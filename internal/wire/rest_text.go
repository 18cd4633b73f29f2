package wire

import (
	"encoding/base64"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// headerText is how a value travels in a header, a query parameter or a
// label. Lists are joined by commas.
func headerText(t *Type, v reflect.Value, in Location) string {
	switch t.Kind {
	case Bool:
		return strconv.FormatBool(v.Bool())
	case Int32, Int64:
		return strconv.FormatInt(v.Int(), 10)
	case Float:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	case Time:
		format := t.Time
		if format == DefaultTime && in == Header {
			format = HTTPTime
		}
		return formatTime(format, v.Interface().(time.Time))
	case Blob:
		return base64.StdEncoding.EncodeToString(v.Bytes())
	case List:
		items := make([]string, v.Len())
		for i := range items {
			items[i] = headerText(t.Item, v.Index(i), in)
		}
		return strings.Join(items, ",")
	}
	return v.String()
}

// setText fills a value from its text in a header, a query parameter or a
// label.
func setText(t *Type, v reflect.Value, s string) error {
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch t.Kind {
	case String:
		v.SetString(s)
	case Bool:
		b, err := parseBool(strings.ToLower(s))
		v.SetBool(b)
		return err
	case Int32, Int64:
		n, err := strconv.ParseInt(s, 10, v.Type().Bits())
		v.SetInt(n)
		return err
	case Float:
		f, err := strconv.ParseFloat(s, 64)
		v.SetFloat(f)
		return err
	case Time:
		at, err := parseTime(s)
		v.Set(reflect.ValueOf(at))
		return err
	case Blob:
		b, err := base64.StdEncoding.DecodeString(s)
		v.SetBytes(b)
		return err
	case List:
		items := strings.Split(s, ",")
		v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
		for i, item := range items {
			if err := setText(t.Item, v.Index(i), strings.TrimSpace(item)); err != nil {
				return err
			}
		}
	}
	return nil
}
