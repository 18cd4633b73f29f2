package digest

import (
	"fmt"
	"strings"
	"time"
)

const (
	logsFolder   = "AWSLogs"
	digestFolder = "CloudTrail-Digest"
	suffix       = ".json.gz"
	backfill     = "_backfill"
	// keyTime is the time in the name of a digest object.
	keyTime = "20060102T150405Z"
	// dayPath is the date in the path of an object.
	dayPath = "2006/01/02"
)

// Folder is where a trail puts what belongs to one account.
//
//	[prefix/]AWSLogs/[organization/]account/
type Folder struct {
	Prefix       string // of the trail; "" when it has none
	Organization string // o-…; "" in the layout of a trail of one account
	Account      string
}

// String is the path of the folder, with the slash at its end.
func (f Folder) String() string {
	return accountsPath(f.Prefix, f.Organization) + f.Account + "/"
}

// accountsPath is the folder of the account folders.
func accountsPath(prefix, organization string) string {
	path := logsFolder + "/"
	if prefix != "" {
		path = prefix + "/" + path
	}
	if organization != "" {
		path += organization + "/"
	}
	return path
}

// Key is the place of a digest object in its bucket.
type Key struct {
	Folder
	Region     string // whose log files the digest covers
	Trail      string // the trail's name
	HomeRegion string // of the trail
	End        time.Time
	// Backfill marks a digest of late log files.
	Backfill bool
}

// String is the object key:
//
//	<folder>CloudTrail-Digest/<region>/YYYY/MM/DD/<account>_CloudTrail-Digest_<region>_<trail>_<home region>_<YYYYMMDDThhmmssZ>[_backfill].json.gz
func (k Key) String() string {
	end := k.End.UTC()
	late := ""
	if k.Backfill {
		late = backfill
	}
	return k.Folder.String() + digestFolder + "/" + k.Region + "/" + end.Format(dayPath) + "/" +
		k.Account + "_" + digestFolder + "_" + k.Region + "_" + k.Trail + "_" + k.HomeRegion + "_" + end.Format(keyTime) + late + suffix
}

// ParseKey reads the key of a digest object. Only what Key.String writes is
// one.
func ParseKey(s string) (Key, error) {
	var k Key
	folder, parts, ok := parsePath(s)
	if !ok || parts.kind != digestFolder {
		return Key{}, notKey(s, "digest")
	}
	k.Folder, k.Region = folder, parts.region
	name, ok := strings.CutPrefix(parts.name, k.Account+"_"+digestFolder+"_"+k.Region+"_")
	if !ok {
		return Key{}, notKey(s, "digest")
	}
	name = strings.TrimSuffix(name, suffix)
	name, k.Backfill = strings.CutSuffix(name, backfill)
	name, end, ok1 := cutLast(name, "_")
	k.Trail, k.HomeRegion, ok = cutLast(name, "_")
	var err error
	k.End, err = time.Parse(keyTime, end)
	if !ok1 || !ok || err != nil || k.Trail == "" || k.HomeRegion == "" || k.String() != s {
		return Key{}, notKey(s, "digest")
	}
	return k, nil
}

// LogKey is the place of a log object in its bucket.
type LogKey struct {
	Folder
	Kind   string // "CloudTrail", "CloudTrail-Insight", …
	Region string
	Time   time.Time // of the delivery, to the minute
	Random string    // sixteen letters and digits
}

// logTime is the time in the name of a log object.
const logTime = "20060102T1504Z"

// String is the object key:
//
//	<folder><kind>/<region>/YYYY/MM/DD/<account>_<kind>_<region>_<YYYYMMDDThhmmZ>_<random>.json.gz
func (k LogKey) String() string {
	at := k.Time.UTC()
	return k.folder() + at.Format(dayPath) + "/" +
		k.Account + "_" + k.Kind + "_" + k.Region + "_" + at.Format(logTime) + "_" + k.Random + suffix
}

// folder is where the days of the region's log files of the kind lie.
func (k LogKey) folder() string { return k.Folder.String() + k.Kind + "/" + k.Region + "/" }

// ParseLogKey reads the key of a log object. Only what LogKey.String writes
// is one.
func ParseLogKey(s string) (LogKey, error) {
	folder, parts, ok := parsePath(s)
	if !ok || parts.kind == digestFolder {
		return LogKey{}, notKey(s, "log")
	}
	k := LogKey{Folder: folder, Kind: parts.kind, Region: parts.region}
	name, at, ok1 := cutLast(strings.TrimSuffix(parts.name, suffix), "_")
	k.Random = at
	_, at, ok2 := cutLast(name, "_")
	var err error
	k.Time, err = time.Parse(logTime, at)
	if !ok1 || !ok2 || err != nil || !alphanumeric(k.Random) || k.String() != s {
		return LogKey{}, notKey(s, "log")
	}
	return k, nil
}

func notKey(s, what string) error {
	return fmt.Errorf("%q is not the key of a %s file", s, what)
}

// pathParts is what follows the folder in the key of an object.
type pathParts struct {
	kind, region, name string
}

// parsePath reads a key from its end: everything before AWSLogs is the
// prefix, whatever it looks like. The date is left to the caller.
func parsePath(s string) (f Folder, p pathParts, ok bool) {
	// …/AWSLogs/[o-id/]account/kind/region/YYYY/MM/DD/name
	var day string
	rest := s
	rest, p.name, _ = cutLast(rest, "/")
	for range 3 {
		rest, day, ok = cutLast(rest, "/")
		if !ok || !digits(day) {
			return f, p, false
		}
	}
	rest, p.region, _ = cutLast(rest, "/")
	rest, p.kind, _ = cutLast(rest, "/")
	rest, f.Account, ok = cutLast(rest, "/")
	if !ok || !AccountID(f.Account) || p.region == "" || strings.Contains(p.region, "_") || !kind(p.kind) {
		return f, p, false
	}
	parent, last, _ := cutLast(rest, "/")
	if OrganizationID(last) {
		f.Organization = last
		parent, last, _ = cutLast(parent, "/")
	}
	f.Prefix = parent
	return f, p, last == logsFolder
}

// cutLast cuts s around the last separator. Without one, all of s comes
// after it.
func cutLast(s, separator string) (before, after string, found bool) {
	i := strings.LastIndex(s, separator)
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+len(separator):], true
}

// AccountID reports whether s has the form of an account's id.
func AccountID(s string) bool { return len(s) == 12 && digits(s) }

// OrganizationID reports whether s has the form of an organization's id.
func OrganizationID(s string) bool {
	id, ok := strings.CutPrefix(s, "o-")
	return ok && len(id) >= 10 && len(id) <= 32 && alphanumeric(id) && id == strings.ToLower(id)
}

// kind reports whether s is the folder of some kind of CloudTrail object.
func kind(s string) bool {
	return s == "CloudTrail" || strings.HasPrefix(s, "CloudTrail-") && !strings.Contains(s, "_")
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func alphanumeric(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return s != ""
}
