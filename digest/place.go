package digest

import (
	"context"
	"iter"
	"slices"
	"strings"
	"sync"
)

// place is where the digests and logs of one account and region lie.
type place struct {
	bucket string
	Folder
	region string
}

// digests is the folder of the place's digests.
func (p place) digests() string {
	return p.Folder.String() + digestFolder + "/" + p.region + "/"
}

// discover finds the places of the request and has each walked.
func (r *run) discover(ctx context.Context) error {
	for f, err := range r.folders(ctx) {
		if err != nil {
			return err
		}
		if !r.accounts.do(ctx, func() { r.account(ctx, f) }) {
			break
		}
	}
	return nil
}

// folders yields the folders of accounts that the trail may write to: the
// owner's, as a trail of one account, and those of any organization, because
// a trail can be made the organization's and back.
func (r *run) folders(ctx context.Context) iter.Seq2[Folder, error] {
	return func(yield func(Folder, error) bool) {
		owners := r.q.Accounts
		if len(owners) == 0 {
			owners = []string{r.q.Account}
		}
		for _, a := range owners {
			if !yield(Folder{r.q.Prefix, "", a}, nil) {
				return
			}
		}
		// Accounts are digits, so organizations come behind them.
		for org, err := range r.children(ctx, accountsPath(r.q.Prefix, ""), "o-") {
			if err != nil {
				yield(Folder{}, err)
				return
			}
			if !OrganizationID(org) {
				continue
			}
			for f, err := range r.members(ctx, org) {
				if !yield(f, err) || err != nil {
					return
				}
			}
		}
	}
}

// members yields the folders of the accounts of an organization.
func (r *run) members(ctx context.Context, org string) iter.Seq2[Folder, error] {
	return func(yield func(Folder, error) bool) {
		for _, a := range r.q.Accounts {
			if !yield(Folder{r.q.Prefix, org, a}, nil) {
				return
			}
		}
		if len(r.q.Accounts) > 0 {
			return
		}
		for a, err := range r.children(ctx, accountsPath(r.q.Prefix, org), "") {
			if err == nil && !AccountID(a) {
				continue
			}
			if !yield(Folder{r.q.Prefix, org, a}, err) || err != nil {
				return
			}
		}
	}
}

// Folders is what [Buckets] may have besides: listing folders without what
// lies in them.
type Folders interface {
	// Folders yields the names of the folders right below a path, which is ""
	// or ends with a slash, from the given name on and in the order of their
	// bytes.
	Folders(ctx context.Context, bucket, path, from string) iter.Seq2[string, error]
}

// children yields the names of the folders right below a path, from the given
// name on. Where folders cannot be listed it skips over what lies in them, at
// one request for each.
func (r *run) children(ctx context.Context, path, from string) iter.Seq2[string, error] {
	if f, ok := r.Buckets.(Folders); ok {
		return f.Folders(ctx, r.q.Bucket, path, from)
	}
	return func(yield func(string, error) bool) {
		after := path + from
		for more := true; more; {
			more = false
			for key, err := range r.Buckets.List(ctx, r.q.Bucket, path, after) {
				if err != nil {
					yield("", err)
					return
				}
				name, _, folder := strings.Cut(key[len(path):], "/")
				if !folder {
					continue
				}
				if !yield(name, nil) {
					return
				}
				after = path + name + "0" // the character behind the slash
				more = true
				break
			}
		}
	}
}

// account finds the regions in the folder of an account and has each walked.
// A region with log files and no digests is one too: the digests may be what
// is missing.
func (r *run) account(ctx context.Context, f Folder) {
	p := place{bucket: r.q.Bucket, Folder: f}
	regions, err := r.regions(ctx, f)
	if err != nil {
		r.tell(p, nil, object(Unreadable, p.bucket, f.String(), "the folder cannot be listed: "+err.Error()))
		return
	}
	var walks []*walk
	var done sync.WaitGroup
	for region, kinds := range regions {
		if len(r.q.Regions) > 0 && !slices.Contains(r.q.Regions, region) {
			continue
		}
		p.region = region
		w := newWalk(r, p, kinds)
		walks = append(walks, w)
		done.Add(1)
		if !r.walks.do(ctx, func() { defer done.Done(); w.walk(ctx) }) {
			done.Done()
			break
		}
	}
	done.Wait()
	r.without(f, walks)
}

// without reports what no digest covers in regions that have none of the trail,
// when the folder is the trail's: in an organization's layout, or with
// digests of the trail in other regions.
func (r *run) without(f Folder, walks []*walk) {
	ours := slices.ContainsFunc(walks, func(w *walk) bool { return w.chain })
	if ours {
		r.tell(place{Folder: f}, func(s *Summary) { s.Accounts++ })
	}
	if !ours && f.Organization == "" {
		return
	}
	for _, w := range walks {
		if !w.chain {
			r.tell(w.home, nil, w.cover.uncovered()...)
		}
	}
}

// regions finds the regions in a folder, each with the kinds of log files
// there.
func (r *run) regions(ctx context.Context, f Folder) (map[string][]string, error) {
	kinds, err := collect(r.children(ctx, f.String(), "CloudTrail"))
	if err != nil {
		return nil, err
	}
	regions := make(map[string][]string)
	for _, k := range kinds {
		if !kind(k) {
			continue
		}
		names, err := collect(r.children(ctx, f.String()+k+"/", ""))
		if err != nil {
			return nil, err
		}
		for _, region := range names {
			if k == digestFolder {
				regions[region] = slices.Clip(regions[region]) // there, with no further kind
			} else {
				regions[region] = append(regions[region], k)
			}
		}
	}
	return regions, nil
}

func collect(names iter.Seq2[string, error]) (all []string, err error) {
	for name, err := range names {
		if err != nil {
			return nil, err
		}
		all = append(all, name)
	}
	return all, nil
}
