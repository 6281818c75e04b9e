package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Sizes used in the whole window, in units of Fyne.
const (
	panelWidth   = 320
	toolBarWidth = 44
	gap          = 8
	captionSize  = 11
	bodySize     = 13
	titleSize    = 16
)

// accent is used for the frame, the primary button and focus only.
var accent = color.NRGBA{64, 156, 255, 255}

// palette is neutral: R = G = B, so that colours of pictures are not distorted. With contrast it is black and white.
type palette struct{ light, contrast bool }

func grey(v uint8) color.Color { return color.NRGBA{v, v, v, 255} }

func (p palette) pick(dark, light uint8) color.Color {
	if p.light {
		return grey(light)
	}
	return grey(dark)
}

// The outlines of check boxes, and of those that cannot be used: in Fyne's colours the latter are the brighter ones.
const (
	colorCheck    fyne.ThemeColorName = "check"
	colorCheckOff fyne.ThemeColorName = "checkOff"
)

// strong is the palette of high contrast, dark and light.
var strong = map[fyne.ThemeColorName][2]uint8{
	theme.ColorNameBackground: {0, 255}, theme.ColorNameHeaderBackground: {0, 255}, theme.ColorNameMenuBackground: {0, 255}, theme.ColorNameOverlayBackground: {0, 255},
	theme.ColorNameInputBackground: {24, 235}, theme.ColorNameInputBorder: {200, 60}, theme.ColorNameButton: {110, 132}, theme.ColorNameSeparator: {150, 90},
	theme.ColorNameForeground: {255, 0}, theme.ColorNameDisabled: {190, 90}, theme.ColorNamePlaceHolder: {200, 60}, theme.ColorNameScrollBar: {200, 60},
	colorCheck: {255, 0}, colorCheckOff: {120, 180},
}

// Color implements fyne.Theme.
func (p palette) Color(name fyne.ThemeColorName, _ fyne.ThemeVariant) color.Color {
	if v, ok := strong[name]; ok && p.contrast {
		return p.pick(v[0], v[1])
	}
	switch name {
	case theme.ColorNamePrimary, theme.ColorNameHyperlink:
		return accent
	case theme.ColorNameFocus:
		return color.NRGBA{accent.R, accent.G, accent.B, 140}
	case theme.ColorNameSelection:
		return color.NRGBA{accent.R, accent.G, accent.B, 70}
	case theme.ColorNameForegroundOnPrimary:
		return grey(16) // white on the accent is below 4.5 : 1
	case theme.ColorNameBackground, theme.ColorNameHeaderBackground:
		return p.pick(43, 240)
	case theme.ColorNameMenuBackground, theme.ColorNameOverlayBackground:
		return p.pick(50, 250)
	case theme.ColorNameInputBackground:
		return p.pick(32, 255)
	case theme.ColorNameInputBorder:
		return p.pick(66, 200)
	case theme.ColorNameButton:
		return p.pick(60, 224)
	case theme.ColorNameDisabledButton:
		return p.pick(50, 232)
	case theme.ColorNameHover:
		if p.light {
			return color.NRGBA{0, 0, 0, 18}
		}
		return color.NRGBA{255, 255, 255, 18}
	case theme.ColorNamePressed:
		if p.light {
			return color.NRGBA{0, 0, 0, 40}
		}
		return color.NRGBA{255, 255, 255, 40}
	case theme.ColorNameForeground:
		return p.pick(225, 30)
	case theme.ColorNameDisabled, theme.ColorNamePlaceHolder:
		return p.pick(158, 100)
	case colorCheck:
		return p.pick(170, 90)
	case colorCheckOff:
		return p.pick(84, 196)
	case theme.ColorNameWarning:
		if p.light {
			return color.NRGBA{140, 74, 0, 255}
		}
		return color.NRGBA{240, 170, 60, 255}
	case theme.ColorNameError:
		if p.light {
			return color.NRGBA{176, 32, 32, 255}
		}
		return color.NRGBA{255, 128, 118, 255}
	case theme.ColorNameSeparator:
		return p.pick(30, 212)
	case theme.ColorNameScrollBar:
		return p.pick(110, 150)
	case theme.ColorNameShadow:
		return color.NRGBA{0, 0, 0, 60}
	}
	variant := theme.VariantDark
	if p.light {
		variant = theme.VariantLight
	}
	return theme.DefaultTheme().Color(name, variant)
}

// Font is Fyne's.
func (palette) Font(s fyne.TextStyle) fyne.Resource { return theme.DefaultTheme().Font(s) }

// Icon is Fyne's; the studio's icons come from assets.
func (palette) Icon(n fyne.ThemeIconName) fyne.Resource { return theme.DefaultTheme().Icon(n) }

// Size keeps text to three sizes and spacing to 4, 8, 16.
func (palette) Size(n fyne.ThemeSizeName) float32 {
	switch n {
	case theme.SizeNameText:
		return bodySize
	case theme.SizeNameCaptionText:
		return captionSize
	case theme.SizeNameSubHeadingText, theme.SizeNameHeadingText:
		return titleSize
	case theme.SizeNamePadding:
		return 4
	case theme.SizeNameInnerPadding:
		return 6
	case theme.SizeNameInlineIcon:
		return 18
	case theme.SizeNameInputRadius, theme.SizeNameSelectionRadius:
		return 4
	case theme.SizeNameSeparatorThickness:
		return 1
	case theme.SizeNameModalBlurRadius:
		return 0 // what is under a dialog is dimmed: blurring it with every frame makes long lists slow
	}
	return theme.DefaultTheme().Size(n)
}

// trackTheme is the window's theme with visible tracks of sliders: Fyne paints them as input fields.
type trackTheme struct{}

func (trackTheme) now() fyne.Theme { return fyne.CurrentApp().Settings().Theme() }

// Color implements fyne.Theme.
func (t trackTheme) Color(name fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	if p, ok := t.now().(palette); ok && name == theme.ColorNameInputBackground {
		return p.pick(74, 196)
	}
	return t.now().Color(name, v)
}

// Font, Icon and Size are the window's.
func (t trackTheme) Font(s fyne.TextStyle) fyne.Resource     { return t.now().Font(s) }
func (t trackTheme) Icon(n fyne.ThemeIconName) fyne.Resource { return t.now().Icon(n) }
func (t trackTheme) Size(n fyne.ThemeSizeName) float32       { return t.now().Size(n) }
