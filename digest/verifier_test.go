package digest

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	alone    = Folder{Account: manager}
	inTheOrg = Folder{Organization: theOrg, Account: member}
)

// scenario is what happened to a trail of ten hours, and what verification
// must find of it: each finding as its kind and, where it is about an object,
// the object's name in the story. All else must be silence.
type scenario struct {
	name string
	// happen builds the estate; finds are the findings by object.
	happen func(e *estate) (finds []find)
	verify func(*Verifier)
	ask    func(*Request)
	// cli says what the validator of the AWS CLI finds where it is not the
	// same, and why it is not.
	cli cliVerdict
}

// find is an expected finding.
type find struct {
	kind   Kind
	object string // key; "" for a period
}

// cliVerdict is a known difference from the CLI's validator.
type cliVerdict struct {
	why    string
	finds  func(finds []find) []find // nil: the same, but for kinds that the CLI does not know
	aborts bool                      // not compared
}

func tenHours(e *estate) *series { return e.series(inTheOrg, "eu-west-1").hours(10) }

var scenarios = []scenario{
	{name: "untouched", happen: func(e *estate) []find {
		tenHours(e)
		return nil
	}},
	{name: "an hour without logs", happen: func(e *estate) []find {
		s := e.series(inTheOrg, "eu-west-1").hours(3)
		s.write(time.Hour, 0, nil)
		s.hours(3)
		return nil
	}},
	{name: "log packed again", happen: func(e *estate) []find {
		s := tenHours(e)
		s.edit(s.logs()[5], strings.Clone)
		return nil
	}},
	{name: "log changed", happen: func(e *estate) []find {
		s := tenHours(e)
		s.edit(s.logs()[5], strings.ToUpper)
		return []find{{LogHash, s.logs()[5]}}
	}},
	{name: "records appended to a log as a second gzip member", happen: func(e *estate) []find {
		s := tenHours(e)
		o := e.buckets[theBucket][s.logs()[5]]
		e.put(theBucket, s.logs()[5], append(slices.Clone(o.body), pack(`{"Records":[]}`)...), nil)
		return []find{{LogHash, s.logs()[5]}}
	}, cli: cliVerdict{why: "it reads the first member alone", finds: nothing}},
	{name: "log deleted", happen: func(e *estate) []find {
		s := tenHours(e)
		gone := s.logs()[5]
		s.remove(gone)
		return []find{{LogMissing, gone}}
	}},
	{name: "log unpacked", happen: func(e *estate) []find {
		s := tenHours(e)
		e.put(theBucket, s.logs()[5], []byte(`{"Records":[]}`), nil)
		return []find{{LogFormat, s.logs()[5]}}
	}},
	{name: "log cut short", happen: func(e *estate) []find {
		s := tenHours(e)
		o := e.buckets[theBucket][s.logs()[5]]
		e.put(theBucket, s.logs()[5], o.body[:len(o.body)-9], nil)
		return []find{{LogFormat, s.logs()[5]}}
	}, cli: cliVerdict{why: "it does not miss the end of the gzip stream", finds: nothing}},
	{name: "log replaced by a bomb", happen: func(e *estate) []find {
		s := tenHours(e)
		e.put(theBucket, s.logs()[5], pack(strings.Repeat("0", 2<<20)), nil)
		return []find{{LogTooLarge, s.logs()[5]}}
	}, verify: func(v *Verifier) { v.MaxLog = 1 << 20 }, cli: cliVerdict{why: "it unpacks everything", finds: as(LogHash)}},
	{name: "log added", happen: func(e *estate) []find {
		tenHours(e)
		l := e.log(theBucket, inTheOrg, "CloudTrail", "eu-west-1", first.Add(5*time.Hour))
		return []find{{LogUncovered, l.Object}}
	}, cli: blind},
	{name: "log added under an odd name", happen: func(e *estate) []find {
		s := e.series(inTheOrg, "eu-west-1").hours(30)
		odd := s.key.Folder.String() + "CloudTrail/eu-west-1/2026/01/31/evil.json.gz"
		e.put(theBucket, odd, pack("{}"), nil)
		return []find{{LogUncovered, odd}}
	}, cli: blind},
	{name: "logs and digests of no time", happen: func(e *estate) (finds []find) {
		s := e.series(inTheOrg, "eu-west-1").hours(30)
		logs, digests := s.key.Folder.String()+"CloudTrail/eu-west-1/", digestsOf(s.key)
		name := member + "_CloudTrail_eu-west-1_20261301T0000Z_abcdefghijklmnop.json.gz"
		for _, odd := range []string{
			logs + "2026/01/32/" + name, logs + "2026/01/evil.json.gz", // in no month
			logs + "evil.json.gz", logs + "!/2026/01/31/" + name, logs + "AWSLogs/evil.json.gz", // on no day
			logs + LogKey{inTheOrg, "CloudTrail", "eu-west-1", first.AddDate(-1, 0, 0), "abcdefghijklmnop"}.String(), // elsewhere
			digests + "evil.json.gz", digests + "-", digests + s.digest(3), // a digest's name, and not the folder's
			strings.Replace(s.digest(3), "2026/01/31/", "2026/01/32/", 1),
		} {
			e.put(theBucket, odd, pack("{}"), nil)
			finds = append(finds, find{Stray, odd})
		}
		return finds
	}, cli: blind},
	{name: "digest of an hour that there is not", happen: func(e *estate) []find {
		s := tenHours(e)
		odd := strings.Replace(s.digest(3), "31T0", "31T6", 1)
		e.put(theBucket, odd, pack("{}"), nil)
		return []find{{Stray, odd}}
	}, cli: cliVerdict{why: "it stumbles over the time", aborts: true}},
	{name: "logs of no time outside of the period", happen: func(e *estate) []find {
		s := e.series(inTheOrg, "eu-west-1").hours(30)
		for _, date := range []string{"2025/13/01/", "2026/13/01/"} {
			e.put(theBucket, s.key.Folder.String()+"CloudTrail/eu-west-1/"+date+"evil.json.gz", pack("{}"), nil)
			e.put(theBucket, digestsOf(s.key)+date+"evil.json.gz", pack("{}"), nil)
		}
		return nil
	}},
	{name: "logs of no time in a year that is over", happen: func(e *estate) (finds []find) {
		s := e.series(inTheOrg, "eu-west-1").hours(30)
		for _, folder := range []string{s.key.Folder.String() + "CloudTrail/eu-west-1/", digestsOf(s.key)} {
			finds = append(finds, find{Stray, folder + "2026/13/01/evil.json.gz"})
			e.put(theBucket, folder+"2026/13/01/evil.json.gz", pack("{}"), nil)
		}
		return finds
	}, ask: func(q *Request) { q.End = first.AddDate(1, 0, 0) }, cli: blind},
	{name: "log of no time where there are no digests", happen: func(e *estate) []find {
		tenHours(e)
		odd := inTheOrg.String() + "CloudTrail/us-east-1/evil.json.gz"
		e.put(theBucket, odd, pack("{}"), nil)
		return []find{{Stray, odd}}
	}, cli: blind},
	{name: "log of no time in the folder of another trail", happen: func(e *estate) []find {
		tenHours(e)
		e.put(theBucket, alone.String()+"CloudTrail/us-east-1/evil.json.gz", pack("{}"), nil)
		return nil
	}},
	{name: "folder markers", happen: func(e *estate) []find {
		s := tenHours(e)
		for _, path := range []string{"", "CloudTrail/", "CloudTrail/eu-west-1/2026/01/31/", "CloudTrail-Digest/"} {
			e.put(theBucket, s.key.Folder.String()+path, nil, nil)
		}
		return nil
	}},
	{name: "log newer than the last digest", happen: func(e *estate) []find {
		tenHours(e)
		e.log(theBucket, inTheOrg, "CloudTrail", "eu-west-1", first.Add(10*time.Hour+5*time.Minute))
		return nil
	}, ask: func(q *Request) { q.End = first.Add(11 * time.Hour) }},
	{name: "log of a kind that digests do not name", happen: func(e *estate) []find {
		tenHours(e)
		e.log(theBucket, inTheOrg, "CloudTrail-Insight", "eu-west-1", first.Add(5*time.Hour))
		return nil
	}},
	{name: "log added of a kind that digests name", happen: func(e *estate) []find {
		s := e.series(inTheOrg, "eu-west-1").hours(5)
		extra := e.log(theBucket, inTheOrg, "CloudTrail-Insight", "eu-west-1", first.Add(2*time.Hour))
		s.write(time.Hour, 1, func(d *Digest) {
			d.LogFiles = append(d.LogFiles, e.log(theBucket, inTheOrg, "CloudTrail-Insight", "eu-west-1", first.Add(5*time.Hour+10*time.Minute)))
		})
		return []find{{LogUncovered, extra.Object}}
	}, cli: blind},
	{name: "log named by two digests", happen: func(e *estate) []find {
		s := e.series(inTheOrg, "eu-west-1").hours(2)
		again := s.write(time.Hour, 1, nil).LogFiles[0]
		s.write(time.Hour, 1, func(d *Digest) { d.LogFiles = append(d.LogFiles, again) })
		return []find{{LogDuplicate, again.Object}}
	}, cli: blind},
	{name: "log of another account in a digest", happen: func(e *estate) []find {
		other := e.log(theBucket, alone, "CloudTrail", "eu-west-1", first.Add(150*time.Minute))
		s := e.series(inTheOrg, "eu-west-1").hours(2)
		s.write(time.Hour, 1, func(d *Digest) { d.LogFiles = append(d.LogFiles, other) })
		return []find{{LogName, other.Object}}
	}, cli: blind},
	{name: "log of another region in a digest", happen: func(e *estate) []find {
		other := e.log(theBucket, inTheOrg, "CloudTrail", "us-east-1", first.Add(150*time.Minute))
		s := e.series(inTheOrg, "eu-west-1").hours(2)
		s.write(time.Hour, 1, func(d *Digest) { d.LogFiles = append(d.LogFiles, other) })
		return []find{{LogName, other.Object}, {LogsUnvouched, ""}}
	}, cli: blind},
	{name: "log that cannot be read", happen: func(e *estate) []find {
		s := tenHours(e)
		e.getErr = refuse(s.logs()[5])
		return []find{{Unreadable, s.logs()[5]}}
	}, cli: cliVerdict{aborts: true}},

	{name: "digest changed", happen: func(e *estate) []find {
		s := tenHours(e)
		s.edit(s.digest(4), func(c string) string { return strings.Replace(c, `"hashValue":"`, `"hashValue":"0`, 1) })
		return []find{{SignatureFailed, s.digest(4)}}
	}},
	{name: "newest digest changed", happen: func(e *estate) []find {
		s := tenHours(e)
		s.edit(s.digest(9), func(c string) string { return c + " " })
		return []find{{SignatureFailed, s.digest(9)}}
	}},
	{name: "oldest digest changed", happen: func(e *estate) []find {
		s := tenHours(e)
		s.edit(s.digest(0), func(c string) string { return c + " " })
		return []find{{SignatureFailed, s.digest(0)}}
	}},
	{name: "signature of a digest changed", happen: func(e *estate) []find {
		s := tenHours(e)
		e.buckets[theBucket][s.digest(4)].metadata[MetadataSignature] = s.head.Signature
		return []find{{SignatureFailed, s.digest(4)}}
	}},
	{name: "signature that is no hex", happen: func(e *estate) []find {
		s := tenHours(e)
		e.buckets[theBucket][s.digest(4)].metadata[MetadataSignature] = "signature"
		return []find{{SignatureFailed, s.digest(4)}}
	}},
	{name: "digest restored without its metadata", happen: func(e *estate) []find {
		s := tenHours(e)
		e.put(theBucket, s.digest(4), e.buckets[theBucket][s.digest(4)].body, nil)
		return []find{{SignatureMissing, s.digest(4)}}
	}},
	{name: "digest replaced by another with a valid signature", happen: func(e *estate) []find {
		s := tenHours(e)
		forged := e.series(inTheOrg, "eu-west-1")
		forged.key.End, forged.head = first.Add(4*time.Hour), linkOf(e, s.digest(3))
		// The same window with other log files; those of the original are
		// now named by no digest.
		var lost []find
		for _, l := range read(e, s.digest(4)).LogFiles {
			lost = append(lost, find{LogUncovered, l.Object})
		}
		forged.write(time.Hour, 1, nil)
		return append(lost, find{PreviousHash, s.digest(4)}, find{PreviousSign, s.digest(4)})
	}, cli: blind},
	{name: "previous signature misquoted", happen: func(e *estate) []find {
		s := e.series(inTheOrg, "eu-west-1").hours(4)
		s.head.Signature = strings.Repeat("ab", 256)
		s.hours(4)
		return []find{{PreviousSign, s.digest(3)}}
	}, cli: blind},
	{name: "windows that do not abut", happen: func(e *estate) []find {
		s := e.series(inTheOrg, "eu-west-1").hours(4)
		s.key.End = s.key.End.Add(time.Hour)
		s.hours(4)
		return []find{{WindowsApart, s.digest(3)}}
	}, cli: blind},
	{name: "digest deleted", happen: func(e *estate) []find {
		s := tenHours(e)
		s.remove(s.digest(4))
		return []find{{DigestMissing, s.digest(4)}}
	}},
	{name: "two digests in a row deleted", happen: func(e *estate) []find {
		s := tenHours(e)
		s.remove(s.digest(4))
		s.remove(s.digest(5))
		return []find{{DigestMissing, s.digest(5)}, {DigestsMissing, ""}}
	}, cli: blind},
	{name: "one digest changed and the one before it deleted", happen: func(e *estate) []find {
		s := tenHours(e)
		s.edit(s.digest(5), func(c string) string { return c + " " })
		s.remove(s.digest(4))
		return []find{{SignatureFailed, s.digest(5)}, {DigestsMissing, ""}}
	}, cli: blind},
	{name: "all older digests deleted", happen: func(e *estate) []find {
		s := tenHours(e)
		for i := range 5 {
			s.remove(s.digest(i))
		}
		return []find{{DigestMissing, s.digest(4)}}
	}},
	{name: "newest digests deleted", happen: func(e *estate) []find {
		s := tenHours(e)
		s.remove(s.digest(8))
		s.remove(s.digest(9))
		return []find{{LogsUnvouched, ""}}
	}, cli: blind},
	{name: "all digests deleted", happen: func(e *estate) []find {
		s := tenHours(e)
		for i := range 10 {
			s.remove(s.digest(i))
		}
		return []find{{LogsUnvouched, ""}}
	}, cli: blind},
	{name: "digests of one region deleted", happen: func(e *estate) []find {
		s := e.series(alone, "eu-west-1").hours(3)
		e.series(alone, "us-east-2").hours(3)
		for i := range 3 {
			s.remove(s.digest(i))
		}
		return []find{{LogsUnvouched, ""}}
	}, cli: blind},
	{name: "digest moved within the bucket", happen: func(e *estate) []find {
		s := tenHours(e)
		from := s.digest(4)
		to := strings.Replace(from, "T050131Z", "T051131Z", 1)
		o := e.buckets[theBucket][from]
		e.put(theBucket, to, o.body, o.metadata)
		s.remove(from)
		return []find{{DigestMoved, to}, {DigestMissing, from}}
	}, cli: cliVerdict{why: "it does not look at digests that no link leads to", finds: only(DigestMissing)}},
	{name: "everything copied to another bucket", happen: func(e *estate) (finds []find) {
		s := tenHours(e)
		e.buckets["copy"] = e.buckets[theBucket]
		for i := range 10 {
			finds = append(finds, find{DigestMoved, s.digest(i)})
		}
		return finds
	}, ask: func(q *Request) { q.Bucket = "copy" }},
	{name: "digest overwritten with text", happen: func(e *estate) []find {
		s := tenHours(e)
		e.put(theBucket, s.digest(4), []byte("text"), e.buckets[theBucket][s.digest(4)].metadata)
		return []find{{DigestFormat, s.digest(4)}}
	}},
	{name: "digest that is no JSON", happen: func(e *estate) []find {
		s := tenHours(e)
		s.edit(s.digest(4), func(c string) string { return c[1:] })
		return []find{{DigestFormat, s.digest(4)}}
	}},
	{name: "digest without a member", happen: func(e *estate) []find {
		s := tenHours(e)
		s.edit(s.digest(4), func(c string) string { return strings.Replace(c, "digestEndTime", "end", 1) })
		return []find{{DigestFormat, s.digest(4)}}
	}},
	{name: "digest replaced by a bomb", happen: func(e *estate) []find {
		s := tenHours(e)
		e.put(theBucket, s.digest(4), pack(strings.Repeat(" ", 2<<20)), e.buckets[theBucket][s.digest(4)].metadata)
		return []find{{DigestTooLarge, s.digest(4)}}
	}, verify: func(v *Verifier) { v.MaxDigest = 1 << 20 }, cli: cliVerdict{why: "it unpacks everything", finds: as(DigestFormat)}},
	{name: "digest that no other links to", happen: func(e *estate) []find {
		s := tenHours(e)
		s.key.End, s.head = first.Add(4*time.Hour), linkOf(e, s.digest(3))
		f := s.write(30*time.Minute, 0, nil)
		return []find{{NotLinked, f.Object}}
	}, cli: blind},
	{name: "digest that links to itself", happen: func(e *estate) []find {
		s := e.series(inTheOrg, "eu-west-1").hours(2)
		f := s.write(time.Hour, 0, func(d *Digest) { d.Previous.Object = d.Object })
		return []find{{DigestFormat, f.Object}}
	}, cli: cliVerdict{why: "it would go round for ever", aborts: true}},
	{name: "digest that cannot be read", happen: func(e *estate) []find {
		s := tenHours(e)
		e.getErr = refuse(s.digest(4))
		return []find{{Unreadable, s.digest(4)}}
	}, cli: cliVerdict{aborts: true}},

	{name: "signed with a key of nobody", happen: func(e *estate) (finds []find) {
		s := tenHours(e)
		other := signingKey(e.t, "stranger")
		e.keys["eu-west-1"] = []PublicKey{NewPublicKey(&other.PublicKey, first, first.AddDate(0, 1, 0))}
		for i := range 10 {
			finds = append(finds, find{KeyUnknown, s.digest(i)})
		}
		return finds
	}},
	{name: "key that is not in PKCS #1", happen: func(e *estate) (finds []find) {
		s := tenHours(e)
		e.keys["eu-west-1"][0].Value, _ = x509.MarshalPKIXPublicKey(&signingKey(e.t, "eu-west-1").PublicKey)
		for i := range 10 {
			finds = append(finds, find{KeyFormat, s.digest(i)})
		}
		return finds
	}},
	{name: "keys that cannot be read", happen: func(e *estate) []find {
		tenHours(e)
		e.keysErr = errors.New("denied")
		return []find{{KeysUnreadable, ""}}
	}, cli: cliVerdict{aborts: true}},

	{name: "logging stopped and started", happen: func(e *estate) []find {
		s := e.series(inTheOrg, "eu-west-1").hours(3)
		s.write(10*time.Minute, 1, nil)
		s.rest(3 * time.Hour).hours(3)
		return []find{{Gap, ""}}
	}},
	{name: "validation off for hours", happen: func(e *estate) []find {
		s := e.series(inTheOrg, "eu-west-1").hours(3)
		e.log(theBucket, inTheOrg, "CloudTrail", "eu-west-1", s.key.End.Add(time.Hour))
		s.rest(3 * time.Hour).hours(3)
		return []find{{Gap, ""}, {LogsUnvouched, ""}}
	}},
	{name: "digest before a gap deleted", happen: func(e *estate) []find {
		s := e.series(inTheOrg, "eu-west-1").hours(5)
		s.rest(3 * time.Hour).hours(3)
		s.remove(s.digest(4))
		// The last digest of a chain is named by none: only its logs tell.
		return []find{{Gap, ""}, {LogsUnvouched, ""}}
	}},
	{name: "validation turned on later", happen: func(e *estate) []find {
		e.log(theBucket, inTheOrg, "CloudTrail", "eu-west-1", first.Add(time.Hour))
		e.series(inTheOrg, "eu-west-1").rest(3 * time.Hour).hours(3)
		return []find{{LogsUnvouched, ""}}
	}, cli: blind},
	{name: "period that starts within the chain", happen: func(e *estate) []find {
		tenHours(e)
		return nil
	}, ask: func(q *Request) { q.Start, q.End = first.Add(150*time.Minute), first.Add(5*time.Hour) }},
	{name: "bucket of the trail changed", happen: func(e *estate) []find {
		s := e.series(inTheOrg, "eu-west-1")
		s.bucket = "old-bucket"
		s.hours(4)
		s.bucket = theBucket
		s.hours(4)
		return nil
	}},
	{name: "log changed in the bucket before", happen: func(e *estate) []find {
		s := e.series(inTheOrg, "eu-west-1")
		s.bucket = "old-bucket"
		s.hours(4)
		changed := s.logs()[3]
		s.edit(changed, strings.ToUpper)
		s.bucket = theBucket
		s.hours(4)
		return []find{{LogHash, changed}}
	}},
	{name: "bucket before deleted", happen: func(e *estate) []find {
		s := e.series(inTheOrg, "eu-west-1")
		s.bucket = "old-bucket"
		s.hours(4)
		s.bucket = theBucket
		s.hours(4)
		delete(e.buckets, "old-bucket")
		return []find{{DigestMissing, s.digest(3)}}
	}},
	{name: "prefix of the trail changed", happen: func(e *estate) []find {
		s := e.series(inTheOrg, "eu-west-1").hours(2)
		s.remove(s.digest(0))
		gone := s.digest(0)
		s.key.Prefix = "logs"
		s.hours(4)
		return []find{{DigestMissing, gone}}
	}, ask: func(q *Request) { q.Prefix = "logs" }},
	{name: "trail created anew under its name", happen: func(e *estate) []find {
		e.series(inTheOrg, "eu-west-1").hours(3).rest(37 * time.Minute).hours(3)
		return []find{{Gap, ""}}
	}},
	{name: "trail of one account made the organization's", happen: func(e *estate) []find {
		e.series(alone, "eu-west-1").hours(5)
		f := alone
		f.Organization = theOrg
		s := e.series(f, "eu-west-1").rest(5 * time.Hour).hours(5)
		s.edit(s.logs()[5], strings.ToUpper)
		return []find{{LogHash, s.logs()[5]}}
	}},
	{name: "another trail in the same folder", happen: func(e *estate) []find {
		tenHours(e)
		other := e.series(inTheOrg, "eu-west-1")
		other.key.Trail = "another"
		other.hours(10)
		return nil
	}},
	{name: "log added with a forged digest of another trail", happen: func(e *estate) []find {
		tenHours(e)
		l := e.log(theBucket, inTheOrg, "CloudTrail", "eu-west-1", first.Add(5*time.Hour))
		k := Key{inTheOrg, "eu-west-1", "another", theHome, first.Add(6 * time.Hour), false}
		f, err := Sign(Digest{Account: member, Start: At(first), End: At(k.End), Bucket: theBucket, Object: k.String(), LogFiles: []LogFile{l}}, signingKey(e.t, "stranger"))
		if err != nil {
			e.t.Fatal(err)
		}
		e.put(theBucket, k.String(), f.Body(), f.Metadata())
		return []find{{LogUncovered, l.Object}}
	}, cli: blind},
	{name: "trail of another account in the owner's folder", happen: func(e *estate) []find {
		tenHours(e)
		e.log(theBucket, alone, "CloudTrail", "eu-west-1", first.Add(5*time.Hour))
		return nil
	}},

	{name: "late logs", happen: func(e *estate) []find {
		s := e.series(inTheOrg, "eu-west-1").hours(5)
		s.backfill(e.log(theBucket, inTheOrg, "CloudTrail", "eu-west-1", s.key.End.Add(-20*time.Minute)))
		s.hours(5)
		return nil
	}},
	{name: "late log changed", happen: func(e *estate) []find {
		s := e.series(inTheOrg, "eu-west-1").hours(5)
		l := e.log(theBucket, inTheOrg, "CloudTrail", "eu-west-1", s.key.End.Add(-20*time.Minute))
		s.backfill(l)
		s.hours(5)
		s.edit(l.Object, strings.ToUpper)
		return []find{{LogHash, l.Object}}
	}},
	{name: "backfill digest without the time of its making", happen: func(e *estate) []find {
		s := e.series(inTheOrg, "eu-west-1").hours(5)
		f := s.backfill()
		delete(e.buckets[theBucket][f.Object].metadata, MetadataGenerated)
		return []find{{DigestFormat, f.Object}}
	}},
	{name: "backfill digest changed", happen: func(e *estate) []find {
		s := e.series(inTheOrg, "eu-west-1").hours(5)
		f := s.backfill()
		s.edit(f.Object, func(c string) string { return c + " " })
		return []find{{SignatureFailed, f.Object}}
	}},

	{name: "copied without metadata but for the newest", happen: func(e *estate) []find {
		s := tenHours(e)
		for i := range 9 {
			e.put(theBucket, s.digest(i), e.buckets[theBucket][s.digest(i)].body, nil)
		}
		return nil
	}, verify: func(v *Verifier) { v.SignatureFromNext = true }, cli: cliVerdict{why: "it wants the metadata of each", aborts: true}},
	{name: "copied without metadata and changed", happen: func(e *estate) []find {
		s := tenHours(e)
		for i := range 9 {
			e.put(theBucket, s.digest(i), e.buckets[theBucket][s.digest(i)].body, nil)
		}
		s.edit(s.digest(8), func(c string) string { return c + " " })
		return []find{{SignatureFailed, s.digest(8)}, {SignatureMissing, s.digest(7)}, {SignatureMissing, s.digest(6)},
			{SignatureMissing, s.digest(5)}, {SignatureMissing, s.digest(4)}, {SignatureMissing, s.digest(3)},
			{SignatureMissing, s.digest(2)}, {SignatureMissing, s.digest(1)}, {SignatureMissing, s.digest(0)}}
	}, verify: func(v *Verifier) { v.SignatureFromNext = true }, cli: cliVerdict{why: "it wants the metadata of each", aborts: true}},
}

// blind is the verdict of the CLI where it does not look.
var blind = cliVerdict{why: "it does not look at this"}

func nothing([]find) []find { return nil }

func as(k Kind) func([]find) []find {
	return func(finds []find) []find { return []find{{k, finds[0].object}} }
}

func only(k Kind) func([]find) []find {
	return func(finds []find) []find {
		return slices.DeleteFunc(slices.Clone(finds), func(f find) bool { return f.kind != k })
	}
}

func refuse(key string) func(bucket, key string) error {
	return func(_, k string) error {
		if k == key {
			return errors.New("denied")
		}
		return nil
	}
}

func read(e *estate, key string) *File {
	o := e.buckets[theBucket][key]
	f, err := Read(bytes.NewReader(o.body), o.metadata, 1<<20)
	if err != nil {
		e.t.Fatal(err)
	}
	return f
}

func linkOf(e *estate, key string) Link { return read(e, key).Link() }

func TestScenarios(t *testing.T) {
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			e := newEstate(t)
			want := s.happen(e)
			q := e.request()
			if s.ask != nil {
				s.ask(&q)
			}
			found, sum := e.verify(q, s.verify)
			got := make([]find, len(found))
			for i, f := range found {
				got[i] = find{f.Kind, f.Object}
				if f.Detail == "" || f.Cause == "" && f.Kind.Severity() != Unchecked {
					t.Errorf("%s says too little: %+v", f.Kind, f)
				}
			}
			order := func(a, b find) int { return strings.Compare(string(a.kind)+a.object, string(b.kind)+b.object) }
			slices.SortFunc(want, order)
			slices.SortFunc(got, order)
			if !slices.Equal(got, want) {
				t.Errorf("found\n%s\nwant\n%v", listFindings(found), want)
			}
			if n := sum.Invalid + sum.Unchecked + sum.Notices; n != len(found) {
				t.Errorf("%d findings counted, %d reported", n, len(found))
			}
		})
	}
}

func listFindings(found []Finding) string {
	var b strings.Builder
	for _, f := range found {
		fmt.Fprintf(&b, "%s %s %s (%s)\n", f.Kind, f.Object, f.Detail, f.Cause)
	}
	return b.String()
}

// TestKinds: every kind of finding is met in some scenario.
func TestKinds(t *testing.T) {
	met := make(map[Kind]bool)
	for _, s := range scenarios {
		for _, f := range s.happen(newEstate(t)) {
			met[f.kind] = true
		}
	}
	for k := range causes {
		if !met[k] {
			t.Errorf("no scenario leads to %s", k)
		}
	}
}

func TestSummary(t *testing.T) {
	e := newEstate(t)
	s := tenHours(e)
	e.series(Folder{Organization: theOrg, Account: manager}, "us-east-2").hours(2)
	s.edit(s.logs()[5], strings.ToUpper)
	s.edit(s.digest(7), func(c string) string { return c + " " })
	_, sum := e.verify(e.request(), nil)
	want := Summary{
		Accounts: 2, Chains: 2, Digests: Tally{Valid: 11, Invalid: 1}, Logs: Tally{Valid: 21, Invalid: 1},
		From: first, To: first.Add(10 * time.Hour), Invalid: 2,
		Bytes: sum.Bytes,
	}
	if sum != want || sum.Bytes < 22*20 {
		t.Errorf("got  %+v\nwant %+v", sum, want)
	}
}

func TestRestrictions(t *testing.T) {
	e := newEstate(t)
	for _, account := range []string{manager, member, "333333333333"} {
		for _, region := range []string{"eu-west-1", "us-east-2"} {
			e.series(Folder{Organization: theOrg, Account: account}, region).hours(1)
		}
	}
	for _, test := range []struct {
		accounts, regions []string
		chains            int
	}{
		{nil, nil, 6},
		{[]string{member}, nil, 2},
		{nil, []string{"eu-west-1"}, 3},
		{[]string{member, manager}, []string{"us-east-2"}, 2},
		{[]string{"444444444444"}, nil, 0},
	} {
		q := e.request()
		q.Accounts, q.Regions = test.accounts, test.regions
		if found, sum := e.verify(q, nil); sum.Chains != test.chains || len(found) > 0 {
			t.Errorf("%v %v: %d chains, want %d; %v", test.accounts, test.regions, sum.Chains, test.chains, found)
		}
	}
}

// TestCauseFromSuccessor: the next digest tells whether the content of one
// was changed, or what its object says of it.
func TestCauseFromSuccessor(t *testing.T) {
	e := newEstate(t)
	s := tenHours(e)
	e.buckets[theBucket][s.digest(4)].metadata[MetadataSignature] = "00"
	s.edit(s.digest(7), func(c string) string { return c + " " })
	found, _ := e.verify(e.request(), nil)
	if len(found) != 2 || !strings.Contains(found[0].Cause, "only the object's metadata") || !strings.Contains(found[1].Cause, "vouches for another") {
		t.Errorf("found %s", listFindings(found))
	}
}

// TestBrokenTransfer: an object whose transfer breaks off is read again; when
// that does not help it is unreadable, and not invalid.
func TestBrokenTransfer(t *testing.T) {
	for _, failures := range []int{attempts - 1, attempts} {
		e := newEstate(t)
		s := tenHours(e)
		b := &breaking{estate: e, key: s.logs()[5], failures: failures}
		found, _ := e.verify(e.request(), func(v *Verifier) { v.Buckets = b })
		if failures < attempts && len(found) != 0 {
			t.Errorf("after %d failures: %s", failures, listFindings(found))
		}
		if failures == attempts && (len(found) != 1 || found[0].Kind != Unreadable) {
			t.Errorf("after %d failures: %s", failures, listFindings(found))
		}
	}
}

// breaking breaks off the transfers of an object.
type breaking struct {
	*estate
	key      string
	failures int
}

func (b *breaking) Get(ctx context.Context, bucket, key string) (*Object, error) {
	o, err := b.estate.Get(ctx, bucket, key)
	if key == b.key && b.failures > 0 {
		b.failures--
		o.Body = brokenBody{}
	}
	return o, err
}

type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, errors.New("connection reset") }
func (brokenBody) Close() error             { return nil }

func TestListingRefused(t *testing.T) {
	e := newEstate(t)
	tenHours(e)
	e.listErr = func(_, prefix string) error {
		if prefix == "AWSLogs/" {
			return fs.ErrPermission
		}
		return nil
	}
	v := Verifier{Buckets: e, Keys: e}
	if _, err := v.Verify(context.Background(), e.request()); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("the bucket cannot be listed: %v", err)
	}
	e.listErr = func(_, prefix string) error {
		if strings.Contains(prefix, "/CloudTrail/eu-west-1/") {
			return fs.ErrPermission
		}
		return nil
	}
	if found, sum := e.verify(e.request(), nil); len(found) != 1 || found[0].Kind != Unreadable || sum.Digests.Valid != 10 {
		t.Errorf("found %s, %+v", listFindings(found), sum)
	}
}

func TestCancel(t *testing.T) {
	e := newEstate(t)
	tenHours(e)
	ctx, cancel := context.WithCancel(context.Background())
	v := Verifier{Buckets: e, Keys: e, Parallel: 2, Report: func(f Finding) { t.Errorf("found %+v", f) }}
	v.Progress = func(s Summary) {
		if s.Logs.Total() == 3 {
			cancel()
		}
	}
	sum, err := v.Verify(ctx, e.request())
	if !errors.Is(err, context.Canceled) || sum.Logs.Total() >= 20 {
		t.Errorf("%+v, %v", sum, err)
	}
}

// TestEveryObjectMatters: none of the objects of a trail can be deleted,
// emptied or changed in silence.
func TestEveryObjectMatters(t *testing.T) {
	e := newEstate(t)
	s := e.series(inTheOrg, "eu-west-1").hours(4)
	s.rest(2 * time.Hour).hours(2)
	if found, _ := e.verify(e.request(), nil); len(found) != 1 || found[0].Kind != Gap {
		t.Fatalf("untouched: %s", listFindings(found))
	}
	for key, o := range e.buckets[theBucket] {
		changed := slices.Clone(o.body)
		changed[len(changed)-5] ^= 1 // in the checksum
		for name, body := range map[string][]byte{"deleted": nil, "emptied": {}, "changed": changed} {
			delete(e.buckets[theBucket], key)
			if body != nil {
				e.put(theBucket, key, body, o.metadata)
			}
			found, sum := e.verify(e.request(), nil)
			if sum.Invalid+sum.Unchecked == 0 {
				t.Errorf("%s %s: found %s", key, name, listFindings(found))
			}
		}
		e.put(theBucket, key, o.body, o.metadata)
	}
}

func digestsOf(k Key) string { return place{Folder: k.Folder, region: k.Region}.digests() }

// TestManyStrays: many strays cost no memory, and each is counted.
func TestManyStrays(t *testing.T) {
	e := newEstate(t)
	tenHours(e)
	for i := range maxStrays + 2 {
		e.put(theBucket, fmt.Sprint(inTheOrg, "CloudTrail/eu-west-1/evil/", i), nil, nil)
	}
	found, _ := e.verify(e.request(), nil)
	more := slices.IndexFunc(found, func(f Finding) bool { return strings.HasSuffix(f.Detail, "; so do the names of 2 further objects") })
	if len(found) != maxStrays || more < 0 {
		t.Errorf("%d found, %d", len(found), more)
	}
}
