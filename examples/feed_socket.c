/* feed_socket.c: CSV that arrives over a socket, parsed as it comes: the caller has the bytes and feeds them.
 *
 *     cc feed_socket.c $(pkg-config --cflags --libs --static headrace) -o feed_socket
 *     ./feed_socket 4000 &    then    nc localhost 4000 < orders.csv
 */
#include <arpa/inet.h>
#include <headrace/headrace.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Waits for one connection on this host's port (0: any free one, which is printed). -1: errno says why. */
static int accept_one(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1, connection = -1;
    if (listener >= 0 && setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
        bind(listener, (struct sockaddr *)&address, size) == 0 && listen(listener, 1) == 0 &&
        getsockname(listener, (struct sockaddr *)&address, &size) == 0) {
        printf("port %u\n", ntohs(address.sin_port));
        fflush(stdout);
        connection = accept(listener, NULL, NULL);
    }
    if (listener >= 0)
        close(listener);
    return connection;
}

/* Takes all rows that the bytes so far make. HR_AGAIN: the reader wants more bytes. */
static hr_status take_rows(hr_reader *reader, uint64_t *rows, uint64_t *rejected, hr_error *err)
{
    hr_batch *batch;
    hr_status status;
    while ((status = hr_reader_next(reader, &batch, err)) == HR_OK) {
        *rows += batch->rows;
        *rejected += batch->rejected;
        hr_batch_release(batch);
    }
    return status;
}

int main(int count, char **words)
{
    int connection = accept_one((uint16_t)(count > 1 ? strtoul(words[1], NULL, 10) : 0));
    if (connection < 0) {
        perror("waiting for a connection");
        return 1;
    }
    hr_reader *reader = NULL;
    hr_error err;
    uint64_t rows = 0, rejected = 0;
    static char bytes[65536];
    hr_status status = hr_reader_new(NULL, &reader, &err);
    if (status == HR_OK)
        status = HR_AGAIN;
    while (status == HR_AGAIN) {
        ssize_t got = read(connection, bytes, sizeof bytes);
        if (got < 0) {
            perror("reading from the connection");
            break;
        }
        status = got > 0 ? hr_reader_feed(reader, bytes, (size_t)got, &err) : hr_reader_finish(reader, &err);
        if (status == HR_OK)
            status = take_rows(reader, &rows, &rejected, &err);
    }
    close(connection);
    hr_reader_close(reader);
    if (status != HR_END) {
        if (status != HR_AGAIN)
            fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    printf("%" PRIu64 " rows, %" PRIu64 " rejected\n", rows, rejected);
    return 0;
}
