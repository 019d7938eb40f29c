package intake

import (
	"math"
	"strconv"
	"strings"

	"kaishu/internal/base/selection"
)

// The coordinate systems that a recipe may name.
const (
	WGS84    = "wgs84"
	CGCS2000 = "cgcs2000" // GB 22021-2008; apart from WGS 84 by centimetres, so its values are used as they are
	GCJ02    = "gcj02"    // of Chinese web maps
	BD09     = "bd09"     // of Baidu
)

// Systems lists the coordinate systems.
var Systems = []string{WGS84, CGCS2000, GCJ02, BD09}

// Names of columns, without the name of a system, that say longitude or
// latitude.
var (
	longitudes = names("经度", "lon", "lng", "long", "longitude", "经度坐标", "东经", "地理经度", "坐标经度", "中心经度", "x经度")
	latitudes  = names("纬度", "lat", "latitude", "纬度坐标", "北纬", "地理纬度", "坐标纬度", "中心纬度", "y纬度")
)

func names(all ...string) map[string]bool {
	m := map[string]bool{}
	for _, n := range all {
		m[n] = true
	}
	return m
}

// systemWords are how headers name a system, in small letters without signs.
var systemWords = []struct{ word, system string }{
	{"wgs84", WGS84}, {"gps", WGS84}, {"cgcs2000", CGCS2000}, {"国家2000", CGCS2000}, {"2000坐标", CGCS2000},
	{"gcj02", GCJ02}, {"gcj", GCJ02}, {"火星", GCJ02}, {"高德", GCJ02}, {"amap", GCJ02}, {"腾讯", GCJ02},
	{"bd09", BD09}, {"百度", BD09}, {"baidu", BD09},
}

// readPlaceName takes a header apart: gcj02_lon is a longitude in GCJ-02.
func readPlaceName(header string) (longitude, latitude bool, system string) {
	name := strings.NewReplacer("-", "", "_", "", " ", "", "(", "", ")", "", "（", "", "）", "", "°", "").Replace(strings.ToLower(narrowWords(header)))
	for _, w := range systemWords {
		if rest := strings.Replace(name, w.word, "", 1); rest != name {
			name, system = rest, w.system
			break
		}
	}
	name = strings.TrimSuffix(strings.TrimSuffix(name, "坐标系"), "系")
	return longitudes[name], latitudes[name], system
}

// findPlace returns the columns of a place: as the file or given says, else
// the only longitude and the only latitude among the columns of numbers.
func findPlace(form Recipe, given *Coordinates) *Coordinates {
	c := form.Coordinates
	if given != nil && given.Longitude != "" {
		return given
	}
	if c == nil {
		var lon, lat []string
		systems := map[string]bool{}
		for _, column := range form.Columns {
			isLon, isLat, system := readPlaceName(column.Name)
			switch {
			case column.Type != selection.Number && column.Type != selection.Decimal:
				continue
			case isLon:
				lon = append(lon, column.Name)
			case isLat:
				lat = append(lat, column.Name)
			default:
				continue
			}
			systems[system] = true
		}
		if len(lon) != 1 || len(lat) != 1 || len(systems) != 1 {
			return nil
		}
		c = &Coordinates{Longitude: lon[0], Latitude: lat[0]}
		for c.System = range systems {
		}
	}
	if given != nil {
		c.System = given.System
	}
	return c
}

// place follows the two columns of a place while a table is converted.
type place struct {
	lon, lat int // columns of the table that comes out
	system   string
	filled   bool // some row has a place
	outside  bool // some place is none on the globe
}

// newPlace returns nil if the recipe names no place, or no system for it.
func newPlace(form Recipe) *place {
	c := form.Coordinates
	if c == nil || c.System == "" {
		return nil
	}
	p := &place{lon: -1, lat: -1, system: c.System}
	for i, column := range form.columns() {
		switch column.Name {
		case c.Longitude:
			p.lon = i
		case c.Latitude:
			p.lat = i
		}
	}
	if p.lon < 0 || p.lat < 0 {
		return nil
	}
	return p
}

// converts reports whether a place needs columns of its own in WGS 84.
func (c *Coordinates) converts() bool {
	return c != nil && (c.System == GCJ02 || c.System == BD09)
}

// convertedNames are the two columns that the converted place stands in.
func (c *Coordinates) convertedNames() (longitude, latitude string) {
	return c.Longitude + "_WGS84", c.Latitude + "_WGS84"
}

// read parses one pair of clean numbers; ok is false unless both are there.
func (p *place) read(lon, lat []byte) (x, y float64, ok bool) {
	if len(lon) == 0 || len(lat) == 0 {
		return 0, 0, false
	}
	x, errX := strconv.ParseFloat(string(lon), 64)
	y, errY := strconv.ParseFloat(string(lat), 64)
	p.filled = true
	if errX != nil || errY != nil || math.Abs(x) > 180 || math.Abs(y) > 90 {
		p.outside = true
		return 0, 0, false
	}
	return x, y, true
}

// geometry returns the columns of the map, if every place lies on the globe.
func (p *place) geometry(form Recipe) *selection.Geometry {
	if p == nil || !p.filled || p.outside {
		return nil
	}
	c := form.Coordinates
	if c.converts() {
		lon, lat := c.convertedNames()
		return &selection.Geometry{Longitude: lon, Latitude: lat}
	}
	return &selection.Geometry{Longitude: c.Longitude, Latitude: c.Latitude}
}

// toWGS84 converts a place in degrees. Inside China the inverse of the known
// forward formulas is found by iteration, to 1e-9 degrees, a tenth of a
// millimetre; the formulas themselves are true to about a metre. Outside of
// China GCJ-02 is WGS 84.
func toWGS84(system string, lon, lat float64) (float64, float64) {
	if system == BD09 {
		lon, lat = baiduToGCJ(lon, lat)
	}
	if lon < 72.004 || lon > 137.8347 || lat < 0.8293 || lat > 55.8271 {
		return lon, lat
	}
	x, y := lon, lat
	for range 30 {
		gx, gy := toGCJ(x, y)
		dx, dy := gx-lon, gy-lat
		x, y = x-dx, y-dy
		if math.Abs(dx) < 1e-10 && math.Abs(dy) < 1e-10 {
			break
		}
	}
	return x, y
}

// toGCJ shifts a place in China as its web maps do (Krasovsky 1940 ellipsoid).
func toGCJ(lon, lat float64) (float64, float64) {
	const a, e2 = 6378245.0, 0.00669342162296594323
	x, y := lon-105, lat-35
	both := (20*math.Sin(6*x*math.Pi) + 20*math.Sin(2*x*math.Pi)) * 2 / 3
	dLat := -100 + 2*x + 3*y + 0.2*y*y + 0.1*x*y + 0.2*math.Sqrt(math.Abs(x)) + both +
		(20*math.Sin(y*math.Pi)+40*math.Sin(y/3*math.Pi))*2/3 + (160*math.Sin(y/12*math.Pi)+320*math.Sin(y*math.Pi/30))*2/3
	dLon := 300 + x + 2*y + 0.1*x*x + 0.1*x*y + 0.1*math.Sqrt(math.Abs(x)) + both +
		(20*math.Sin(x*math.Pi)+40*math.Sin(x/3*math.Pi))*2/3 + (150*math.Sin(x/12*math.Pi)+300*math.Sin(x/30*math.Pi))*2/3
	radians := lat / 180 * math.Pi
	magic := 1 - e2*math.Sin(radians)*math.Sin(radians)
	dLat = dLat * 180 / (a * (1 - e2) / (magic * math.Sqrt(magic)) * math.Pi)
	dLon = dLon * 180 / (a / math.Sqrt(magic) * math.Cos(radians) * math.Pi)
	return lon + dLon, lat + dLat
}

// baiduToGCJ undoes the further shift of Baidu.
func baiduToGCJ(lon, lat float64) (float64, float64) {
	const k = math.Pi * 3000 / 180
	x, y := lon-0.0065, lat-0.006
	z := math.Sqrt(x*x+y*y) - 0.00002*math.Sin(y*k)
	theta := math.Atan2(y, x) - 0.000003*math.Cos(x*k)
	return z * math.Cos(theta), z * math.Sin(theta)
}

// degrees writes a converted coordinate with nine digits after the point.
func degrees(dst []byte, v float64) []byte { return strconv.AppendFloat(dst, v, 'f', 9, 64) }
