/* proxy.c: a TCP proxy on 127.0.0.1 that makes the faults of a network, for tests.
 *
 *   proxy [OPTION...] TARGET-PORT      prints the port on which it listens, then serves until a signal ends it
 *     --port N            listens there
 *     --control FIFO      reads commands from it, a line each; the FIFO is made
 *     --cut-up N          resets a connection when N bytes went to the server
 *     --cut-down N        ... when N bytes came from it
 *     --delay MS          each piece waits so long
 *     --bandwidth BYTES   per second, in each direction
 *     --answer            prints "done" after each command
 *
 * Commands:
 *     reset               all connections, by RST
 *     close               all, as if both sides had ended
 *     half                no more bytes to the clients (FIN), those to the server go on
 *     stall               nothing moves, connections stay
 *     refuse              all are reset, and new ones are refused
 *     resume              ends stall and refuse
 *     cut-up N | cut-down N | delay MS | bandwidth BYTES      as the options; 0: no more; counts begin anew
 * SIGUSR1 is reset, SIGUSR2 refuse, SIGHUP resume.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PAIRS 256
#define ROOM 65536

/* One direction of a connection: what was read from one side and not yet written to the other. */
typedef struct flow {
    uint8_t bytes[ROOM];
    size_t begin, end;
    uint64_t passed;  /* bytes since the faults were last set */
    int64_t ready_ns; /* what is held may not go on before */
    bool ended;       /* the reading side has ended */
    bool told;        /* and the writing side knows */
} flow;

typedef struct pair {
    int client, server; /* -1: this pair is free */
    flow up, down;
} pair;

typedef struct faults {
    uint64_t cut_up, cut_down, delay_ms, bandwidth;
    bool stalled, refusing;
} faults;

static struct proxy {
    pair *pairs[PAIRS];
    faults faults;
    int listener, control, signals;
    bool answers;
    uint16_t port, target;
} proxy;

static void fail(const char *doing)
{
    fprintf(stderr, "proxy: %s: %s\n", doing, strerror(errno));
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- connections ------------------------------------------------------------------------------------------- */

static void end_socket(int socket, bool reset)
{
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    if (reset)
        (void)setsockopt(socket, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(socket);
}

static void end_pair(pair **slot, bool reset)
{
    end_socket((*slot)->client, reset);
    end_socket((*slot)->server, reset);
    free(*slot);
    *slot = NULL;
}

static void end_all(bool reset)
{
    for (size_t i = 0; i < PAIRS; i++)
        if (proxy.pairs[i])
            end_pair(&proxy.pairs[i], reset);
}

static struct sockaddr_in local(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static void start_listening(void)
{
    int on = 1;
    struct sockaddr_in address = local(proxy.port);
    socklen_t size = sizeof address;
    proxy.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (proxy.listener < 0 || setsockopt(proxy.listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
        bind(proxy.listener, (struct sockaddr *)&address, size) || listen(proxy.listener, 128) ||
        getsockname(proxy.listener, (struct sockaddr *)&address, &size))
        fail("listening");
    proxy.port = ntohs(address.sin_port);
}

static void stop_listening(void)
{
    if (proxy.listener >= 0)
        close(proxy.listener);
    proxy.listener = -1;
}

static void accept_pair(void)
{
    int on = 1, client = accept4(proxy.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0)
        return;
    size_t slot = 0;
    while (slot < PAIRS && proxy.pairs[slot])
        slot++;
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = local(proxy.target);
    pair *made = slot < PAIRS && server >= 0 && !connect(server, (struct sockaddr *)&address, sizeof address)
                     ? calloc(1, sizeof *made)
                     : NULL;
    if (!made) {
        end_socket(client, true);
        if (server >= 0)
            close(server);
        return;
    }
    (void)fcntl(server, F_SETFL, O_NONBLOCK);
    (void)setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    made->client = client;
    made->server = server;
    proxy.pairs[slot] = made;
}

/* ---- bytes --------------------------------------------------------------------------------------------------- */

static bool take(flow *held, int from)
{
    if (held->ended || held->begin < held->end)
        return true;
    ssize_t got = read(from, held->bytes, ROOM);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    held->begin = 0;
    held->end = (size_t)got;
    held->ended = got == 0;
    int64_t wait = (int64_t)proxy.faults.delay_ms * 1000000;
    if (proxy.faults.bandwidth)
        wait += (int64_t)((double)got * 1e9 / (double)proxy.faults.bandwidth);
    held->ready_ns = now_ns() + wait;
    return true;
}

/* false: the connection is over, by reset. */
static bool give(flow *held, int to, uint64_t cut)
{
    if (held->ended && !held->told && held->begin == held->end) {
        (void)shutdown(to, SHUT_WR);
        held->told = true;
    }
    if (held->begin == held->end || now_ns() < held->ready_ns)
        return true;
    size_t size = held->end - held->begin;
    if (cut && held->passed + size > cut)
        size = cut > held->passed ? (size_t)(cut - held->passed) : 0;
    ssize_t put = size ? send(to, held->bytes + held->begin, size, MSG_NOSIGNAL) : 0;
    if (put < 0)
        return errno == EAGAIN || errno == EINTR;
    held->begin += (size_t)put;
    held->passed += (uint64_t)put;
    return !cut || held->passed < cut;
}

static void serve_pair(pair **slot)
{
    pair *at = *slot;
    const faults *now = &proxy.faults;
    bool sound = take(&at->up, at->client) && take(&at->down, at->server) && give(&at->up, at->server, now->cut_up) &&
                 give(&at->down, at->client, now->cut_down);
    if (!sound)
        end_pair(slot, true);
    else if (at->up.told && at->down.told)
        end_pair(slot, false);
}

/* ---- commands ------------------------------------------------------------------------------------------------ */

static void half_close(void)
{
    for (size_t i = 0; i < PAIRS; i++)
        if (proxy.pairs[i]) {
            (void)shutdown(proxy.pairs[i]->client, SHUT_WR);
            proxy.pairs[i]->down.ended = proxy.pairs[i]->down.told = true;
            proxy.pairs[i]->down.begin = proxy.pairs[i]->down.end = 0;
        }
}

static void set_fault(uint64_t *fault, const char *value)
{
    *fault = strtoull(value, NULL, 10);
    for (size_t i = 0; i < PAIRS; i++)
        if (proxy.pairs[i])
            proxy.pairs[i]->up.passed = proxy.pairs[i]->down.passed = 0;
}

static void obey(const char *command)
{
    faults *now = &proxy.faults;
    const char *value = strchr(command, ' ');
    value = value ? value + 1 : "0";
    if (!strcmp(command, "reset")) {
        end_all(true);
    } else if (!strcmp(command, "close")) {
        end_all(false);
    } else if (!strcmp(command, "half")) {
        half_close();
    } else if (!strcmp(command, "stall")) {
        now->stalled = true;
    } else if (!strcmp(command, "refuse")) {
        stop_listening();
        end_all(true);
        now->refusing = true;
    } else if (!strcmp(command, "resume")) {
        if (now->refusing)
            start_listening();
        now->refusing = now->stalled = false;
    } else if (!strncmp(command, "cut-up ", 7)) {
        set_fault(&now->cut_up, value);
    } else if (!strncmp(command, "cut-down ", 9)) {
        set_fault(&now->cut_down, value);
    } else if (!strncmp(command, "delay ", 6)) {
        set_fault(&now->delay_ms, value);
    } else if (!strncmp(command, "bandwidth ", 10)) {
        set_fault(&now->bandwidth, value);
    } else {
        fprintf(stderr, "proxy: there is no command '%s'\n", command);
    }
}

static void read_commands(void)
{
    static char line[4096];
    static size_t size;
    ssize_t got = read(proxy.control, line + size, sizeof line - size - 1);
    if (got <= 0)
        return;
    size += (size_t)got;
    line[size] = '\0';
    char *begin = line, *end;
    while ((end = strchr(begin, '\n')) != NULL) {
        *end = '\0';
        obey(begin);
        if (proxy.answers && (puts("done") < 0 || fflush(stdout)))
            fail("answering");
        begin = end + 1;
    }
    size = strlen(begin);
    if (size == sizeof line - 1)
        size = 0;
    memmove(line, begin, size);
}

static void read_signals(void)
{
    struct signalfd_siginfo info;
    while (read(proxy.signals, &info, sizeof info) == (ssize_t)sizeof info)
        obey(info.ssi_signo == SIGUSR1 ? "reset" : info.ssi_signo == SIGUSR2 ? "refuse" : "resume");
}

/* ---- the loop ------------------------------------------------------------------------------------------------ */

static short wanted(const flow *in, const flow *out, int64_t now, int64_t *wake)
{
    short events = 0;
    if (!in->ended && in->begin == in->end)
        events |= POLLIN;
    if (out->begin < out->end) {
        if (now >= out->ready_ns)
            events |= POLLOUT;
        else if (out->ready_ns < *wake)
            *wake = out->ready_ns;
    }
    return events;
}

static void turn(void)
{
    static struct pollfd polled[3 + 2 * PAIRS];
    int64_t now = now_ns(), wake = now + (int64_t)60 * 1000000000;
    nfds_t count = 0;
    polled[count++] = (struct pollfd){.fd = proxy.signals, .events = POLLIN};
    polled[count++] = (struct pollfd){.fd = proxy.control, .events = POLLIN};
    polled[count++] = (struct pollfd){.fd = proxy.listener, .events = POLLIN};
    for (size_t i = 0; i < PAIRS && !proxy.faults.stalled; i++) {
        pair *at = proxy.pairs[i];
        if (!at)
            continue;
        short client = wanted(&at->up, &at->down, now, &wake), server = wanted(&at->down, &at->up, now, &wake);
        /* Negative descriptors are passed over: one that is not asked anything would still tell of hang-ups for ever.
         */
        polled[count++] = (struct pollfd){.fd = client ? at->client : -1, .events = client};
        polled[count++] = (struct pollfd){.fd = server ? at->server : -1, .events = server};
    }
    struct timespec most = {.tv_sec = (wake - now) / 1000000000, .tv_nsec = (wake - now) % 1000000000};
    if (ppoll(polled, count, &most, NULL) < 0 && errno != EINTR)
        fail("waiting");
    if (polled[0].revents)
        read_signals();
    if (polled[1].revents)
        read_commands();
    if (proxy.listener >= 0 && polled[2].revents)
        accept_pair();
    for (size_t i = 0; i < PAIRS && !proxy.faults.stalled; i++)
        if (proxy.pairs[i])
            serve_pair(&proxy.pairs[i]);
}

static void open_control(const char *path)
{
    if (mkfifo(path, 0600) && errno != EEXIST)
        fail(path);
    /* Open for writing too, so that it never ends. */
    proxy.control = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (proxy.control < 0)
        fail(path);
}

static void open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    proxy.signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (proxy.signals < 0)
        fail("signals");
}

int main(int count, char **words)
{
    static const struct option options[] = {
        {"port", required_argument, NULL, 'p'},   {"control", required_argument, NULL, 'c'},
        {"cut-up", required_argument, NULL, 'u'}, {"cut-down", required_argument, NULL, 'd'},
        {"delay", required_argument, NULL, 'l'},  {"bandwidth", required_argument, NULL, 'b'},
        {"answer", no_argument, NULL, 'a'},       {NULL, 0, NULL, 0},
    };
    int option;
    proxy.control = -1;
    while ((option = getopt_long(count, words, "", options, NULL)) != -1)
        switch (option) {
        case 'p': proxy.port = (uint16_t)strtoul(optarg, NULL, 10); break;
        case 'c': open_control(optarg); break;
        case 'u': set_fault(&proxy.faults.cut_up, optarg); break;
        case 'd': set_fault(&proxy.faults.cut_down, optarg); break;
        case 'l': set_fault(&proxy.faults.delay_ms, optarg); break;
        case 'b': set_fault(&proxy.faults.bandwidth, optarg); break;
        case 'a': proxy.answers = true; break;
        default: return 2;
        }
    if (optind != count - 1) {
        fprintf(stderr, "proxy: which port is the server's?\n");
        return 2;
    }
    proxy.target = (uint16_t)strtoul(words[optind], NULL, 10);
    open_signals();
    start_listening();
    printf("%u\n", proxy.port);
    if (fflush(stdout))
        fail("printing the port");
    for (;;)
        turn();
}
