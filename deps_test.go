package kaishu_test
import (
 _ "github.com/duckdb/duckdb-go/v2"
 _ "modernc.org/sqlite"
 _ "github.com/xuri/excelize/v2"
 _ "golang.org/x/text/encoding/simplifiedchinese"
 _ "github.com/RoaringBitmap/roaring/v2"
 _ "github.com/klauspost/compress/zstd"
 _ "github.com/chromedp/chromedp"
 _ "github.com/prometheus/client_golang/prometheus/promhttp"
 _ "golang.org/x/sys/unix"
 _ "golang.org/x/time/rate"
 _ "pgregory.net/rapid"
 _ "github.com/elastic/go-seccomp-bpf"
)
