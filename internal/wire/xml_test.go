package wire_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/wire"
	"github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

func TestXMLDecode(t *testing.T) {
	for _, c := range []struct {
		name, document string
		want           wire.Shape
	}{
		{"text and white space", `<?xml version="1.0" encoding="UTF-8"?> <VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
			<Status>Enabled</Status> </VersioningConfiguration> `, &s3.VersioningConfiguration{Status: new("Enabled")}},
		{"entities and sections", `<VersioningConfiguration><Status>a&amp;&lt;<![CDATA[<&]]>&#65;<!-- no --></Status></VersioningConfiguration>`,
			&s3.VersioningConfiguration{Status: new("a&<<&A")}},
		{"unknown elements", `<VersioningConfiguration><X><Status>no</Status></X><Status>yes</Status></VersioningConfiguration>`,
			&s3.VersioningConfiguration{Status: new("yes")}},
		{"empty", `<VersioningConfiguration/>`, &s3.VersioningConfiguration{}},
		{"flat lists in pieces", `<CompletedMultipartUpload><Part><PartNumber>1</PartNumber></Part><x/><Part><PartNumber> 2 </PartNumber></Part></CompletedMultipartUpload>`,
			&s3.CompletedMultipartUpload{Parts: []s3.CompletedPart{{PartNumber: new(int32(1))}, {PartNumber: new(int32(2))}}}},
		{"wrapped list", `<Tagging><TagSet><Tag><Key>k</Key><Value></Value></Tag><Other/></TagSet></Tagging>`,
			&s3.Tagging{TagSet: []s3.Tag{{Key: new("k"), Value: new("")}}}},
		{"empty wrapped list", `<Tagging><TagSet/></Tagging>`, &s3.Tagging{TagSet: []s3.Tag{}}},
		{"attribute", `<G xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>i</ID></G>`,
			&s3.Grantee{Type: new("CanonicalUser"), ID: new("i")}},
		{"booleans", `<P><BlockPublicAcls>TRUE</BlockPublicAcls></P>`, nil},
		{"booleans", `<P><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>0</IgnorePublicAcls></P>`,
			&s3.PublicAccessBlockConfiguration{BlockPublicAcls: new(true), IgnorePublicAcls: new(false)}},
		{"time", `<R><RetainUntilDate>2026-01-02T03:04:05.678+01:00</RetainUntilDate></R>`,
			&s3.ObjectLockRetention{RetainUntilDate: new(time.Date(2026, 1, 2, 2, 4, 5, 678e6, time.UTC))}},
		{"text of the root", `<LocationConstraint>eu-west-1</LocationConstraint>`, &s3.GetBucketLocationOutput{LocationConstraint: new("eu-west-1")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.want == nil {
				err := wire.Decode(wire.NewXMLDecoder([]byte(c.document)), new(s3.PublicAccessBlockConfiguration))
				if aws.CodeOf(err) != "MalformedXML" {
					t.Fatal(err)
				}
				return
			}
			got := reflect.New(reflect.TypeOf(c.want).Elem()).Interface().(wire.Shape)
			if err := wire.Decode(wire.NewXMLDecoder([]byte(c.document)), got); err != nil {
				t.Fatal(err)
			}
			same(t, c.want, got)
		})
	}
}

func TestXMLRefused(t *testing.T) {
	bomb := `<!DOCTYPE l [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><CompletedMultipartUpload><Part><ETag>&b;</ETag></Part></CompletedMultipartUpload>`
	for _, document := range []string{
		``, ` `, `text`, `<a`, `<a>`, `<a></b>`, `<a/><b/>`, `<a/>text`, `<a/></a>`,
		`<a>&undefined;</a>`, `<a>` + "\xff" + `</a>`, "<a>\x01</a>",
		bomb,
		`<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>`,
		`<a/><!DOCTYPE a>`,
		`<?xml version="1.0" encoding="UTF-16"?><a/>`,
		`<a><Part><PartNumber>x</PartNumber></Part></a>`,
		`<a><Part><PartNumber>99999999999</PartNumber></Part></a>`,
		`<a><Part><ETag><b/></ETag></Part></a>`,
		strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100),
		strings.Repeat("<a>", 1_000_000),
	} {
		err := wire.Decode(wire.NewXMLDecoder([]byte(document)), new(s3.CompletedMultipartUpload))
		if aws.CodeOf(err) != "MalformedXML" {
			t.Errorf("%.60q: %v", document, err)
		}
	}
}

func TestXMLEncode(t *testing.T) {
	for _, c := range []struct {
		v    wire.Shape
		want string
	}{
		{&s3.Tagging{TagSet: []s3.Tag{}}, `<r><TagSet></TagSet></r>`},
		{&s3.Tag{Key: new("<&>\"'\r\n\x00\xff"), Value: new("")}, "<r><Key>&lt;&amp;&gt;&quot;'&#13;\n\uFFFD\uFFFD</Key><Value></Value></r>"},
		{&s3.Grant{Grantee: &s3.Grantee{ID: new("i"), Type: new("a\"b")}, Permission: new("READ")},
			`<r><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="a&quot;b"><ID>i</ID></Grantee><Permission>READ</Permission></r>`},
		{&s3.CompletedMultipartUpload{Parts: []s3.CompletedPart{{PartNumber: new(int32(1))}, {}}}, `<r><Part><PartNumber>1</PartNumber></Part><Part></Part></r>`},
		{&s3.Bucket{CreationDate: new(time.Unix(1700000000, 0))}, `<r><CreationDate>2023-11-14T22:13:20.000Z</CreationDate></r>`},
	} {
		if got := string(wire.AppendXML("r", c.v)); got != c.want {
			t.Errorf("got %s\nwant %s", got, c.want)
		}
	}
}

// Whatever we accept survives being written and read again.
func FuzzXML(f *testing.F) {
	for _, s := range []string{
		`<LifecycleConfiguration><Rule><Filter><And><Tag><Key>k</Key></Tag><Tag/></And></Filter><Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>`,
		`<AccessControlPolicy><AccessControlList><Grant><Grantee xmlns:xsi="x" xsi:type="Group"><URI>u</URI></Grantee></Grant></AccessControlList></AccessControlPolicy>`,
		`<Delete><Object><Key>&#13;&lt;</Key></Object><Quiet>true</Quiet></Delete>`,
		`<a><!--c--><?p i?><![CDATA[x]]></a>`, `<!DOCTYPE a><a/>`,
	} {
		f.Add([]byte(s))
	}
	fresh := []func() wire.Shape{
		func() wire.Shape { return new(s3.BucketLifecycleConfiguration) },
		func() wire.Shape { return new(s3.AccessControlPolicy) },
		func() wire.Shape { return new(s3.Delete) },
		func() wire.Shape { return new(s3.NotificationConfiguration) },
		func() wire.Shape { return new(s3.GetBucketLocationOutput) },
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, fresh := range fresh {
			v, again := fresh(), fresh()
			if wire.Decode(wire.NewXMLDecoder(body), v) != nil {
				continue
			}
			wire.Validate(v)
			document := wire.AppendXML("root", v)
			if err := wire.Decode(wire.NewXMLDecoder(document), again); err != nil {
				t.Fatalf("%v\n%s", err, document)
			}
			same(t, v, again)
		}
	})
}
