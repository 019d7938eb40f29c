package material

import (
	"mime"
	"path"
	"slices"
	"strings"
	"unicode"
)

// endings are how the names of the media types end, the usual one first.
var endings = map[string][]string{
	PDF: {".pdf"}, PNG: {".png"}, JPEG: {".jpg", ".jpeg", ".jpe", ".jfif"},
	DOCX: {".docx"}, XLSX: {".xlsx"}, PPTX: {".pptx"},
}

// foreign are the endings of other kinds of file. An ending that stands in no
// list says nothing: names hold dots, as in 协议v1.2.
var foreign = []string{
	".doc", ".docm", ".dot", ".dotx", ".dotm", ".xls", ".xlsm", ".xlsb", ".xlt", ".xltx", ".xltm", ".xlam", ".ppt", ".pptm", ".pps", ".ppsx", ".ppsm",
	".potx", ".potm", ".wps", ".et", ".dps", ".ofd", ".odt", ".ods", ".odp", ".rtf", ".txt", ".csv", ".json", ".xml", ".md",
	".gif", ".bmp", ".tif", ".tiff", ".webp", ".heic", ".svg", ".psd", ".mp3", ".mp4", ".avi", ".mov",
	".zip", ".rar", ".7z", ".gz", ".tgz", ".tar", ".xz", ".bz2", ".iso", ".img", ".cab", ".eml", ".msg",
	".exe", ".com", ".scr", ".pif", ".bat", ".cmd", ".msi", ".dll", ".ps1", ".vbs", ".vbe", ".js", ".jse", ".wsf", ".hta", ".lnk", ".jar", ".apk", ".sh", ".py", ".reg", ".url",
	".htm", ".html", ".mht", ".xhtml", ".php", ".asp", ".aspx", ".jsp",
}

// alike are other ways in which programs write the media types.
var alike = map[string]string{"application/x-pdf": PDF, "image/x-png": PNG, "image/jpg": JPEG, "image/pjpeg": JPEG}

// otherThanNamed returns the problem of a file whose name or declared media
// type says that it is something else than it is; nil if none does.
func otherThanNamed(name, declared, media string) error {
	ending := strings.ToLower(path.Ext(strings.TrimRightFunc(name, unicode.IsSpace)))
	if !slices.Contains(endings[media], ending) && known(ending) {
		return refuse("material.other_than_named", "named", spoken(ending), "found", spoken(endings[media][0]))
	}
	kind, _, err := mime.ParseMediaType(declared)
	if other, ok := alike[kind]; ok {
		kind = other
	}
	if err != nil || kind == media {
		return nil
	}
	if known, ok := endings[kind]; ok {
		return refuse("material.other_than_named", "named", spoken(known[0]), "found", spoken(endings[media][0]))
	}
	// Each office program has names of its own for documents; none calls one a
	// picture or a page.
	if top, _, _ := strings.Cut(kind, "/"); slices.Contains([]string{"text", "image", "audio", "video"}, top) {
		return refuse("material.other_than_named", "named", kind, "found", spoken(endings[media][0]))
	}
	return nil
}

// known reports whether an ending says what kind of file a name stands for.
func known(ending string) bool {
	for _, all := range endings {
		if slices.Contains(all, ending) {
			return true
		}
	}
	return slices.Contains(foreign, ending)
}

// spoken is how people call a kind of file by its ending.
func spoken(ending string) string { return strings.ToUpper(strings.TrimPrefix(ending, ".")) }

// clean returns a name that is safe to show and to save under, and ends as its
// content does.
func clean(name, media string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, "_"), `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, name)
	if ending := path.Ext(name); known(strings.ToLower(ending)) {
		name = strings.TrimSuffix(name, ending)
	}
	name = strings.Trim(name, " .")
	if r := []rune(name); len(r) > 80 {
		name = string(r[:80])
	}
	if name == "" || name == "/" {
		name = "file"
	}
	return name + endings[media][0]
}
