// Package historytest makes histories of many pictures for tests and benchmarks.
package historytest

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the history's store

	"nirvana/app/recipe"
)

const words = "a red blue golden kite castle river over under the sea forest night morning portrait of an old young cat fox ship oil ink watercolour sketch detailed soft light mist"

// Fill puts n entries into the index of the history in a folder, which has been opened before. Their pictures' files
// are not there: what lists and searches ask for is.
func Fill(t testing.TB, home string, n int) {
	t.Helper()
	if err := fill(home, n); err != nil {
		t.Fatal(err)
	}
}

func fill(home string, n int) error {
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(filepath.Join(home, "history.db")))
	if err != nil {
		return err
	}
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	random, word, thumbs := rand.New(rand.NewPCG(3, 3)), strings.Fields(words), thumbnails()
	for i := range n {
		var prompt []string
		for range 12 {
			prompt = append(prompt, word[random.IntN(len(word))])
		}
		r := recipe.Recipe{Prompt: strings.Join(prompt, " "), Model: "A", Seed: uint64(i), Steps: 25, Width: 512, Height: 384}
		js, err := json.Marshal(r)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO picture (file, made, width, height, recipe, thumb) VALUES (?, ?, 512, 384, ?, ?)`, fmt.Sprint(i, ".png"), time.Now().UnixMilli(), string(js), thumbs[i%len(thumbs)]); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO words (rowid, prompt, negative, model) VALUES (?, ?, '', 'A')`, i+1, r.Prompt); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// thumbnails are a few of random colours, as JPEG.
func thumbnails() (files [][]byte) {
	for i := range 16 {
		img, random := image.NewRGBA(image.Rect(0, 0, 192, 144)), rand.New(rand.NewPCG(uint64(i), 1))
		for p := range img.Rect.Dx() * img.Rect.Dy() {
			v := random.Uint32()
			img.SetRGBA(p%192, p/192, color.RGBA{uint8(v), uint8(v >> 8), uint8(v >> 16), 255})
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 88}); err != nil {
			panic(err)
		}
		files = append(files, b.Bytes())
	}
	return files
}
