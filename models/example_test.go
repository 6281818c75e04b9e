package models_test

import (
	"fmt"

	"nirvana/models"
)

// Read describes a model folder; Check also reads its files, and says what is wrong with them.
func ExampleRead() {
	folder, err := models.Read("ddpm")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(folder.Denoiser.Name, len(folder.Text), "text encoders")
	fmt.Println(len(models.Check("ddpm")), "faults")
	// Output:
	// unet 0 text encoders
	// 0 faults
}
