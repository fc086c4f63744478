// Reads a log that Backchannel wrote into a folder, with the code of Go's checksum database alone, and says "ok",
// or which check refused it.
//
//	vkey          the log's Ed25519 verifier key
//	checkpoint    the signed note; it has more signatures than that key's
//	origin        its first line
//	proof         a proof file (tlog-proof) of one entry, with the entry in the line "extra"
//	consistency   an older size, its root in base64, and the proof's hashes in base64, each on a line
//	tile/...      tiles of hashes and bundles of entries (tlog-tiles)
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	height = 8
	width  = 1 << height
	// The first line that tlog.ParseTree insists on. The checkpoint's origin stands in its place.
	treeName = "go.sum database tree"
)

type log struct {
	folder string
	tree   tlog.Tree
}

func main() {
	l := &log{folder: os.Args[1]}
	for _, check := range []struct {
		name string
		run  func() error
	}{
		{"note", l.checkNote},
		{"tiles", l.checkTiles},
		{"record", l.checkRecord},
		{"tree", l.checkTree},
	} {
		if err := check.run(); err != nil {
			fmt.Printf("%s: %v\n", check.name, err)
			os.Exit(1)
		}
	}
	fmt.Println("ok")
}

// checkNote verifies the signature and reads size and root.
func (l *log) checkNote() error {
	verifier, err := note.NewVerifier(strings.TrimSpace(string(l.file("vkey"))))
	if err != nil {
		return err
	}
	opened, err := note.Open(l.file("checkpoint"), note.VerifierList(verifier))
	if err != nil {
		return err
	}
	origin := string(l.file("origin"))
	if !strings.HasPrefix(opened.Text, origin+"\n") {
		return fmt.Errorf("the origin is not %q", origin)
	}
	l.tree, err = tlog.ParseTree([]byte(treeName + strings.TrimPrefix(opened.Text, origin)))
	return err
}

// checkTiles reads every leaf hash out of the tiles, which tlog checks against the root, and compares it with the
// entry in its bundle; and all tiles there are with those that tlog expects.
func (l *log) checkTiles() error {
	reader := tlog.TileHashReader(l.tree, l)
	for start := int64(0); start < l.tree.N; start += width {
		count := min(l.tree.N-start, width)
		entries, err := split(l.bundle(start/width, count))
		if err != nil || int64(len(entries)) != count {
			return fmt.Errorf("bundle %d: %d entries, %v", start/width, len(entries), err)
		}
		var indexes []int64
		for n := start; n < start+count; n++ {
			indexes = append(indexes, tlog.StoredHashIndex(0, n))
		}
		hashes, err := reader.ReadHashes(indexes)
		if err != nil {
			return err
		}
		for i, entry := range entries {
			if tlog.RecordHash(entry) != hashes[i] {
				return fmt.Errorf("entry %d is not that of its leaf", start+int64(i))
			}
		}
	}
	tiles := tlog.NewTiles(height, 0, l.tree.N)
	for i, tile := range tiles {
		if i+1 < len(tiles) && tiles[i+1].L == tile.L && tiles[i+1].N == tile.N {
			continue // some versions of tlog name every narrower tile too
		}
		data, err := tlog.ReadTileData(tile, reader)
		if err != nil {
			return err
		}
		if !bytes.Equal(data, l.file(path(tile))) {
			return fmt.Errorf("%s has other hashes", path(tile))
		}
	}
	return nil
}

// checkRecord checks the proof file, and that tlog would have made the same proof.
func (l *log) checkRecord() error {
	above, checkpoint, _ := cut(string(l.file("proof")), "\n\n")
	if checkpoint != string(l.file("checkpoint")) {
		return fmt.Errorf("another checkpoint in the proof file")
	}
	lines := strings.Split(above, "\n")
	if len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return fmt.Errorf("not a proof file")
	}
	extra, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	if err != nil {
		return err
	}
	var opening struct{ Entry []byte }
	if err := json.Unmarshal(extra, &opening); err != nil {
		return err
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	if err != nil {
		return err
	}
	proof, err := hashes(lines[3:])
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(proof, l.tree.N, l.tree.Hash, index, tlog.RecordHash(opening.Entry)); err != nil {
		return err
	}
	ours, err := tlog.ProveRecord(l.tree.N, index, tlog.TileHashReader(l.tree, l))
	if err == nil && fmt.Sprint(ours) != fmt.Sprint(tlog.RecordProof(proof)) {
		err = fmt.Errorf("tlog makes another proof")
	}
	return err
}

// checkTree checks that the log goes on from an older size, and that tlog would have made the same proof.
func (l *log) checkTree() error {
	lines := strings.Split(strings.TrimSuffix(string(l.file("consistency")), "\n"), "\n")
	size, err := strconv.ParseInt(lines[0], 10, 64)
	if err != nil {
		return err
	}
	all, err := hashes(lines[1:])
	if err != nil {
		return err
	}
	root, proof := all[0], all[1:]
	if err := tlog.CheckTree(proof, l.tree.N, l.tree.Hash, size, root); err != nil {
		return err
	}
	ours, err := tlog.ProveTree(l.tree.N, size, tlog.TileHashReader(l.tree, l))
	if err == nil && fmt.Sprint(ours) != fmt.Sprint(tlog.TreeProof(proof)) {
		err = fmt.Errorf("tlog makes another proof")
	}
	return err
}

// Height, ReadTiles and SaveTiles make a tlog.TileReader of the folder.
func (l *log) Height() int { return height }

func (l *log) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range tiles {
		data = append(data, l.file(path(tile)))
	}
	return data, nil
}

func (l *log) SaveTiles([]tlog.Tile, [][]byte) {}

// path is that of tlog-tiles: that of Go's database without the height.
func path(tile tlog.Tile) string {
	return "tile/" + strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", height))
}

func (l *log) bundle(index, count int64) []byte {
	return l.file(strings.Replace(path(tlog.Tile{H: height, L: 0, N: index, W: int(count)}), "tile/0/", "tile/entries/", 1))
}

func (l *log) file(name string) []byte {
	data, err := os.ReadFile(filepath.Join(l.folder, filepath.FromSlash(name)))
	if err != nil {
		fmt.Println("files:", err)
		os.Exit(1)
	}
	return data
}

func split(bundle []byte) ([][]byte, error) {
	var entries [][]byte
	for len(bundle) > 0 {
		if len(bundle) < 2 {
			return nil, fmt.Errorf("it ends within a length")
		}
		size := int(binary.BigEndian.Uint16(bundle))
		if len(bundle) < 2+size {
			return nil, fmt.Errorf("it ends within an entry")
		}
		entries, bundle = append(entries, bundle[2:2+size]), bundle[2+size:]
	}
	return entries, nil
}

func hashes(lines []string) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, line := range lines {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		found = append(found, hash)
	}
	return found, nil
}

func cut(text, at string) (string, string, bool) {
	if i := strings.Index(text, at); i >= 0 {
		return text[:i], text[i+len(at):], true
	}
	return text, "", false
}

func min(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}
