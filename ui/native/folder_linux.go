package native

// #cgo pkg-config: gtk+-3.0
// #include <stdlib.h>
// #include <gtk/gtk.h>
// static char *chooseFolder(char *title, char *from) {
// 	GtkWidget *d = gtk_file_chooser_dialog_new(title, NULL, GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER,
// 		g_dgettext("gtk30", "_Cancel"), GTK_RESPONSE_CANCEL, g_dgettext("gtk30", "_Open"), GTK_RESPONSE_ACCEPT, NULL);
// 	gtk_dialog_set_default_response(GTK_DIALOG(d), GTK_RESPONSE_ACCEPT);
// 	gtk_file_chooser_set_current_folder(GTK_FILE_CHOOSER(d), from);
// 	char *path = NULL;
// 	if (gtk_dialog_run(GTK_DIALOG(d)) == GTK_RESPONSE_ACCEPT)
// 		path = gtk_file_chooser_get_filename(GTK_FILE_CHOOSER(d));
// 	gtk_widget_destroy(d);
// 	while (gtk_events_pending())
// 		gtk_main_iteration();
// 	return path;
// }
import "C"

import "unsafe"

// browse shows a folder dialog. Package dialog ignores title and starting folder here, and starts in an empty list;
// it has initialised GTK already.
func browse(title, folder string) (string, error) {
	t, from := C.CString(title), C.CString(folder)
	defer C.free(unsafe.Pointer(t))
	defer C.free(unsafe.Pointer(from))
	path := C.chooseFolder(t, from)
	if path == nil {
		return "", nil
	}
	defer C.g_free(C.gpointer(path))
	return C.GoString(path), nil
}
