package cloudtrail

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/cloudtrail"
)

// GetEventSelectors shows what a trail logs.
func (s *Service) GetEventSelectors(c *call.Call, in *api.GetEventSelectorsInput) (*api.GetEventSelectorsOutput, error) {
	t, err := s.see(c, aws.Val(in.TrailName))
	if err != nil {
		return nil, err
	}
	out := &api.GetEventSelectorsOutput{TrailARN: new(t.ARN())}
	out.EventSelectors, out.AdvancedEventSelectors = t.Selectors.shapes()
	return out, nil
}

// PutEventSelectors replaces what a trail logs from now on.
func (s *Service) PutEventSelectors(c *call.Call, in *api.PutEventSelectorsInput) (*api.PutEventSelectorsOutput, error) {
	selectors := selectorsOf(in.EventSelectors, in.AdvancedEventSelectors)
	if _, err := resolve(c, aws.Val(in.TrailName)); err != nil {
		return nil, err
	}
	if err := selectors.check(); err != nil {
		return nil, err
	}
	out := new(api.PutEventSelectorsOutput)
	err := s.change(c, in.TrailName, func(t *Trail) {
		t.Selectors = selectors
		out.TrailARN = new(t.ARN())
	})
	if err != nil {
		return nil, err
	}
	out.EventSelectors, out.AdvancedEventSelectors = selectors.shapes()
	return out, nil
}

// selectorsOf reads the shapes, with the defaults of absent members.
func selectorsOf(basic []api.EventSelector, advanced []api.AdvancedEventSelector) Selectors {
	var s Selectors
	for _, e := range basic {
		b := BasicSelector{ReadWrite: readWriteAll, Management: true, Excluded: e.ExcludeManagementEventSources}
		set(&b.ReadWrite, e.ReadWriteType)
		set(&b.Management, e.IncludeManagementEvents)
		for _, d := range e.DataResources {
			b.Data = append(b.Data, DataResource{aws.Val(d.Type), d.Values})
		}
		s.Basic = append(s.Basic, b)
	}
	for _, e := range advanced {
		a := AdvancedSelector{Name: aws.Val(e.Name)}
		for _, f := range e.FieldSelectors {
			a.Fields = append(a.Fields, FieldSelector{
				Field: aws.Val(f.Field), Equals: f.Equals, StartsWith: f.StartsWith, EndsWith: f.EndsWith,
				NotEquals: f.NotEquals, NotStartsWith: f.NotStartsWith, NotEndsWith: f.NotEndsWith,
			})
		}
		s.Advanced = append(s.Advanced, a)
	}
	return s
}

// shapes is the inverse of selectorsOf: one of the two lists is set.
func (s Selectors) shapes() ([]api.EventSelector, []api.AdvancedEventSelector) {
	var advanced []api.AdvancedEventSelector
	for _, a := range s.Advanced {
		e := api.AdvancedEventSelector{Name: unlessEmpty(a.Name)}
		for _, f := range a.Fields {
			e.FieldSelectors = append(e.FieldSelectors, api.AdvancedFieldSelector{
				Field: &f.Field, Equals: f.Equals, StartsWith: f.StartsWith, EndsWith: f.EndsWith,
				NotEquals: f.NotEquals, NotStartsWith: f.NotStartsWith, NotEndsWith: f.NotEndsWith,
			})
		}
		advanced = append(advanced, e)
	}
	var basic []api.EventSelector
	for _, b := range s.basic() {
		e := api.EventSelector{
			ReadWriteType: &b.ReadWrite, IncludeManagementEvents: &b.Management,
			DataResources: []api.DataResource{}, ExcludeManagementEventSources: append([]string{}, b.Excluded...),
		}
		for _, d := range b.Data {
			e.DataResources = append(e.DataResources, api.DataResource{Type: &d.Type, Values: d.Values})
		}
		basic = append(basic, e)
	}
	return basic, advanced
}
