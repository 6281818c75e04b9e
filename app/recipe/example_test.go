package recipe_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"

	"nirvana/app/recipe"
)

// A recipe is written into the picture's file and read back.
func ExampleEmbed() {
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		fmt.Println(err)
		return
	}
	data, err := recipe.Embed(file.Bytes(), recipe.Recipe{Prompt: "a red heart", Model: "nirvana", Sampler: "DDIM", Steps: 25, Guidance: 3, Seed: 7, Width: 8, Height: 8})
	if err != nil {
		fmt.Println(err)
		return
	}
	found, err := recipe.Read(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(found.Recipe.Prompt, found.Recipe.Seed)
	fmt.Println(found.Recipe.Parameters())
	// Output:
	// a red heart 7
	// a red heart
	// Steps: 25, Sampler: DDIM, CFG scale: 3, Seed: 7, Size: 8x8, Model: nirvana, RNG: CPU
}
