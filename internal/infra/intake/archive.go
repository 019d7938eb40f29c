package intake

import (
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"kaishu/internal/base/problem"
)

// What an archive may unpack to.
const (
	maxUnpacked = 4 << 30
	maxEntries  = 10_000
	freeRatio   = 64 << 20 // up to so many bytes any ratio will do
	maxRatio    = 200      // of unpacked to packed bytes beyond
)

// unpack returns the table file within a ZIP or GZIP, as a file in dir that
// bears no name of the archive's, and its path there; f itself if it is no
// archive. A DBF table has a layer, whose files are open, of what stands beside
// it. Nothing is written elsewhere.
func unpack(ctx context.Context, f *os.File, dir string, given *Recipe) (inner *os.File, entry string, l *layer, err error) {
	switch kind, err := archiveKind(f); {
	case err != nil:
		return nil, "", nil, err
	case kind == "gzip":
		inner, err = gunzip(ctx, f, dir)
		return inner, "", nil, err
	case kind == "zip":
		return unzip(ctx, f, dir, given)
	}
	return f, "", nil, nil
}

// archiveKind returns "gzip", "zip", or "" for all else. A ZIP that is a
// document of its own kind is no archive.
func archiveKind(f *os.File) (string, error) {
	head := make([]byte, 4)
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return "", fmt.Errorf("read head of file: %w", err)
	}
	switch head = head[:n]; {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return "gzip", nil
	case string(head) != "PK\x03\x04":
		return "", nil
	}
	for _, entry := range []string{"[Content_Types].xml", "mimetype", "content.xml", "xl/workbook.xml"} {
		if inZip(entry)(head, f) {
			return "", nil
		}
	}
	return "zip", nil
}

func gunzip(ctx context.Context, f *os.File, dir string) (*os.File, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("stat file: %w", err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("rewind file: %w", err)
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, problem.New(problem.Invalid, "intake.archive_broken", "reason", reasonOf(err))
	}
	return notNested(pour(ctx, z, info.Size(), filepath.Join(dir, "unpacked")))
}

// pour writes what is unpacked to a file of ours.
func pour(ctx context.Context, r io.Reader, packed int64, path string) (*os.File, error) {
	out, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create file: %w", err)
	}
	buf, all := make([]byte, 1<<20), int64(0)
	for {
		n, err := r.Read(buf)
		if all += int64(n); all > maxUnpacked || all > freeRatio && all/max(packed, 1) > maxRatio {
			err = problem.New(problem.Invalid, "intake.unpacks_too_large")
		} else if _, failed := out.Write(buf[:n]); failed != nil {
			err = fmt.Errorf("unpack: %w", failed)
		} else if ctx.Err() != nil {
			err = ctx.Err()
		} else if err != nil && err != io.EOF {
			err = problem.New(problem.Invalid, "intake.archive_broken", "reason", reasonOf(err))
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, errors.Join(err, out.Close())
		}
	}
	return out, nil
}

// notNested refuses an unpacked file that is an archive again.
func notNested(out *os.File, err error) (*os.File, error) {
	if err != nil {
		return nil, err
	}
	kind, err := archiveKind(out)
	if err == nil && kind != "" {
		err = problem.New(problem.Invalid, "intake.archive_nested")
	}
	if err != nil {
		return nil, errors.Join(err, out.Close())
	}
	return out, nil
}

func unzip(ctx context.Context, f *os.File, dir string, given *Recipe) (*os.File, string, *layer, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, "", nil, fmt.Errorf("stat file: %w", err)
	}
	z, err := zip.NewReader(f, info.Size())
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, "", nil, problem.New(problem.Invalid, "intake.archive_broken", "reason", reasonOf(err))
	}
	all, err := entries(z)
	if err != nil {
		return nil, "", nil, err
	}
	tables := slices.DeleteFunc(slices.Clone(all), func(e packedFile) bool { return !e.is(".shp") })
	if len(tables) == 0 {
		tables = slices.DeleteFunc(slices.Clone(all), func(e packedFile) bool { return besideDBF(e, all) })
	}
	one, err := chosen(tables, given)
	if err != nil {
		return nil, "", nil, err
	}
	if one.is(".shp") || one.is(".dbf") {
		inner, l, err := unpackLayer(ctx, all, one, dir)
		return inner, one.name, l, err
	}
	inner, err := notNested(one.pour(ctx, filepath.Join(dir, "unpacked")))
	return inner, one.name, nil, err
}

// besideDBF reports whether a file belongs to a DBF table of the archive.
func besideDBF(e packedFile, all []packedFile) bool {
	return slices.Contains([]string{".dbt", ".fpt", ".cpg", ".cdx", ".mdx", ".ndx", ".idx", ".ntx"}, strings.ToLower(path.Ext(e.name))) && e.beside(all, ".dbf") != nil
}

// beside returns the file of the same name with another ending, or nil.
func (e packedFile) beside(all []packedFile, ext string) *packedFile {
	want := strings.TrimSuffix(e.name, path.Ext(e.name)) + ext
	if i := slices.IndexFunc(all, func(e packedFile) bool { return strings.EqualFold(e.name, want) }); i >= 0 {
		return &all[i]
	}
	return nil
}

func (e packedFile) is(ext string) bool { return strings.EqualFold(path.Ext(e.name), ext) }

// chosen returns the file that the recipe names, or the only one. The file of
// next month has another name: where there is one only, a recipe that was kept
// takes it.
func chosen(tables []packedFile, given *Recipe) (one packedFile, err error) {
	if given != nil && given.Entry != "" && !(given.full() && len(tables) == 1) {
		tables = slices.DeleteFunc(tables, func(e packedFile) bool { return e.name != given.Entry })
	}
	switch len(tables) {
	case 0:
		return one, problem.New(problem.Invalid, "intake.no_table_packed")
	case 1:
		return tables[0], nil
	}
	var all []string
	for _, t := range tables {
		all = append(all, t.name)
	}
	return one, problem.New(problem.Invalid, "intake.several_tables", "files", strings.Join(all[:min(len(all), 50)], "  "))
}

// unpackLayer unpacks a DBF table and what is beside it: the shapes, if it is
// the table of a shapefile, the texts of memo fields, and what says the system
// and the encoding. one is the .shp, or a .dbf alone.
func unpackLayer(ctx context.Context, all []packedFile, one packedFile, dir string) (dbf *os.File, l *layer, err error) {
	table := one.beside(all, ".dbf")
	if table == nil {
		return nil, nil, shapeBroken(".dbf")
	}
	l = &layer{}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	for ext, into := range map[string]*string{".prj": &l.prj, ".cpg": &l.cpg} {
		if e := one.beside(all, ext); e != nil {
			if *into, err = e.note(); err != nil {
				return nil, nil, err
			}
		}
	}
	if one.is(".shp") {
		if l.shp, err = one.pour(ctx, filepath.Join(dir, "unpacked.shp")); err != nil {
			return nil, nil, err
		}
	}
	for _, ext := range []string{".dbt", ".fpt"} {
		if e := one.beside(all, ext); e != nil && l.memo == nil {
			if l.memo, err = e.pour(ctx, filepath.Join(dir, "unpacked.memo")); err != nil {
				return nil, nil, err
			}
			l.foxPro = ext == ".fpt"
		}
	}
	dbf, err = notNested(table.pour(ctx, filepath.Join(dir, "unpacked")))
	return dbf, l, err
}

// note returns the text of a short file.
func (e packedFile) note() (string, error) {
	r, err := e.Open()
	if err != nil {
		return "", problem.New(problem.Invalid, "intake.archive_broken", "reason", reasonOf(err))
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, 64<<10))
	if err != nil {
		return "", problem.New(problem.Invalid, "intake.archive_broken", "reason", reasonOf(err))
	}
	return string(text), nil
}

// pour unpacks one file.
func (e packedFile) pour(ctx context.Context, path string) (*os.File, error) {
	if e.Flags&1 != 0 {
		return nil, problem.New(problem.Invalid, "intake.encrypted")
	}
	r, err := e.Open()
	if err != nil {
		return nil, problem.New(problem.Invalid, "intake.archive_broken", "reason", reasonOf(err))
	}
	defer r.Close()
	return pour(ctx, r, int64(e.CompressedSize64), path)
}

type packedFile struct {
	*zip.File
	name string // in UTF-8
}

// entries returns the files of a ZIP that may be tables. It refuses names that
// lead out of a folder and files that share bytes, as bombs do.
func entries(z *zip.Reader) (all []packedFile, err error) {
	if len(z.File) > maxEntries {
		return nil, problem.New(problem.Invalid, "intake.too_many_packed", "files", len(z.File), "most", maxEntries)
	}
	type span struct{ from, to int64 }
	var spans []span
	for _, e := range z.File {
		name := entryName(e)
		if clean := strings.ReplaceAll(name, `\`, "/"); strings.HasPrefix(clean, "/") || strings.ContainsRune(name, 0) || slices.Contains(strings.Split(clean, "/"), "..") {
			return nil, problem.New(problem.Invalid, "intake.packed_name", "name", name)
		}
		from, err := e.DataOffset()
		if err != nil {
			return nil, problem.New(problem.Invalid, "intake.archive_broken", "reason", reasonOf(err))
		}
		spans = append(spans, span{from, from + int64(e.CompressedSize64)})
		if !junk(name) {
			all = append(all, packedFile{e, name})
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	for i := 1; i < len(spans); i++ {
		if spans[i].from < spans[i-1].to || spans[i].from == spans[i-1].from {
			return nil, problem.New(problem.Invalid, "intake.packed_overlap")
		}
	}
	if len(all) > 1 {
		all = slices.DeleteFunc(all, func(e packedFile) bool { return isReadme(e.name) })
	}
	return all, nil
}

// entryName returns the name of an entry; one that is not UTF-8 is GBK.
func entryName(e *zip.File) string {
	if utf8.ValidString(e.Name) {
		return e.Name
	}
	name, err := simplifiedchinese.GB18030.NewDecoder().String(e.Name)
	if err != nil {
		return strings.ToValidUTF8(e.Name, "\ufffd")
	}
	return name
}

func junk(name string) bool {
	base := strings.ToLower(path.Base(name))
	return strings.HasSuffix(name, "/") || strings.HasPrefix(name, "__MACOSX/") || strings.HasPrefix(base, ".") || base == "thumbs.db" || base == "desktop.ini"
}

func isReadme(name string) bool {
	base := strings.ToLower(path.Base(name))
	stem := strings.TrimSuffix(base, path.Ext(base))
	return slices.Contains([]string{"readme", "license", "licence", "说明", "使用说明", "数据说明", "版权声明"}, stem)
}

// reasonOf says what is wrong with a file, without the path it has here.
func reasonOf(err error) string {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return strings.ReplaceAll(err.Error(), at.Path, "…")
	}
	return err.Error()
}
