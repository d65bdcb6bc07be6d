/* progress.c: bar, share, rows/s, MB/s and the time that is left, redrawn in place. */
#include "tools/headrace/progress.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tools/headrace/print.h"

#define REDRAW_NS 100000000

void hr_progress_new(hr_progress *progress)
{
    *progress = (hr_progress){.on = isatty(STDERR_FILENO) == 1};
}

static unsigned terminal_width(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

static void duration_text(uint64_t seconds, char out[24])
{
    unsigned long long s = seconds;
    if (s >= 360000)
        snprintf(out, 24, "%llu d", s / 86400);
    else if (s >= 3600)
        snprintf(out, 24, "%llu:%02llu:%02llu", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(out, 24, "%llu:%02llu", s / 60, s % 60);
}

void hr_progress_line(const hr_progress *progress, uint64_t rows, uint64_t done, uint64_t size, int64_t now_ns,
                      unsigned width, char out[256])
{
    double seconds = (double)(now_ns - progress->began_ns) / 1e9;
    if (seconds < 0.001)
        seconds = 0.001;
    double bytes_rate = (double)(done - progress->began_bytes) / seconds;
    uint64_t rows_rate = (uint64_t)((double)(rows - progress->began_rows) / seconds);
    char number[32], rate[32], left[24] = "-:--", tail[160];
    hr_number_text(rows, number);
    hr_number_text(rows_rate, rate);
    bool known = size != HR_UNKNOWN && size > 0;
    unsigned percent = known ? (unsigned)((double)done / (double)size * 100.0) : 0;
    if (percent > 100)
        percent = 100;
    if (known && bytes_rate > 0)
        duration_text(done < size ? (uint64_t)((double)(size - done) / bytes_rate) : 0, left);
    if (known)
        snprintf(tail, sizeof tail, "%3u%%  %s rows  %s rows/s  %.1f MB/s  %s left", percent, number, rate,
                 bytes_rate / 1e6, left);
    else
        snprintf(tail, sizeof tail, "%s rows  %s rows/s  %.1f MB/s", number, rate, bytes_rate / 1e6);
    unsigned room = known && width > strlen(tail) + 14 ? width - (unsigned)strlen(tail) - 4 : 0;
    if (room > 40)
        room = 40;
    char bar[48] = "";
    if (room > 0) {
        unsigned full = (unsigned)((uint64_t)room * percent / 100);
        for (unsigned i = 0; i < room; i++)
            bar[i] = i < full ? '#' : '.';
        bar[room] = '\0';
    }
    int written = room > 0 ? snprintf(out, 256, "[%s] %s", bar, tail) : snprintf(out, 256, "%s", tail);
    if (width > 0 && written >= 0 && (unsigned)written >= width)
        out[width - 1] = '\0'; /* a line that wraps cannot be taken away */
}

void hr_progress_show(hr_progress *progress, const hr_job *job, uint64_t done, uint64_t size)
{
    if (!progress->on)
        return;
    int64_t now = hr_clock_steady_ns();
    if (strcmp(progress->job, job->id) != 0) {
        memcpy(progress->job, job->id, sizeof progress->job);
        progress->began_ns = now;
        progress->began_rows = job->counts.read;
        progress->began_bytes = done;
        progress->drawn_ns = 0;
    }
    if (progress->drawn_ns != 0 && now - progress->drawn_ns < REDRAW_NS)
        return;
    progress->drawn_ns = now;
    char line[256];
    hr_progress_line(progress, job->counts.read, done, size, now, terminal_width(), line);
    fprintf(stderr, "\r%s\x1b[K", line);
    fflush(stderr);
    progress->shown = true;
}

void hr_progress_clear(hr_progress *progress)
{
    if (!progress->shown)
        return;
    fputs("\r\x1b[K", stderr);
    fflush(stderr);
    progress->shown = false;
}
