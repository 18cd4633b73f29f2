package s3

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// window is what a read asks for of a content.
type window struct {
	offset, n int64
	partial   bool // the answer says which part of the content it is
}

// contentRange is the header that says so, nil for the whole.
func (w window) contentRange(size int64) *string {
	if !w.partial {
		return nil
	}
	return new(fmt.Sprintf("bytes %d-%d/%d", w.offset, w.offset+w.n-1, size))
}

// header is the Range that asks for it.
func (w window) header() string { return fmt.Sprintf("bytes=%d-%d", w.offset, w.offset+w.n-1) }

// window reads the range or the part that a call names.
func (l layout) window(ranged *string, number *int32) (window, error) {
	size := l.size()
	switch {
	case number != nil:
		i := int(*number) - 1
		if i < 0 || i >= len(l) {
			return window{}, aws.Errorf("InvalidPartNumber", "The requested partnumber is not satisfiable")
		}
		return window{l[i].start, l[i].size, len(l) > 1}, nil
	case ranged != nil:
		return readRange(*ranged, size)
	}
	return window{0, size, false}, nil
}

// readRange reads a Range header. One that is not understood, or names
// several ranges, asks for everything.
func readRange(header string, size int64) (window, error) {
	all := window{0, size, false}
	spec, ok := strings.CutPrefix(header, "bytes=")
	first, last, dash := strings.Cut(spec, "-")
	if !ok || !dash || first == "" && last == "" {
		return all, nil
	}
	var from, to int64 = 0, size - 1
	var err error
	if last != "" {
		if to, err = position(last); err != nil {
			return all, nil
		}
	}
	if first == "" {
		from, to = max(size-to, 0), size-1
	} else if from, err = position(first); err != nil || last != "" && to < from {
		return all, nil
	}
	if from >= size || from > to {
		return all, aws.Errorf("InvalidRange", "The requested range is not satisfiable").
			With("RangeRequested", header).With("ActualObjectSize", strconv.FormatInt(size, 10))
	}
	return window{from, min(to, size-1) - from + 1, true}, nil
}

// copyRange reads the range of a part's copy, which has to be right.
func copyRange(header *string, size int64) (window, error) {
	if header == nil {
		return window{0, size, false}, nil
	}
	spec, ok := strings.CutPrefix(*header, "bytes=")
	first, last, _ := strings.Cut(spec, "-")
	from, err := position(first)
	to, err2 := position(last)
	switch {
	case !ok || err != nil || err2 != nil || from > to:
		return window{}, invalidArgument("x-amz-copy-source-range", *header,
			"The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy")
	case to >= size:
		return window{}, invalidArgument("x-amz-copy-source-range", *header, "Range specified is not valid for source object of size: %d", size)
	}
	return window{from, to - from + 1, true}, nil
}

// position reads an offset, which has nothing but digits.
func position(text string) (int64, error) {
	n, err := strconv.ParseUint(text, 10, 63)
	return int64(n), err
}
