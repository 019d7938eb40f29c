// Package likeness tells how like the names of two datasets are, and finds the
// names that are near duplicates of another: the same content under almost the
// same name.
//
// Regulation: Article 9(1): a name 应当与相似数据集有明显区分度.
//
// What says nothing of the content is taken away: signs, width, 繁体, words that
// any name could have (信息, 情况, 表), the publisher's own area. Two names are
// near if nothing but the order of what is left differs. A year, a number, an
// area, an object or a measure that one says and the other does not tells them
// apart. tools/namepairs/GUIDELINE.md is the rule, testdata/pairs.csv the 300
// labelled pairs by which this package is judged.
//
// Read plain.go (what says nothing), compare.go, then index.go.
package likeness
