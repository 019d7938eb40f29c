// Package access is the one door to data (house.md law 5): every read of
// published data, by page, file, rows, export or preview, asks here whether
// this actor may read this version now, gets its reader here, and is counted
// here.
//
// Regulation: Articles 14, 17, 22, 26 and 31. Unconditional data and samples
// are open to everybody without registration; conditional data needs a grant;
// suspended, withdrawn and recalled data is not read at all.
//
// Read rules.go, then service.go.
package access
