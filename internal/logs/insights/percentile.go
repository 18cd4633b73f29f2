package insights

import (
	"cmp"
	"slices"
)

const (
	// maxSamples is how many values a percentile keeps exactly.
	maxSamples = 8192
	// fewSamples is how many would be left of them if all had the same weight.
	fewSamples = 512
	sampleSize = 16 // bytes
)

// percentile is the value below which a share of the values lies. Beyond
// maxSamples neighbours are merged, fewest at the ends, where precision counts
// most.
type percentile struct {
	rank    float64 // 0 to 1
	samples []sample
	total   float64
}

// sample is the mean of some values next to each other.
type sample struct{ mean, weight float64 }

func (p *percentile) add(r *run, _ *row, v value) error {
	x, ok := v.number()
	if !ok {
		return nil
	}
	p.samples = append(p.samples, sample{x, 1})
	p.total++
	if len(p.samples) >= maxSamples {
		before := len(p.samples)
		p.merge()
		return r.retain(sampleSize * (len(p.samples) - before + 1))
	}
	return r.retain(sampleSize)
}

func (p *percentile) sort() {
	slices.SortFunc(p.samples, func(a, b sample) int { return cmp.Compare(a.mean, b.mean) })
}

// merge joins neighbours whose common weight is small for their rank.
func (p *percentile) merge() {
	p.sort()
	merged := p.samples[:1]
	below := 0.0
	for _, s := range p.samples[1:] {
		last := &merged[len(merged)-1]
		joined := last.weight + s.weight
		q := (below + joined/2) / p.total
		if joined <= 4*p.total*q*(1-q)/fewSamples {
			last.mean += (s.mean - last.mean) * s.weight / joined
			last.weight = joined
			continue
		}
		below += last.weight
		merged = append(merged, s)
	}
	p.samples = merged
}

// result interpolates between the two samples around the rank.
func (p *percentile) result() value {
	if len(p.samples) == 0 {
		return value{}
	}
	p.sort()
	at := p.rank * (p.total - 1) // values are numbered from 0
	below := 0.0
	for i, s := range p.samples {
		center := below + (s.weight-1)/2
		if at <= center {
			if i == 0 {
				return numberOf(s.mean)
			}
			prev := p.samples[i-1]
			from := below - prev.weight + (prev.weight-1)/2
			return numberOf(prev.mean + (s.mean-prev.mean)*(at-from)/(center-from))
		}
		below += s.weight
	}
	return numberOf(p.samples[len(p.samples)-1].mean)
}
