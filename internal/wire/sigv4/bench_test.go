package sigv4

import (
	"io"
	"strings"
	"testing"
)

// find returns the vector of that name.
func (v vectors) find(t testing.TB, name string) *vector {
	t.Helper()
	for i := range v.Cases {
		if v.Cases[i].Name == name {
			return &v.Cases[i]
		}
	}
	t.Fatalf("no vector %q", name)
	return nil
}

func BenchmarkParse(b *testing.B) {
	all := readVectors(b)
	for _, name := range []string{"json call with a token", "s3 presigned"} {
		b.Run(name, func(b *testing.B) {
			r := all.find(b, name).request(b)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	all := readVectors(b)
	for _, name := range []string{"json call", "json call with a token", "query with reserved characters", "s3 list", "s3 presigned"} {
		b.Run(name, func(b *testing.B) {
			vec := all.find(b, name)
			r, body := vec.request(b), []byte(vec.Body)
			s, err := Parse(r)
			if err != nil {
				b.Fatal(err)
			}
			var v Verifier
			b.ReportAllocs()
			for b.Loop() {
				if err := v.Verify(s, r, body, all.Now, all.Secret); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkVerifyParallel is Parse and Verify from every core at once.
func BenchmarkVerifyParallel(b *testing.B) {
	all := readVectors(b)
	vec := all.find(b, "json call")
	var v Verifier
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		r, body := vec.request(b), []byte(vec.Body)
		for pb.Next() {
			s, err := Parse(r)
			if err == nil {
				err = v.Verify(s, r, body, all.Now, all.Secret)
			}
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkVerifyColdKey(b *testing.B) {
	all := readVectors(b)
	vec := all.find(b, "json call")
	r, body := vec.request(b), []byte(vec.Body)
	s, err := Parse(r)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		var v Verifier
		if err := v.Verify(s, r, body, all.Now, all.Secret); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBody(b *testing.B) {
	const size = 8 << 20
	content := strings.Repeat("x", size)
	for _, payload := range []string{UnsignedPayload, PayloadHash([]byte(content)), StreamingSigned, StreamingSignedTrailer, StreamingUnsignedTrailer} {
		b.Run(payload[:min(len(payload), 44)], func(b *testing.B) {
			u := upload{payload: payload, content: content, chunk: 64 << 10, trailer: "x-amz-checksum-crc32c"}
			raw := u.encode()
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				r, s := u.request(b, raw)
				body, err := NewBody(r, s)
				if err != nil {
					b.Fatal(err)
				}
				if n, err := io.Copy(io.Discard, body); n != size || err != nil {
					b.Fatal(n, err)
				}
			}
		})
	}
}
