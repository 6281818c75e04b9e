package onnx

/*
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static struct sigaction before;
static atomic_long lost;
static uintptr_t page;

// A page that its file no longer has, or that its disk does not give, becomes one of zeros, and is counted.
static void on_bus(int signal_number, siginfo_t *info, void *context) {
	int kept = errno;
	if (info->si_code == BUS_ADRERR) {
		void *at = (void *)((uintptr_t)info->si_addr & ~(page - 1));
		if (mmap(at, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at) {
			atomic_fetch_add(&lost, 1);
			errno = kept;
			return;
		}
	}
	errno = kept;
	if (before.sa_flags & SA_SIGINFO)
		before.sa_sigaction(signal_number, info, context);
	else if (before.sa_handler == SIG_DFL || before.sa_handler == SIG_IGN)
		signal(SIGBUS, SIG_DFL);
	else
		before.sa_handler(signal_number);
}

static int catch_bus(void) {
	struct sigaction now = {0};
	page = (uintptr_t)sysconf(_SC_PAGESIZE);
	now.sa_sigaction = on_bus;
	now.sa_flags = SA_SIGINFO | SA_ONSTACK;
	sigfillset(&now.sa_mask);
	return sigaction(SIGBUS, &now, &before);
}

static long lost_pages(void) { return atomic_load(&lost); }
*/
import "C"

import "sync"

// catchLost keeps the program alive where a mapped file is cut off, or its disk or network goes away: ONNX Runtime maps
// weights, and whoever reads a page that is gone is sent SIGBUS. All else goes on to the handler that was there, Go's.
var catchLost = sync.OnceFunc(func() { C.catch_bus() })

// lostPages counts the pages of mapped files that could not be read.
func lostPages() int64 { return int64(C.lost_pages()) }
