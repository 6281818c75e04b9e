package ui

// explained are the tips of the panel's labels: what the setting does, and what more or less of it does.
var explained = map[string]string{
	"Guidance":    "How closely the picture follows the prompt. Low: freer and softer; high: closer, harsher colours.",
	"Steps":       "How many times noise is removed. More steps take longer and add detail; beyond 30 little changes.",
	"Strength":    "How much of the picture may change. 0.2 touches it up, 0.5 repaints it, 1 begins anew.",
	"Sampler":     "The method that removes the noise. The model's default works well; others differ in detail and in how many steps they need.",
	"Schedule":    "How the noise levels are spread over the steps. Automatic chooses what suits the sampler.",
	"Seed":        "The number that the noise is drawn from. The same seed with the same settings makes the same picture; -1 draws another.",
	"Pictures":    "How many are made in one run, each with a seed of its own.",
	"Best of":     "So many seeds are started for each picture, and the weaker ones are stopped on the way. Stopped ones are in the tray, too.",
	"Cut out":     "The ground is transparent, unless the prompt names one, such as “on the beach”.",
	"Size (px)":   "Width and height of the frame: what is generated.",
	"Draft":       "Faster and rougher, to try ideas: few steps with a network that was trained for that.",
	"DeepCache":   "Faster and rougher: so many steps reuse the inner layers of the last full one. 0 is off.",
	"Rescale":     "Reduces the harsh contrast of high guidance. 0 is off, 0.7 is usual.",
	"Perp-Neg":    "Keeps the negative prompt from working against the prompt: only what differs from it is pushed away. 0 is off.",
	"Eta":         "Fresh noise at every step, with samplers that can. 0: none, the same seed repeats exactly; 1: as much as DDPM.",
	"Churn":       "Noise stirred in between steps, with Euler, Heun and DPM2: more texture, less exact. 0 is off.",
	"Starts from": "What is under the mask before the first step: the picture, a smooth fill, noise, or nothing.",
	"Blend":       "Over how many pixels the result fades into the surroundings of the mask.",
	"Overlay":     "How strongly the mask is tinted on the canvas. It changes nothing in the picture.",
	"Edge":        "By how many pixels Grow, Shrink and Feather change the mask.",
	"Clip skip":   "Leaves out the last layers of the text encoder. 0 as the model was trained; some anime models want 1.",
	"Image CFG":   "How closely the result keeps to the picture that is edited.",
	"True CFG":    "Classifier-free guidance in addition to the model's built-in one: allows a negative prompt and doubles the time. 1 is off.",
	"Aesthetics":  "The aesthetic score given to the refiner, 1 to 10.",
	"VAE":         "What turns the model's latents into a picture. Another one changes colours and fine details. Those in the folders vae are listed.",
	"CLIP":        "The text encoder that reads the prompt. Another one reads it differently. Those in the folders text_encoders are listed.",
	"OpenCLIP":    "The larger text encoder that reads the prompt. Those in the folders text_encoders are listed.",
	"T5":          "The text encoder that reads long prompts. Those in the folders text_encoders are listed.",
	"Qwen3":       "The language model that reads the prompt. Those in the folders text_encoders are listed.",
	"Qwen2.5-VL":  "The language model that reads the prompt. Those in the folders text_encoders are listed.",
	"Upscaler":    "The network that enlarges the picture. Those in the folders upscalers are listed.",
	"Factor":      "How many times as wide and high the picture becomes.",
	"Predicts":    "What the network was trained to predict, where its file does not say so",
	"Refiner":     "A second model that takes over for the last steps and sharpens details.",
	"Weight":      "How strongly the ControlNet steers.",
	"Begins":      "Share of the steps after which the ControlNet begins to steer.",
	"Ends":        "Share of the steps after which the ControlNet stops steering.",
	"Follow":      "What the ControlNet takes its lines, depth or pose from.",
	"Region":      "How much this prompt counts where regions overlap.",
	"From":        "Share of the steps after which the refiner takes over.",
	"Original":    "The size of the original that the model is told. A small one looks like a small picture enlarged. Empty: the frame's.",
	"Cropped by":  "How many pixels were cut off at the left and above, as the model is told. 0 keeps the subject in the middle.",
	"Tolerance":   "How far a pixel's colour may be from the one that is clicked, 0 to 255.",
	"Softness":    "How much of the brush's edge fades. 0 is a hard edge.",
}

const (
	explainedPlus = "Guidance that interpolates instead of extrapolating: natural colours at a guidance between 0 and 1."
	explainedSeam = "How visible the edge of the mask is, compared with other lines of the picture nearby. 1 or less: not at all."
)
