package seed

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/open/directory"
	"kaishu/internal/people/organisation"
)

// listing is the name of the source that the resources of a sample come from.
const listing = "样例：各数据集所取自的软件包"

// resource is where a dataset of the sample comes from, as a record of the
// public-data catalogue: the file of its package, with the fields that were
// taken.
func (x dataset) resource(bodies []organisation.Organisation) directory.Record {
	body := x.Publisher
	for _, o := range bodies {
		if o.ID == x.Publisher {
			body = o.Name.ZH
		}
	}
	fields := make([]any, 0, len(x.Columns))
	for _, c := range x.Columns {
		fields = append(fields, map[string]any{"name": c.Name, "title": c.Title.ZH})
	}
	return directory.Record{"code": x.Package + "/" + x.Path, "title": x.Path, "body": body, "system": x.Package, "fields": fields}
}

// sources enters where the entries come from, and hooks each to it in the name
// of its editor, unless somebody has done so. Article 9(3).
func (l *Loader) sources(ctx context.Context, c City, actors map[string]permit.Actor) error {
	if len(c.Resources) == 0 {
		return nil
	}
	keeper := actors[c.Keeper]
	all, err := l.Directory.Sources(ctx, keeper)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(v directory.SourceView) bool { return v.Name == listing }) {
		return nil
	}
	source, err := l.Directory.Register(ctx, keeper, directory.Particulars{Name: listing, Form: directory.KindFile, Mapping: "resources"})
	if err != nil {
		return err
	}
	text, err := json.Marshal(c.Resources)
	if err != nil {
		return fmt.Errorf("encode resources: %w", err)
	}
	if _, err := l.Directory.Import(ctx, keeper, source.ID, "sample.json", bytes.NewReader(text), directory.Heed{}); err != nil {
		return err
	}
	for i, e := range c.Entries {
		code, _ := c.Resources[i]["code"].(string)
		var pairs []directory.Pair
		for _, item := range e.Description.Items {
			pairs = append(pairs, directory.Pair{Field: item.Name, Resource: directory.ResourceID(source.ID, code), Source: item.Name})
		}
		if _, err := l.Directory.Do(ctx, actors[e.Editor], e.Slug, 0, directory.Attach{Pairs: pairs}); problem.As(err) != nil {
			l.Log.Warn("entry not hooked", "dataset", e.Slug, "code", problem.As(err).Code) // it was changed since
		} else if err != nil {
			return fmt.Errorf("hook %s: %w", e.Slug, err)
		}
	}
	return nil
}
