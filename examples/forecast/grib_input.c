/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/grib_input.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The message that was given out last: whatever is decoded is of it. */
static struct { const char *path; long long offset; unsigned number; } latest;

/* ecCodes would abort without saying where: at this point there is no way back into it. */
static void give_up(const char *assertion)
{
    if (latest.path)
        warnx("%s: message %u at offset %lld is damaged: %s", latest.path, latest.number, latest.offset, assertion);
    else
        warnx("%s", assertion);
    _exit(EXIT_FAILURE);
}

void grib_input_open(struct grib_input *in, const char *const path[], size_t paths)
{
    *in = (struct grib_input){.path = path, .paths = paths};
    codes_set_codes_assertion_failed_proc(give_up);
}

void grib_input_close(struct grib_input *in)
{
    if (in->file)
        fclose(in->file);
    in->file = NULL;
}

static int open_file(struct grib_input *in)
{
    in->file = fopen(in->path[in->at], "rb");
    in->expected = 0;
    in->in_this_file = 0;
    in->foreign = 0;
    struct stat what = {0};
    if (in->file && (fstat(fileno(in->file), &what) || !(S_ISDIR(what.st_mode) || S_ISCHR(what.st_mode) || S_ISBLK(what.st_mode))))
        return 0;
    if (in->file && !S_ISDIR(what.st_mode)) {
        warnx("cannot open %s: it is a device, which may have no end", in->path[in->at]);
        return -1;
    }
    if (in->file)
        errno = EISDIR; /* which opens, and fails later in words that help nobody */
    warn("cannot open %s", in->path[in->at]);
    return -1;
}

/* What lies between the end of the last message and 'next' is nobody's. */
static void note_foreign(struct grib_input *in, long long next)
{
    if (next <= in->expected)
        return;
    if (!in->foreign)
        in->foreign_at = in->expected;
    in->foreign += next - in->expected;
}

/* What stands behind the last message is either nothing or not GRIB. */
static int end_file(struct grib_input *in)
{
    const char *path = in->path[in->at];
    fseeko(in->file, 0, SEEK_END);
    long long size = ftello(in->file);
    if (in->in_this_file == 0) {
        warnx("%s: no GRIB message in its %lld bytes (looked from offset 0): is it a GRIB file?", path, size);
        return -1;
    }
    note_foreign(in, size);
    if (in->foreign && !in->quiet)
        warnx("%s: %lld bytes, from offset %lld on, belong to no GRIB message and are left out", path, in->foreign, in->foreign_at);
    grib_input_close(in);
    in->at++;
    return 0;
}

static int complain_broken(const struct grib_input *in, int error)
{
    const char *path = in->path[in->at];
    if (error == CODES_PREMATURE_END_OF_FILE || error == CODES_END_OF_FILE)
        warnx("%s: truncated: the file ends inside message %u, which begins at or after offset %lld", path,
              in->in_this_file + 1, in->expected);
    else
        warnx("%s: message %u, at or after offset %lld, is broken: %s%s", path, in->in_this_file + 1, in->expected,
              codes_get_error_message(error), in->in_this_file == 0 ? "; is it a GRIB file?" : "");
    return -1;
}

static int describe(struct grib_input *in, struct grib_message *message)
{
    off_t offset = 0;
    int error = codes_get_message(message->handle, &message->bytes, &message->size);
    if (error || (error = codes_get_message_offset(message->handle, &offset))) {
        codes_handle_delete(message->handle);
        return complain_broken(in, error);
    }
    message->path = in->path[in->at];
    message->offset = offset;
    note_foreign(in, offset);
    in->expected = offset + (long long)message->size;
    in->in_this_file++;
    message->number = ++in->messages;
    latest.path = message->path;
    latest.offset = message->offset;
    latest.number = message->number;
    return 1;
}

int grib_input_next(struct grib_input *in, struct grib_message *message)
{
    while (in->at < in->paths) {
        if (!in->file && open_file(in))
            return -1;
        int error = 0;
        codes_grib_multi_support_off(NULL); /* whole messages; writing multi-field messages turns it on behind our back */
        message->handle = codes_handle_new_from_file(NULL, in->file, PRODUCT_GRIB, &error);
        if (message->handle)
            return describe(in, message);
        if (error && error != CODES_END_OF_FILE)
            return complain_broken(in, error);
        if (end_file(in))
            return -1;
    }
    return 0;
}

void grib_message_release(struct grib_message *message)
{
    codes_handle_delete(message->handle);
    message->handle = NULL;
}
