/* c11_threads.c: the threads of <threads.h> made of POSIX's, for builds with the thread sanitizer, which knows no
 * others: librdkafka's threads are begun by thrd_create, and the first call of one that the sanitizer watches would end
 * the process. glibc's own are made the same way, of types that are as large. */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

_Static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t) && sizeof(cnd_t) == sizeof(pthread_cond_t) &&
                   sizeof(once_flag) == sizeof(pthread_once_t),
               "the types of <threads.h> have the room of POSIX's");

#define VISIBLE __attribute__((visibility("default")))

typedef struct beginning {
    thrd_start_t run;
    void *argument;
} beginning;

static int result_of(int code)
{
    switch (code) {
    case 0: return thrd_success;
    case ENOMEM: return thrd_nomem;
    case ETIMEDOUT: return thrd_timedout;
    case EBUSY: return thrd_busy;
    default: return thrd_error;
    }
}

static void *run(void *memory)
{
    beginning begin = *(beginning *)memory;
    free(memory);
    return (void *)(intptr_t)begin.run(begin.argument);
}

VISIBLE int thrd_create(thrd_t *thread, thrd_start_t start, void *argument)
{
    beginning *begin = malloc(sizeof *begin);
    if (!begin)
        return thrd_nomem;
    *begin = (beginning){start, argument};
    int code = pthread_create(thread, NULL, run, begin);
    if (code)
        free(begin);
    return result_of(code);
}

VISIBLE int thrd_join(thrd_t thread, int *status)
{
    void *end;
    int code = pthread_join(thread, &end);
    if (!code && status)
        *status = (int)(intptr_t)end;
    return result_of(code);
}

VISIBLE int mtx_init(mtx_t *mutex, int type)
{
    pthread_mutexattr_t how;
    pthread_mutexattr_init(&how);
    pthread_mutexattr_settype(&how, type & mtx_recursive ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_NORMAL);
    int code = pthread_mutex_init((pthread_mutex_t *)mutex, &how);
    pthread_mutexattr_destroy(&how);
    return result_of(code);
}

VISIBLE int mtx_lock(mtx_t *mutex)
{
    return result_of(pthread_mutex_lock((pthread_mutex_t *)mutex));
}

VISIBLE int mtx_unlock(mtx_t *mutex)
{
    return result_of(pthread_mutex_unlock((pthread_mutex_t *)mutex));
}

VISIBLE void mtx_destroy(mtx_t *mutex)
{
    pthread_mutex_destroy((pthread_mutex_t *)mutex);
}

VISIBLE int cnd_init(cnd_t *condition)
{
    return result_of(pthread_cond_init((pthread_cond_t *)condition, NULL));
}

VISIBLE int cnd_signal(cnd_t *condition)
{
    return result_of(pthread_cond_signal((pthread_cond_t *)condition));
}

VISIBLE int cnd_broadcast(cnd_t *condition)
{
    return result_of(pthread_cond_broadcast((pthread_cond_t *)condition));
}

VISIBLE int cnd_wait(cnd_t *condition, mtx_t *mutex)
{
    return result_of(pthread_cond_wait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex));
}

VISIBLE int cnd_timedwait(cnd_t *condition, mtx_t *mutex, const struct timespec *until)
{
    return result_of(pthread_cond_timedwait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex, until));
}

VISIBLE void cnd_destroy(cnd_t *condition)
{
    pthread_cond_destroy((pthread_cond_t *)condition);
}

VISIBLE void call_once(once_flag *flag, void (*function)(void))
{
    pthread_once((pthread_once_t *)flag, function);
}
