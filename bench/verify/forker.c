/* The fork rate of the kernel: a static program of one page or two forks itself. See forker.py, whose twin it is. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    long count;
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(argc > 1 ? atoi(argv[1]) : 0, &cpus);
    sched_setaffinity(0, sizeof cpus, &cpus);
    while (scanf("%ld", &count) == 1) {
        double began = now();
        for (long i = 0; i < count; i++) {
            pid_t child = fork();
            if (child == 0)
                _exit(0);
            waitpid(child, NULL, 0);
        }
        double seconds = now() - began;
        printf("{\"seconds\": %.9f, \"each\": %.9f}\n", seconds, seconds / count);
        fflush(stdout);
    }
    return 0;
}
