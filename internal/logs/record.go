package logs

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/logs/segment"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

const (
	maxFields    = 200   // of one event that are told
	sampleEvents = 1_000 // that fields are looked for in
)

// pointer names an event of a group: what queries answer as @ptr.
func pointer(g *LogGroup, id segment.ID) string {
	return base64.RawURLEncoding.EncodeToString([]byte(g.ARN() + "\n" + id.String()))
}

func parsePointer(s string) (groupName, segment.ID, *aws.Error) {
	bad := func() (groupName, segment.ID, *aws.Error) {
		return groupName{}, segment.ID{}, invalid("The specified log record pointer is invalid.")
	}
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return bad()
	}
	arn, digits, _ := strings.Cut(string(text), "\n")
	n, ok := parseGroupARN(arn)
	if !ok {
		return bad()
	}
	id, err := segment.ParseID(digits)
	if err != nil {
		return bad()
	}
	return n, id, nil
}

// GetLogRecord returns one event with the fields that are found in it.
func (s *Service) GetLogRecord(c *call.Call, in *api.GetLogRecordInput) (*api.GetLogRecordOutput, error) {
	n, id, err := parsePointer(*in.LogRecordPointer)
	if err != nil {
		return nil, err
	}
	g, err := find(c.State, n)
	if err != nil {
		return nil, err
	}
	st, ok := streamByNumber(c.State, g, id.Stream)
	if !ok {
		return nil, notFound("The specified log record does not exist.")
	}
	q := s.query(c, g, &id.Time, &id.Time)
	q.Streams = []int64{id.Stream}
	for e, err := range s.Events.Read(c.Ctx, q, nil) {
		if err != nil {
			return nil, failed(err)
		}
		if e.ID == id {
			return &api.GetLogRecordOutput{LogRecord: describe(g, st, &e, *in.LogRecordPointer)}, nil
		}
	}
	return nil, notFound("The specified log record does not exist.")
}

func describe(g *LogGroup, st *LogStream, e *segment.Event, pointer string) map[string]string {
	fields := map[string]string{
		"@ptr":           pointer,
		"@timestamp":     strconv.FormatInt(e.Time, 10),
		"@ingestionTime": strconv.FormatInt(e.Ingested, 10),
		"@message":       string(e.Message),
		"@logStream":     st.Name,
		"@log":           logName(g),
	}
	discover(e.Message, func(name, value string) { fields[name] = value })
	return fields
}

// logName is what queries call a group.
func logName(g *LogGroup) string { return g.Account + ":" + g.Name }

// discover finds the fields of a JSON message: the names of nested ones are
// joined by dots. At most maxFields are found, and none in what is not JSON.
func discover(message []byte, found func(name, value string)) {
	start := bytes.IndexByte(message, '{')
	if start < 0 {
		return
	}
	d := json.NewDecoder(bytes.NewReader(message[start:]))
	d.UseNumber()
	var object map[string]any
	if d.Decode(&object) != nil {
		return
	}
	left := maxFields
	var walk func(name string, value any)
	member := func(name, key string, value any) {
		if name != "" {
			key = name + "." + key
		}
		walk(key, value)
	}
	walk = func(name string, value any) {
		switch v := value.(type) {
		case map[string]any:
			for _, key := range sortedKeys(v) {
				member(name, key, v[key])
			}
		case []any:
			for i, item := range v {
				member(name, strconv.Itoa(i), item)
			}
		default:
			if left > 0 && v != nil {
				left--
				found(name, fmt.Sprint(v))
			}
		}
	}
	walk("", object)
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// GetLogGroupFields tells which fields the events of a quarter of an hour
// have, and how many of a hundred have each, by a sample.
func (s *Service) GetLogGroupFields(c *call.Call, in *api.GetLogGroupFieldsInput) (*api.GetLogGroupFieldsOutput, error) {
	n, err := either(c, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	g, err := find(c.State, n)
	if err != nil {
		return nil, err
	}
	if g.Class == api.LogGroupClassDelivery {
		return nil, notOfClass(g, "GetLogGroupFields")
	}
	const minute = 60_000
	until := c.Time.UnixMilli()
	from := until - 15*minute
	if in.Time != nil {
		if *in.Time > segment.MaxTime/1000 {
			return nil, invalid("The specified time is invalid: it must be in seconds.")
		}
		from, until = *in.Time*1000-8*minute, *in.Time*1000+8*minute
	}
	total, counts := 0, map[string]int{}
	for e, err := range s.Events.Read(c.Ctx, s.query(c, g, &from, &until), nil) {
		if err != nil {
			return nil, failed(err)
		}
		for _, name := range []string{"@timestamp", "@ingestionTime", "@message", "@logStream", "@log"} {
			counts[name]++
		}
		discover(e.Message, func(name, _ string) { counts[name]++ })
		if total++; total == sampleEvents {
			break
		}
	}
	return &api.GetLogGroupFieldsOutput{LogGroupFields: shares(counts, total)}, nil
}

// shares are the fields in the order of how many events have them.
func shares(counts map[string]int, total int) []api.LogGroupField {
	fields := []api.LogGroupField{}
	for name, n := range counts {
		fields = append(fields, api.LogGroupField{Name: &name, Percent: new(int32(n * 100 / total))})
	}
	slices.SortFunc(fields, func(a, b api.LogGroupField) int {
		if d := *b.Percent - *a.Percent; d != 0 {
			return int(d)
		}
		return strings.Compare(*a.Name, *b.Name)
	})
	return fields
}
